package stats

import (
	"fmt"
	"math"
	"slices"
)

// MinPairs is the smallest number of values for which an interval at Level exists: 1 − 2·(1/2)^6 = 0.969.
const MinPairs = 6

// Median estimates the median of a sample, with the interval from order statistics, both ends of which are values that
// occurred. Sort the n values x(1) ≤ … ≤ x(n). Each lies below the true median with probability 1/2, independently, so
// the number below it is binomial, B ~ Bin(n, 1/2), and
//
//	P( x(k) ≤ median ≤ x(n+1−k) ) ≥ 1 − 2·P(B ≤ k−1),
//
// with equality for continuous distributions. The widest k that keeps this at or above Level is taken. With 6 values
// that is [min, max], and 1 − 2·(1/2)^6 = 96.9 %; with 5 even [min, max] reaches only 93.8 %, so no 95 % interval
// exists. It returns ErrEmpty, or ErrValue for a NaN or an infinity.
//
// Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed. (2003), section 7.1; the same in W. J. Conover,
// Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2.
//
// Note: golang.org/x/perf/benchmath has this interval too. It is not used because it widens to the left first where the
// binomial allows it, so that a/b and b/a get different verdicts, and because it sorts the caller's slice, which
// destroys the pairing. The tests hold the two against each other where they must agree.
func Median(values []float64) (Estimate, error) {
	if err := finite(values); err != nil {
		return Estimate{}, err
	}
	return median(values)
}

// PairedRatio estimates the median of num[i]/den[i]. It works on logarithms, so that a doubling and a halving weigh the
// same and swapping the two samples inverts the estimate. It returns ErrUnpaired, ErrEmpty, or ErrValue for a value
// that is not finite and positive.
func PairedRatio(num, den []float64) (Estimate, error) {
	if len(num) != len(den) {
		return Estimate{}, fmt.Errorf("%w: %d and %d", ErrUnpaired, len(num), len(den))
	}
	logs := make([]float64, len(num))
	for i := range num {
		for _, v := range []float64{num[i], den[i]} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v <= 0 {
				return Estimate{}, fmt.Errorf("%w: pair %d is %v / %v", ErrValue, i, num[i], den[i])
			}
		}
		logs[i] = math.Log(num[i]) - math.Log(den[i])
	}
	e, err := median(logs)
	if err != nil {
		return Estimate{}, err
	}
	e.Value, e.Lo, e.Hi = math.Exp(e.Value), math.Exp(e.Lo), math.Exp(e.Hi)
	if e.Lo == 0 || math.IsInf(e.Hi, 1) {
		return Estimate{}, fmt.Errorf("%w: a ratio between %v and %v", ErrValue, e.Lo, e.Hi)
	}
	return e, nil
}

// median estimates the median of values that are known to be finite.
func median(values []float64) (Estimate, error) {
	if len(values) == 0 {
		return Estimate{}, ErrEmpty
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	k, confidence := orders(n, Level)
	return Estimate{Value: middle(sorted), Lo: sorted[k-1], Hi: sorted[n-k], N: n, Confidence: confidence}, nil
}

// orders returns the largest k for which [x(k), x(n+1−k)] covers the median with at least the given level, and the
// confidence that it reaches. If no k does, it returns 1 and the confidence of [x(1), x(n)].
func orders(n int, level float64) (k int, confidence float64) {
	tail := 0.0 // P(B ≤ k−1)
	k, confidence = 1, 1-2*binomial(n, 0)
	for i := 0; 2*i+1 < n; i++ {
		tail += binomial(n, i)
		if 1-2*tail < level {
			break
		}
		k, confidence = i+1, 1-2*tail
	}
	return k, max(confidence, 0)
}

// binomial is P(B = i) for B ~ Bin(n, 1/2). Through logarithms, because (1/2)^n underflows beyond n = 1074.
func binomial(n, i int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return math.Exp(lg(n) - lg(i) - lg(n-i) - float64(n)*math.Ln2)
}
