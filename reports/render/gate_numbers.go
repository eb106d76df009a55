package render

import (
	"math"
	"strconv"
	"strings"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

func finite(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0)
}

// percent writes a ratio as a change: like unit.Ratio, but with two decimals below ten percent, because floors and
// tolerances are one or two percent.
func percent(ratio float64) string {
	switch {
	case !finite(ratio) || ratio <= 0:
		return none
	case unit.IsFactor(ratio):
		return unit.Ratio(ratio)
	}
	return signed(ratio) + " %"
}

// signed is a ratio as a signed percentage without the sign for percent.
func signed(ratio float64) string {
	switch {
	case math.IsInf(ratio, 1):
		return "+∞"
	case !finite(ratio):
		return none
	}
	pct := (ratio - 1) * 100
	digits := 2
	switch size := math.Abs(pct); {
	case size >= 99.95:
		digits = 0
	case size >= 9.995:
		digits = 1
	}
	s := strconv.FormatFloat(math.Abs(pct), 'f', digits, 64)
	switch {
	case strings.Trim(s, "0.") == "":
		return s
	case pct < 0:
		return "−" + s
	}
	return "+" + s
}

// interval is the interval of a change, empty if the data carry none.
func interval(m *gate.Measure) string {
	e := m.Change
	if !e.Bounded() {
		return ""
	}
	if finite(e.Value) && unit.IsFactor(e.Value) && finite(e.Lo) && finite(e.Hi) {
		lo, hi := unit.Interval(e.Value, e.Lo, e.Hi)
		return "[" + lo + ", " + hi + "]"
	}
	return "[" + signed(e.Lo) + ", " + signed(e.Hi) + "]"
}

// share is a part of one in percent, with the digits that it needs: "1 %", "2.5 %".
func share(v float64) string {
	if !finite(v) {
		return none
	}
	digits := 2
	if v >= 0.1 {
		digits = 0
	}
	s := strconv.FormatFloat(v*100, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + " %"
}

// pValue writes a probability. Below 0.0001 it says no more than that.
func pValue(p float64) string {
	switch {
	case !finite(p):
		return none
	case p < 0.0001:
		return "<0.0001"
	case p < 0.1:
		return strconv.FormatFloat(p, 'f', 4, 64)
	}
	return strconv.FormatFloat(p, 'f', 2, 64)
}
