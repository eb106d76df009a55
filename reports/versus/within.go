package versus

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"daxbench/reports/stats"
)

// within holds every cell against that of the reference policy in the same file, and then the ratios of the files against
// those of the first.
func (b *builder) within(rep *Report) error {
	if b.Reference == "" {
		return nil
	}
	found := false
	for i := range rep.Tables {
		found = b.tableWithin(&rep.Tables[i], b.built[i]) || found
	}
	if !found {
		return optionf("-reference %s: no benchmark has %s=%s beside another one%s",
			b.Reference, b.reference.Key, b.reference.Value, b.known())
	}
	return nil
}

// tableWithin does so for one table, and says whether the table has the reference.
func (b *builder) tableWithin(t *Table, n *built) (found bool) {
	for col := range t.Columns {
		rows := make(map[string]int) // by full name
		for row := range n.samples {
			if s := n.samples[row][col]; s != nil && s.source != "" {
				rows[s.source] = row
			}
		}
		for row := range n.samples {
			s := n.samples[row][col]
			if s == nil || s.source == "" {
				continue
			}
			ref, ok := sibling(rows, s.source, b.reference)
			if !ok || ref == row {
				continue
			}
			found = true
			w := b.ratioWithin(n.samples[ref][col], s, t.Better)
			w.Reference = t.Rows[ref].Name
			t.Rows[row].Cells[col].Within = w
			if base := t.Rows[row].Cells[0].Within; col > 0 && base != nil {
				w.Change = b.changeWithin(base, w, t.Better)
			}
		}
	}
	return found
}

// sibling is the row of the benchmark that differs from this one only in having the reference.
func sibling(rows map[string]int, name string, reference Param) (row int, ok bool) {
	for _, other := range siblings(name, reference) {
		if row, ok := rows[other]; ok {
			return row, true
		}
	}
	return 0, false
}

// siblings are the names that the reference may have. A number behind a dash at the end is GOMAXPROCS, or, as in
// "bounded-100", part of the policy.
func siblings(name string, reference Param) (out []string) {
	base, parts := benchfmt.Name(name).Parts()
	head := string(base)
	for i, part := range parts {
		if key, _, ok := strings.Cut(string(part), "="); ok && key == reference.Key {
			head += key + "=" + reference.Value
			rest := ""
			for _, p := range parts[i+1:] {
				rest += string(p)
			}
			if out = append(out, head+rest); strings.HasPrefix(rest, "-") {
				out = append(out, head)
			}
			return out
		}
		head += string(part)
	}
	return nil
}

// known lists what -reference could have been.
func (b *builder) known() string {
	values := make(map[string]bool)
	for _, n := range b.built {
		for _, row := range n.samples {
			for _, s := range row {
				if s == nil || len(values) > maxKnown {
					continue
				}
				_, parts := benchfmt.Name(s.source).Parts()
				for _, part := range parts {
					if key, value, ok := strings.Cut(string(part), "="); ok && key == b.reference.Key {
						values[value] = true
					}
				}
			}
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "; known: " + strings.Join(slices.Sorted(maps.Keys(values)), ", ")
}

// maxKnown is how many values are listed.
const maxKnown = 30

// ratioWithin is the ratio of a sample to the reference in the same file.
func (b *builder) ratioWithin(ref, s *sample, better int) *Within {
	w := &Within{}
	c := &w.Ratio
	if paired := b.paired(ref, s); paired != nil {
		*c = *paired
		xs, ys := pairs(ref, s)
		for i := range xs {
			w.logs = append(w.logs, math.Log(ys[i])-math.Log(xs[i]))
		}
	} else {
		c.PairedP = None()
		c.shift(slices.Sorted(slices.Values(ref.values)), slices.Sorted(slices.Values(s.values)), 1-b.Alpha)
		if c.Method == Shifted {
			c.Warnings = append(c.Warnings, Warning{Unpaired, "its file does not go by rounds: the ratio is of unpaired samples"})
		} else {
			c.Warnings = append(c.Warnings, Warning{Zero, "no ratio: there are zeros"})
		}
	}
	c.P, c.N1, c.N2, c.Adjusted = None(), len(ref.values), len(s.values), None()
	if test, err := stats.RankSum(ref.values, s.values); err == nil && c.Method == Shifted {
		c.P = Number(test.P)
	}
	c.ratioVerdict(better, b.Alpha)
	return w
}

// changeWithin is how the ratio changed against that of the first column: the logarithms of the rounds' ratios are two
// unpaired samples.
func (b *builder) changeWithin(base, head *Within, better int) *Change {
	c := &Change{Method: NoRatio, P: None(), PairedP: None(), Adjusted: None(), N1: len(base.logs), N2: len(head.logs)}
	c.Ratio = Estimate{Value: None(), Lo: None(), Hi: None()}
	if len(base.logs) == 0 || len(head.logs) == 0 {
		c.Verdict = FewValues
		c.Warnings = []Warning{{Unpaired, "how the ratio changed cannot be said without rounds"}}
		return c
	}
	if e, err := stats.Shift(base.logs, head.logs, 1-b.Alpha); err == nil {
		c.Method, c.Ratio = Shifted, estimate(e.Exp())
	}
	if test, err := stats.RankSum(base.logs, head.logs); err == nil {
		c.P = Number(test.P)
	}
	c.ratioVerdict(better, b.Alpha)
	return c
}

// ratioVerdict judges a change that has a ratio and no centres.
func (c *Change) ratioVerdict(better int, alpha float64) {
	if !c.Ratio.Value.Finite() {
		c.Verdict, c.Text = FewValues, "no ratio"
		return
	}
	delta := float64(c.Ratio.Value) - 1
	c.Delta = &delta
	c.Text = fmt.Sprintf("%+.2f%%", delta*100)
	c.judge(better, alpha, 1, c.Ratio.Value)
}
