package render

import (
	"cmp"
	"math"
	"strings"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

// subject is a measure or a count; at most one of the two is not nil.
type subject struct {
	measure *gate.Measure
	count   *gate.Count
}

// name is what is measured or counted.
func (s subject) name() string {
	switch {
	case s.measure != nil:
		return clean(s.measure.Name, maxPolicy)
	case s.count != nil:
		return clean(s.count.Name, maxPolicy)
	}
	return ""
}

// verdict is what is said of the subject alone, in words.
func (s subject) verdict() string {
	switch {
	case s.count != nil:
		return s.count.Verdict.String()
	case s.measure == nil:
		return ""
	case s.measure.Role == gate.Shown:
		return s.measure.Role.String()
	}
	return s.measure.Verdict.String()
}

// ratio is head/base, 0 if there is none, and infinite for what the base did not do at all.
func (s subject) ratio() float64 {
	switch {
	case s.measure != nil && s.measure.Change.N > 0:
		return s.measure.Change.Value
	case s.count != nil && s.count.Base > 0:
		return s.count.Head / s.count.Base
	case s.count != nil && s.count.Head > 0:
		return math.Inf(1)
	}
	return 0
}

// baseHead is both values in one unit: "16.2 → 17.1 ns".
func baseHead(s subject) string {
	switch {
	case s.measure != nil:
		m := s.measure
		if !(m.Base > 0) && !(m.Head > 0) {
			return ""
		}
		kind := unit.Of(m.Unit)
		base, head := quantity(m.Base, kind), quantity(m.Head, kind)
		if usable(m.Base) && usable(m.Head) {
			both := unit.Column([]float64{m.Base, m.Head}, kind)
			base, head = both[0], both[1]
		}
		if number, name, ok := strings.Cut(base, " "); ok && strings.HasSuffix(head, " "+name) {
			base = number
		}
		return base + " → " + head
	case s.count != nil:
		return counted(s.count.Base) + " → " + counted(s.count.Head)
	}
	return ""
}

// usable says whether a measured value is one.
func usable(v float64) bool {
	return v > 0 && finite(v)
}

// quantity writes a measured value. Zero means that there is none.
func quantity(v float64, kind unit.Kind) string {
	if !usable(v) {
		return none
	}
	return unit.Format(v, kind)
}

// counted writes an exact value, in full as far as a reader can compare it.
func counted(v float64) string {
	switch {
	case !finite(v) || v < 0:
		return none
	case v == math.Trunc(v) && v < 1e15:
		return unit.Count(uint64(v))
	}
	return unit.Format(v, unit.Plain)
}

// decisive is what gave a cell its verdict, or else what decides it.
func decisive(c *gate.Cell) subject {
	for i := range c.Measures {
		if m := &c.Measures[i]; m.Role != gate.Shown && m.Verdict == c.Verdict {
			return subject{measure: m}
		}
	}
	for i := range c.Counts {
		if c.Counts[i].Verdict == c.Verdict {
			return subject{count: &c.Counts[i]}
		}
	}
	switch {
	case len(c.Measures) > 0:
		return subject{measure: &c.Measures[0]}
	case len(c.Counts) > 0:
		return subject{count: &c.Counts[0]}
	}
	return subject{}
}

// gateLine is one line of the table of a gate: a cell with what decided it, or below it another measure or count.
type gateLine struct {
	subject
	cell *gate.Cell
	lead bool // the line stands for the cell
	row  int  // number of the cell in the table
}

// said is the verdict of the line; that of a cell has its mark.
func (l *gateLine) said() string {
	if l.lead {
		return marked(l.cell.Verdict)
	}
	return "↳ " + l.verdict()
}

// value is the verdict of the line.
func (l *gateLine) value() gate.Verdict {
	switch {
	case l.lead:
		return l.cell.Verdict
	case l.measure != nil:
		return l.measure.Verdict
	}
	return l.count.Verdict
}

// gateLines are the lines of a table, in the order of the cells.
func gateLines(cells []*gate.Cell, verbose bool) (out []gateLine) {
	for row, c := range cells {
		lead := decisive(c)
		out = append(out, gateLine{lead, c, true, row})
		for i := range c.Measures {
			if m := &c.Measures[i]; m != lead.measure && (verbose || speaks(c, m)) {
				out = append(out, gateLine{subject{measure: m}, c, false, row})
			}
		}
		for i := range c.Counts {
			if n := &c.Counts[i]; n != lead.count && (verbose || n.Verdict != gate.Pass && c.Verdict != gate.Void) {
				out = append(out, gateLine{subject{count: n}, c, false, row})
			}
		}
	}
	return out
}

// speaks says whether a further measure of a cell adds to what the cell's own line says: everything does in a cell that
// regressed, nothing in one that does not count, and elsewhere what did not pass. A tail that need not be shown to pass
// says nothing by not doing so.
func speaks(c *gate.Cell, m *gate.Measure) bool {
	switch {
	case c.Verdict == gate.Regressed:
		return true
	case c.Verdict == gate.Void || m.Role == gate.Shown || m.Verdict == gate.Pass:
		return false
	}
	return !green(c.Verdict) || m.Verdict != gate.NoVerdict
}

// shortened are the names of cells within limit columns, so that what differs stays visible, and what of them all cells
// have in common: "dax=50 workers=2". Where there is too little room they lose the keys of their parameters.
func shortened(cells []*gate.Cell, limit int) (names []string, common string) {
	full := make([]string, len(cells))
	for i, c := range cells {
		full[i] = cmp.Or(clean(c.Name, maxCell), none)
	}
	names, common = shortNames(full)
	if widest(names) > limit {
		values := make([]string, len(names))
		for i, name := range names {
			parts := strings.Split(name, "/")
			for k, p := range parts {
				parts[k] = p[strings.IndexByte(p, '=')+1:]
			}
			values[i] = cmp.Or(strings.Join(parts, "/"), none)
		}
		if distinct(values) == distinct(names) {
			names = values
		}
	}
	return elided(names, limit), common
}

// elided cuts names to limit columns. They are cut at the same place of each, the one that leaves the most of them
// different; the middle, if it can be.
func elided(names []string, limit int) []string {
	var best []string
	all, most := distinct(names), 0
	for i := range limit {
		head := limit/2 + (i+1)/2*(1-2*(i%2)) // from the middle to both sides
		cut := make([]string, len(names))
		for k, name := range names {
			cut[k] = cutAt(name, head, limit-1-head)
		}
		if n := distinct(cut); n > most {
			most, best = n, cut
		}
		if most == all {
			break
		}
	}
	if best == nil {
		return names
	}
	return best
}

// distinct counts the different ones.
func distinct(names []string) int {
	seen := make(map[string]bool, len(names))
	for _, s := range names {
		seen[s] = true
	}
	return len(seen)
}

// widest is the width of the widest.
func widest(names []string) (width int) {
	for _, s := range names {
		width = max(width, columns(s))
	}
	return width
}

// cutAt keeps the first head and the last tail columns of a string that is wider than both and an ellipsis.
func cutAt(s string, head, tail int) string {
	if columns(s) <= head+1+tail || head < 0 || tail < 0 {
		return s
	}
	runes := []rune(s)
	from, to := 0, len(runes)
	for w := 0; from < to; from++ {
		if w += columns(string(runes[from])); w > head {
			break
		}
	}
	for w := 0; to > from; to-- {
		if w += columns(string(runes[to-1])); w > tail {
			break
		}
	}
	return string(runes[:from]) + "…" + string(runes[to:])
}
