package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// A Section is some results that belong together, and what has to be known to read them.
type Section struct {
	Title   string
	Note    string
	Results []Result
}

// Markdown writes sections for a document.
func Markdown(sections []Section) string {
	var out strings.Builder
	for _, s := range sections {
		if len(s.Results) == 0 {
			continue
		}
		fmt.Fprintf(&out, "**%s.** %s\n\n", s.Title, s.Note)
		for _, p := range newPivots(s.Results) {
			fmt.Fprintf(&out, "%s\n\n", p.render())
		}
	}
	return strings.TrimSpace(out.String())
}

// A pivot is results by cell and comparison.
type pivot struct {
	cells, comparisons []string
	results            map[[2]string]Result
}

func newPivot(list []Result) *pivot {
	p := &pivot{results: map[[2]string]Result{}}
	for _, r := range list {
		comparison := r.Subject
		if r.Against != "" {
			comparison += " : " + r.Against
		}
		if !slices.Contains(p.cells, r.Cell) {
			p.cells = append(p.cells, r.Cell)
		}
		if !slices.Contains(p.comparisons, comparison) {
			p.comparisons = append(p.comparisons, comparison)
		}
		p.results[[2]string{r.Cell, comparison}] = r
	}
	return p
}

// manyColumns is from how many comparisons on a table is two: what is judged, and the rest.
const manyColumns = 8

// newPivots returns the tables of a section.
func newPivots(list []Result) []*pivot {
	whole := newPivot(list)
	if len(whole.cells) <= fewCells || len(whole.comparisons) < manyColumns {
		return []*pivot{whole}
	}
	var judged, shown []Result
	for _, r := range list {
		if r.Target.IsSet() {
			judged = append(judged, r)
		} else {
			shown = append(shown, r)
		}
	}
	return []*pivot{newPivot(judged), newPivot(shown)}
}

// fewCells is up to how many cells stand side by side, and what they are compared by one below the other.
const fewCells = 2

// render writes the table, either way round.
func (p *pivot) render() string {
	w := table.NewWriter()
	header := table.Row{""}
	if len(p.cells) <= fewCells {
		for _, cell := range p.cells {
			header = append(header, "`"+cell+"`")
		}
		w.AppendHeader(header)
		for _, c := range p.comparisons {
			row := table.Row{c}
			for _, cell := range p.cells {
				row = append(row, p.at(cell, c))
			}
			w.AppendRow(row)
		}
		return w.RenderMarkdown()
	}
	for _, c := range p.comparisons {
		header = append(header, c)
	}
	w.AppendHeader(header)
	for _, cell := range p.cells {
		row := table.Row{"`" + cell + "`"}
		for _, c := range p.comparisons {
			row = append(row, p.at(cell, c))
		}
		w.AppendRow(row)
	}
	return w.RenderMarkdown()
}

// at returns what the table has of one result, with the time of its first side at the first comparison of a cell.
func (p *pivot) at(cell, comparison string) string {
	r, ok := p.results[[2]string{cell, comparison}]
	if !ok {
		return ""
	}
	s := r.outcome()
	if r.Unit == Ratio && r.Nanos > 0 && (comparison == p.comparisons[0] || len(p.cells) <= fewCells) {
		s += " (" + nanos(r.Nanos) + " ns)"
	}
	return s
}

// outcome is a figure with its target and verdict, and whether many rounds were dropped. What is missed stands out.
func (r Result) outcome() string {
	s := r.figure()
	switch r.Verdict {
	case Shown:
	case Met:
		s += fmt.Sprintf(", met %s", r.Target)
	default:
		s += fmt.Sprintf(", **%s** %s", r.Verdict, r.Target)
	}
	if d := r.doubt(); d != "" {
		s += ", " + d
	}
	return s
}

// Insert puts text between two markers of a document, each a line that begins with what is given. The error names the marker that is not
// there.
func Insert(document, begin, end, text string) (string, error) {
	from := lineAfter(document, begin)
	if from < 0 {
		return "", fmt.Errorf("there is no line that begins with %q", begin)
	}
	to := strings.Index(document[from:], end)
	if to < 0 {
		return "", fmt.Errorf("there is no line that begins with %q after %q", end, begin)
	}
	return document[:from] + "\n" + text + "\n\n" + document[from+to:], nil
}

// lineAfter returns where the line after the one that begins with s begins, -1 if there is none.
func lineAfter(document, s string) int {
	at := strings.Index("\n"+document, "\n"+s)
	if at < 0 {
		return -1
	}
	n := strings.IndexByte(document[at:], '\n')
	if n < 0 {
		return -1
	}
	return at + n + 1
}
