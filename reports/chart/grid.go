package chart

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"math"
	"sort"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// extremes returns the smallest count that is not zero, and the largest.
func (g *Grid) extremes() (lo, hi float64) {
	lo = math.Inf(1)
	for _, column := range g.Counts {
		for _, n := range column {
			if n > 0 {
				lo, hi = min(lo, n), max(hi, n)
			}
		}
	}
	return lo, hi
}

// stops are the colours of counts from the smallest to the largest. All stand out from white and from near-black
// alike: their luminance lies between 0.12 and 0.3, so they differ in hue, and few lets the paper through.
var stops = []color.NRGBA{
	{0x6a, 0x86, 0xb4, 0x90}, {0x5b, 0x74, 0xd6, 0xd0}, {0x9a, 0x4f, 0xd0, 0xff}, {0xd2, 0x3f, 0x8e, 0xff}, {0xe8, 0x5d, 0x04, 0xff},
}

// heat is the colour of a share, 0 to 1.
func heat(share float64) color.NRGBA {
	at := share * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (at-float64(i))*(float64(b)-float64(a)))) }
	a, b := stops[i], stops[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), mix(a.A, b.A)}
}

// shades is how many colours the ramp has: as many as tell apart, and few enough for a small picture.
const shades = 48

// ramped are the colours of a grid: none, and then from few to many.
var ramped = func() color.Palette {
	p := color.Palette{color.NRGBA{}}
	for i := range shades {
		p = append(p, heat(float64(i)/(shades-1)))
	}
	return p
}()

// rampImage is all colours of a grid, from few to many.
func rampImage() image.Image {
	img := image.NewPaletted(image.Rect(0, 0, shades, 1), ramped)
	for i := range shades {
		img.Pix[i] = uint8(1 + i)
	}
	return img
}

// mostFine is how fine cells of unlike size are cut, on a side.
const mostFine = 600

// raster returns where each pixel of one side of the picture lies among the cells: one pixel for each cell if they are
// of one size on the axis, or else so many that none is off by more than one of them.
func raster(a *Axis, r Range, edges []float64) (cells []int) {
	n := len(edges) - 1
	even := true
	width := (a.share(r, edges[n]) - a.share(r, edges[0])) / float64(n)
	for i := range n {
		const tolerance = 0.02 // of a cell
		if math.Abs(a.share(r, edges[i+1])-a.share(r, edges[i])-width) > tolerance*width {
			even = false
		}
	}
	fine := n
	if !even {
		fine = max(n, mostFine)
	}
	from, to := a.share(r, edges[0]), a.share(r, edges[n])
	cells = make([]int, fine)
	for i := range cells {
		at := from + (to-from)*(float64(i)+0.5)/float64(fine)
		cells[i] = min(sort.Search(n, func(k int) bool { return a.share(r, edges[k+1]) > at }), n-1)
	}
	return cells
}

// grid draws the heat map.
func (p *picture) grid() {
	g := p.Grid
	if g == nil {
		return
	}
	lo, hi := g.extremes()
	spread := max(math.Log(hi/lo), math.SmallestNonzeroFloat64)
	xs, ys := raster(&p.X, p.x, g.X), raster(&p.Y, p.y, g.Y)
	img := image.NewPaletted(image.Rect(0, 0, len(xs), len(ys)), ramped)
	for i, x := range xs {
		for k, y := range ys {
			if n := g.Counts[x][y]; n > 0 {
				img.SetColorIndex(i, len(ys)-1-k, uint8(1+math.Round(math.Log(n/lo)/spread*(shades-1))))
			}
		}
	}
	blowUp(p.plot, vg.Rectangle{
		Min: vg.Point{X: p.atX(g.X[0]), Y: p.atY(g.Y[0])}, Max: vg.Point{X: p.atX(g.X[len(g.X)-1]), Y: p.atY(g.Y[len(g.Y)-1])},
	}, img)
}

// blowUp draws img into a rectangle, each pixel of it as a sharp one. A canvas of pixels would smooth between them, and
// take most of the time of a chart for that; there it is done by hand.
func blowUp(to draw.Canvas, r vg.Rectangle, img *image.Paletted) {
	var c vg.Canvas = to
	for {
		inner, ok := c.(draw.Canvas)
		if !ok {
			break
		}
		c = inner.Canvas
	}
	pixels, ok := c.(*vgimg.Canvas)
	if !ok {
		to.DrawImage(r, img)
		return
	}
	onto, size := pixels.Image(), img.Bounds().Size()
	_, height := pixels.Size()
	at := func(from, length vg.Length, share float64) int {
		return int(math.Round(((from + length*vg.Length(share)) / vg.Inch * dpi).Points()))
	}
	for i := range size.X {
		left, right := at(r.Min.X, r.Size().X, float64(i)/float64(size.X)), at(r.Min.X, r.Size().X, float64(i+1)/float64(size.X))
		for k := range size.Y {
			if img.ColorIndexAt(i, k) == 0 {
				continue // nothing was counted there
			}
			top, bottom := at(height-r.Max.Y, r.Size().Y, float64(k)/float64(size.Y)), at(height-r.Max.Y, r.Size().Y, float64(k+1)/float64(size.Y))
			imagedraw.Draw(onto, image.Rect(left, top, right, bottom), image.NewUniform(img.At(i, k)), image.Point{}, imagedraw.Over)
		}
	}
}
