package versus

import (
	"sync"

	"gonum.org/v1/gonum/stat"

	"daxbench/reports/stats"
)

// fewValues is up to how many values stats.Drift tries all their orders, which takes it 1 ms at 8 and 28 at 9.
const fewValues = 10

// leastDrift is a correlation below which no p of up to fewValues values comes near driftAlpha, with ties or without: of
// 9 values the 1 % point is 0.83. The tests hold it.
const leastDrift = 0.7

// drift is stats.Drift for a great many small samples: what cannot be a drift is not looked at closely, and without ties
// p is that of any other order with the same correlation.
func drift(values []float64) (rho, p float64) {
	n := len(values)
	if n > fewValues {
		return stats.Drift(values)
	}
	ranks, ties := ranksOf(values)
	order := make([]float64, n)
	for i := range order {
		order[i] = float64(i)
	}
	rho = stat.Correlation(ranks, order, nil)
	if !(rho <= -leastDrift || rho >= leastDrift) { // NaN: they are all equal
		return rho, 1
	}
	if ties {
		return stats.Drift(values)
	}
	key := driftKey{n, int(stat.Covariance(ranks, order, nil)*float64(n-1)*4 + 0.5)}
	if p, ok := driftPs.Load(key); ok {
		return rho, p.(float64)
	}
	rho, p = stats.Drift(values)
	driftPs.Store(key, p)
	return rho, p
}

// driftPs remembers p by driftKey; there are some hundred at most.
var driftPs sync.Map

// driftKey tells correlations of ranks without ties apart: covariance is a whole number of quarters.
type driftKey struct{ n, covariance int }

// ranksOf are the ranks of few values, and whether some of them share one.
func ranksOf(values []float64) (ranks []float64, ties bool) {
	ranks = make([]float64, len(values))
	for i, v := range values {
		for j, w := range values {
			switch {
			case w < v:
				ranks[i]++
			case w == v && i != j:
				ranks[i] += 0.5
				ties = true
			}
		}
	}
	return ranks, ties
}
