// Package stats holds what the libraries lack: a confidence interval for the ratio of paired measurements, and the same
// for a single sample, without any assumption on how the values are distributed.
//
// The interval is the one for a median from order statistics. Sort the n values x(1) ≤ … ≤ x(n). Each lies below the
// true median with probability 1/2, independently, so the number below it is binomial, B ~ Bin(n, 1/2), and
//
//	P( x(k) ≤ median ≤ x(n+1−k) ) ≥ 1 − 2·P(B ≤ k−1),
//
// with equality for continuous distributions. The widest k that keeps this at or above Level is taken. With 6 values
// that is [min, max], and 1 − 2·(1/2)^6 = 96.9 %; with 5 even [min, max] reaches only 93.8 %, so no 95 % interval
// exists. Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed. (2003), section 7.1; the same in
// W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2.
//
// Note: golang.org/x/perf/benchmath has this interval too. It is not used because it widens to the left first where the
// binomial allows it, so that a/b and b/a get different verdicts, and because it sorts the caller's slice, which
// destroys the pairing. The tests hold the two against each other where they must agree.
//
// All functions are pure, leave their arguments alone, and are safe for concurrent use.
package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// Level is the confidence that an interval must reach to count as one.
const Level = 0.95

// MinPairs is the smallest number of values for which an interval at Level exists: 1 − 2·(1/2)^6 = 0.969.
const MinPairs = 6

// Errors that callers tell apart. Each comes wrapped with the values that caused it.
var (
	ErrEmpty    = errors.New("no values")
	ErrUnpaired = errors.New("the two samples differ in length")
	ErrValue    = errors.New("not a usable value")
	ErrFew      = errors.New("too few values")
)

// Estimate is a median, or a median ratio, with its interval.
//
// Below MinPairs values Bounded is false. Lo and Hi are then still the smallest and the largest value, and Confidence
// says how little that is worth; nothing may be concluded from them.
type Estimate struct {
	Value      float64 // the median
	Lo, Hi     float64 // order statistics: both are values that occurred
	N          int     // values or pairs; 0 means that there is no estimate
	Confidence float64 // of [Lo, Hi]; exact for continuous distributions, a lower bound with ties
}

// Bounded says whether [Lo, Hi] is an interval at Level.
func (e Estimate) Bounded() bool {
	return e.N > 0 && e.Confidence >= Level
}

// Inverse returns the estimate of the reciprocal. Its interval is the reciprocal interval.
func (e Estimate) Inverse() Estimate {
	e.Value, e.Lo, e.Hi = 1/e.Value, 1/e.Hi, 1/e.Lo
	return e
}

// Median estimates the median of a sample. It returns ErrEmpty, or ErrValue for a NaN or an infinity.
func Median(values []float64) (Estimate, error) {
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Estimate{}, fmt.Errorf("%w: value %d is %v", ErrValue, i, v)
		}
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
	value, err := stats.Median(sorted)
	if err != nil {
		return Estimate{}, err
	}
	k, confidence := orders(len(sorted), Level)
	return Estimate{Value: value, Lo: sorted[k-1], Hi: sorted[len(sorted)-k], N: len(sorted), Confidence: confidence}, nil
}

// orders returns the largest k for which [x(k), x(n+1−k)] covers the median with at least the given level, and the
// confidence that it reaches. If no k does, it returns 1 and the confidence of [x(1), x(n)].
func orders(n int, level float64) (k int, confidence float64) {
	tail := 0.0 // P(B ≤ k−1)
	k, confidence = 1, 1-2*binomial(n, 0)
	for i := 0; 2*i+1 < n; i++ {
		tail += binomial(n, i)
		if c := 1 - 2*tail; c >= level {
			k, confidence = i+1, c
		}
	}
	return k, max(confidence, 0)
}

// binomial is P(B = i) for B ~ Bin(n, 1/2). Through logarithms, because (1/2)^n underflows beyond n = 1074.
func binomial(n, i int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return math.Exp(lg(n) - lg(i) - lg(n-i) - float64(n)*math.Ln2)
}
