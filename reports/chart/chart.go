package chart

import (
	"errors"
	"fmt"
	"math"

	"daxbench/reports/unit"
)

// Scale is how an axis maps values.
type Scale uint8

// The scales.
const (
	Linear     Scale = iota
	Log              // values are positive
	Date             // values are seconds since 1970, UTC
	Percentile       // values are 1/(1−q), at least 1, drawn as on Log: 2 is the median, 1000 is p99.9
	Rows             // values are indexes into Axis.Names, the first one on top; of the Y axis only
)

// Axis is one of the two.
type Axis struct {
	Title string // what, and in which unit unless the ticks say it
	Scale Scale
	Kind  unit.Kind // how its ticks are written, except those of dates, percentiles and rows
	Names []string  // of Rows
}

// Point is one measurement. Its interval, if it has one, is that of X where the Y axis has rows, and of Y elsewhere.
type Point struct {
	X, Y   float64
	Lo, Hi float64 // both zero if there is none
}

// bounded says whether the point has an interval.
func (p Point) bounded() bool { return p.Lo != 0 || p.Hi != 0 }

// Span is a bar along the X axis, in a row of the Y axis.
type Span struct{ Row, From, To float64 }

// Style is how the points of a series are drawn.
type Style uint8

// The styles.
const (
	Lines Style = iota // a dot at each point, joined by a line
	Dots               // dots alone
	Curve              // a line without dots: what was measured stands too close
)

// Look is a colour and what goes with it: from 1 on those of policies, see LookOf.
type Look int

// Looks of what is no policy.
const (
	ByPlace Look = -iota // by the place of the series in the chart
	Neutral              // grey: a pin, a past, what belongs to the harness
	Alarm                // what ought not to be
)

// Series is what is drawn in one colour. A line joins the points of a piece; pieces do not compare, so none joins them.
type Series struct {
	Name   string
	Look   Look
	Style  Style
	Pieces [][]Point
	Spans  []Span
}

// Mark is a line across the picture with a word at it: what happened at a place of the X axis, or what lies at a height of
// the Y axis.
type Mark struct {
	At     float64
	Label  string
	Series int  // whose mark it is; Everyone if that of no single one
	Level  bool // it lies at a value of the Y axis
}

// Everyone is the Series of a mark that concerns all.
const Everyone = -1

// Grid is a heat map: how often what lay between two values of X and two of Y. Cells without any are not drawn.
type Grid struct {
	X, Y   []float64   // edges, ascending: one more than there are cells
	Counts [][]float64 // by column, then by row from the lowest Y up
}

// Chart is one picture.
type Chart struct {
	ID     string // names its file: "latency-evict-storm-dax-0"; [a-z0-9.-]
	Title  string
	Note   string // a sentence or two: what it rests on (n), and how to read it
	X, Y   Axis
	Series []Series
	Grid   *Grid
	Marks  []Mark
}

// What makes a chart one that cannot be drawn.
var (
	ErrEmpty = errors.New("nothing to draw")
	ErrValue = errors.New("a value that no axis can show")
)

// Check returns ErrEmpty for a chart without points, and ErrValue, with the place, for a value that is not finite, not
// positive on a logarithmic axis, or not within its own interval.
func (c *Chart) Check() error {
	n := 0
	for _, s := range c.Series {
		for _, piece := range s.Pieces {
			for i, p := range piece {
				n++
				if !c.X.shows(p.X) || !c.Y.shows(p.Y) {
					return fmt.Errorf("%w: %q, point %d: %v, %v", ErrValue, s.Name, i, p.X, p.Y)
				}
				if p.bounded() && (!c.Y.shows(p.Lo) || !c.Y.shows(p.Hi) || p.Lo > p.Y || p.Hi < p.Y) {
					return fmt.Errorf("%w: %q, point %d: %v is to lie between %v and %v", ErrValue, s.Name, i, p.Y, p.Lo, p.Hi)
				}
			}
		}
	}
	if n == 0 {
		return fmt.Errorf("%w: %q has no points", ErrEmpty, c.Title)
	}
	for _, m := range c.Marks {
		if !c.X.shows(m.At) || m.Series < Everyone || m.Series >= len(c.Series) {
			return fmt.Errorf("%w: mark %q at %v of series %d", ErrValue, m.Label, m.At, m.Series)
		}
	}
	return nil
}

// shows says whether a value has a place on the axis.
func (a *Axis) shows(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (a.Scale != Log || v > 0)
}

// Range is what an axis shows.
type Range struct{ Lo, Hi float64 }

// Bounds returns the ranges of both axes: all points, intervals and marks, with some room around them.
func (c *Chart) Bounds() (x, y Range) {
	x, y = Range{math.Inf(1), math.Inf(-1)}, Range{math.Inf(1), math.Inf(-1)}
	for _, s := range c.Series {
		for _, piece := range s.Pieces {
			for _, p := range piece {
				x.include(p.X)
				y.include(p.Y)
				if p.bounded() {
					y.include(p.Lo)
					y.include(p.Hi)
				}
			}
		}
	}
	for _, m := range c.Marks {
		x.include(m.At)
	}
	return x.widen(c.X.Scale), y.widen(c.Y.Scale)
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
func (r Range) widen(scale Scale) Range {
	switch scale {
	case Log:
		lo, hi := math.Log(r.Lo), math.Log(r.Hi)
		extra := max(room*(hi-lo), (least-(hi-lo))/2, 0)
		return Range{max(math.Exp(lo-extra), math.SmallestNonzeroFloat64), min(math.Exp(hi+extra), math.MaxFloat64)}
	case Date:
		extra := max(room*(r.Hi-r.Lo), (2*day-(r.Hi-r.Lo))/2)
		return Range{r.Lo - extra, r.Hi + extra}
	}
	middle := max(math.Abs(r.Lo), math.Abs(r.Hi))
	if middle == 0 {
		middle = 1
	}
	extra := max(room*(r.Hi-r.Lo), (least*middle-(r.Hi-r.Lo))/2)
	return Range{r.Lo - extra, r.Hi + extra}
}
