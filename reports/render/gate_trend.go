package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

// trendTitle stands above times that were held against stored ones.
const trendTitle = "Trend against the stored run: shown, never judged"

// maxTrend is how many cells' times are shown.
const maxTrend = 100

// trendColumns are the columns of stored times against new ones, with the names of cells cut to limit columns.
func trendColumns(trend []gate.Measure, limit int) (cols []gridColumn, common string) {
	cells := make([]*gate.Cell, len(trend))
	lines := make([]gateLine, len(trend))
	for i := range trend {
		cells[i] = &gate.Cell{Name: trend[i].Name}
		lines[i] = gateLine{subject: subject{measure: &trend[i]}, cell: cells[i], lead: true, row: i}
	}
	names, common := shortened(cells, limit)
	column := func(head string, align text.Align, drop int, cell func(*gateLine) string) gridColumn {
		c := gridColumn{head: head, align: align, drop: drop}
		for i := range lines {
			c.texts = append(c.texts, cell(&lines[i]))
		}
		return c
	}
	return []gridColumn{
		{head: "cell", align: text.AlignLeft, texts: names},
		column("change", text.AlignRight, 0, changeCell),
		column("95 % interval", text.AlignRight, 1, ofMeasure(interval)),
		column("base → head", text.AlignRight, 2, func(l *gateLine) string { return baseHead(l.subject) }),
	}, common
}

// trendNote says what the table of a trend does not show.
func trendNote(trend []gate.Measure, common string) string {
	var out []string
	if common != "" {
		out = append(out, "All cells: "+common+".")
	}
	if n := len(trend) - maxTrend; n > 0 {
		out = append(out, unit.Plural(n, "further cell")+" in the JSON.")
	}
	return strings.Join(out, " ")
}

// trend writes stored times against new ones.
func (p *page) trend(trend []gate.Measure) {
	if len(trend) == 0 {
		return
	}
	p.line("")
	p.prose(0, "", trendTitle, faint)
	shown := first(trend, maxTrend)
	cols, common := trendColumns(shown, min(max(p.width/3, leastName), mostName))
	cols, _ = squeeze(cols, p.width-indent)
	p.grid(cols, len(shown))
	if s := trendNote(trend, common); s != "" {
		p.prose(indent, "", s, faint)
	}
}

// markdownTrend writes the same, folded.
func markdownTrend(out *bytes.Buffer, trend []gate.Measure) {
	if len(trend) == 0 {
		return
	}
	shown := first(trend, maxTrend)
	cols, common := trendColumns(shown, maxParam*2)
	fmt.Fprintf(out, "\n<details><summary>%s</summary>\n\n%s\n", trendTitle, markdownGrid(cols, len(shown)))
	markdownLine(out, escape(trendNote(trend, common)))
	out.WriteString("\n</details>\n")
}
