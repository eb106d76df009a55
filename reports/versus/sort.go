package versus

import (
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"
)

// tidy is the unit that values of this unit are kept in: ns/op in sec/op.
func tidy(unit string) string {
	_, tidied := benchunit.Tidy(1, unit)
	return tidied
}

// sort puts the rows of every table in order, by its own changes if by effect.
func (r *Report) sort(order Order) {
	for i := range r.Tables {
		rows := r.Tables[i].Rows
		switch order {
		case ByName:
			slices.SortStableFunc(rows, func(a, b Row) int { return natural(a.Name, b.Name) })
		case ByEffect:
			slices.SortStableFunc(rows, func(a, b Row) int { return compareFloat(b.effect(), a.effect()) })
		}
	}
}

// effect is how large the largest change of a row is, on the scale of logarithms. A significant one counts before any
// that is not, and one from zero most.
func (r *Row) effect() (most float64) {
	const significant = 1e6 // no ratio of two float64 has such a logarithm
	count := func(c *Change) {
		if c == nil {
			return
		}
		size := math.Inf(1)
		if c.Ratio.Value.Finite() && c.Ratio.Value > 0 {
			size = math.Abs(math.Log(float64(c.Ratio.Value)))
		} else if c.Delta != nil {
			size = math.Abs(*c.Delta)
		}
		if c.Verdict.Differs() {
			size += significant
		} else if math.IsInf(size, 1) {
			size = 0
		}
		most = max(most, size)
	}
	for i := range r.Cells {
		count(r.Cells[i].Change)
		if w := r.Cells[i].Within; w != nil {
			count(w.Change)
			if w.Change == nil && len(r.Cells) == 1 {
				count(&w.Ratio)
			}
		}
	}
	return most
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// natural compares names alphabetically, but runs of digits by their value: size=9 before size=10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

// digits are the digits that a string begins with.
func digits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}
