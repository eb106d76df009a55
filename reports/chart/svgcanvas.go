package chart

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// cssPerPoint is how many CSS pixels make a point: 96 to 72 in an inch.
const cssPerPoint = 96.0 / 72

// canvas is a vg.Canvas that writes SVG for a page: in CSS pixels with a tenth of one, the origin above, colours as
// variables of the page with the light scheme to fall back to, what follows each other in one look in one path.
//
// Note: vg/vgsvg was the first choice. It writes a document of its own with four digits behind the point, the style
// anew at each stroke, colours as values and fonts by name; what would make that fit for a page is longer than this.
type canvas struct {
	height vg.Length
	buf    bytes.Buffer
	now    pen
	stack  []pen
	last   string // the attributes of the path that is open; "" if none is
}

// pen is the state that Push saves.
type pen struct {
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	origin vg.Point
}

func newCanvas(height vg.Length) *canvas {
	c := &canvas{height: height}
	vg.Initialize(c)
	return c
}

// SetLineWidth implements vg.Canvas.
func (c *canvas) SetLineWidth(w vg.Length) { c.now.width = w }

// SetLineDash implements vg.Canvas. Nothing here draws dashes with an offset.
func (c *canvas) SetLineDash(dashes []vg.Length, _ vg.Length) { c.now.dashes = dashes }

// SetColor implements vg.Canvas.
func (c *canvas) SetColor(clr color.Color) { c.now.color = clr }

// Rotate implements vg.Canvas: nothing in a chart is rotated, so that all can be read.
func (c *canvas) Rotate(float64) {}

// Scale implements vg.Canvas: nothing in a chart is scaled.
func (c *canvas) Scale(float64, float64) {}

// Translate implements vg.Canvas.
func (c *canvas) Translate(by vg.Point) { c.now.origin = c.now.origin.Add(by) }

// Push implements vg.Canvas.
func (c *canvas) Push() { c.stack = append(c.stack, c.now) }

// Pop implements vg.Canvas.
func (c *canvas) Pop() { c.now, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1] }

// x and y are where a point lies, in tenths of CSS pixels.
func (c *canvas) x(p vg.Point) int { return tenths(p.X + c.now.origin.X) }
func (c *canvas) y(p vg.Point) int { return tenths(c.height - p.Y - c.now.origin.Y) }

func tenths(l vg.Length) int { return int(math.Round(float64(l) * cssPerPoint * 10)) }

// pixels writes a length in tenths of pixels.
func pixels(t int) string { return strconv.FormatFloat(float64(t)/10, 'f', -1, 64) }

// pair writes two lengths.
func pair(a, b int) string {
	if b < 0 {
		return pixels(a) + pixels(b)
	}
	return pixels(a) + " " + pixels(b)
}

// Stroke implements vg.Canvas.
func (c *canvas) Stroke(path vg.Path) {
	if c.now.width <= 0 {
		return
	}
	attributes := c.style("stroke") + ` stroke-width="` + pixels(tenths(c.now.width)) + `"`
	if len(c.now.dashes) > 0 {
		attributes += ` stroke-dasharray="`
		for i, d := range c.now.dashes {
			if i > 0 {
				attributes += " "
			}
			attributes += pixels(tenths(d))
		}
		attributes += `"`
	}
	c.path(`fill="none"`+attributes, path)
}

// Fill implements vg.Canvas. A disc is a stroke of no length with round ends, which takes a quarter of the bytes.
func (c *canvas) Fill(path vg.Path) {
	if len(path) == 3 && path[1].Type == vg.ArcComp {
		disc := path[1]
		c.open(`fill="none"` + c.style("stroke") + ` stroke-linecap="round" stroke-width="` + pixels(2*tenths(disc.Radius)) + `"`)
		c.buf.WriteString("M" + pair(c.x(disc.Pos), c.y(disc.Pos)) + "h0")
		return
	}
	c.path(c.style("fill")[1:], path)
}

