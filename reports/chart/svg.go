package chart

import (
	"bytes"
	"fmt"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// family is the font of an SVG: those that have the widths by which it was laid out, and then any without serifs.
const family = "Liberation Sans,Arial,Helvetica,sans-serif"

// SVG writes the chart as an <svg> element for a page, laid out for so many CSS pixels. Its colours are the variables of
// Styles; without these it has those of the light scheme. It draws neither title nor note, which the page shows; they are
// its accessible name and description. IDs within are made of the chart's own and of the width, so that one page may
// hold the same chart wide and narrow. The same chart gives the same bytes. The error is that of Check, or of the writer,
// or says that the width is none.
func SVG(w io.Writer, width int, c *Chart) error { return c.svg(w, width, false) }

// SVGFile writes the chart as an SVG that stands alone, on white, with its title and note, and otherwise as SVG does.
func SVGFile(w io.Writer, width int, c *Chart) error { return c.svg(w, width, true) }

// svg writes the chart as an element, for a page or to stand alone.
func (c *Chart) svg(w io.Writer, width int, alone bool) error {
	if err := c.Check(); err != nil {
		return err
	}
	if width < 1 || width > maxSide {
		return fmt.Errorf("a picture %d pixels wide is not drawn", width)
	}
	wide := vg.Length(width) / cssPerPoint
	high := c.height(wide, alone)
	b := newCanvas(high)
	c.draw(draw.NewCanvas(b, wide, high), alone)
	b.end()
	height := pixels(tenths(high))
	size := `width="100%"`
	if alone {
		size = fmt.Sprintf(`width="%d" height="%s" style="background:%s"`, width, height, hex(paper.light))
	}
	var out bytes.Buffer
	id := fmt.Sprintf("%s-%d", c.ID, width)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" %s role="img"`, width, height, size)
	fmt.Fprintf(&out, ` aria-labelledby="%s-t %[1]s-d" font-family="%s" font-size="%s">`, id, family, pixels(tenths(baseSize)))
	for _, says := range []struct{ element, suffix, text string }{{"title", "t", c.Title}, {"desc", "d", c.Note}} {
		fmt.Fprintf(&out, "\n<%s id=\"%s-%s\">", says.element, id, says.suffix)
		escape(&out, legible(says.text))
		fmt.Fprintf(&out, "</%s>", says.element)
	}
	out.WriteByte('\n')
	out.Write(b.buf.Bytes())
	out.WriteString("</svg>\n")
	_, err := out.WriteTo(w)
	return err
}
