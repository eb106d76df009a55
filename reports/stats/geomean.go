package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// GeoMean estimates the geometric mean of ratios, one per cell, with the interval of Student's t for the mean of their
// logarithms: exp(mean ± t(n−1)·s/√n). N is the number of cells.
//
// It takes the cells as a sample of all cells that might have been measured, and covers what another choice of cells
// would give; the intervals of the single ratios have no part in it, because their noise already shows in the spread
// between cells. With one cell there is no spread, hence no interval: Lo and Hi are the value, Confidence is 0. It
// returns ErrEmpty, or ErrValue for a ratio without values or that is not finite and positive, or an interval
// beyond what floats hold.
func GeoMean(ratios []Estimate, level float64) (Estimate, error) {
	if len(ratios) == 0 {
		return Estimate{}, ErrEmpty
	}
	if err := inside("a level", level); err != nil {
		return Estimate{}, err
	}
	logs := make([]float64, len(ratios))
	for i, r := range ratios {
		if r.N == 0 || !usable(r.Value) {
			return Estimate{}, fmt.Errorf("%w: ratio %d is %v of %d values", ErrValue, i, r.Value, r.N)
		}
		logs[i] = math.Log(r.Value)
	}
	mean, sd := stat.MeanStdDev(logs, nil)
	e := Estimate{Value: mean, Lo: mean, Hi: mean, N: len(logs)}
	if n := float64(len(logs)); n > 1 {
		half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile((1+level)/2) * sd / math.Sqrt(n)
		e.Lo, e.Hi, e.Confidence = mean-half, mean+half, level
	}
	if e = e.Exp(); e.Lo == 0 || math.IsInf(e.Hi, 1) {
		return Estimate{}, fmt.Errorf("%w: a ratio between %v and %v", ErrValue, e.Lo, e.Hi)
	}
	return e, nil
}
