package render

import (
	"fmt"
	"html/template"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"daxbench/reports/chart"
)

// Widths that a chart is drawn for, in CSS pixels: the page shows the one that fits. The first fits beside the contents on a
// wide screen and on paper, the other a phone.
const (
	wideChart   = 800
	narrowChart = 360
	smallChart  = 400 // one of several beside each other, on any screen
)

// Charts of one kind in a row are made small, to be compared side by side, if there are so many of them, and none has more
// rows than read well at that size.
const (
	manyAlike = 3
	fewRows   = 12
)

// maxData is how many rows of data a page holds below a chart. More is read from the raw files.
const maxData = 200

// chartSet are charts of one kind that follow each other.
type chartSet struct {
	Small  bool   // they stand beside each other
	Closer string // what they show, if they are for a closer look and stay closed until somebody wants one
	Charts []*chartView
}

// chartView is one chart, drawn twice, or once if it is small.
type chartView struct {
	chart        *chart.Chart
	ID           string
	Title, Note  string
	Label        string // of the region with its data
	Wide, Narrow template.HTML
	Small        template.HTML // instead of both
	small        bool
	Problem      string // why it is not drawn
	Picture      string // link to its PNG
	Head         []string
	Rows         [][]string
}

// sets makes the views of charts, those of one kind together. The ID of a chart begins with its kind. In the section of one
// storm, closer, such sets are closed at first: pictures of each policy would hide what comes after them.
func (b *viewer) sets(charts []*chart.Chart, section string, closer bool) (out []chartSet) {
	kind := ""
	for i, c := range charts {
		if k, _, _ := strings.Cut(c.ID, "-"); i == 0 || k != kind {
			kind = k
			out = append(out, chartSet{})
		}
		set := &out[len(out)-1]
		set.Charts = append(set.Charts, b.chart(c, section))
	}
	for i := range out {
		out[i].Small = len(out[i].Charts) >= manyAlike && !slices.ContainsFunc(out[i].Charts, func(v *chartView) bool {
			return len(v.chart.Y.Names) > fewRows
		})
		if out[i].Small {
			for _, v := range out[i].Charts {
				v.small = true
			}
			if closer {
				out[i].Closer = shared(out[i].Charts)
			}
		}
	}
	return out
}

// chart makes the view of a chart, which drawAll draws.
func (b *viewer) chart(c *chart.Chart, section string) *chartView {
	v := &chartView{
		chart: c, ID: b.anchor("chart", c.ID), Title: clean(within(c.Title, section), maxTitle), Note: clean(c.Note, maxProse), Picture: b.options.picture(c.ID),
	}
	v.Label = b.label(section, "data of "+v.Title)
	b.charts = append(b.charts, v)
	return v
}

// shared is what the charts of a set show: their title without the policy at its end.
func shared(list []*chartView) string {
	title, _, _ := strings.Cut(list[0].Title, ",")
	return fmt.Sprintf("%s: %d charts", title, len(list))
}

// within is the title of a chart in a section: what the section is called already is not said again.
func within(title, section string) string {
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '·' })
	}
	before, after, ok := strings.Cut(title, ": ")
	if !ok || after == "" || !slices.Equal(words(before), words(section)) {
		return title
	}
	first, size := utf8.DecodeRuneInString(after)
	return string(unicode.ToUpper(first)) + after[size:]
}

// drawAll draws charts on all cores.
func drawAll(charts []*chartView) {
	var wg sync.WaitGroup
	next := make(chan *chartView)
	for range min(runtime.GOMAXPROCS(0), len(charts)) {
		wg.Go(func() {
			for v := range next {
				v.draw()
			}
		})
	}
	for _, v := range charts {
		next <- v
	}
	close(next)
	wg.Wait()
}

// draw draws the chart, and puts its data into words.
func (v *chartView) draw() {
	svg := func(width int) template.HTML {
		var b strings.Builder
		if err := chart.SVG(&b, width, v.chart); err != nil {
			v.Problem, v.Picture = clean(fmt.Sprint(err), maxProse), ""
		}
		return template.HTML(b.String())
	}
	if v.small {
		v.Small = svg(smallChart)
	} else {
		v.Wide, v.Narrow = svg(wideChart), svg(narrowChart)
	}
	if v.Problem != "" {
		return
	}
	head, rows := v.chart.Data()
	if len(rows) > maxData {
		return
	}
	v.Head = cleaned(head, maxValue)
	for _, row := range rows {
		v.Rows = append(v.Rows, cleaned(row, maxValue))
	}
}
