package chart

import "daxbench/reports/unit"

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
	Heads []Head    // of Rows: what rows have in common, in ascending order
	Said  []string  // of Rows: what is said of each, at its end if there is room; as many as Names, or none
}

// Head is a heading above a row. It holds for those below as well, up to the next one.
type Head struct {
	Row  int // index into Axis.Names
	Name string
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
	Pins                 // waiting for a pin to end
	Leases               // waiting for a lease to be given back
	Lookups              // waiting for the eviction of what is looked up to end
	Waking               // on the way back to the processor after the wait
	Late                 // a device that holds a pin longer than it was to

	lowest = Late
)

// Series is what is drawn in one colour. A line joins the points of a piece; pieces do not compare, so none joins them.
type Series struct {
	Name   string
	Look   Look
	Style  Style
	Pieces [][]Point
	Spans  []Span
}

// Mark is a line across the picture with a word at it: what happened at a place of the X axis, or what lies at a
// height of the Y axis.
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
