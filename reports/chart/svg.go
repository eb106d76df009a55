package chart

import (
	"bytes"
	"fmt"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// family is the font of an inline picture: those that all have the widths by which it was laid out.
const family = "Liberation Sans,Arial,Helvetica,sans-serif"

// SVG writes the chart as an <svg> element for a page, laid out for so many CSS pixels, with the colours of Styles as CSS
// variables; without these it has those of the light scheme. It draws neither title nor note, which the page shows; they are its
// accessible name and description. IDs within are made of the chart's own and of the width, so that one page may hold
// the same chart wide and narrow. The same chart gives the same bytes. The error is that of Check, or of the writer.
func SVG(w io.Writer, width int, c *Chart) error {
	if err := c.Check(); err != nil {
		return err
	}
	if width < 1 || width > maxSide {
		return fmt.Errorf("a picture %d pixels wide is not drawn", width)
	}
	wide := vg.Length(width) / cssPerPoint
	high := c.height(wide, false)
	b := newCanvas(high)
	c.draw(draw.NewCanvas(b, wide, high), false)
	b.end()
	var out bytes.Buffer
	id := fmt.Sprintf("%s-%d", c.ID, width)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" width="100%%" role="img" aria-labelledby="%s-t %[3]s-d" font-family="%s" font-size="%s">`+"\n<title id=\"%[3]s-t\">",
		width, pixels(tenths(high)), id, family, pixels(tenths(baseSize)))
	escape(&out, legible(c.Title))
	fmt.Fprintf(&out, "</title>\n<desc id=\"%s-d\">", id)
	escape(&out, legible(c.Note))
	out.WriteString("</desc>\n")
	out.Write(b.buf.Bytes())
	out.WriteString("</svg>\n")
	_, err := out.WriteTo(w)
	return err
}
