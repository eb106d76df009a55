package gate

import (
	"fmt"
	"math"
	"slices"
	"sort"

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

// Detection returns the share of the cells without an effect in which a change would have been found; 0.02 is 2 %.
func (p *Proof) Detection(change float64) float64 {
	if len(p.seen) == 0 {
		return 0
	}
	// The first threshold above the change.
	i := sort.Search(len(p.seen), func(i int) bool { return p.seen[i] > math.Log1p(change) })
	return float64(i) / float64(len(p.seen))
}

// thresholds returns, per declared cell, the log ratio from which on the rule would have called it regressed had every
// operation of its head taken so much longer; infinity where it never would have.
func thresholds(s *Samples, suite *Suite) ([]float64, error) {
	looks, err := suite.looks()
	if err != nil {
		return nil, err
	}
	out := slices.Repeat([]float64{math.Inf(1)}, len(suite.Cells))
	for look := 1; look <= min(s.Looks(), looks.Len()); look++ {
		cells := make([]*drawn, len(suite.Cells))
		for i := range suite.Cells {
			cells[i] = s.draw(&suite.Cells[i], suite.Plan, look)
		}
		_, alpha := looks.At(look - 1)
		level := 1 - alpha/float64(max(1, len(convicting(cells))))
		for i, c := range cells {
			for k := range c.series {
				if m := &c.series[k]; c.blank == "" && m.Role != Shown && m.Unit == unitTime && len(m.logs) > 0 {
					t, err := m.threshold(level)
					if err != nil {
						return nil, fmt.Errorf("%s: %s: %w", c.Name, m.Name, err)
					}
					out[i] = min(out[i], t)
				}
			}
		}
	}
	return out, nil
}

// threshold is where the rule begins to find a shift of all log ratios. Estimate and interval move with them, so the
// estimate reaches the floor, and the lower end leaves no change behind, at known shifts. The signed-rank test finds it at
// a level exactly if the lower end of the interval at that level does. The level is that of the smallest p in Holm's
// method, which is the strictest: where other measures are found too, this one may be found a little earlier.
func (s *series) threshold(level float64) (float64, error) {
	usual, err := stats.HodgesLehmann(s.logs, stats.Level)
	if err != nil {
		return 0, err
	}
	strict, err := stats.HodgesLehmann(s.logs, level)
	if err != nil {
		return 0, err
	}
	if strict.Confidence < level || !usual.Bounded() {
		return math.Inf(1), nil
	}
	return max(math.Log1p(s.Floor)-usual.Value, -usual.Lo, -strict.Lo), nil
}
