package render

import (
	"math"
	"strings"

	"daxbench/reports/gate"
)

// Widths of a forest plot, in columns. Both are odd: no change is in the middle.
const (
	forestMin = 21
	forestMax = 45
)

// forest draws intervals on one axis: against no change, the floor and the tolerance.
type forest struct {
	limit float64 // change at both ends of the axis
	width int     // columns, odd
}

// newForest finds an axis on which the tolerance of what decides is well inside. Intervals that are much wider than that,
// as those of tails are, leave it: their ends are arrows.
func newForest(lines []gateLine, width int) forest {
	extent, tolerance := 0.0, 0.0
	for i := range lines {
		m := lines[i].measure
		if m == nil || m.Role != gate.Decides || !drawable(m) {
			continue
		}
		extent = max(extent, math.Abs(m.Change.Lo-1), math.Abs(m.Change.Hi-1))
		tolerance = max(tolerance, m.Tolerance, m.Floor)
	}
	const least, most = 1.5, 4 // tolerances from the middle to an end
	limit := extent
	if extent == 0 {
		return forest{} // there is nothing to draw
	}
	if tolerance > 0 && finite(tolerance) {
		limit = min(max(extent, least*tolerance), most*tolerance)
	}
	if limit > 0.01 {
		limit = math.Ceil(limit*100-1e-9) / 100
	}
	return forest{limit: limit, width: width}
}

// drawable says whether a measure has an interval that can be drawn.
func drawable(m *gate.Measure) bool {
	e := m.Change
	return e.Bounded() && finite(e.Value) && finite(e.Lo) && finite(e.Hi)
}

// at is the column of a change, and outside of the axis one that is not in the plot.
func (f forest) at(change float64) int {
	half := f.width / 2
	x := math.Round(change / f.limit * float64(half))
	return half + int(min(max(x, float64(-half-1)), float64(half+1)))
}

// head labels the axis.
func (f forest) head() string {
	if f.limit <= 0 {
		return ""
	}
	left, right := percent(1-f.limit), percent(1+f.limit)
	if f.limit >= 0.01 {
		left, right = "−"+share(f.limit), "+"+share(f.limit)
	}
	half := f.width / 2
	return left + strings.Repeat(" ", max(half-columns(left), 1)) + "0" + strings.Repeat(" ", max(half-columns(right), 1)) + right
}

// draw draws one measure: "· │ ·├─●─┊┤". It is empty if there is no interval.
func (f forest) draw(m *gate.Measure) string {
	if m == nil || f.limit <= 0 || !drawable(m) {
		return ""
	}
	out := []rune(strings.Repeat(" ", f.width))
	put := func(x int, r rune) {
		if x >= 0 && x < len(out) {
			out[x] = r
		}
	}
	lo, hi := f.at(m.Change.Lo-1), f.at(m.Change.Hi-1)
	for x := max(lo, 0); x <= min(hi, f.width-1); x++ {
		out[x] = '─'
	}
	if m.Floor > 0 {
		put(f.at(-m.Floor), '·')
		put(f.at(m.Floor), '·')
	}
	if middle := f.width / 2; out[middle] == '─' {
		put(middle, '┼')
	} else {
		put(middle, '│')
	}
	if m.Tolerance > 0 {
		put(f.at(m.Tolerance), '┊')
	}
	put(lo, '├')
	put(hi, '┤')
	put(f.at(m.Change.Value-1), '●')
	if lo < 0 {
		out[0] = '◂'
	}
	if hi >= f.width {
		out[f.width-1] = '▸'
	}
	return string(out)
}
