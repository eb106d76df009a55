package render

import (
	"fmt"
	"html/template"
	"runtime"
	"strings"
	"sync"

	"daxbench/reports/chart"
)

// Widths that a chart is drawn for, in CSS pixels: the page shows the one that fits. The first fits beside the contents on a
// wide screen and on paper, the other a phone.
const (
	wideChart   = 800
	narrowChart = 360
)

// maxData is how many rows of data a page holds below a chart. More is read from the raw files.
const maxData = 200

// chartView is one chart, drawn twice.
type chartView struct {
	chart        *chart.Chart
	ID           string
	Title, Note  string
	Label        string // of the region with its data
	Wide, Narrow template.HTML
	Problem      string // why it is not drawn
	Picture      string // link to its PNG
	Head         []string
	Rows         [][]string
}

// chart makes the view of a chart, which drawAll draws.
func (b *viewer) chart(c *chart.Chart, section string) *chartView {
	v := &chartView{
		chart: c, ID: b.anchor("chart", c.ID), Title: clean(c.Title, maxTitle), Note: clean(c.Note, maxProse), Picture: b.options.picture(c.ID),
	}
	v.Label = b.label(section, "data of "+v.Title)
	b.charts = append(b.charts, v)
	return v
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
	var wide, narrow strings.Builder
	err := chart.SVG(&wide, wideChart, v.chart)
	if err == nil {
		err = chart.SVG(&narrow, narrowChart, v.chart)
	}
	if err != nil {
		v.Problem, v.Picture = clean(fmt.Sprint(err), maxProse), ""
		return
	}
	v.Wide, v.Narrow = template.HTML(wide.String()), template.HTML(narrow.String())
	head, rows := v.chart.Data()
	if len(rows) > maxData {
		return
	}
	v.Head = cleaned(head, maxValue)
	for _, row := range rows {
		v.Rows = append(v.Rows, cleaned(row, maxValue))
	}
}
