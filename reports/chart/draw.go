package chart

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Size is that of one chart of a picture, in pixels.
type Size struct{ Width, Height int }

// Size returns the size in pixels that suits the chart as a PNG of a width: it is higher the more rows and names there are.
func (c *Chart) Size(width int) Size { return Size{Width: width, Height: DefaultSize.Height} }

// DefaultSize is readable in a mail and on a page: three of them fill a screen.
var DefaultSize = Size{Width: 1280, Height: 440}

// Limits of a picture, in pixels on a side: beyond it is no picture to look at, and takes memory.
const maxSide = 1 << 15

// dpi is the resolution: text of 9 points is 15 pixels high.
const dpi = 120

// dashes are those of marks.
var dashes = []vg.Length{4, 2}

// Draw writes charts below each other as one PNG. The error is that of Check, or of the writer, or says that the picture
// would be too large.
func Draw(w io.Writer, size Size, charts ...*Chart) error {
	if len(charts) == 0 {
		return ErrEmpty
	}
	if size.Width < 1 || size.Height < 1 || size.Width > maxSide || size.Height > maxSide/len(charts) {
		return fmt.Errorf("a picture of %d times %d×%d pixels is not drawn", len(charts), size.Width, size.Height)
	}
	for _, c := range charts {
		if err := c.Check(); err != nil {
			return err
		}
	}
	pixels := func(n int) vg.Length { return vg.Length(n) * vg.Inch / dpi }
	img := vgimg.NewWith(vgimg.UseDPI(dpi), vgimg.UseWH(pixels(size.Width), pixels(size.Height*len(charts))), vgimg.UseBackgroundColor(color.White))
	all := draw.New(img)
	for i, c := range charts {
		below := pixels(size.Height * (len(charts) - 1 - i))
		area := draw.Canvas{Canvas: all.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: 0, Y: below}, Max: vg.Point{X: pixels(size.Width), Y: below + pixels(size.Height)},
		}}
		if err := c.draw(area); err != nil {
			return err
		}
	}
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(w)
	return err
}

// bold is golang.org/x/image/font.WeightBold.
const bold = 3

// Lengths of the layout, in points.
const (
	margin   = 8
	heading  = 36 // title and names
	lineStep = 11
)

// draw puts the chart into an area: title, names, and the plot with its marks.
func (c *Chart) draw(area draw.Canvas) error {
	area = draw.Crop(area, margin, -2*margin, margin, -margin)
	top := area.Max.Y
	title := label(11, inkPaint)
	title.Font.Weight = bold
	area.FillText(title, vg.Point{X: area.Min.X, Y: top}, c.Title)
	c.names(area, top-1.6*lineStep)
	p, err := c.plot()
	if err != nil {
		return err
	}
	p.Draw(draw.Crop(area, 0, 0, 0, -heading))
	c.marks(p, p.DataCanvas(draw.Crop(area, 0, 0, 0, -heading)))
	return nil
}

// names writes the name of each series behind a stroke in its colour, on one line.
func (c *Chart) names(area draw.Canvas, y vg.Length) {
	const stroke, gap = 16, 5
	x := area.Min.X
	for i, s := range c.Series {
		st := label(9, inkPaint)
		width := st.Width(s.Name)
		if x+stroke+gap+width > area.Max.X {
			area.FillText(label(9, faintPaint), vg.Point{X: x, Y: y}, fmt.Sprintf("and %d more", len(c.Series)-i))
			return
		}
		area.StrokeLine2(c.line(i), x, y-lineStep/2, x+stroke, y-lineStep/2)
		area.FillText(st, vg.Point{X: x + stroke + gap, Y: y}, s.Name)
		x += stroke + gap + width + 3*gap
	}
}

// apart is how far series stand from each other, as a share of the X axis, so that intervals at one place can be told
// apart: 3 pixels in DefaultSize.
const apart = 0.0025

