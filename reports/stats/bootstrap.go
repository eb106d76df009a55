package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Resampling says how BlockBootstrap draws.
type Resampling struct {
	Block int    // length of a block, in values; 0: AutoBlock of the signs about the median; 1: as if independent
	Draws int    // resamples; 0: 2000
	Seed  uint64 // of the draws: the same seed gives the same interval
}

// drawsWithoutSaying is the number of resamples unless told: the ends of a 95 % interval are then the 50th from either
// side, which are steady to a few percent of its width (B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap
// (1993), section 13.3, asks for 1000 or more).
const drawsWithoutSaying = 2000

// BlockBootstrap estimates the median of values that depend on their neighbours in time, with the expanded
// percentile interval of a circular block bootstrap: a resample is a row of blocks of consecutive values, each from a random place, the
// last value being followed by the first. Dependence shorter than a block survives in the resamples, and so in their
// spread.
//
// Blocks are the unit of evidence. With k of them no interval from resampling deserves more confidence than the range of
// k values has for a median, so Confidence is the smaller of the level and 1 − 2·(1/2)^k, k = ⌊n/Block⌋. It is nominal:
// the tests show up to 5 points less where neighbours correlate by 0.6 or more. It returns ErrEmpty, or ErrValue for a NaN, an
// infinity, a level that is not between 0 and 1, or a block or number of draws that is negative or a block longer than x.
//
// Source: D. N. Politis, J. P. Romano, in Exploring the Limits of Bootstrap (1992), 263–270; H. R. Künsch, Annals of
// Statistics 17 (1989), 1217–1241.
func BlockBootstrap(x []float64, level float64, r Resampling) (Estimate, error) {
	if err := finite(x); err != nil {
		return Estimate{}, err
	}
	if err := inside("a level", level); err != nil {
		return Estimate{}, err
	}
	if r.Block < 0 || r.Draws < 0 || r.Block > len(x) {
		return Estimate{}, fmt.Errorf("%w: blocks of %d and %d draws from %d values", ErrValue, r.Block, r.Draws, len(x))
	}
	if r.Draws == 0 {
		r.Draws = drawsWithoutSaying
	}
	sorted := slices.Sorted(slices.Values(x))
	if r.Block == 0 {
		r.Block = AutoBlock(signs(x, middle(sorted)))
	}
	medians := resampledMedians(x, sorted, r)
	slices.Sort(medians)
	blocks := len(x) / r.Block
	tail := int(float64(r.Draws) * expandedTail(blocks, (1-level)/2))
	e := Estimate{Value: middle(sorted), Lo: medians[tail], Hi: medians[len(medians)-1-tail], N: len(x)}
	e.Confidence = min(level, max(0, 1-math.Ldexp(2, -blocks)))
	return e, nil
}

// expandedTail returns the share of the resamples to leave out at either end, which is less than the tail that is
// wanted: resamples of k independent values are too close together by √((k−1)/k), and their spread is itself uncertain.
// It is Φ(t(k−1)·√(k/(k−1))) with Student's t at the tail (T. C. Hesterberg, The American Statistician 69 (2015),
// 371–386, section 3.2).
func expandedTail(k int, tail float64) float64 {
	if k < 2 {
		return 0
	}
	n := float64(k)
	return distuv.UnitNormal.CDF(distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(tail) * math.Sqrt(n/(n-1)))
}

// signs returns −1, 0 or 1 for a value below, at or above the centre. The median of x depends on x, to first order,
// through nothing else (its influence function), and outliers cannot hide the dependence of signs.
func signs(x []float64, centre float64) []float64 {
	s := make([]float64, len(x))
	for i, v := range x {
		switch {
		case v < centre:
			s[i] = -1
		case v > centre:
			s[i] = 1
		}
	}
	return s
}

