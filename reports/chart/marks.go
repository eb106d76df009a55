package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// dashes are those of marks, unlike any of a policy.
var dashes = []vg.Length{3, 2}

// markLines draws a line across the picture at each mark; at one place, one line.
func (p *picture) markLines() {
	type place struct {
		at    float64
		level bool
	}
	drawn := make(map[place]bool)
	for _, m := range p.Marks {
		if drawn[place{m.At, m.Level}] {
			continue
		}
		drawn[place{m.At, m.Level}] = true
		st := draw.LineStyle{Color: faintPaint, Width: 0.75, Dashes: dashes}
		if m.Level {
			y := p.atY(m.At)
			p.plot.StrokeLine2(st, p.plot.Min.X, y, p.plot.Max.X, y)
		} else {
			x := p.atX(m.At)
			p.plot.StrokeLine2(st, x, p.plot.Min.Y, x, p.plot.Max.Y+p.markRoom())
		}
	}
}

// markLabels writes what is at the marks, where it covers no other label. A label for which there is no room is left
// out; its line stays.
func (p *picture) markLabels() {
	marks := slices.Clone(p.Marks)
	slices.SortStableFunc(marks, func(a, b Mark) int { return int(math.Copysign(1, a.At-b.At)) })
	for _, m := range marks {
		st := label(markSize, faintPaint)
		if m.Series != Everyone {
			st.Color, _ = p.look(m.Series)
		}
		s := fit(st, m.Label, 0.9*p.plot.Size().X)
		if s == "" {
			continue
		}
		if at, ok := p.best(p.candidates(m, st.Width(s)), st.Width(s)); ok {
			p.written(st, at, s)
		}
	}
}

// best returns the candidate that covers no label and the least of what is measured, if there is any.
func (p *picture) best(candidates []vg.Point, width vg.Length) (at vg.Point, ok bool) {
	least := math.MaxInt
	for _, to := range candidates {
		b := around(to, width, markSize)
		if !p.free(b) {
			continue
		}
		covered := 0
		for _, i := range p.ink {
			if i.X > b.Min.X && i.X < b.Max.X && i.Y > b.Min.Y && i.Y < b.Max.Y {
				covered++
			}
		}
		if covered < least {
			at, ok, least = to, true, covered
		}
	}
	return at, ok
}

// around is the box that a text of a width and size fills, from its upper left corner.
func around(at vg.Point, width, size vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: at.X - 1, Y: at.Y - size - 1.5}, Max: vg.Point{X: at.X + width + 1, Y: at.Y + 0.5}}
}

// written writes text among what is measured, on a piece of paper that lets little through, and keeps the place.
func (p *picture) written(st text.Style, at vg.Point, s string) {
	behind := paperPaint
	behind.fade = 0x38
	box := around(at, st.Width(s), st.Font.Size)
	p.used = append(p.used, box)
	bar(p.plot, behind, box)
	p.plot.FillText(st, at, s)
}

// markStep is from line to line of labels.
const markStep = markSize + 3

// candidates returns the upper left corners that a label of a width may have, the best first.
func (p *picture) candidates(m Mark, width vg.Length) (at []vg.Point) {
	const off = 3
	if m.Level {
		y := p.atY(m.At)
		for _, y := range []vg.Length{y + markSize + off, y - off} {
			for _, x := range []vg.Length{p.plot.Max.X - width - 1, p.plot.Min.X + off, p.plot.Center().X - width/2} {
				at = append(at, vg.Point{X: x, Y: y})
			}
		}
		return at
	}
	x := p.atX(m.At)
	for y := p.plot.Max.Y + p.markRoom(); y > p.plot.Min.Y+markStep; y -= markStep {
		at = append(at, vg.Point{X: x + off, Y: y}, vg.Point{X: x - off - width, Y: y})
	}
	return at
}

// free says whether a box lies within the plot and covers no label.
func (p *picture) free(box vg.Rectangle) bool {
	const edge = 2
	within := p.plot.Rectangle
	if box.Min.X < within.Min.X-edge || box.Max.X > within.Max.X+edge ||
		box.Min.Y < within.Min.Y || box.Max.Y > within.Max.Y+p.markRoom()+edge {
		return false
	}
	return !slices.ContainsFunc(p.used, func(u vg.Rectangle) bool {
		return box.Min.X < u.Max.X && u.Min.X < box.Max.X && box.Min.Y < u.Max.Y && u.Min.Y < box.Max.Y
	})
}
