package gate

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"daxbench/reports/stats"
)

// smallestRate is the share of trials in which Proof.Smallest is seen.
const smallestRate = 0.9

// findSmallest works out the smallest change that the rule sees in 9 of 10 trials, from those without an effect: a change
// of δ adds log(1+δ) to every log ratio, and it can be said exactly from which δ on the rule finds it (see threshold).
//
// The interval is that of a quantile from order statistics, as in stats.Median with 9/10 for 1/2: the number of thresholds
// below the true quantile is binomial. With fewer than 36 tries no upper end exists, and Confidence says so.
func (p *Proof) findSmallest(trials []Trial, suite *Suite) error {
	for i := range trials {
		t := &trials[i]
		if t.Effect != 0 || t.Missing || t.Samples == nil {
			continue
		}
		each, err := thresholds(t.Samples, suite)
		if err != nil {
			return fmt.Errorf("trial %d: %w", i, err)
		}
		if t.Report.Verdict == Void { // in a void trial nothing is found, however large
			each = slices.Repeat([]float64{math.Inf(1)}, len(each))
		}
		p.seen = append(p.seen, each...)
	}
	slices.Sort(p.seen)
	n := len(p.seen)
	if n == 0 {
		return nil
	}
	b := distuv.Binomial{N: float64(n), P: smallestRate}
	lo, hi := 0, n-1 // indices of the ends
	const tail = (1 - stats.Level) / 2
	for lo+1 < n && b.CDF(float64(lo)) <= tail {
		lo++
	}
	for hi > 0 && 1-b.CDF(float64(hi-1)) <= tail {
		hi--
	}
	value := p.seen[int(math.Ceil(smallestRate*float64(n)))-1]
	if math.IsInf(p.seen[hi], 1) || math.IsInf(value, 1) {
		p.Open = append(p.Open, fmt.Sprintf("there is no change that %s of the trials would have seen", percent(smallestRate)))
		return nil
	}
	p.Smallest = stats.Estimate{
		Value: math.Expm1(value), Lo: math.Expm1(p.seen[lo]), Hi: math.Expm1(p.seen[hi]), N: n,
		Confidence: b.CDF(float64(hi)) - b.CDF(float64(lo)),
	}
	return nil
}

// thresholds returns, per declared cell, the log ratio from which on the rule would have called it regressed had every
// operation of its head taken so much longer; infinity where it never would have.
//
// A second batch counts from where the first look would have asked for it. Where it was not run, because without an effect
// nothing was open, the first look alone has to find the change, though in truth such a cell would have got its second look:
// that is the cautious side.
func thresholds(s *Samples, suite *Suite) ([]float64, error) {
	looks, err := suite.looks()
	if err != nil {
		return nil, err
	}
	out := slices.Repeat([]float64{math.Inf(1)}, len(suite.Cells))
	opens := slices.Clone(out)
	family := 0 // of the first look: whatever is decided then keeps its place
	for look := 1; look <= min(s.Looks(), looks.Len()); look++ {
		cells := make([]*drawn, len(suite.Cells))
		for i := range suite.Cells {
			cells[i] = s.draw(&suite.Cells[i], suite.Plan, look)
		}
		if look == 1 {
			family = len(convicting(cells))
		}
		_, alpha := looks.At(look - 1)
		for i, c := range cells {
			found, open, err := c.thresholds(1 - alpha/float64(max(1, family)))
			if err != nil {
				return nil, err
			}
			if look > 1 {
				found = max(found, opens[i])
			}
			out[i], opens[i] = min(out[i], found), open
		}
	}
	return out, nil
}

// thresholds returns from which shift of all log ratios of its clocks on the cell is found, and from which on it is open if
// it is not.
func (c *drawn) thresholds(level float64) (found, open float64, err error) {
	found, open = math.Inf(1), math.Inf(1)
	for i := range c.series {
		m := &c.series[i]
		if c.blank != "" || m.Role == Shown || m.Unit != unitTime || len(m.logs) == 0 {
			continue
		}
		f, o, err := m.threshold(level)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %s: %w", c.Name, m.Name, err)
		}
		found, open = min(found, f), min(open, o)
	}
	return found, open, nil
}

// threshold is where the rule begins to find a shift of all log ratios, and where a first look begins to leave it open.
// Estimate and interval move with them, so the estimate reaches the floor, and the lower end leaves no change behind, at
// known shifts. The signed-rank test finds it at a level exactly if the lower end of the interval at that level does. The
// level is that of the smallest p in Holm's method, which is the strictest: where other measures are found too, this one may
// be found a little earlier.
func (s *series) threshold(level float64) (found, open float64, err error) {
	usual, err := stats.HodgesLehmann(s.logs, stats.Level)
	if err != nil {
		return 0, 0, err
	}
	strict, err := stats.HodgesLehmann(s.logs, level)
	if err != nil {
		return 0, 0, err
	}
	if !usual.Bounded() {
		return math.Inf(1), math.Inf(-1), nil
	}
	worse := max(math.Log1p(s.Floor)-usual.Value, -usual.Lo) // see looksWorse
	found, open = max(worse, -strict.Lo), worse
	if strict.Confidence < level {
		found = math.Inf(1)
	}
	if s.Role == Decides {
		open = min(open, math.Log1p(s.Tolerance)-usual.Hi)
	}
	return found, open, nil
}
