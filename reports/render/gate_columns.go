package render

import (
	"fmt"
	"slices"
	"strings"

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

// gateTable is the table of a gate, before it is drawn.
type gateTable struct {
	lines  []gateLine
	cols   []gateColumn
	notes  *footnotes
	common string // what all cells have in common
	pairs  string // what the figures of a cell rest on
}

// newGateTable chooses the columns that fit into width, and fills them. Names of cells are cut to what is left when the
// interval of the change has its room; columns without a text are left out.
func newGateTable(cells []*gate.Cell, pairs string, width int, verbose bool) *gateTable {
	t := &gateTable{lines: gateLines(cells, verbose), pairs: pairs}
	warnings := make([][]string, len(cells))
	for i, c := range cells {
		warnings[i] = c.Warnings
	}
	t.notes = numbered(warnings)
	marks := 0
	for i := range cells {
		marks = max(marks, columns(t.notes.mark("", i)))
	}

	fixed := func(kinds ...int) (sum int) {
		for _, kind := range kinds {
			if c := t.column(kind, nil, forestMin); c.width > 0 {
				sum += c.width + gap
			}
		}
		return sum
	}
	withSubject, wanted := true, fixed(columnInterval)
	if wanted == 0 {
		wanted = fixed(columnValues) // there are only counts
	}
	room := width - marks - fixed(columnVerdict, columnSubject, columnChange) - wanted
	if room < leastName {
		room = width - marks - fixed(columnVerdict, columnSubject, columnChange)
	}
	if room < leastName {
		withSubject, room = false, max(width-marks-fixed(columnVerdict, columnChange), leastName)
	}
	var names []string
	names, t.common = shortened(cells, min(room, mostName))
	texts := make([]string, len(t.lines))
	for i := range t.lines {
		switch l := &t.lines[i]; {
		case l.lead:
			texts[i] = t.notes.mark(names[l.row], l.row)
		case !withSubject:
			texts[i] = "  " + clean(l.name(), room-2)
		}
	}
	t.choose(texts, width, withSubject)
	return t
}

// choose takes the columns in the order of their constants, as far as there is room. Names are one per line.
func (t *gateTable) choose(names []string, width int, withSubject bool) {
	left := width
	for kind := columnVerdict; kind <= columnLimits; kind++ {
		c := t.column(kind, names, forestMin)
		switch {
		case c.width == 0 || kind == columnSubject && !withSubject:
			continue
		case kind <= columnChange || c.width <= left:
			left -= c.width + gap
			t.cols = append(t.cols, c)
		case kind == columnInterval:
			return // nothing makes up for it
		}
	}
	if i := slices.IndexFunc(t.cols, func(c gateColumn) bool { return c.kind == columnForest }); i >= 0 {
		more := min(left+gap, forestMax-forestMin) / 2 * 2 // so that the width stays odd
		t.cols[i] = t.column(columnForest, names, forestMin+max(more, 0))
	}
	slices.SortFunc(t.cols, func(a, b gateColumn) int {
		return slices.Index(gateOrder, a.kind) - slices.Index(gateOrder, b.kind)
	})
}

// grid is the table for drawing.
func (t *gateTable) grid() []gridColumn {
	out := make([]gridColumn, len(t.cols))
	for i, c := range t.cols {
		out[i] = gridColumn{head: c.head, align: c.align, texts: c.texts}
		for k := range t.lines {
			if c.shade != nil {
				out[i].shades = append(out[i].shades, c.shade(&t.lines[k]))
			}
		}
	}
	return out
}

// without leaves out a column.
func (t *gateTable) without(kind int) {
	t.cols = slices.DeleteFunc(t.cols, func(c gateColumn) bool { return c.kind == kind })
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

// oneSubject says whether all lines tell of the same measure.
func oneSubject(lines []gateLine) bool {
	name := ""
	for i := range lines {
		switch n := lines[i].name(); {
		case n == "" || n == name:
		case name == "":
			name = n
		default:
			return false
		}
	}
	return true
}

// oneLimit says whether floor and tolerance are the same for all that decides.
func oneLimit(lines []gateLine) bool {
	words := ""
	for i := range lines {
		if m := lines[i].measure; m != nil && m.Change.N > 0 && lines[i].lead {
			if words != "" && words != limits(m) {
				return false
			}
			words = limits(m)
		}
	}
	return true
}

// legend explains the columns that are shown.
func (t *gateTable) legend() string {
	shown := func(kind int) bool {
		return slices.ContainsFunc(t.cols, func(c gateColumn) bool { return c.kind == kind })
	}
	lines := t.lines
	var first *gate.Measure
	name := ""
	for i := range lines {
		if m := lines[i].measure; m != nil && lines[i].lead && m.Change.N > 0 && first == nil {
			first = m
		}
		if name == "" {
			name = lines[i].name()
		}
	}
	var out []string
	if t.common != "" {
		out = append(out, "All cells: "+t.common+".")
	}
	if name != "" && !shown(columnSubject) && oneSubject(lines) {
		out = append(out, "Measured: "+name+".")
	}
	if first == nil {
		return strings.Join(out, " ")
	}
	out = append(out, "Change: head against base; above 0 is worse.")
	floor, tolerance := "floor", "tolerance"
	if oneLimit(lines) {
		floor, tolerance = "floor "+share(first.Floor), "tolerance "+share(first.Tolerance)
	}
	switch {
	case shown(columnForest):
		out = append(out, "Plot: · "+floor+", ┊ "+tolerance+".")
	case oneLimit(lines):
		out = append(out, "F"+floor[1:]+", "+tolerance+".")
	}
	if shown(columnP) {
		out = append(out, "p: two-sided, adjusted for the number of cells.")
	}
	if shown(columnSmallest) {
		out = append(out, "Would see: the change that such data show in 9 of 10 cases.")
	}
	if shown(columnForks) && slices.ContainsFunc(lines, func(l gateLine) bool { return l.cell.Looks > 1 }) {
		out = append(out, "40/2: 40 "+t.pairs+"s at the second look.")
	}
	return strings.Join(out, " ")
}
