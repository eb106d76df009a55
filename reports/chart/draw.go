package chart

import (
	"fmt"
	"image"
	"image/color"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Size is that of one chart of a picture, in pixels.
type Size struct{ Width, Height int }

// DefaultSize is readable in a mail and on a page: three of them fill a screen.
var DefaultSize = Size{Width: 1280, Height: 440}

// maxSide is the limit of a picture, in pixels on a side: beyond it is no picture to look at, and takes memory.
const maxSide = 1 << 15

// dpi is the resolution of a PNG: text of 9 points is 15 pixels high.
const dpi = 120

// Size returns the size in pixels that suits the chart as a PNG of a width: it is higher the more rows and names there
// are.
func (c *Chart) Size(width int) Size {
	height := c.height(points(width), true)
	return Size{width, min(int(height*dpi/vg.Inch)+1, maxSide)}
}

// points is the length of so many pixels of a PNG.
func points(pixels int) vg.Length { return vg.Length(pixels) * vg.Inch / dpi }

// Draw writes charts below each other as one PNG, each with its title and note, in the colours of the light scheme.
// The error is that of Check, or of the writer, or says that the picture would be too large.
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
	width, height := points(size.Width), points(size.Height)
	all := vg.Length(len(charts)) * height
	img := vgimg.NewWith(vgimg.UseDPI(dpi), vgimg.UseWH(width, all), vgimg.UseBackgroundColor(color.White))
	for i, c := range charts {
		top := all - vg.Length(i)*height
		c.draw(draw.Canvas{Canvas: img, Rectangle: vg.Rectangle{
			Min: vg.Point{X: 0, Y: top - height}, Max: vg.Point{X: width, Y: top},
		}}, true)
	}
	pixels, ok := img.Image().(*image.RGBA)
	if !ok {
		return fmt.Errorf("gonum draws on %T, and no longer on RGBA", img.Image())
	}
	return encoder.Encode(w, indexed(pixels))
}
