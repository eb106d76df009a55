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
	lineWidth = 1.4
	wider     = 0.4 // by which a curve is wider than the one above it: where they run as one, all are seen
	dotRadius = 2.3
	barWidth  = 0.8 // of an interval beside a line
	rowBar    = 1.6 // of one in a row, where it is what one looks at
	capWidth  = 1.5 // half of the stroke at the end of an interval
	apart     = 2   // between series at one place, so that their intervals can be told apart
	leastSpan = 0.8 // a span that is shorter than can be seen
)

// Shares of a height: of the row that a span takes, and of the span beneath that one above it takes.
const (
	spanShare = 0.72
	narrower  = 0.5
)

// mostWider is among how many curves some are wider.
const mostWider = 4

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
	p.rowNames()
	for i := range p.Series {
		p.spans(i)
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

// spans draws bars. Those that touch in time touch in the picture; one that overlaps another of a series before it is
// narrower, so that both are seen.
func (p *picture) spans(series int) {
	look, _ := p.look(series)
	for _, b := range p.Series[series].Spans {
		half := spanShare / 2 * p.row()
		for range p.beneath(series, b) {
			half *= narrower
		}
		from, to, y := p.atX(b.From), p.atX(b.To), p.atY(b.Row)
		to = max(to, from+leastSpan)
		bar(p.plot, look, vg.Rectangle{Min: vg.Point{X: from, Y: y - half}, Max: vg.Point{X: to, Y: y + half}})
	}
}

// beneath counts the series before this one that have a span where b is.
func (c *Chart) beneath(series int, b Span) (n int) {
	for _, s := range c.Series[:series] {
		if slices.ContainsFunc(s.Spans, func(o Span) bool { return o.Row == b.Row && o.From < b.To && b.From < o.To }) {
			n++
		}
	}
	return n
}

// bar fills a rectangle.
func bar(in draw.Canvas, look paint, r vg.Rectangle) {
	in.FillPolygon(look, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
}

// placer says where a point of a series is drawn.
type placer func(series int, pt Point) vg.Point

// aside returns where points lie, a little aside of each other if several series have one at the same place.
func (p *picture) aside() placer {
	at := func(_ int, pt Point) vg.Point { return vg.Point{X: p.atX(pt.X), Y: p.atY(pt.Y)} }
	off := func(i, n int, step vg.Length) vg.Length { return (vg.Length(i) - vg.Length(n-1)/2) * step }
	switch {
	case p.Y.Scale == Rows:
		within := p.rows()
		return func(series int, pt Point) vg.Point {
			v, row := at(series, pt), within[int(pt.Y)]
			const share = 0.75 // of the row
			v.Y -= off(slices.Index(row, series), len(row), share*p.row()/vg.Length(len(row)))
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
	st := draw.LineStyle{Color: look.pale(), Width: barWidth}
	if p.Y.Scale == Rows {
		st = draw.LineStyle{Color: look, Width: rowBar}
	}
	for _, piece := range p.Series[series].Pieces {
		for _, pt := range piece {
			if !pt.bounded() {
				continue
			}
			v := at(series, pt)
			if p.Y.Scale == Rows {
				p.plot.StrokeLine2(st, p.atX(pt.Lo), v.Y, p.atX(pt.Hi), v.Y)
				continue
			}
			lo, hi := p.atY(pt.Lo), p.atY(pt.Hi)
			p.plot.StrokeLine2(st, v.X, lo, v.X, hi)
			p.plot.StrokeLine2(st, v.X-capWidth, lo, v.X+capWidth, lo)
			p.plot.StrokeLine2(st, v.X-capWidth, hi, v.X+capWidth, hi)
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
			st := line(look, pat)
			if s.Style == Curve {
				st.Width += wider * vg.Length(max(min(len(p.Series), mostWider)-1-series, 0))
			}
			p.plot.StrokeLines(st, pts)
			p.remember(pts)
		}
	}
	if s.Style == Curve {
		return
	}
	for _, piece := range s.Pieces {
		for _, pt := range piece {
			p.plot.DrawGlyphNoClip(dot, at(series, pt))
			p.remember([]vg.Point{at(series, pt)})
		}
	}
}

// remember keeps where a line runs, for labels to keep off it.
func (p *picture) remember(line []vg.Point) {
	if len(p.Marks) == 0 {
		return
	}
	const step = 4 // points: less than a label is high
	for i, to := range line {
		p.ink = append(p.ink, to)
		if i == 0 {
			continue
		}
		from := line[i-1]
		way := to.Sub(from)
		n := int(max(way.X, -way.X, way.Y, -way.Y) / step)
		for k := 1; k < n; k++ {
			p.ink = append(p.ink, from.Add(way.Scale(vg.Length(k)/vg.Length(n))))
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
