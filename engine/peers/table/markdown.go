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

// Markdown writes sections for a document: in each, a row of the table per cell and a column per comparison.
func Markdown(sections []Section) string {
	var out strings.Builder
	for _, s := range sections {
		if len(s.Results) == 0 {
			continue
		}
		fmt.Fprintf(&out, "**%s.** %s\n\n%s\n\n", s.Title, s.Note, pivot(s.Results))
	}
	return strings.TrimSpace(out.String())
}

// pivot writes one table.
func pivot(list []Result) string {
	var cells, columns []string
	values := map[[2]string]string{}
	times := map[string]float64{}
	for _, r := range list {
		column := r.Subject
		if r.Against != "" {
			column += " : " + r.Against
		}
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		if !slices.Contains(cells, r.Cell) {
			cells = append(cells, r.Cell)
			times[r.Cell] = r.Nanos
		}
		values[[2]string{r.Cell, column}] = r.outcome()
	}
	w := table.NewWriter()
	header := table.Row{"", "ns"}
	timed := slices.ContainsFunc(list, func(r Result) bool { return r.Nanos > 0 && r.Unit != Nanos })
	if !timed {
		header = header[:1]
	}
	for _, c := range columns {
		header = append(header, c)
	}
	w.AppendHeader(header)
	for _, cell := range cells {
		row := table.Row{"`" + cell + "`"}
		if timed {
			row = append(row, nanos(times[cell]))
		}
		for _, c := range columns {
			row = append(row, values[[2]string{cell, c}])
		}
		w.AppendRow(row)
	}
	return w.RenderMarkdown()
}

// outcome is a figure with its target and verdict. What is missed stands out.
func (r Result) outcome() string {
	s := r.figure()
	switch r.Verdict {
	case Shown:
		return s
	case Met:
		return fmt.Sprintf("%s, met %s", s, r.Target)
	}
	return fmt.Sprintf("%s, **%s** %s", s, r.Verdict, r.Target)
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
