package turns

import (
	"math"

	"daxbench/reports/stats"
)

// Ratio returns the median over the rounds of s to base, with the interval from order statistics, and the share of the
// rounds in which either of them did not count. Errors: ErrApart, or stats.ErrValue.
func Ratio(s, base Series) (e stats.Estimate, dropped float64, err error) {
	num, den := paired(s, base)
	if len(num) == 0 {
		return e, 1, ErrApart
	}
	e, err = stats.PairedRatio(num, den)
	return e, 1 - float64(len(num))/float64(len(s.Nanos)), err
}

// Difference returns the median over the rounds of s less base, in nanoseconds.
func Difference(s, base Series) (stats.Estimate, error) {
	num, den := paired(s, base)
	for i := range num {
		num[i] -= den[i]
	}
	return stats.Median(num)
}

// Median returns the median of the rounds that count, in nanoseconds.
func Median(s Series) (stats.Estimate, error) {
	list, _ := paired(s, s)
	return stats.Median(list)
}

// paired returns the rounds in which both count.
func paired(a, b Series) (x, y []float64) {
	for i := range a.Nanos {
		if !math.IsNaN(a.Nanos[i]) && !math.IsNaN(b.Nanos[i]) {
			x, y = append(x, a.Nanos[i]), append(y, b.Nanos[i])
		}
	}
	return x, y
}
