package unit

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Ticks writes the values at the ticks of an axis, which ascend: with as many decimals as they have and no more, in one
// unit if they lie within a factor of a thousand, and otherwise each in its own. A zero has no unit.
func Ticks(at []float64, kind Kind) []string {
	out := make([]string, len(at))
	if len(at) == 0 {
		return out
	}
	if kind == Relative {
		return changes(at)
	}
	largest, least, apart := 0.0, math.Inf(1), math.Inf(1)
	for i, v := range at {
		largest = max(largest, math.Abs(v))
		if v != 0 {
			least = min(least, math.Abs(v))
		}
		if i > 0 {
			apart = min(apart, v-at[i-1])
		}
	}
	s := scaleOf(largest, kind)
	common := largest < 1000*least && largest < tooLong*s.factor && least > s.factor/tooLong
	digits := 0
	for _, v := range at {
		if common {
			digits = max(digits, exact(v/s.factor, min(apart, least)/s.factor))
		}
	}
	for i, v := range at {
		switch {
		case v == 0:
			out[i] = "0"
		case common:
			out[i] = fixed(v/s.factor, digits) + s.name
		default:
			out[i] = alone(v, kind)
		}
	}
	return out
}

// tooLong is the factor from which on a number takes an exponent.
const tooLong = 1e6

// alone writes one tick.
func alone(v float64, kind Kind) string {
	s := scaleOf(v, kind)
	v /= s.factor
	if a := math.Abs(v); a >= tooLong || a < 1/tooLong {
		return strconv.FormatFloat(v, 'g', 3, 64) + s.name
	}
	return fixed(v, exact(v, math.Abs(v))) + s.name
}

// exact returns how many decimals write v, give or take a thousandth of a step.
func exact(v, step float64) int {
	const most = 12
	i := slices.IndexFunc(powers, func(p float64) bool { return math.Abs(v*p-math.Round(v*p)) <= step*p/1000 })
	if i < 0 {
		return most
	}
	return i
}

// powers of ten, up to one for 12 decimals.
var powers = []float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}

// changes writes ratios as changes: those of which any is twice or more as factors, ×2, with ×1 for no change; others in
// percent with as many decimals as they have.
func changes(at []float64) []string {
	out := make([]string, len(at))
	factors, digits := at[len(at)-1] > 2 || at[0] > 0 && at[0] < 0.5, 0
	for i, v := range at {
		if i > 0 {
			digits = max(digits, exact(100*v, 100*(v-at[i-1])), exact(100*at[0], 100*(v-at[i-1])))
		}
		if len(at) == 1 {
			digits = exact(100*v, 1)
		}
	}
	for i, v := range at {
		pct := 100 * (v - 1)
		switch s := fixed(math.Abs(pct), digits); {
		case factors:
			out[i] = "×" + strconv.FormatFloat(v, 'g', 6, 64)
		case strings.Trim(s, "0.") == "":
			out[i] = "0"
		case pct < 0:
			out[i] = "−" + s + " %"
		default:
			out[i] = "+" + s + " %"
		}
	}
	return out
}
