package stats

import (
	"math"
	"slices"
)

// signedRankExact is the number of values up to which the signed-rank distribution is computed exactly. At 60 that takes
// 0.1 ms; beyond, the normal approximation is right to three digits of p where it matters.
const signedRankExact = 60

// SignedRank is Wilcoxon's signed-rank test: are the values, differences or log ratios of pairs, symmetric about zero?
//
// Zeros are dropped, the others ranked by size, tied ones sharing the mean of their ranks. The statistic V is the sum of
// the ranks of the positive values. If either sign were equally likely for each rank, V would be a sum of independent
// r or 0; its distribution is computed exactly, given the ranks and so with their ties, for up to 60 values. Beyond, V is
// taken as normal with mean Σr/2 and variance Σr²/4 (which holds with ties), corrected for continuity. With nothing but
// zeros P is 1 and N 0. It returns ErrEmpty, or ErrValue for a NaN or an infinity.
//
// Source: F. Wilcoxon, Biometrics Bulletin 1 (1945), 80–83; M. Hollander, D. A. Wolfe, E. Chicken, Nonparametric
// Statistical Methods, 3rd ed. (2014), section 3.1.
func SignedRank(x []float64) (Test, error) {
	if err := finite(x); err != nil {
		return Test{}, err
	}
	sizes := make([]float64, 0, len(x))
	positive := make([]bool, 0, len(x))
	for _, v := range x {
		if v != 0 {
			sizes, positive = append(sizes, math.Abs(v)), append(positive, v > 0)
		}
	}
	ranks, scale := doubleRanks(sizes), 1
	if len(ranks) <= signedRankExact {
		ranks, scale = halve(ranks)
	}
	sum, squares, v := 0, 0.0, 0
	for i, r := range ranks {
		sum += r
		squares += float64(r) * float64(r)
		if positive[i] {
			v += r
		}
	}
	step := 2 / float64(scale) // of ranks, in units of the statistic
	statistic := float64(v) / step
	if len(ranks) > signedRankExact {
		return normalTest(statistic, float64(sum)/4, math.Sqrt(squares)/4, len(ranks)), nil
	}
	less, greater := tails(signedSums(ranks, sum), v)
	return newTest(statistic, greater, less, len(ranks), true), nil
}

// signedSums returns the distribution of the sum of those ranks that a fair coin picks: entry s is the probability of s.
func signedSums(ranks []int, sum int) []float64 {
	p := make([]float64, sum+1)
	p[0] = 1
	reached := 0
	for _, r := range ranks {
		reached += r
		for s := reached; s >= r; s-- {
			p[s] = (p[s] + p[s-r]) / 2
		}
		for s := range r {
			p[s] /= 2
		}
	}
	return p
}

// signedRankOrder returns which Walsh average of n values, counted from either end, bounds the interval at the level.
func signedRankOrder(n int, level float64) (d int, confidence float64) {
	if n > signedRankExact {
		m := float64(n)
		return countedNormal(m*(m+1)/4, math.Sqrt(m*(m+1)*(2*m+1)/24), level)
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return counted(signedSums(ranks, n*(n+1)/2), level)
}

// HodgesLehmann estimates the centre of values that are symmetric about it, in their own unit: callers that think in
// ratios pass logarithms and call Exp.
//
// The estimate is the median of the n(n+1)/2 Walsh averages (x[i]+x[j])/2, i ≤ j. The interval inverts the signed-rank
// test: it holds the centres that the test would not reject, which are those between the d-th smallest and the d-th
// largest Walsh average, where P(V ≤ d−1) ≤ (1−level)/2. Its confidence is exact for continuous symmetric
// distributions and a lower bound with ties (G. E. Noether, JASA 62 (1967), 184–188). Where n is too small, below 6 for
// 95 %, Lo and Hi are the smallest and the largest value, and Confidence, 1 − 2·(1/2)^n, stays below the level. It
// returns ErrEmpty, or ErrValue for a NaN, an infinity, or a level that is not between 0 and 1.
//
// Source: J. L. Hodges, E. L. Lehmann, Annals of Mathematical Statistics 34 (1963), 598–611; the interval: J. W. Tukey
// (1949), in Hollander, Wolfe, Chicken, sections 3.2 and 3.3.
func HodgesLehmann(x []float64, level float64) (Estimate, error) {
	if err := finite(x); err != nil {
		return Estimate{}, err
	}
	if err := inside("a level", level); err != nil {
		return Estimate{}, err
	}
	sorted := slices.Sorted(slices.Values(x))
	n := len(sorted)
	d, confidence := signedRankOrder(n, level)
	e := estimateOf(n*(n+1)/2, d, func(k int) float64 { return walsh(sorted, k) })
	e.N, e.Confidence = n, confidence
	return e, nil
}

// walsh returns the k-th smallest Walsh average of sorted values, without listing them: for each i the j that qualify
// are found by a pointer that only moves down.
func walsh(sorted []float64, k int) float64 {
	n := len(sorted)
	return kth(k, sorted[0], sorted[n-1], func(v float64) int {
		count := 0
		for i, j := 0, n-1; i < n; i++ {
			for j >= i && between(sorted[i], sorted[j]) > v {
				j--
			}
			if j < i {
				break
			}
			count += j - i + 1
		}
		return count
	})
}