// style is the attributes of the colour.
func (c *canvas) style(property string) string {
	value, opacity := "", uint8(0xff)
	if p, ok := c.now.color.(paint); ok {
		value, opacity = "var(--"+p.name+","+hex(p.light)+")", 0xff-p.fade
	} else {
		n := color.NRGBAModel.Convert(c.now.color).(color.NRGBA)
		value, opacity = hex(color.RGBA{n.R, n.G, n.B, 0xff}), n.A
	}
	out := " " + property + `="` + value + `"`
	if opacity < 0xff {
		out += fmt.Sprintf(` %s-opacity="%.2g"`, property, float64(opacity)/0xff)
	}
	return out
}

// open goes on with the path that is open, if it has the same attributes, or else begins one.
func (c *canvas) open(attributes string) {
	if attributes == c.last {
		return
	}
	c.end()
	c.last = attributes
	c.buf.WriteString("<path " + attributes + ` d="`)
}

// path writes lines. Nothing but discs has arcs, and nothing curves.
func (c *canvas) path(attributes string, path vg.Path) {
	c.open(attributes)
	var lastX, lastY int
	for _, comp := range path {
		x, y := c.x(comp.Pos), c.y(comp.Pos)
		switch comp.Type {
		case vg.MoveComp:
			c.buf.WriteString("M" + pair(x, y))
		case vg.LineComp:
			switch {
			case x == lastX && y == lastY:
				continue
			case y == lastY:
				c.buf.WriteString("h" + pixels(x-lastX))
			case x == lastX:
				c.buf.WriteString("v" + pixels(y-lastY))
			default:
				c.buf.WriteString("l" + pair(x-lastX, y-lastY))
			}
		case vg.ArcComp, vg.CurveComp:
			panic(fmt.Sprintf("a path with a component of type %d", comp.Type))
		case vg.CloseComp:
			c.buf.WriteByte('z')
			continue
		}
		lastX, lastY = x, y
	}
}

// end closes the path that is open.
func (c *canvas) end() {
	if c.last != "" {
		c.buf.WriteString("\"/>\n")
		c.last = ""
	}
}

// FillString implements vg.Canvas. The text takes the width by which it was laid out, whatever font the reader has.
func (c *canvas) FillString(f font.Face, at vg.Point, s string) {
	c.end()
	fmt.Fprintf(&c.buf, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"%s`,
		pixels(c.x(at)), pixels(c.y(at)), pixels(tenths(f.Width(s))), c.style("fill"))
	if f.Font.Size != baseSize {
		fmt.Fprintf(&c.buf, ` font-size="%s"`, pixels(tenths(f.Font.Size)))
	}
	if f.Font.Weight >= bold {
		c.buf.WriteString(` font-weight="bold"`)
	}
	c.buf.WriteByte('>')
	escape(&c.buf, s)
	c.buf.WriteString("</text>\n")
}

// DrawImage implements vg.Canvas. Pixels stay squares however far they are blown up.
func (c *canvas) DrawImage(to vg.Rectangle, img image.Image) {
	c.end()
	var data bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&data, img); err != nil {
		panic(fmt.Sprintf("encoding a picture of %v: %v", img.Bounds(), err)) // a buffer takes all
	}
	corner, size := vg.Point{X: to.Min.X, Y: to.Max.Y}, to.Size()
	fmt.Fprintf(&c.buf, `<image x="%s" y="%s" width="%s" height="%s"`,
		pixels(c.x(corner)), pixels(c.y(corner)), pixels(tenths(size.X)), pixels(tenths(size.Y)))
	fmt.Fprintf(&c.buf, ` preserveAspectRatio="none" image-rendering="pixelated" href="data:image/png;base64,%s"/>`+"\n",
		base64.StdEncoding.EncodeToString(data.Bytes()))
}

// escape writes text into XML.
func escape(b *bytes.Buffer, s string) {
	if err := xml.EscapeText(b, []byte(s)); err != nil {
		panic(err) // a buffer takes all
	}
}
