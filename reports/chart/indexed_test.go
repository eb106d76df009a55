package chart

import (
	"image"
	"image/color"
	"testing"
)

// TestIndexed wants pictures of few colours to stay as they are, and rare shades of the others to take a near one.
func TestIndexed(t *testing.T) {
	const width, height = 100, 200
	for name, tt := range map[string]struct {
		common int
		rare   bool
		off    int // of a channel
	}{"few": {200, false, 0}, "as many as fit": {256, false, 0}, "rare shades": {256, true, 3}} {
		img := image.NewRGBA(image.Rect(0, 0, width, height))
		for i := range width * height {
			k := i % tt.common
			c := color.RGBA{uint8(k), uint8(255 - k), uint8(k * 7), 0xff}
			if tt.rare && i%19 == 0 {
				c.R ^= uint8(1 + i/19%3)
			}
			img.SetRGBA(i%width, i/width, c)
		}
		out := indexed(img)
		if out.Bounds() != img.Bounds() || len(out.Palette) > 256 {
			t.Errorf("%s: %v with %d colours", name, out.Bounds(), len(out.Palette))
		}
		worst := 0
		for i := range width * height {
			r, g, b, _ := out.At(i%width, i/width).RGBA()
			want := img.RGBAAt(i%width, i/width)
			for _, d := range []int{int(r>>8) - int(want.R), int(g>>8) - int(want.G), int(b>>8) - int(want.B)} {
				worst = max(worst, d, -d)
			}
		}
		if worst > tt.off || tt.rare && worst == 0 {
			t.Errorf("%s: a channel is off by %d", name, worst)
		}
	}
	if out := indexed(image.NewRGBA(image.Rect(0, 0, 0, 0))); len(out.Pix) != 0 {
		t.Error("nothing became something")
	}
}
