package versus

import (
	"math"
	"strconv"
)

// Factor is the ratio that a change is said to be: that of the samples, or, if there is none, of their centres; NaN if there
// is none of either.
func (c *Change) Factor() float64 {
	switch {
	case c.Ratio.N > 0 && c.Ratio.Value.Finite():
		return float64(c.Ratio.Value)
	case c.Delta != nil:
		return 1 + *c.Delta
	}
	return math.NaN()
}

// Interval is that of Factor. ok is false if there is none, or if the verdict says that nothing follows from it.
func (c *Change) Interval() (lo, hi float64, ok bool) {
	e := c.Ratio
	return float64(e.Lo), float64(e.Hi), e.N > 0 && e.Lo.Finite() && e.Hi.Finite() && c.Verdict.Says()
}

// Said is the verdict in words: "worse", "same within ±3 %".
func (c *Change) Said() string {
	if c.Verdict == Same && c.Margin > 0 {
		return "same within ±" + strconv.FormatFloat(100*c.Margin, 'g', 3, 64) + " %"
	}
	return string(c.Verdict)
}
