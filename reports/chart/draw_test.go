package chart

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// step is a history of two lines with a change in one, and another machine behind it.
func step() *Chart {
	var lines []Line
	for i, name := range []string{"none", "dax-only"} {
		first, second := Stretch{}, Stretch{Why: "kernel"}
		for n := range 12 {
			v := 100 + 3*math.Sin(float64(5*n+i))
			if i == 1 && n >= 6 {
				v *= 1.08
			}
			first.Records = append(first.Records, Record{When: time.Date(2026, time.Month(n+1), 3, 0, 0, 0, 0, time.UTC), Value: v, Lo: v - 2, Hi: v + 2})
		}
		for n := range 3 {
			second.Records = append(second.Records, Record{When: time.Date(2027, time.Month(n+1), 3, 0, 0, 0, 0, time.UTC), Value: 90})
		}
		if i == 1 {
			first.Changes, first.Ratios = []int{6}, []float64{1.081}
		}
		lines = append(lines, Line{Name: name, Stretches: []Stretch{first, second}})
	}
	return History("evict-storm dax=0 workers=2", "ns/evict", -1, lines)
}

func TestHistory(t *testing.T) {
	c := step()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if len(c.Series) != 2 || len(c.Series[1].Pieces) != 2 || c.Y.Title != "ns/evict, less is better" || c.X.Scale != Date {
		t.Errorf("%+v", c)
	}
	want := []Mark{{At: seconds(time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC)), Label: "other kernel", Series: Everyone}, {At: seconds(time.Date(2026, 7, 3, 0, 0, 0, 0, time.UTC)), Label: "dax-only +8.1 %", Series: 1}}
	if len(c.Marks) != 2 || c.Marks[0] != want[0] || c.Marks[1] != want[1] { // the other machine stands once
		t.Errorf("marks %+v, want %+v", c.Marks, want)
	}
	if p := c.Series[0].Pieces[0][0]; !p.bounded() || c.Series[0].Pieces[1][0].bounded() {
		t.Errorf("intervals %+v", c.Series[0])
	}
}

func decode(t *testing.T, size Size, charts ...*Chart) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := Draw(&b, size, charts...); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count returns how many pixels of a part of a picture have about a colour.
func count(img image.Image, part image.Rectangle, of color.Color) (n int) {
	r, g, b, _ := of.RGBA()
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			pr, pg, pb, _ := img.At(x, y).RGBA()
			if near(r, pr) && near(g, pg) && near(b, pb) {
				n++
			}
		}
	}
	return n
}

func near(a, b uint32) bool { return max(a, b)-min(a, b) < 0x1000 }

// TestDraw wants a picture of the size that was asked for, with both series in their colours, in each of its charts.
func TestDraw(t *testing.T) {
	size := Size{900, 300}
	img := decode(t, size, step(), step(), step())
	if img.Bounds() != image.Rect(0, 0, 900, 900) {
		t.Fatalf("%v", img.Bounds())
	}
	for i := range 3 {
		part := image.Rect(0, i*300, 900, (i+1)*300)
		for k := range 2 {
			look, _ := step().look(k)
			if n := count(img, part, look.light); n < 300 {
				t.Errorf("chart %d: %d pixels of series %d", i, n, k)
			}
		}
		if n := count(img, part, hues[green].light); n > 0 {
			t.Errorf("chart %d: %d pixels of a series that is not there", i, n)
		}
	}
}

// TestDrawIsRepeatable draws the same twice.
func TestDrawIsRepeatable(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(Draw(&a, DefaultSize, step()), Draw(&b, DefaultSize, step())); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two pictures of the same differ")
	}
}

// TestDrawExtremes draws what is hard to lay out; nothing may panic.
func TestDrawExtremes(t *testing.T) {
	many := step()
	for range 30 {
		many.Series = append(many.Series, Series{Name: strings.Repeat("long name ", 9), Pieces: many.Series[0].Pieces})
	}
	hostile := step()
	hostile.Title, hostile.Series[0].Name = "\x1b[2J\u202e<script>\n東京", strings.Repeat("x", 1<<16)
	for _, c := range []*Chart{
		many, hostile,
		one(Log, Point{X: 1, Y: 1e-300}, Point{X: 2, Y: 1e300}),
		one(Log, Point{X: 1, Y: 5}),
		one(Linear, Point{X: 0, Y: 0}),
		one(Linear, Point{X: -1e12, Y: -1e12}, Point{X: 1e12, Y: 1e12}),
	} {
		decode(t, Size{400, 200}, c)
	}
	decode(t, Size{20, 10}, step())
}

func TestDrawRefuses(t *testing.T) {
	for _, size := range []Size{{0, 100}, {100, -1}, {1 << 20, 100}, {100, maxSide}} {
		if err := Draw(new(bytes.Buffer), size, step(), step()); err == nil {
			t.Errorf("%v was drawn", size)
		}
	}
	if err := Draw(new(bytes.Buffer), DefaultSize); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
}

// TestDrawAtOnce draws from several goroutines, as a server does; the race detector has its eye on the fonts they share.
func TestDrawAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := errors.Join(SVG(io.Discard, 360, step()), Draw(io.Discard, Size{200, 100}, step())); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
