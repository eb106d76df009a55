// Package unit writes measured values for people: 61.2 ns, 1.2 M/s, 1,234, +58 %. Values come in the units of
// results.txt; nothing is converted before it is printed.
//
// A number and its unit are separated by one ordinary space. The minus sign is U+2212, as wide as the plus.
package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind says how the values of a unit are written.
type Kind uint8

// The kinds.
const (
	Plain    Kind = iota // a number with the unit behind it
	Nanos                // a time in nanoseconds
	Rate                 // something per second
	Relative             // one value by another, a ratio, written as a change: +58 %, ×5.60
)

// Of returns the kind of a unit of results.txt: "ns/op", "p99-ns", "evict/s", "parked".
func Of(unit string) Kind {
	numerator, denominator, _ := strings.Cut(unit, "/")
	switch {
	case denominator == "s":
		return Rate
	case numerator == "ns" || strings.HasSuffix(numerator, "-ns"):
		return Nanos
	}
	return Plain
}

// Phrase says in words what one value of the unit is for: "ns/evict" is the cost "per eviction". It is empty for units
// without a denominator.
func Phrase(unit string) string {
	_, denominator, ok := strings.Cut(unit, "/")
	switch {
	case !ok || denominator == "s":
		return ""
	case denominator == "evict":
		return "per eviction"
	case denominator == "op":
		return "per operation"
	}
	return "per " + denominator
}

// scale is a power of a thousand and what it is called.
type scale struct {
	factor float64
	name   string
}

// scales per kind, ascending. The last time unit is the second; hours do not happen within one operation.
var scales = [...][]scale{
	Plain:    {{1, ""}, {1e3, " k"}, {1e6, " M"}, {1e9, " G"}, {1e12, " T"}},
	Nanos:    {{1, " ns"}, {1e3, " µs"}, {1e6, " ms"}, {1e9, " s"}},
	Rate:     {{1, " /s"}, {1e3, " k/s"}, {1e6, " M/s"}, {1e9, " G/s"}},
	Relative: {{1, ""}},
}

// Base is the unit of values of a kind in results.txt, "" if that is not for the kind to say.
func (k Kind) Base() string {
	switch k {
	case Nanos:
		return "ns"
	case Rate:
		return "per second"
	case Relative:
		return "ratio"
	}
	return ""
}

// scaleOf returns the largest scale in which v, rounded to three digits, is at least 1.
func scaleOf(v float64, kind Kind) scale {
	s := scales[kind][0]
	for _, larger := range scales[kind][1:] {
		if math.Abs(v) >= 0.9995*larger.factor {
			s = larger
		}
	}
	return s
}

// decimals that show v, already scaled, with three significant digits; below 1, with two or three.
func decimals(v float64) int {
	switch v = math.Abs(v); {
	case v == 0 || v >= 99.95:
		return 0
	case v >= 9.995:
		return 1
	case v >= 0.1:
		return 2
	}
	return min(1-int(math.Floor(math.Log10(v))), 12)
}

// Format writes one value with three significant digits.
func Format(v float64, kind Kind) string {
	if kind == Relative {
		return Ratio(v)
	}
	s := scaleOf(v, kind)
	v /= s.factor
	return fixed(v, decimals(v)) + s.name
}

// Column writes the values of one column of a table so that they can be compared at a glance: in one unit and with one
// number of decimals if none of them then needs five digits, otherwise each in its own. Zeros stand as "0", and negative
// values, which mean that there is none, as an empty string.
func Column(values []float64, kind Kind) []string {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			least, most = min(least, v), max(most, v)
		}
	}
	out := make([]string, len(values))
	s := scaleOf(least, kind)
	common := most < 9999.5*s.factor
	digits := min(decimals(least/s.factor), decimals(most/s.factor)+1)
	if most >= 999.5*s.factor && least >= 9.995*s.factor {
		digits = 0
	}
	for i, v := range values {
		switch {
		case v < 0:
		case v == 0 && kind != Relative:
			out[i] = "0"
		case common && kind != Relative:
			out[i] = fixed(v/s.factor, digits) + s.name
		default:
			out[i] = Format(v, kind)
		}
	}
	return out
}

// Count writes a whole number that is not negative: in full with separators below a million, and above with its first
// three digits, which are not rounded up, so that "at least" may stand before it.
func Count[T int | int64 | uint64](n T) string {
	unit := T(1)
	for n/unit >= 1000 && n >= 1e6 {
		unit *= 10
	}
	n = n / unit * unit
	if n < 1e6 {
		return fixed(float64(n), 0)
	}
	return Format(float64(n), Plain)
}

// Ratio writes a ratio as a change in percent, or as a factor where that is easier to grasp: +58 %, −3.1 %, ×5.60.
func Ratio(r float64) string {
	if IsFactor(r) {
		return "×" + factor(r)
	}
	return Change(r) + " %"
}

// Interval writes the bounds of a ratio in the way in which Ratio writes the ratio itself, without the percent sign. lo
// and hi are the parts before they are put in brackets, so that a column of them can be aligned.
func Interval(r, low, high float64) (lo, hi string) {
	if IsFactor(r) {
		return factor(low), factor(high)
	}
	return Change(low), Change(high)
}

// IsFactor says whether a ratio is written as a factor: from twice upward, and below a tenth, where percentages all
// look like −99 %.
func IsFactor(r float64) bool {
	return r >= 2 || r < 0.1
}

// factor writes a ratio with three digits.
func factor(r float64) string {
	return fixed(r, decimals(r))
}

// Change is a ratio as a signed percentage without the sign for percent; one decimal below ten.
func Change(r float64) string {
	pct := (r - 1) * 100
	digits := 0
	if math.Abs(pct) < 9.95 {
		digits = 1
	}
	s := fixed(math.Abs(pct), digits)
	switch {
	case strings.Trim(s, "0.") == "":
		return s
	case pct < 0:
		return "−" + s
	}
	return "+" + s
}

// fixed writes v with the given decimals and a comma between thousands.
func fixed(v float64, digits int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', digits, 64)
	whole, fraction, ok := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if v < 0 {
		whole = "−" + whole
	}
	if ok {
		return whole + "." + fraction
	}
	return whole
}

// Elapsed writes a time in whole seconds: "1 min 58 s".
func Elapsed(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s >= 3600:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	case s >= 60:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d s", s)
}
