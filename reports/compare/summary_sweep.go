package compare

import (
	"fmt"
	"slices"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// A sweep is a workload under one policy with one parameter that takes several values, in the order of the run, while all
// others stay.
type sweep struct {
	key         string
	first, last end
}

// An end of a sweep is the group with the first or the last value, and what it costs under the policy.
type end struct {
	group int
	value string
	cost  stats.Estimate
}

// factor is how far apart the ends are for certain: from the far end of one interval to the near end of the other. It is 1 or
// less if they overlap.
func (s *sweep) factor() float64 {
	low, high := s.first.cost, s.last.cost
	if low.Value > high.Value {
		low, high = high, low
	}
	return high.Lo / low.Hi
}

// sweepSummary says what a parameter does: the cost under the reference at the first and the last of its values, of the sweep
// in which they lie farthest apart. Costs whose intervals overlap say nothing.
//
// Note: a ratio by round would be narrower. It is the medians that the tables show.
func sweepSummary(t *Table) *Sentence {
	var best *sweep
	for _, s := range sweeps(t) {
		if s.factor() > 1+MinEffect && (best == nil || s.factor() > best.factor()) {
			best = s
		}
	}
	if best == nil {
		return nil
	}
	g := &t.Groups[best.first.group]
	at := func(e end) string {
		with := fmt.Sprintf("with %s=%s", best.key, e.value)
		if best.key == "hold" {
			with = "under pins of " + held(e.value)
		}
		lo, hi := unit.Format(e.cost.Lo, unit.Of(g.Unit)), unit.Format(e.cost.Hi, unit.Of(g.Unit))
		return fmt.Sprintf("%s [%s, %s] %s", unit.Format(e.cost.Value, unit.Of(g.Unit)), lo, hi, with)
	}
	rest := Group{Workload: g.Workload, Params: slices.DeleteFunc(slices.Clone(t.Differing()(g)), func(p folder.Param) bool { return p.Key == best.key })}
	return &Sentence{Group: -1, Topic: Price, Text: fmt.Sprintf("Under %s the %s goes from %s to %s (%s, %s).", g.Reference, g.Measure(),
		at(best.first), at(best.last), rest.Name(), spread(best.first.cost.N, best.last.cost.N))}
}

// sweeps are those of a table, under the reference policies, in the order of the run.
func sweeps(t *Table) (out []*sweep) {
	byRest := make(map[string]*sweep)
	for i := range t.Groups {
		g := &t.Groups[i]
		speaks := speaker{g: g}
		ref := speaks.reference()
		if ref == nil || !ref.Cost.Bounded() {
			continue
		}
		for k, p := range g.Params {
			rest := slices.Delete(slices.Clone(g.Params), k, k+1)
			id := folder.Key{Workload: g.Workload, Params: rest, Policy: ref.Policy}.Group() + "\x00" + p.Key + "\x00" + ref.Policy + "\x00" + g.Unit
			e := end{i, p.Value, ref.Cost}
			switch s := byRest[id]; {
			case s == nil:
				byRest[id] = &sweep{p.Key, e, e}
				out = append(out, byRest[id])
			default:
				s.last = e
			}
		}
	}
	return slices.DeleteFunc(out, func(s *sweep) bool { return s.first.group == s.last.group })
}

// spread is "n=6", or "n=5 to 6".
func spread(a, b int) string {
	if a == b {
		return fmt.Sprintf("n=%d", a)
	}
	return fmt.Sprintf("n=%d to %d", min(a, b), max(a, b))
}