// resampledMedians draws resamples and returns their medians. A resample is kept as how often each rank was drawn, so
// that its median is found by counting.
func resampledMedians(x, sorted []float64, r Resampling) []float64 {
	n := len(x)
	rank := make([]int, n) // equal values share one
	for i, v := range x {
		rank[i], _ = slices.BinarySearch(sorted, v)
	}
	rng := rand.New(rand.NewPCG(r.Seed, 0))
	times := make([]int, n)
	medians := make([]float64, r.Draws)
	for draw := range medians {
		clear(times)
		for left := n; left > 0; left -= r.Block {
			at := rng.IntN(n)
			for range min(left, r.Block) {
				times[rank[at]]++
				if at++; at == n {
					at = 0
				}
			}
		}
		medians[draw] = countedMedian(sorted, times)
	}
	return medians
}

// countedMedian is the median of len(sorted) values of which sorted[i] occurs times[i] times.
func countedMedian(sorted []float64, times []int) float64 {
	n := len(sorted)
	seen, i := times[0], 0
	for seen <= (n-1)/2 {
		i++
		seen += times[i]
	}
	lower := sorted[i]
	for seen <= n/2 {
		i++
		seen += times[i]
	}
	return between(lower, sorted[i])
}

// AutoBlock returns the length of blocks with which the circular block bootstrap is most accurate for the mean of x,
// between 1 and a third of its length: (2·G²/D)^(1/3)·n^(1/3), G and D from the autocovariances up to a lag that is
// itself chosen from the data: twice the first one after which a run of them is not distinguishable from zero. Values
// that are constant, fewer than 10, or not finite give 1.
//
// Source: D. N. Politis, H. White, Econometric Reviews 23 (2004), 53–70, with the correction of A. Patton, D. N.
// Politis, H. White, Econometric Reviews 28 (2009), 372–375; as b.star(x, round = TRUE) of R's package np.
func AutoBlock(x []float64) int {
	n := len(x)
	if n < 10 || finite(x) != nil { // 10: the lags below would not fit
		return 1
	}
	size := float64(n)
	run := max(5, int(math.Ceil(math.Log10(size))))
	lags := min(n-1, int(math.Ceil(math.Sqrt(size)))+run)
	longest := math.Ceil(min(3*math.Sqrt(size), size/3))
	covariance := autocovariances(x, lags)
	if !(covariance[0] > 0) || math.IsInf(covariance[0], 0) {
		return 1
	}
	width := min(lags, 2*significantLag(covariance, run, size))
	g, d := 0.0, covariance[0]
	for lag := 1; lag <= width; lag++ {
		window := min(1, 2*(1-float64(lag)/float64(width))) // flat-top lag window
		g += 2 * window * float64(lag) * covariance[lag]
		d += 2 * window * covariance[lag]
	}
	best := math.Cbrt(2 * g * g / (4.0 / 3 * d * d) * size)
	if !(best <= longest) { // or d is zero
		best = longest
	}
	return max(1, int(math.Round(best)))
}

// autocovariances returns those at lags 0 to most, each divided by the number of values.
func autocovariances(x []float64, most int) []float64 {
	mean := stat.Mean(x, nil)
	c := make([]float64, most+1)
	for lag := range c {
		for i := lag; i < len(x); i++ {
			c[lag] += (x[i] - mean) * (x[i-lag] - mean)
		}
		c[lag] /= float64(len(x))
	}
	return c
}

// significantLag returns the smallest lag m ≥ 1 that is followed, itself included, by run autocorrelations below what
// noise shows, 1.96·√(log10(n)/n); without such a run the largest lag above that.
func significantLag(covariance []float64, run int, n float64) int {
	limit := distuv.UnitNormal.Quantile(0.975) * math.Sqrt(math.Log10(n)/n)
	last, quiet := 1, 0
	for lag := 1; lag < len(covariance); lag++ {
		if math.Abs(covariance[lag]/covariance[0]) >= limit {
			last, quiet = lag, 0
			continue
		}
		if quiet++; quiet == run {
			return lag - run + 1
		}
	}
	return last
}
