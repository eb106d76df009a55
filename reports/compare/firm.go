package compare

import (
	"gonum.org/v1/gonum/stat/distuv"

	"daxbench/reports/stats"
)

// firm marks the rows whose difference is none that one finds by looking at many: their p-values, corrected by Holm for all
// comparisons of the run, are at most 1 − stats.Level. Of n rounds on one side that is 2·(1/2)^n, so that 6 rounds decide one
// comparison and 11 rounds the first of 39.
func (t *Table) firm() {
	var rows []*Row
	var p []float64
	for i := range t.Groups {
		for k := range t.Groups[i].Rows {
			if r := &t.Groups[i].Rows[k]; r.Ratio.N > 0 {
				rows, p = append(rows, r), append(p, r.chance)
			}
		}
	}
	for i, adjusted := range stats.Holm(p) {
		rows[i].Firm = adjusted <= 1-stats.Level
	}
}

// chance is the p-value of the sign test, which belongs to the interval of stats.PairedRatio: how likely pairs lie so much on
// one side, or more so, if either side is as likely. Equal pairs say nothing.
//
// Source: W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.4.
func chance(as, bs []float64) float64 {
	more, less := 0, 0
	for i := range as {
		switch {
		case as[i] > bs[i]:
			more++
		case as[i] < bs[i]:
			less++
		}
	}
	if more+less == 0 {
		return 1
	}
	coin := distuv.Binomial{N: float64(more + less), P: 0.5}
	return min(1, 2*coin.CDF(float64(min(more, less))))
}
