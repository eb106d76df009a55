package chart

import (
	"math"
	"slices"
)

// Range is what an axis shows.
type Range struct{ Lo, Hi float64 }

// Bounds returns the ranges of both axes: all points, intervals, spans and marks, with some room around them, and all
// rows. Grids and percentiles reach to the edge.
func (c *Chart) Bounds() (x, y Range) {
	nothing := Range{math.Inf(1), math.Inf(-1)}
	x, y = nothing, nothing
	for _, s := range c.Series {
		for _, piece := range s.Pieces {
			for _, p := range piece {
				x.include(p.X)
				y.include(p.Y)
				if p.bounded() && c.Y.Scale == Rows {
					x.include(p.Lo)
					x.include(p.Hi)
				} else if p.bounded() {
					y.include(p.Lo)
					y.include(p.Hi)
				}
			}
		}
		for _, b := range s.Spans {
			x.include(b.From)
			x.include(b.To)
		}
	}
	for _, m := range c.Marks {
		if m.Level {
			y.include(m.At)
		} else {
			x.include(m.At)
		}
	}
	if g := c.Grid; g != nil {
		x, y = Range{min(x.Lo, g.X[0]), max(x.Hi, g.X[len(g.X)-1])}, Range{min(y.Lo, g.Y[0]), max(y.Hi, g.Y[len(g.Y)-1])}
		return x, y
	}
	from := x.Lo
	x, y = c.X.widen(x), c.Y.widen(y)
	if from == 0 && slices.ContainsFunc(c.Series, func(s Series) bool { return len(s.Spans) > 0 }) {
		x.Lo = 0 // bars stand on their axis
	}
	return x, y
}

func (r *Range) include(v float64) { r.Lo, r.Hi = min(r.Lo, v), max(r.Hi, v) }

// Shares of a range: the room left at either end, and what a range of values spans at least of the values themselves, so
// that noise of a per cent does not fill the picture.
const (
	room  = 0.05
	least = 0.2
)

// day is in the unit of a Date axis.
const day = 24 * 60 * 60

// widen adds the room, and makes a range that is next to nothing one that can be seen.
func (a *Axis) widen(r Range) Range {
	switch a.Scale {
	case Rows:
		return Range{-0.5, float64(a.lines()) - 0.5}
	case Percentile:
		return Range{r.Lo, max(r.Hi, r.Lo*(1+least))}
	case Log:
		lo, hi := math.Log(r.Lo), math.Log(r.Hi)
		extra := max(room*(hi-lo), (least-(hi-lo))/2, 0)
		return Range{max(math.Exp(lo-extra), math.SmallestNonzeroFloat64), min(math.Exp(hi+extra), math.MaxFloat64)}
	case Date:
		extra := max(room*(r.Hi-r.Lo), (2*day-(r.Hi-r.Lo))/2)
		return Range{r.Lo - extra, r.Hi + extra}
	}
	middle := max(math.Abs(r.Lo), math.Abs(r.Hi))
	if middle < 1/largest {
		middle = 1
	}
	extra := max(room*(r.Hi-r.Lo), (least*middle-(r.Hi-r.Lo))/2)
	return Range{r.Lo - extra, r.Hi + extra}
}

// share is where a value lies in a range of the axis: 0 is its left or lower end, 1 the other one.
func (a *Axis) share(r Range, v float64) float64 {
	switch a.Scale {
	case Log, Percentile:
		return (math.Log(v) - math.Log(r.Lo)) / (math.Log(r.Hi) - math.Log(r.Lo))
	case Rows:
		return (r.Hi - a.line(v)) / (r.Hi - r.Lo)
	}
	return (v - r.Lo) / (r.Hi - r.Lo)
}
