package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// gridColumn is one column of a table with its cells written.
type gridColumn struct {
	head   string
	align  text.Align
	drop   int // columns with the highest number go first when there is too little room; 0 stays
	texts  []string
	shades []text.Colors // of the cells; nil is plain
	short  *gridColumn   // what stands in for it before it goes
	keep   bool          // even if all its cells are empty
	what   string        // the reader misses if the column goes; empty if nothing
	notes  [][]string    // footnotes of the cells, before they have numbers; nil if there are none
	room   []int         // columns that the numbers will take
}

// width is how wide the column is.
func (c *gridColumn) width() int {
	width := columns(c.head)
	for i, s := range c.texts {
		w := columns(s)
		if c.room != nil {
			w += c.room[i]
		}
		width = max(width, w)
	}
	return width
}

// empty says whether no cell says anything.
func (c *gridColumn) empty() bool {
	return !c.keep && strings.Join(c.texts, "") == ""
}

// squeeze leaves out columns without a cell, and then drops columns until the rest fits into width: those that have the
// same number all at once, so that a reader knows whose the others are. ok is false if what is left does not fit.
func squeeze(cols []gridColumn, width int) (out []gridColumn, ok bool) {
	for _, c := range cols {
		if !c.empty() {
			out = append(out, c)
		}
	}
	for {
		worst := 0
		for i := range out {
			worst = max(worst, out[i].drop)
		}
		switch {
		case totalWidth(out) <= width:
			return out, true
		case worst == 0:
			return out, false
		}
		var rest []gridColumn
		for _, c := range out {
			switch {
			case c.drop != worst:
				rest = append(rest, c)
			case c.short != nil:
				rest = append(rest, *c.short)
			}
		}
		out = rest
	}
}

// leftOut is what a reader misses of columns in one of the blocks that are shown of them, each once.
func leftOut(all []gridColumn, blocks ...[]gridColumn) (what []string) {
	for i := range all {
		w := all[i].what
		missing := func(cols []gridColumn) bool {
			return !slices.ContainsFunc(cols, func(c gridColumn) bool { return c.what == w })
		}
		if w != "" && !all[i].empty() && !slices.Contains(what, w) && slices.ContainsFunc(blocks, missing) {
			what = append(what, w)
		}
	}
	return what
}

// totalWidth is how wide columns are, with the gaps between them.
func totalWidth(cols []gridColumn) int {
	total := -gap
	for i := range cols {
		total += cols[i].width() + gap
	}
	return total
}

// grid draws columns that all have so many rows.
func (p *page) grid(cols []gridColumn, rows int) {
	tw := table.NewWriter()
	tw.SetStyle(p.style())
	tw.SuppressTrailingSpaces()
	head := make(table.Row, len(cols))
	configs := make([]table.ColumnConfig, len(cols))
	for i, c := range cols {
		head[i] = p.on(c.head, faint)
		configs[i] = table.ColumnConfig{Number: i + 1, Align: c.align, AlignHeader: c.align}
	}
	tw.AppendHeader(head)
	tw.SetColumnConfigs(configs)
	for r := range rows {
		row := make(table.Row, len(cols))
		for i, c := range cols {
			row[i] = c.texts[r]
			if c.shades != nil {
				row[i] = p.on(c.texts[r], c.shades[r])
			}
		}
		tw.AppendRow(row)
	}
	for l := range strings.Lines(tw.Render()) {
		l = strings.TrimSuffix(l, "\n")
		if strings.HasPrefix(l, p.rule()) {
			l = strings.TrimSuffix(l, strings.Repeat(p.rule(), gap)) // the padding of the last column
		}
		p.line(strings.Repeat(" ", indent) + l)
	}
}

// rule is what the line below the heads is made of.
func (p *page) rule() string {
	if p.ascii {
		return "-"
	}
	return "─"
}

// style has a rule below the heads and no other lines: the eye follows the numbers.
func (p *page) style() table.Style {
	return table.Style{
		Name: "daxbench",
		Box: table.BoxStyle{
			PaddingRight:     strings.Repeat(" ", gap),
			MiddleHorizontal: p.rule(),
			MiddleSeparator:  p.rule(),
			UnfinishedRow:    "…",
		},
		Options: table.Options{SeparateHeader: true},
	}
}
