package chart

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"daxbench/reports/unit"
)

// Lengths of what is measured, in points.
const (
	lineWidth = 1.5
	dotRadius = 2.3
	barWidth  = 0.8 // of an interval beside a line
	rowBar    = 1.6 // of one in a row, where it is what one looks at
	capWidth  = 1.5 // half of the stroke at the end of an interval
	apart     = 2   // between series at one place, so that their intervals can be told apart
	leastSpan = 0.8 // a span that is shorter than can be seen
)

// spanShare is how much of the height of its row a span takes.
const spanShare = 0.7

// stationsMost is up to how many places of X are labelled themselves.
const stationsMost = 8

// stations returns ticks at the values of X if these are few, as those of a sweep are: 1, 2, 4, 8 workers.
func (c *Chart) stations() []Tick {
	if c.Y.Scale == Rows || c.Grid != nil || c.X.Scale != Linear && c.X.Scale != Log {
		return nil
	}
	var at []float64
	for _, s := range c.Series {
		for _, piece := range s.Pieces {
			for _, p := range piece {
				i, ok := slices.BinarySearch(at, p.X)
				if !ok {
					at = slices.Insert(at, i, p.X)
				}
			}
			if s.Style == Curve || len(at) > stationsMost {
				return nil
			}
		}
	}
	ticks := make([]Tick, len(at))
	for i, name := range unit.Ticks(at, c.X.Kind) {
		ticks[i] = Tick{at[i], name}
	}
	return ticks
}

// draw draws everything within the axes, the most important last.
func (p *picture) draw() {
	p.grid()
	p.markLines()
	for i, s := range p.Series {
		p.spans(i, s.Spans)
	}
	aside := p.aside()
	for i := range p.Series {
		p.intervals(i, aside)
	}
	for i := range p.Series {
		p.points(i, aside)
	}
	p.markLabels()
}

// spans draws bars. Those that touch in time touch in the picture.
func (p *picture) spans(series int, spans []Span) {
	look, _ := p.look(series)
	for _, b := range spans {
		from, to, y := p.atX(b.From), p.atX(b.To), p.atY(b.Row)
		half := vg.Length(spanShare) / 2 * p.plot.Size().Y / vg.Length(len(p.Y.Names))
		to = max(to, from+leastSpan)
		p.plot.FillPolygon(look, []vg.Point{{X: from, Y: y - half}, {X: to, Y: y - half}, {X: to, Y: y + half}, {X: from, Y: y + half}})
	}
}

// place says where a point of a series is drawn.
type placer func(series int, pt Point) vg.Point

// aside returns where points lie, a little aside of each other if several series have one at the same place.
func (p *picture) aside() placer {
	at := func(_ int, pt Point) vg.Point { return vg.Point{X: p.atX(pt.X), Y: p.atY(pt.Y)} }
	off := func(i, n int, step vg.Length) vg.Length { return (vg.Length(i) - vg.Length(n-1)/2) * step }
	switch {
	case p.Y.Scale == Rows:
		height := p.plot.Size().Y / vg.Length(len(p.Y.Names))
		within := make([][]int, len(p.Y.Names))
		for row := range within {
			within[row] = p.within(row)
		}
		return func(series int, pt Point) vg.Point {
			v, row := at(series, pt), within[int(pt.Y)]
			const share = 0.75 // of the row
			v.Y -= off(slices.Index(row, series), len(row), share*height/vg.Length(len(row)))
			return v
		}
	case p.X.Scale == Percentile || !p.bounded():
		return at
	}
	return func(series int, pt Point) vg.Point {
		v := at(series, pt)
		v.X += off(series, len(p.Series), apart)
		return v
	}
}

// intervals draws the interval of each point that has one.
func (p *picture) intervals(series int, at placer) {
	look, _ := p.look(series)
	bar := draw.LineStyle{Color: look.pale(), Width: barWidth}
	if p.Y.Scale == Rows {
		bar = draw.LineStyle{Color: look, Width: rowBar}
	}
	for _, piece := range p.Series[series].Pieces {
		for _, pt := range piece {
			if !pt.bounded() {
				continue
			}
			v := at(series, pt)
			if p.Y.Scale == Rows {
				p.plot.StrokeLine2(bar, p.atX(pt.Lo), v.Y, p.atX(pt.Hi), v.Y)
				continue
			}
			lo, hi := p.atY(pt.Lo), p.atY(pt.Hi)
			p.plot.StrokeLine2(bar, v.X, lo, v.X, hi)
			p.plot.StrokeLine2(bar, v.X-capWidth, lo, v.X+capWidth, lo)
			p.plot.StrokeLine2(bar, v.X-capWidth, hi, v.X+capWidth, hi)
		}
	}
}

// points draws the lines and dots of a series.
func (p *picture) points(series int, at placer) {
	s := p.Series[series]
	look, pat := p.look(series)
	dot := draw.GlyphStyle{Color: look, Radius: dotRadius, Shape: pat.glyph}
	if s.Style != Dots {
		for _, piece := range s.Pieces {
			pts := make([]vg.Point, len(piece))
			for i, pt := range piece {
				pts[i] = at(series, pt)
			}
			p.plot.StrokeLines(line(look, pat), pts)
		}
	}
	if s.Style == Curve {
		return
	}
	for _, piece := range s.Pieces {
		for _, pt := range piece {
			p.plot.DrawGlyphNoClip(dot, at(series, pt))
		}
	}
}

// line is a line in a look.
func line(look paint, pat pattern) draw.LineStyle {
	return draw.LineStyle{Color: look, Width: lineWidth, Dashes: pat.dashes}
}

// look is how series i looks.
func (c *Chart) look(i int) (paint, pattern) {
	l := c.Series[i].Look
	if l == ByPlace {
		h, p := place(i)
		return paint{hue: hues[h], name: fmt.Sprintf("place-%d", h)}, patterns[p]
	}
	h, p := l.of()
	return paint{hue: h, name: l.name()}, p
}
