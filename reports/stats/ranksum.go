package stats

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// rankSumExact is the number of pairs of values, one from each sample, up to which the rank-sum distribution is computed
// exactly: 30 against 30 take some milliseconds.
const rankSumExact = 900

// RankSum is the test of Mann and Whitney (Wilcoxon's for two samples): do the values of y tend to be above those of x?
//
// The statistic U counts the pairs with y[j] > x[i], tied pairs as one half; its range is 0 to len(x)·len(y). Up to 900
// pairs its distribution is exact, given the ranks and so with their ties: each choice of len(y) of all ranks is equally
// likely. Beyond, U is taken as normal, with the variance corrected for ties and the step for continuity. If all values
// are equal, P is 1. It returns ErrEmpty, or ErrValue for a NaN or an infinity.
//
// Source: H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947), 50–60; Hollander, Wolfe, Chicken,
// section 4.1.
func RankSum(x, y []float64) (Test, error) {
	for _, sample := range [][]float64{x, y} {
		if err := finite(sample); err != nil {
			return Test{}, err
		}
	}
	n, m := len(x), len(y)
	ranks := doubleRanks(slices.Concat(x, y))
	least := m * (m + 1) // the doubled rank sum of y if all of it is below x
	if n*m > rankSumExact {
		sum, squares := 0, 0.0
		for _, r := range ranks[n:] {
			sum += r
		}
		mean := float64(n + m + 1) // of doubled ranks, ties or not
		for _, r := range ranks {
			squares += (float64(r) - mean) * (float64(r) - mean)
		}
		// The variance of a sum of m drawn without replacement from n+m.
		sd := math.Sqrt(squares*float64(n)*float64(m)/float64((n+m)*(n+m-1))) / 2
		return normalTest(float64(sum-least)/2, float64(n)*float64(m)/2, sd, n+m), nil
	}
	ranks, scale := halve(ranks)
	sum := 0
	for _, r := range ranks[n:] {
		sum += r
	}
	less, greater := tails(drawnSums(ranks, m), sum)
	return newTest((float64(sum*scale)-float64(least))/2, greater, less, n+m, true), nil
}

// drawnSums returns the distribution of the sum of m of the ranks, each choice equally likely.
func drawnSums(ranks []int, m int) []float64 {
	if others := len(ranks) - m; others < m { // what is not drawn is fewer: turn their sum round
		total := 0
		for _, r := range ranks {
			total += r
		}
		p := drawnSums(ranks, others)
		turned := make([]float64, total+1)
		for s, v := range p {
			turned[total-s] = v
		}
		return turned
	}
	sorted := slices.Sorted(slices.Values(ranks))
	most := 0
	for _, r := range sorted[len(sorted)-m:] {
		most += r
	}
	// ways[k][s] counts the choices of k of the ranks so far that sum to s. Floats hold what integers cannot, and their
	// rounding is far below what a p-value needs.
	ways := make([][]float64, m+1)
	for k := range ways {
		ways[k] = make([]float64, most+1)
	}
	ways[0][0] = 1
	tops := make([]int, m+1) // largest sum so far of k ranks
	for i, r := range sorted {
		for k := min(m, i+1); k >= 1; k-- {
			tops[k] = tops[k-1] + r
			to, from := ways[k], ways[k-1]
			for s := tops[k]; s >= r; s-- {
				to[s] += from[s-r]
			}
		}
	}
	total := 0.0
	for _, w := range ways[m] {
		total += w
	}
	for s := range ways[m] {
		ways[m][s] /= total
	}
	return ways[m]
}

// rankSumOrder returns which of the differences of n and m values, counted from either end, bounds the interval.
func rankSumOrder(n, m int, level float64) (d int, confidence float64) {
	if n*m > rankSumExact {
		a, b := float64(n), float64(m)
		return countedNormal(a*b/2, math.Sqrt(a*b*(a+b+1)/12), level)
	}
	type order struct {
		d          int
		confidence float64
	}
	key := rankSumKey{n, m, level}
	if o, ok := rankSumOrders.Load(key); ok {
		return o.(order).d, o.(order).confidence
	}
	ranks := make([]int, n+m)
	for i := range ranks {
		ranks[i] = i + 1
	}
	least := m * (m + 1) / 2
	d, confidence = counted(drawnSums(ranks, m)[least:least+n*m+1], level)
	rankSumOrders.Store(key, order{d, confidence})
	return d, confidence
}

// rankSumOrders remembers exact orders by rankSumKey: there are at most some thousand pairs of sizes, and a comparison of
// many cells has the same one for all. Without it the order is three quarters of the time of Shift.
var rankSumOrders sync.Map

type rankSumKey struct {
	n, m  int
	level float64
}

// Shift estimates by how much y lies above x, in their own unit, if they differ in nothing else: the median of the
// differences y[j] − x[i]. The interval inverts the rank-sum test: from the d-th smallest difference to the d-th
// largest, where P(U ≤ d−1) ≤ (1−level)/2. N is the number of values in the smaller sample. Where the samples are too
// small for the level, Lo and Hi are the extreme differences and Confidence says what that is worth. It returns ErrEmpty,
// or ErrValue for a NaN, an infinity, a level that is not between 0 and 1, or differences that overflow.
//
// Source: Hodges and Lehmann (1963); the interval: L. E. Moses (1953), in Hollander, Wolfe, Chicken, sections 4.2, 4.3.
func Shift(x, y []float64, level float64) (Estimate, error) {
	for _, sample := range [][]float64{x, y} {
		if err := finite(sample); err != nil {
			return Estimate{}, err
		}
	}
	if err := inside("a level", level); err != nil {
		return Estimate{}, err
	}
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	n, m := len(x), len(y)
	least, most := y[0]-x[n-1], y[m-1]-x[0]
	if math.IsInf(least, 0) || math.IsInf(most, 0) {
		return Estimate{}, fmt.Errorf("%w: differences between %v and %v", ErrValue, least, most)
	}
	d, confidence := rankSumOrder(n, m, level)
	e := estimateOf(n*m, d, func(k int) float64 {
		return kth(k, least, most, func(v float64) int {
			count, j := 0, 0
			for _, from := range x { // a larger x[i] allows larger y[j]
				for j < m && y[j]-from <= v {
					j++
				}
				count += j
			}
			return count
		})
	})
	e.N, e.Confidence = min(n, m), confidence
	return e, nil
}
