package versus

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// summarize forms the geomeans of the columns. The ratio is the geomean of the rows' ratios, as benchstat has it, and not
// the ratio of the geomeans, which says nothing if the sets differ.
func (t *Table) summarize(level float64) {
	based := 0 // rows that the first column has
	for i := range t.Rows {
		if t.Rows[i].Cells[0].N > 0 {
			based++
		}
	}
	t.Summary = make([]Summary, len(t.Columns))
	for col := range t.Columns {
		s := &t.Summary[col]
		s.Centre, s.Ratio, s.Lo, s.Hi = None(), None(), None(), None()
		var centres []float64
		var ratios []stats.Estimate
		zeros := false
		for i := range t.Rows {
			c := &t.Rows[i].Cells[col]
			if c.N == 0 {
				continue
			}
			centres = append(centres, float64(c.Centre))
			if c.Change == nil {
				continue
			}
			s.N++
			if c.Change.Delta == nil {
				zeros = true
				continue
			}
			ratios = append(ratios, stats.Estimate{Value: 1 + *c.Change.Delta, N: 1})
		}
		switch {
		case col > 0 && s.N == 0:
			s.warn(Set, "no benchmark is in the first column too")
		case col > 0 && s.N != based:
			s.warn(Set, "the sets of benchmarks differ: the change is that of the %d that both have", s.N)
		}
		if slices.Min(append(centres, math.Inf(1))) > 0 && len(centres) > 0 {
			s.Centre = Number(stat.GeometricMean(centres, nil))
		} else {
			s.warn(Zero, "no geomean: one of the values is zero")
		}
		if col == 0 || s.N == 0 {
			continue
		}
		e, err := stats.GeoMean(ratios, level)
		if zeros || err != nil {
			s.warn(Zero, "no geomean of the changes: there is one from or to zero")
			continue
		}
		s.Ratio = Number(e.Value)
		if e.Confidence >= level {
			s.Lo, s.Hi = Number(e.Lo), Number(e.Hi)
		}
	}
}

func (s *Summary) warn(kind Kind, format string, args ...any) {
	s.Warnings = append(s.Warnings, Warning{kind, fmt.Sprintf(format, args...)})
}

// count counts what was compared, and corrects its p-values together.
func (r *Report) count() {
	var ps []float64
	var said []*Change
	for _, f := range r.Findings() {
		c := f.Change
		r.Pairs++
		if !c.Verdict.Says() {
			continue
		}
		r.Compared++
		if c.Verdict.Differs() {
			r.Changed++
		}
		said = append(said, c)
		ps = append(ps, c.decidingP())
	}
	for i, p := range stats.Holm(ps) {
		said[i].Adjusted = Number(p)
		if said[i].Verdict.Differs() && p <= r.Alpha {
			r.Holm++
		}
	}
}

// roles says how much each table matters. A run says by what it wants to be judged; a benchmark file means sec/op.
func (b *builder) roles(rep *Report) {
	planned := make(map[string]bool)
	runs := false
	for _, s := range b.sources {
		if s.run == nil {
			continue
		}
		runs = true
		for _, g := range s.run.Manifest.Plan.Groups {
			planned[tidy(g.Primary)] = true
		}
	}
	delete(planned, "")
	if len(planned) == 0 {
		planned["sec/op"] = true
	}
	led := make(map[string]bool) // configurations that have a primary table
	config := func(t *Table) string { return fmt.Sprint(t.Config) }
	for i := range rep.Tables {
		t := &rep.Tables[i]
		led[config(t)] = led[config(t)] || planned[t.Unit]
	}
	for i := range rep.Tables {
		switch t := &rep.Tables[i]; {
		case planned[t.Unit] || !led[config(t)]:
			t.Role = Primary
		case Tail(t.Unit) != "" || strings.HasSuffix(t.Unit, "/s"):
			t.Role = Beside
		case runs:
			t.Role = Detail
		default:
			t.Role = Other
		}
	}
	rep.judged = b.judged(rep)
}

// judged is the unit by which the run behind a row judges its cell, for those that have it.
func (b *builder) judged(rep *Report) map[string]string {
	group := make(map[string]string) // the unit, by the group of cells
	for _, s := range b.sources {
		if s.run == nil {
			continue
		}
		for _, g := range s.run.Manifest.Plan.Groups {
			group[folder.Key{Workload: g.Workload, Params: g.Params}.Group()] = tidy(g.Primary)
		}
	}
	cell := make(map[string]string)
	for _, s := range b.sources {
		if s.run == nil {
			continue
		}
		for _, c := range s.run.Cells {
			cell[c.Name] = group[c.Group()]
		}
	}
	out := make(map[string]string)
	for i := range rep.Tables {
		t := &rep.Tables[i]
		for j := range t.Rows {
			unit, ok := cell[t.Rows[j].Name]
			if !ok {
				unit = cell[bare(t.Rows[j].Name)]
			}
			if unit == t.Unit {
				out[t.Rows[j].Name] = unit
			}
		}
	}
	return out
}

// Tail is the quantile that a unit is, "p99" for p99-sec or p99-sec/op, if it is one of the upper tail.
func Tail(unit string) string {
	word := strings.FieldsFunc(unit, func(r rune) bool { return r == '-' || r == '/' })
	if len(word) > 0 && strings.HasPrefix(word[0], "p99") && strings.Trim(word[0][3:], "0123456789.") == "" {
		return word[0]
	}
	return ""
}

// Beside returns the tables whose figures stand beside those of a primary table: the tails, then the throughputs.
func (r *Report) Beside(t *Table) (out []*Table) {
	if t.Role != Primary {
		return nil
	}
	for _, tails := range []bool{true, false} {
		for i := range r.Tables {
			if o := &r.Tables[i]; o.Role == Beside && (Tail(o.Unit) != "") == tails && slices.Equal(o.Config, t.Config) {
				out = append(out, o)
			}
		}
	}
	return out
}

// Row returns the row of that name, or nil.
func (t *Table) Row(name string) *Row {
	if i, ok := t.byName[name]; ok {
		return &t.Rows[i]
	}
	return nil
}

// index makes Row work.
func (t *Table) index() {
	t.byName = make(map[string]int, len(t.Rows))
	for i := range t.Rows {
		t.byName[t.Rows[i].Name] = i
	}
}
