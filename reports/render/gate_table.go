package render

import (
	"slices"
	"strings"

	"daxbench/reports/gate"
)

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
