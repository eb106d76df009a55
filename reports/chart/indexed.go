package chart

import (
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"slices"
	"sync"
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

// runs calls f for each run of pixels of one colour in a row. Pixels count row by row.
func runs(img *image.RGBA, f func(c color.RGBA, from, to int)) {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	for y := range height {
		row := img.Pix[y*img.Stride:][:4*width]
		for x := 0; x < width; {
			c, from := binary.BigEndian.Uint32(row[4*x:]), x
			for x++; x < width && binary.BigEndian.Uint32(row[4*x:]) == c; x++ {
			}
			f(color.RGBA{uint8(c >> 24), uint8(c >> 16), uint8(c >> 8), uint8(c)}, y*width+from, y*width+x)
		}
	}
}

func bits(c color.RGBA) uint32 {
	return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A)
}

// encoder compresses as fast as it can: pictures of few colours and long runs are an eighth larger for it, in half the time.
var encoder = png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: new(buffers)}

// buffers are kept from one picture to the next: setting one up takes as long as compressing a small picture.
type buffers struct{ pool sync.Pool }

// Get implements png.EncoderBufferPool; nil makes the encoder set one up.
func (b *buffers) Get() *png.EncoderBuffer {
	free, _ := b.pool.Get().(*png.EncoderBuffer)
	return free
}

// Put implements png.EncoderBufferPool.
func (b *buffers) Put(free *png.EncoderBuffer) { b.pool.Put(free) }
