package compare

import (
	"cmp"
	"math"
	"slices"

	"daxbench/reports/folder"
)

// Foremost picks at most n groups for a reader who cannot look at all of them, and returns their indices in the order of
// the table: first those in which something went wrong, then those in which a difference was shown, then undecided ones,
// then the others. Of two alike the one with the larger difference comes first.
func (t *Table) Foremost(n int) []int {
	order := make([]int, len(t.Groups))
	for i := range order {
		order[i] = i
	}
	if len(order) <= n {
		return order
	}
	weights := make([]weight, len(order))
	for i := range t.Groups {
		weights[i] = t.Groups[i].weight()
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(weights[b].class, weights[a].class), cmp.Compare(weights[b].effect, weights[a].effect))
	})
	order = order[:max(n, 0)]
	slices.Sort(order)
	return order
}

// weight is how much a reader wants to see a group.
type weight struct {
	class  int     // of its row that matters most: see below
	effect float64 // the largest logarithm of a ratio in that class, without its sign
}

// The classes of weights.
const (
	nothingKnown = iota
	decidedSame
	open
	shown
	harmful
)

func (g *Group) weight() (w weight) {
	harm := false
	for i := range g.Rows {
		r := &g.Rows[i]
		harm = harm || r.Violations > 0 || r.Orphaned > 0 || r.Abandoned > 0 || r.Parked > 0 || r.Hung > 0
		one := weight{class: classes[r.Verdict.Judgement]}
		if r.Ratio.N > 0 {
			one.effect = math.Abs(math.Log(r.Ratio.Value))
		}
		if one.class > w.class || one.class == w.class && one.effect > w.effect {
			w = one
		}
	}
	if harm {
		w.class = harmful
	}
	return w
}

// classes are those of rows by what is said of them.
var classes = map[Judgement]int{Dearer: shown, Cheaper: shown, Undecided: open, TooFew: open, Same: decidedSame}

// Differing returns what tells the groups of one workload apart: of a group of the table those parameters that some other
// group of its workload has not, or with another value. It looks through the table once, and not once for each group.
func (t *Table) Differing() func(g *Group) []folder.Param {
	type key struct{ workload, param string }
	first, times, differs := make(map[key]string), make(map[key]int), make(map[key]bool)
	groups := make(map[string]int)
	for i := range t.Groups {
		g := &t.Groups[i]
		groups[g.Workload]++
		for _, p := range g.Params {
			k := key{g.Workload, p.Key}
			if times[k]++; times[k] == 1 {
				first[k] = p.Value
			}
			differs[k] = differs[k] || p.Value != first[k]
		}
	}
	return func(g *Group) (out []folder.Param) {
		for _, p := range g.Params {
			if k := (key{g.Workload, p.Key}); differs[k] || times[k] < groups[g.Workload] {
				out = append(out, p)
			}
		}
		return out
	}
}
