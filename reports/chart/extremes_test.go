package chart

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"daxbench/reports/unit"
)

// TestEveryScaleAndStyle draws each pair of scales in each style, at the three widths of reports.
func TestEveryScaleAndStyle(t *testing.T) {
	for _, x := range []Scale{Linear, Log, Date, Percentile} {
		for _, y := range []Scale{Linear, Log, Date, Percentile, Rows} {
			for _, style := range []Style{Lines, Dots, Curve} {
				c := &Chart{Title: "t", X: Axis{Title: "x", Scale: x}, Y: Axis{Title: "y", Scale: y, Names: []string{"a", "b", "c", "d"}}}
				points := []Point{{X: 1, Y: 1}, {X: 10, Y: 2, Lo: 2, Hi: 20}, {X: 1000, Y: 3}}
				c.Series = []Series{{Name: "s", Style: style, Pieces: [][]Point{points, nil, points[:1]}}}
				for _, width := range []int{320, 760, 1280} {
					wellFormed(t, drawn(t, width, c))
				}
				if err := Draw(io.Discard, c.Size(320), c); err != nil {
					t.Errorf("%d over %d, style %d: %v", y, x, style, err)
				}
			}
		}
	}
}

// TestExtremes draws charts of the largest, the smallest and the nearest numbers there are. What Check lets pass is drawn, in
// numbers that a browser reads.
func TestExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	values := []float64{0, 1, 1, 2, 3, -1, 1e-300, 5e-324, -5e-324, 1e15, 1e15 + 1, 1e300, math.MaxFloat64, -math.MaxFloat64}
	any := func() float64 { return values[rng.IntN(len(values))] }
	drew := 0
	for range 3000 {
		c := &Chart{X: Axis{Scale: Scale(rng.IntN(4)), Kind: unit.Kind(rng.IntN(4))}, Y: Axis{Scale: Scale(rng.IntN(5)), Kind: unit.Kind(rng.IntN(4)), Names: []string{"a", "b"}}}
		var points []Point
		for range 1 + rng.IntN(3) {
			p := Point{X: any(), Y: any()}
			if rng.IntN(2) == 0 {
				p.Lo, p.Hi = any(), any()
			}
			points = append(points, p)
		}
		c.Series = []Series{{Name: "s", Style: Style(rng.IntN(3)), Pieces: [][]Point{points}}}
		if rng.IntN(3) == 0 {
			c.Marks = []Mark{{At: any(), Label: "m", Level: rng.IntN(2) == 0}}
		}
		if c.Check() != nil {
			continue
		}
		drew++
		var b bytes.Buffer
		if err := SVG(&b, 360, c); err != nil {
			t.Fatalf("%v\n%+v", err, c)
		}
		if s := b.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "-922337") {
			t.Fatalf("%+v\n%s", c, s)
		}
	}
	if drew < 100 {
		t.Errorf("%d charts could be drawn", drew)
	}
}
