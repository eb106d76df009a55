package chart

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// picture is a chart on its way into an area.
type picture struct {
	*Chart
	area draw.Canvas // plot, ticks and titles of axes
	plot draw.Canvas // where values lie
	x, y Range
	name vg.Length      // height of the name above each row; 0 if it stands at the side
	said vg.Length      // width of what is said at the end of each row; 0 if nothing is
	ink  []vg.Point     // where something is measured, close together: labels keep off it
	used []vg.Rectangle // by labels
}

// Distances between ticks, in points.
const (
	xTicksApart = 50
	yTicksApart = 24
	labelsApart = 8
)

// leastWidth and leastHeight are below what there is nothing to see in a plot, in points.
const (
	leastWidth  = 20
	leastHeight = 8
)

// frame decides where values lie, and draws axes and grid lines. It says whether there is room for any.
func (p *picture) frame() bool {
	p.x, p.y = p.Bounds()
	st := label(baseSize, inkPaint)
	below := vg.Length(lineStep + gap)
	if p.X.Title != "" {
		below += lineStep
	}
	size := p.area.Size()
	left := vg.Length(0)
	var ys []Tick
	if p.name = p.above(size.X); p.name == 0 {
		apart := vg.Length(yTicksApart)
		if p.Y.Scale == Rows {
			apart = lineStep - 1
		}
		ys = p.Y.Ticks(p.y, max(int((size.Y-below)/apart), 2))
		for i := range ys {
			ys[i].Label = fit(st, ys[i].Label, size.X/2)
			left = max(left, st.Width(ys[i].Label)+gap)
		}
	}
	p.said = p.saying(size.X)
	p.plot = draw.Crop(p.area, left+1, -gap-p.said, below, -gap-p.markRoom())
	if s := p.plot.Size(); s.X < leastWidth || s.Y < leastHeight {
		return false
	}
	p.below()
	p.between()
	st.YAlign, st.XAlign = draw.YCenter, draw.XRight
	for _, t := range ys {
		if y := p.atY(t.At); p.Y.Scale != Rows {
			p.plot.StrokeLine2(thin, p.plot.Min.X, y, p.plot.Max.X, y)
		}
	}
	for _, t := range ys {
		p.area.FillText(st, vg.Point{X: p.plot.Min.X - gap, Y: p.atY(t.At) + lift}, t.Label)
	}
	return true
}

// lift is by how much text is raised for its digits, which hang below nothing, to stand in the middle.
const lift = 0.8

// thin is a line of the grid.
var thin = draw.LineStyle{Color: rulePaint, Width: 0.75}

// below draws the X axis with its ticks and title.
func (p *picture) below() {
	st := label(baseSize, inkPaint)
	st.XAlign = draw.XCenter
	bottom := p.plot.Min.Y
	axis := draw.LineStyle{Color: faintPaint, Width: 0.75}
	ticks := p.xTicks(st)
	for _, t := range ticks {
		if x := p.atX(t.At); p.Y.Scale == Rows || p.X.Scale == Percentile || p.Grid != nil {
			p.plot.StrokeLine2(thin, x, bottom, x, p.plot.Max.Y)
		}
	}
	for _, t := range ticks {
		x := p.atX(t.At)
		p.area.StrokeLine2(axis, x, bottom-gap/2, x, bottom)
	}
	p.plot.StrokeLine2(axis, p.plot.Min.X, bottom, p.plot.Max.X, bottom)
	for _, t := range ticks {
		p.area.FillText(st, vg.Point{X: p.inside(p.atX(t.At), st.Width(t.Label)), Y: bottom - gap}, t.Label)
	}
	st.Color = faintPaint
	title := fit(st, p.X.Title, p.area.Size().X)
	p.area.FillText(st, vg.Point{X: p.inside(p.plot.Center().X, st.Width(title)), Y: bottom - gap - lineStep}, title)
}

// inside moves the middle of a text of a width so that it does not leave the area.
func (p *picture) inside(x, width vg.Length) vg.Length {
	return max(min(x, p.area.Max.X-width/2), p.area.Min.X+width/2)
}

// xTicks returns the values themselves, where these are few, or else as many ticks as do not run into each other.
func (p *picture) xTicks(st text.Style) (ticks []Tick) {
	if ticks = p.stations(); len(ticks) > 0 && p.fits(st, ticks) {
		return ticks
	}
	for most := max(int(p.plot.Size().X/xTicksApart), 2); most > 0; most-- {
		if ticks = p.X.Ticks(p.x, most); p.fits(st, ticks) {
			break
		}
	}
	return ticks
}

// fits says whether the labels of ticks stand apart.
func (p *picture) fits(st text.Style, ticks []Tick) bool {
	end := p.area.Min.X - labelsApart
	for _, t := range ticks {
		width := st.Width(t.Label)
		x := p.inside(p.atX(t.At), width)
		if x-width/2 < end+labelsApart {
			return false
		}
		end = x + width/2
	}
	return true
}

// atX and atY are where values lie in the area.
func (p *picture) atX(v float64) vg.Length { return p.plot.X(p.X.share(p.x, v)) }
func (p *picture) atY(v float64) vg.Length { return p.plot.Y(p.Y.share(p.y, v)) - p.name/2 }
