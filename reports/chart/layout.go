package chart

import (
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"daxbench/reports/unit"
)

// Lengths of the layout, in points.
const (
	margin   = 8
	lineStep = 12 // from line to line of ordinary text
	gap      = 5  // between things that belong together
	stroke   = 20 // of a line in the legend
	blot     = 10 // of a dot or a bar there
	keyWidth = 60 // of the colour ramp in the legend
)

// Limits of the layout.
const (
	mostTitle  = 2 // lines
	mostNote   = 4
	mostNames  = 12
	nameShare  = 0.36 // of the width: names of rows that take more stand above their rows
	saidShare  = 0.3  // of the width: what is said of rows and takes more is left out
	leastPlot  = 150  // height of a plot without rows, in points
	mostPlot   = 220
	plotShare  = 0.4 // height of a plot, as a share of the width, within these
	rowHeight  = 17
	tightRow   = 13                 // of rows below headings, which are many, and need no space between them
	underneath = 2*lineStep + 2*gap // ticks and title of the X axis, and room at either end
)

// word is a piece of text above the plot, and what stands to the left of it.
type word struct {
	text   string
	style  text.Style
	x      vg.Length
	down   vg.Length // from the top
	series int       // whose stroke stands before it; Everyone: none; ramp: the key to the colours of the grid
}

// ramp is the series of the word behind the colours of a grid.
const ramp = -2

// heading lays out what stands above the plot: title and note if the picture is to have them, the legend, and the
// title of the Y axis, which so need not be rotated. The height is all that they take.
func (c *Chart) heading(width vg.Length, titled bool) (words []word, height vg.Length) {
	down := vg.Length(0)
	put := func(st text.Style, step vg.Length, lines []string) {
		for _, l := range lines {
			words = append(words, word{l, st, 0, down, Everyone})
			down += step
		}
	}
	if titled {
		title := label(titleSize, inkPaint)
		title.Font.Weight = bold
		put(title, 1.25*titleSize, wrap(title, c.Title, width, mostTitle))
		note := label(baseSize, faintPaint)
		put(note, lineStep, wrap(note, c.Note, width, mostNote))
		down += gap / 2
	}
	legend, down := c.legend(width, down)
	words = append(words, legend...)
	if c.Y.Title != "" && c.Y.Scale != Rows {
		st := label(baseSize, faintPaint)
		words = append(words, word{fit(st, c.Y.Title, width), st, 0, down, Everyone})
		down += lineStep
	}
	return words, down + gap
}

// legend lays out the names of the series behind their strokes, on as many lines as it takes, from a height on.
func (c *Chart) legend(width, down vg.Length) (words []word, end vg.Length) {
	if !c.named() && c.Grid == nil {
		return nil, down
	}
	st := label(baseSize, inkPaint)
	x, first := vg.Length(0), down
	put := func(name string, before vg.Length, series int) {
		name = fit(st, name, width-before)
		if wide := before + st.Width(name); x > 0 && x+wide > width {
			x, down = 0, down+lineStep
		}
		words = append(words, word{name, st, x + before, down, series})
		x += before + st.Width(name) + 3*gap
	}
	if c.named() {
		for i, s := range c.Series {
			if s.Name == "" {
				continue
			}
			if down >= first+mostNames*lineStep-lineStep && x > width/2 {
				put("and "+number(float64(len(c.Series)-i))+" more", 0, Everyone)
				break
			}
			put(s.Name, s.sampleWidth()+gap, i)
		}
	}
	if c.Grid != nil {
		lo, hi := c.Grid.extremes()
		put(unit.Count(uint64(lo)), 0, Everyone)
		x -= 2 * gap
		put(unit.Count(uint64(hi))+" in a cell", keyWidth+gap, ramp)
	}
	return words, down + lineStep
}

// named says whether the names of the series say something that those of the rows do not.
func (c *Chart) named() bool {
	rows := make(map[string]bool, len(c.Y.Names))
	for _, name := range c.Y.Names {
		rows[name] = true
	}
	for _, s := range c.Series {
		if s.Name != "" && !rows[s.Name] {
			return true
		}
	}
	return false
}

// height is what suits the chart in a width, margins and all.
func (c *Chart) height(width vg.Length, titled bool) vg.Length {
	width -= 2 * margin
	_, head := c.heading(width, titled)
	plot := min(max(plotShare*width, leastPlot), mostPlot)
	if c.Y.Scale == Rows {
		plot = c.rowsHeight(width)
	}
	return head + c.markRoom() + plot + underneath + 2*margin
}

// markRoom is the height above the plot for labels of marks.
func (c *Chart) markRoom() vg.Length {
	if slices.ContainsFunc(c.Marks, func(m Mark) bool { return !m.Level && m.Label != "" }) {
		return markStep
	}
	return 0
}

// draw puts the chart into an area: heading, axes, and what is measured.
func (c *Chart) draw(area draw.Canvas, titled bool) {
	area = draw.Crop(area, margin, -margin, margin, -margin)
	if area.Size().X <= 0 || area.Size().Y <= 0 {
		return
	}
	words, head := c.heading(area.Size().X, titled)
	for _, w := range words {
		c.word(area, w)
	}
	p := &picture{Chart: c, area: draw.Crop(area, 0, 0, 0, -head)}
	if p.frame() {
		p.draw()
	}
}

// word draws one word of the heading with what stands before it.
func (c *Chart) word(area draw.Canvas, w word) {
	at := vg.Point{X: area.Min.X + w.x, Y: area.Max.Y - w.down}
	area.FillText(w.style, at, w.text)
	const middle = 0.45 * baseSize // from the top of a line of text
	y := at.Y - middle
	switch {
	case w.series == ramp:
		box := vg.Rectangle{Min: vg.Point{X: at.X - gap - keyWidth, Y: y - 3}, Max: vg.Point{X: at.X - gap, Y: y + 3}}
		area.DrawImage(box, rampImage())
	case w.series >= 0:
		c.sample(area, w.series, at.X-gap-c.Series[w.series].sampleWidth(), at.X-gap, y)
	}
}

// sampleWidth is that of what sample draws.
func (s *Series) sampleWidth() vg.Length {
	if s.Style == Dots || len(s.Pieces) == 0 && len(s.Spans) > 0 {
		return blot
	}
	return stroke
}

// sample draws what a series looks like.
func (c *Chart) sample(area draw.Canvas, series int, from, to, y vg.Length) {
	s := c.Series[series]
	look, pat := c.look(series)
	middle := vg.Point{X: (from + to) / 2, Y: y}
	if len(s.Pieces) == 0 && len(s.Spans) > 0 {
		bar(area, look, vg.Rectangle{Min: vg.Point{X: from, Y: y - 3.5}, Max: vg.Point{X: to, Y: y + 3.5}})
		return
	}
	if s.Style != Dots {
		area.StrokeLine2(line(look, pat), from, y, to, y)
	}
	if s.Style != Curve {
		area.DrawGlyph(draw.GlyphStyle{Color: look, Radius: dotRadius, Shape: pat.glyph}, middle)
	}
}