// plot makes axes and series.
func (c *Chart) plot() (*plot.Plot, error) {
	p := plot.New()
	x, y := c.Bounds()
	const pointsApart, linesApart = 9, 6 // ticks on an axis that do not run into each other in DefaultSize
	setAxis(&p.X, &c.X, x, pointsApart)
	setAxis(&p.Y, &c.Y, y, linesApart)
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = nil, rulePaint
	p.Add(g)
	for i, s := range c.Series {
		aside := 0.0
		if c.X.Scale != Log {
			aside = (float64(i) - float64(len(c.Series)-1)/2) * apart * (x.Hi - x.Lo)
		}
		for _, piece := range s.Pieces {
			if err := add(p, piece, aside, c.line(i)); err != nil {
				return nil, fmt.Errorf("%q: %w", s.Name, err)
			}
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Lo, x.Hi, y.Lo, y.Hi // Add has changed them
	return p, nil
}

// ticker is an axis with a number of ticks, as plot wants them.
type ticker struct {
	axis *Axis
	most int
}

// Ticks implements plot.Ticker.
func (t ticker) Ticks(lo, hi float64) (out []plot.Tick) {
	for _, tick := range t.axis.Ticks(Range{lo, hi}, t.most) {
		out = append(out, plot.Tick{Value: tick.At, Label: tick.Label})
	}
	return out
}

// setAxis gives an axis of a plot its range, scale, ticks and look.
func setAxis(to *plot.Axis, a *Axis, r Range, most int) {
	to.Min, to.Max = r.Lo, r.Hi
	if a.Scale == Log {
		to.Scale = plot.LogScale{} // panics at zero and below, which Check refuses
	}
	to.Label.Text = a.Title
	to.Label.TextStyle.Font, to.Label.TextStyle.Color = sans(9), faintPaint
	to.Tick.Label.Font, to.Tick.Label.Color = sans(9), inkPaint
	to.Tick.Marker = ticker{a, most}
	to.Color, to.Tick.Color = faintPaint, faintPaint
	to.Padding = 0
}

// add draws a piece, moved aside: a line, a dot at each point, and a pale bar where there is an interval.
func add(p *plot.Plot, piece []Point, aside float64, look draw.LineStyle) error {
	if len(piece) == 0 {
		return nil
	}
	var bars struct {
		plotter.XYs
		plotter.YErrors
	}
	xys := make(plotter.XYs, len(piece))
	for i, point := range piece {
		xys[i] = plotter.XY{X: point.X + aside, Y: point.Y}
		if point.bounded() {
			bars.XYs = append(bars.XYs, xys[i])
			bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{point.Y - point.Lo, point.Hi - point.Y})
		}
	}
	if len(bars.XYs) > 0 {
		b, err := plotter.NewYErrorBars(bars)
		if err != nil {
			return err
		}
		b.Color, b.Width, b.CapWidth = look.Color.(paint).pale(), 0.8, 3
		p.Add(b)
	}
	l, dots, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	l.LineStyle = look
	dots.GlyphStyle = draw.GlyphStyle{Color: look.Color, Radius: 2, Shape: draw.CircleGlyph{}}
	p.Add(l, dots)
	return nil
}

// marks draws a line from top to bottom at each marked place, and the labels at its top, below each other.
func (c *Chart) marks(p *plot.Plot, data draw.Canvas) {
	trX, _ := p.Transforms(&data)
	marks := slices.Clone(c.Marks)
	slices.SortStableFunc(marks, func(a, b Mark) int { return int(math.Copysign(1, a.At-b.At)) })
	row := 0
	for i, m := range marks {
		x := trX(m.At)
		if i == 0 || marks[i-1].At != m.At {
			data.StrokeLine2(draw.LineStyle{Color: faintPaint, Width: 0.7, Dashes: dashes}, x, data.Min.Y, x, data.Max.Y)
			row = 0
		}
		st := label(8, faintPaint)
		if m.Series != Everyone {
			st.Color = c.line(m.Series).Color
		}
		at := vg.Point{X: x + 3, Y: data.Max.Y - vg.Length(row)*lineStep}
		if at.X+st.Width(m.Label) > data.Max.X {
			at.X, st.XAlign = x-3, draw.XRight
		}
		data.FillText(st, at, m.Label)
		row++
	}
}

// line is how the line of series i looks.
func (c *Chart) line(i int) draw.LineStyle {
	p, pat := c.look(i)
	return draw.LineStyle{Color: p, Width: 1.4, Dashes: pat.dashes}
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

// sans is the font of all text: plot's own default has serifs.
func sans(size vg.Length) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
}

// label is text that hangs from its point to the right.
func label(size vg.Length, c color.Color) text.Style {
	return text.Style{Color: c, Font: sans(size), YAlign: draw.YTop, Handler: plot.DefaultTextHandler}
}
