package chart

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// What makes a chart one that cannot be drawn.
var (
	ErrEmpty = errors.New("nothing to draw")
	ErrValue = errors.New("a value that no axis can show")
	ErrName  = errors.New("a name that no file and no page can have")
)

// Check returns ErrEmpty for a chart without points, spans and cells; ErrValue, with the place, for a value that its
// axis does not show or that contradicts another: out of its own interval, a span that ends before it begins, edges
// out of order; and ErrName for an ID with other characters than it may have.
func (c *Chart) Check() error {
	if strings.Trim(c.ID, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return fmt.Errorf("%w: ID %q: want [a-z0-9.-]", ErrName, c.ID)
	}
	if c.X.Scale == Rows {
		return fmt.Errorf("%w: rows are of the Y axis only", ErrValue)
	}
	if err := c.Y.checkRows(); err != nil {
		return fmt.Errorf("%w: %w", ErrValue, err)
	}
	n := 0
	for _, s := range c.Series {
		for _, piece := range s.Pieces {
			for i, p := range piece {
				if err := c.checkPoint(p); err != nil {
					return fmt.Errorf("%w: %q, point %d: %w", ErrValue, s.Name, i, err)
				}
			}
			n += len(piece)
		}
		for i, b := range s.Spans {
			if err := c.checkSpan(b); err != nil {
				return fmt.Errorf("%w: %q, span %d: %w", ErrValue, s.Name, i, err)
			}
		}
		n += len(s.Spans)
	}
	if c.Grid != nil {
		cells, err := c.checkGrid()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrValue, err)
		}
		n += cells
	}
	if n == 0 {
		return fmt.Errorf("%w: %q has no points", ErrEmpty, c.Title)
	}
	for _, m := range c.Marks {
		axis := &c.X
		if m.Level {
			axis = &c.Y
		}
		if !axis.shows(m.At) || m.Series < Everyone || m.Series >= len(c.Series) {
			return fmt.Errorf("%w: mark %q at %v of series %d", ErrValue, m.Label, m.At, m.Series)
		}
	}
	return nil
}

// checkRows says what is wrong with the headings of rows, or with what is said of them.
func (a *Axis) checkRows() error {
	for i, h := range a.Heads {
		if h.Row < 0 || h.Row >= len(a.Names) || i > 0 && h.Row <= a.Heads[i-1].Row {
			return fmt.Errorf("heading %d, above row %d of %d", i, h.Row, len(a.Names))
		}
	}
	if len(a.Said) > 0 && len(a.Said) != len(a.Names) {
		return fmt.Errorf("something is said of %d rows, and there are %d", len(a.Said), len(a.Names))
	}
	return nil
}

// checkPoint says what is wrong with a point.
func (c *Chart) checkPoint(p Point) error {
	if !c.X.shows(p.X) || !c.Y.shows(p.Y) {
		return fmt.Errorf("%v, %v", p.X, p.Y)
	}
	axis, v := &c.Y, p.Y
	if c.Y.Scale == Rows {
		axis, v = &c.X, p.X
	}
	if p.bounded() && (!axis.shows(p.Lo) || !axis.shows(p.Hi) || p.Lo > v || p.Hi < v) {
		return fmt.Errorf("%v is to lie between %v and %v", v, p.Lo, p.Hi)
	}
	return nil
}

// checkSpan says what is wrong with a span.
func (c *Chart) checkSpan(b Span) error {
	switch {
	case c.Y.Scale != Rows || !c.Y.shows(b.Row):
		return fmt.Errorf("there is no row %v", b.Row)
	case !c.X.shows(b.From) || !c.X.shows(b.To) || b.From > b.To:
		return fmt.Errorf("from %v to %v", b.From, b.To)
	}
	return nil
}

// checkGrid counts the cells that are not empty, and says what is wrong with the grid.
func (c *Chart) checkGrid() (cells int, err error) {
	g := c.Grid
	if c.Y.Scale == Rows {
		return 0, errors.New("a grid has no rows of names")
	}
	if len(g.Counts) != len(g.X)-1 {
		return 0, fmt.Errorf("%d columns between %d edges", len(g.Counts), len(g.X))
	}
	for _, e := range []struct {
		axis  *Axis
		edges []float64
	}{{&c.X, g.X}, {&c.Y, g.Y}} {
		for i, v := range e.edges {
			if !e.axis.shows(v) || i > 0 && v <= e.edges[i-1] {
				return 0, fmt.Errorf("edge %d of the grid, %v", i, v)
			}
		}
	}
	for i, column := range g.Counts {
		if len(column) != len(g.Y)-1 {
			return 0, fmt.Errorf("column %d: %d cells between %d edges", i, len(column), len(g.Y))
		}
		for k, n := range column {
			if !(n >= 0) || math.IsInf(n, 0) {
				return 0, fmt.Errorf("cell %d of column %d counts %v", k, i, n)
			}
			if n > 0 {
				cells++
			}
		}
	}
	return cells, nil
}

// Limits of values: above the first, or below its reciprocal on Log, a range would overflow; before and after the others, years have other than four digits.
const (
	largest     = 1e300
	first, last = -62135596800, 253402300799 // 0001-01-01, 9999-12-31
)

// shows says whether a value has a place on the axis.
func (a *Axis) shows(v float64) bool {
	if !(math.Abs(v) <= largest) { // nor if it is no number
		return false
	}
	switch a.Scale {
	case Date:
		return v >= first && v <= last
	case Log:
		return v >= 1/largest
	case Percentile:
		return v >= 1
	case Rows:
		return v >= 0 && v < float64(len(a.Names)) && v == math.Trunc(v)
	}
	return true
}
