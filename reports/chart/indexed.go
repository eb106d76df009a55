package chart

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// indexed is a picture with a palette of its commonest colours; the rest, which are a few pixels at the edges of letters,
// take the nearest of them. Such a PNG is a quarter as large and takes half the time.
func indexed(img *image.RGBA) *image.Paletted {
	counts := make(map[color.RGBA]int)
	runs(img, func(c color.RGBA, from, to int) { counts[c] += to - from })
	colours := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(bits(a), bits(b)))
	})
	const most = 256 // that a PNG can index
	var palette color.Palette
	for _, c := range colours[:min(most, len(colours))] {
		palette = append(palette, c)
	}
	places := make(map[color.RGBA]uint8, len(colours))
	for i, c := range colours {
		if i >= most {
			i = palette.Index(c)
		}
		places[c] = uint8(i)
	}
	out := image.NewPaletted(img.Rect, palette)
	runs(img, func(c color.RGBA, from, to int) {
		place := places[c]
		for i := from; i < to; i++ {
			out.Pix[i] = place
		}
	})
	return out
}

// runs calls f for each run of pixels of one colour. Pixels count row by row.
func runs(img *image.RGBA, f func(c color.RGBA, from, to int)) {
	width, n := img.Rect.Dx(), img.Rect.Dx()*img.Rect.Dy()
	if n == 0 {
		return
	}
	at := func(i int) color.RGBA {
		p := img.Pix[i/width*img.Stride+i%width*4:]
		return color.RGBA{p[0], p[1], p[2], p[3]}
	}
	from, last := 0, at(0)
	for i := 1; i < n; i++ {
		if c := at(i); c != last {
			f(last, from, i)
			from, last = i, c
		}
	}
	f(last, from, n)
}

func bits(c color.RGBA) uint32 {
	return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A)
}
