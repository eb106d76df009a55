package versus

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"daxbench/reports/stats"
)

// paired compares two samples round by round, if their rounds belong together; otherwise nil.
func (b *builder) paired(base, head *sample) *Change {
	if !b.together(base, head) {
		return nil
	}
	xs, ys := pairs(base, head)
	e, err := stats.PairedRatio(ys, xs)
	if err != nil {
		return nil // compare says why there is no ratio
	}
	c := &Change{Method: Paired, Ratio: estimate(e), PairedP: None()}
	logs := make([]float64, len(xs))
	for i := range xs {
		logs[i] = math.Log(ys[i]) - math.Log(xs[i])
	}
	if test, err := stats.SignedRank(logs); err == nil {
		c.PairedP = Number(test.P)
	}
	if n := min(len(base.values), len(head.values)); len(xs) < n {
		c.Warnings = append(c.Warnings, Warning{Status, fmt.Sprintf("only %d of %d rounds pair up", len(xs), n)})
	}
	return c
}

// together says whether round k of one sample and round k of the other belong together; see the package comment.
func (b *builder) together(x, y *sample) bool {
	if x.source == "" || y.source == "" || x.input < 0 || y.input < 0 {
		return false
	}
	s, t := b.sources[x.input], b.sources[y.input]
	if s == t {
		return s.byRounds
	}
	return s.Run && t.Run && s.Seed == t.Seed && x.source == y.source
}

// pairs returns the values of the rounds that both samples have. Rounds ascend.
func pairs(x, y *sample) (xs, ys []float64) {
	for i, j := 0, 0; i < len(x.values) && j < len(y.values); {
		switch a, b := x.round(i), y.round(j); {
		case a < b:
			i++
		case a > b:
			j++
		default:
			xs, ys = append(xs, x.values[i]), append(ys, y.values[j])
			i++
			j++
		}
	}
	return xs, ys
}

// compare holds a cell against that of the first column. p and the delta are those of benchstat; the interval of the
// ratio is that of the rounds, if they were paired.
func (b *builder) compare(t *Table, base, cell *Cell, x, y *benchmath.Sample) {
	c := cell.Change
	if c == nil {
		c = &Change{PairedP: None()}
		cell.Change = c
	}
	c.Adjusted = None()
	var cmp benchmath.Comparison
	if t.Exact {
		cmp = benchmath.AssumeExact.Compare(x, y)
	} else {
		cmp = test(x, y)
	}
	c.P, c.N1, c.N2, c.Text = Number(cmp.P), cmp.N1, cmp.N2, cmp.FormatDelta(float64(base.Centre), float64(cell.Centre))
	c.Warnings = append(c.Warnings, wrap(cmp.Warnings)...)
	c.centres(base.Centre, cell.Centre)
	if t.Exact {
		c.Method = NoRatio
		if c.Delta != nil {
			c.Method = Exactly
			ratio := Number(1 + *c.Delta)
			c.Ratio = Estimate{ratio, ratio, ratio, min(c.N1, c.N2), 1}
		}
	}
	if c.Method == "" {
		c.shift(x.Values, y.Values, 1-b.Alpha)
	}
	c.judge(t.Better, b.Alpha, base.Centre, cell.Centre)
}

// centres is the ratio of the two centres.
func (c *Change) centres(base, head Number) {
	switch {
	case base == head: // 0/0 is no change either
		c.Delta = new(float64)
	case base == 0:
		c.Text = "no ratio"
		c.Warnings = append(c.Warnings, Warning{Zero, "no ratio: the base is zero"})
	default:
		delta := float64(head)/float64(base) - 1
		c.Delta = &delta
	}
}

// shift is the ratio of two unpaired samples. Both are sorted.
func (c *Change) shift(x, y []float64, level float64) {
	if x[0] > 0 && y[0] > 0 {
		e, err := stats.Shift(logs(x), logs(y), level)
		if err == nil {
			c.Method, c.Ratio = Shifted, estimate(e.Exp())
			return
		}
		c.Warnings = append(c.Warnings, Warning{TooFew, err.Error()})
	}
	c.Method, c.Ratio = NoRatio, Estimate{Value: None(), Lo: None(), Hi: None()}
	if c.Delta != nil { // a zero somewhere, but not in the middle
		c.Method = Centres
		c.Ratio = Estimate{Value: Number(1 + *c.Delta), Lo: None(), Hi: None(), N: min(len(x), len(y))}
	}
}

// logs are the logarithms of values above zero.
func logs(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Log(v)
	}
	return out
}

// margins that Same is tried with, ascending. Choosing after the fact is sound: all follow from the one interval.
var margins = []float64{0, 0.001, 0.01, 0.02, 0.03, 0.05}

// judge turns the numbers into a verdict. Better is of the unit.
//
// Note: package compare wants a change of 1 % at least before it calls it one, because its runs have that much in common
// noise. Here the units may be bytes or anything, so what p says stands; how much that is worth between two files that
// were measured one after the other is said once, below all tables.
func (c *Change) judge(better int, alpha float64, base, head Number) {
	level := 1 - alpha
	if c.Method == Paired {
		level = stats.Level // the only one that stats.PairedRatio has
	}
	bounded := c.Ratio.Bounded(level)
	direction := 0
	switch {
	case c.Method == Exactly || c.Method == NoRatio && c.P == 0:
		direction = sign(head - base)
	case c.Method == Paired:
		if !bounded {
			c.Verdict = FewValues
			return
		}
		if float64(c.PairedP) <= alpha && (c.Ratio.Lo > 1 || c.Ratio.Hi < 1) {
			direction = sign(c.Ratio.Value - 1)
		}
	case leastP(c.N1, c.N2) > alpha:
		c.Verdict = FewValues
		return
	case float64(c.P) <= alpha:
		direction = sign(head - base)
		if direction == 0 && bounded {
			direction = sign(c.Ratio.Value - 1)
		}
	}
	switch {
	case direction == 0:
		c.Verdict = Undecided
	case better == 0 && direction > 0:
		c.Verdict = Higher
	case better == 0:
		c.Verdict = Lower
	case direction == better:
		c.Verdict = Better
	default:
		c.Verdict = Worse
	}
	if c.Verdict == Undecided && bounded {
		for _, m := range margins {
			if float64(c.Ratio.Lo) >= 1/(1+m) && float64(c.Ratio.Hi) <= 1+m {
				c.Verdict, c.Margin = Same, m
				return
			}
		}
	}
	if c.Verdict == Undecided && base == 0 && head == 0 && slices.ContainsFunc(c.Warnings, func(w Warning) bool { return w.Kind == Equal }) {
		c.Verdict = Same // zeros throughout
	}
}

// leastP is the smallest p that the rank-sum test can give for samples of these sizes: of the C(n1+n2, n1) ways to mix
// them, the two extreme ones.
func leastP(n1, n2 int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return min(1, 2*math.Exp(lg(n1)+lg(n2)-lg(n1+n2)))
}

func sign(x Number) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// decidingP is the p that the verdict rests on.
func (c *Change) decidingP() float64 {
	if c.Method == Paired {
		return float64(c.PairedP)
	}
	return float64(c.P)
}
