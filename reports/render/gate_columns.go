package render

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/gate"
)

// gateColumn is one column of the table of a gate.
type gateColumn struct {
	kind  int
	head  string
	align text.Align
	texts []string
	shade func(l *gateLine) text.Colors // nil means plain
	width int
}

// The columns. Those from columnInterval on are taken in this order as far as the terminal has room.
const (
	columnVerdict = iota
	columnCell
	columnSubject
	columnChange
	columnInterval
	columnValues
	columnForest
	columnP
	columnSmallest
	columnForks
	columnLimits
)

// gateOrder is how the columns stand from left to right.
var gateOrder = []int{
	columnVerdict, columnCell, columnSubject, columnChange, columnInterval, columnForest, columnP, columnValues,
	columnSmallest, columnForks, columnLimits,
}

// column fills in one column. The names of the cells are given, one per line; nil leaves their column empty.
func (t *gateTable) column(kind int, names []string, plot int) gateColumn {
	lines := t.lines
	said := func(l *gateLine) text.Colors { return gateShade(l.value()) }
	dim := func(*gateLine) text.Colors { return faint }
	right, left := text.AlignRight, text.AlignLeft
	f := newForest(lines, plot)
	c := gateColumn{kind: kind}
	var cell func(l *gateLine) string
	switch kind {
	case columnVerdict:
		c.head, c.align, c.shade, cell = "verdict", left, said, (*gateLine).said
	case columnCell:
		c.head, c.align, c.shade, cell = "cell", left, leadShade, nil
	case columnSubject:
		c.head, c.align, c.shade, cell = "measure", left, dim, func(l *gateLine) string { return l.name() }
	case columnChange:
		c.head, c.align, c.shade, cell = "change", right, said, changeCell
	case columnInterval:
		c.head, c.align, c.shade, cell = "95 % interval", right, nil, ofMeasure(interval)
	case columnValues:
		c.head, c.align, c.shade, cell = "base → head", right, nil, func(l *gateLine) string { return baseHead(l.subject) }
	case columnForest:
		c.head, c.align, c.shade, cell = f.head(), left, said, func(l *gateLine) string { return f.draw(l.measure) }
	case columnP:
		c.head, c.align, c.shade, cell = "p", right, dim, ofMeasure(adjusted)
	case columnSmallest:
		c.head, c.align, c.shade, cell = "would see", right, dim, ofMeasure(smallest)
	case columnForks:
		c.head, c.align, c.shade, cell = t.pairs+"s", right, dim, forks
	case columnLimits:
		c.head, c.align, c.shade, cell = "floor, tolerance", right, dim, ofMeasure(limits)
	}
	c.texts = make([]string, len(lines))
	for i := range lines {
		switch {
		case cell != nil:
			c.texts[i] = cell(&lines[i])
		case names != nil:
			c.texts[i] = names[i]
		}
		c.width = max(c.width, columns(c.texts[i]))
	}
	if c.width > 0 {
		c.width = max(c.width, columns(c.head))
	}
	if kind == columnSubject && oneSubject(lines) || kind == columnLimits && oneLimit(lines) {
		c.width = 0 // said below the table
	}
	return c
}

func leadShade(l *gateLine) text.Colors {
	if green(l.cell.Verdict) || !l.lead {
		return neutral
	}
	return bold
}

// changeCell is the change of a line. There is none from zero.
func changeCell(l *gateLine) string {
	if r := l.ratio(); r > 0 && finite(r) {
		return percent(r)
	}
	return ""
}

// ofMeasure writes something of a measure that has a change.
func ofMeasure(write func(*gate.Measure) string) func(*gateLine) string {
	return func(l *gateLine) string {
		if l.measure == nil || l.measure.Change.N == 0 {
			return ""
		}
		return write(l.measure)
	}
}

func adjusted(m *gate.Measure) string {
	if !(m.Alpha > 0) {
		return "" // nothing was tested
	}
	return pValue(m.Adjusted)
}

func smallest(m *gate.Measure) string {
	if !(m.Smallest > 0) {
		return ""
	}
	return share(m.Smallest)
}

func limits(m *gate.Measure) string {
	return share(m.Floor) + ", " + share(m.Tolerance)
}

// forks are the pairs of processes of a cell, and how often they were looked at if more than once.
func forks(l *gateLine) string {
	if !l.lead || l.cell.Forks == 0 {
		return ""
	}
	s := fmt.Sprint(l.cell.Forks)
	if l.cell.Looks > 1 {
		s += fmt.Sprintf("/%d", l.cell.Looks)
	}
	return s
}
