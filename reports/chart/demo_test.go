package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"daxbench/reports/unit"
)

// names are the default set of policies.
var names = []string{"none", "dax-only", "always-call", "unconditional"}

// demos are a chart of each scale and style, such as reports have them.
func demos() []*Chart {
	rng := rand.New(rand.NewPCG(7, 7))
	return []*Chart{latency(rng, names), latency(rng, policies()), sweep(rng), forest(), throughput(rng), waits(rng), blocked(rng), overTime(rng), versus(), close(), days(), step(), headed(12)}
}

// policies are the names of all that have a look of their own.
func policies() (names []string) {
	for _, s := range styles {
		names = append(names, s.policy)
	}
	return append(names, "a-policy-of-tomorrow")
}

// latency is latency by percentile.
func latency(rng *rand.Rand, names []string) *Chart {
	c := &Chart{ID: fmt.Sprintf("latency-%d", len(names)), Title: "Latency of an eviction by percentile: evict-storm dax=50 workers=2",
		Note: "3 rounds of 2.4 million evictions each, all rounds together. To the right are the rarer, slower ones: at p99.9 one in a thousand takes longer.",
		X:    Axis{Title: "percentile", Scale: Percentile}, Y: Axis{Title: "latency", Scale: Log, Kind: unit.Nanos}}
	for i, name := range names {
		var piece []Point
		for q := 1.0; q < 1.2e6; q *= 1.15 {
			y := 60*(1+0.3*float64(i%5)) + 6*math.Pow(q, 0.55+0.08*float64(i%4)) + rng.Float64()*3
			piece = append(piece, Point{X: q, Y: y})
		}
		c.Series = append(c.Series, Series{Name: name, Look: LookOf(name), Style: Curve, Pieces: [][]Point{piece}})
	}
	c.Marks = []Mark{{At: 22, Level: true, Label: "the harness's own cost", Series: Everyone}, {At: 1000, Label: "one in a thousand", Series: Everyone}}
	return c
}

// sweep is cost over workers.
func sweep(rng *rand.Rand) *Chart {
	c := &Chart{ID: "sweep", Title: "Cost of an eviction over the number of workers", Note: "Medians of 5 rounds with their 95 % intervals.",
		X: Axis{Title: "workers", Scale: Log}, Y: Axis{Title: "ns/evict, less is better", Kind: unit.Nanos}}
	for i, name := range names {
		var piece []Point
		for _, n := range []float64{1, 2, 4, 8, 16, 32} {
			y := 400 * (1 + 0.2*float64(i)) * math.Pow(n, 0.4)
			d := y * (0.02 + 0.1*rng.Float64())
			piece = append(piece, Point{X: n, Y: y, Lo: y - d, Hi: y + 1.3*d})
		}
		c.Series = append(c.Series, Series{Name: name, Look: LookOf(name), Pieces: [][]Point{piece}})
	}
	return c
}

// forest is ratios to a reference in rows.
func forest() *Chart {
	c := &Chart{ID: "forest", Title: "Cost against the policy none", Note: "Ratios of 5 paired rounds, 95 % intervals.",
		X: Axis{Title: "change of ns/evict, less is better", Scale: Log, Kind: unit.Relative}, Y: Axis{Scale: Rows, Names: []string{
			"evict-storm dax=0 workers=2", "evict-storm dax=50 workers=2", "pin-storm dax=100 hold=100µs a-rather-long-parameter=12345678", "unlink-under-pins"}}}
	for i, name := range names[1:] {
		var piece []Point
		for row := range c.Y.Names {
			r := 1 + 0.04*float64(i*i)*float64(row+1)
			piece = append(piece, Point{X: r, Y: float64(row), Lo: r * 0.96, Hi: r * 1.05})
		}
		c.Series = append(c.Series, Series{Name: name, Look: LookOf(name), Style: Dots, Pieces: [][]Point{piece}})
	}
	c.Marks = []Mark{{At: 1, Label: "as none", Series: Everyone}}
	return c
}

// throughput is rounds in rows, each policy with a row of its own.
func throughput(rng *rand.Rand) *Chart {
	c := &Chart{ID: "throughput", Title: "Evictions per second", X: Axis{Title: "evictions per second, more is better", Kind: unit.Rate}, Y: Axis{Scale: Rows, Names: names}}
	for row, name := range names {
		var piece []Point
		for range 5 {
			piece = append(piece, Point{X: 1.2e6*(1-0.1*float64(row)) + 1e5*rng.Float64(), Y: float64(row)})
		}
		c.Series = append(c.Series, Series{Name: name, Look: LookOf(name), Style: Dots, Pieces: [][]Point{piece}})
	}
	return c
}

// waits is time by cause, stacked.
func waits(rng *rand.Rand) *Chart {
	c := &Chart{ID: "waits", Title: "Where the time goes", X: Axis{Title: "share of an eviction", Kind: unit.Nanos}, Y: Axis{Scale: Rows, Names: names}}
	ends := make([]float64, len(names))
	for _, cause := range []string{"lookup", "waiting for pins", "waiting for a lease", "stripe lock"} {
		s := Series{Name: cause}
		for row := range names {
			n := 100 + 900*rng.Float64()
			s.Spans = append(s.Spans, Span{Row: float64(row), From: ends[row], To: ends[row] + n})
			ends[row] += n
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// blocked is pins and the evictions behind them.
func blocked(rng *rand.Rand) *Chart {
	c := &Chart{ID: "blocked", Title: "Blocked evictions behind the pin that blocks them", Note: "The 12 longest of 3,456 waits of the policy dax-only.",
		X: Axis{Title: "since the wait began", Kind: unit.Nanos}, Y: Axis{Scale: Rows}}
	pins, waits := Series{Name: "pinned", Look: Neutral}, Series{Name: "eviction waits", Look: LookOf("dax-only")}
	late := Series{Name: "waits on after the pin", Look: Alarm}
	for i := range 12 {
		c.Y.Names = append(c.Y.Names, fmt.Sprintf("inode %d", 1000+37*i))
		end := 9e5 - 5e4*float64(i) + 1e4*rng.Float64()
		pins.Spans = append(pins.Spans, Span{float64(i), -2e5 * rng.Float64(), end})
		waits.Spans = append(waits.Spans, Span{float64(i), 0, end})
		late.Spans = append(late.Spans, Span{float64(i), end, end + 3e4*rng.Float64()})
	}
	c.Series = []Series{pins, waits, late}
	return c
}

// overTime is latency over time with a stall.
func overTime(rng *rand.Rand) *Chart {
	g := &Grid{}
	for i := range 121 {
		g.X = append(g.X, float64(i)*5e6)
	}
	for i := range 41 {
		g.Y = append(g.Y, 16*math.Pow(2, float64(i)/2))
	}
	for i := range 120 {
		column := make([]float64, 40)
		for k := range column {
			n := 9000 * math.Exp(-math.Pow(float64(k)-6, 2)/4)
			if i > 60 && i < 66 {
				n /= 20
				n += 40 * math.Exp(-math.Pow(float64(k)-30, 2)/9)
			}
			column[k] = math.Floor(n * (0.5 + rng.Float64()))
		}
		g.Counts = append(g.Counts, column)
	}
	return &Chart{ID: "heat", Title: "Latency over time: unconditional", Note: "One round. Each column is 5 ms; the darker, the more evictions.", Grid: g,
		X: Axis{Title: "since the start", Kind: unit.Nanos}, Y: Axis{Title: "latency", Scale: Log, Kind: unit.Nanos},
		Marks: []Mark{{At: 3e8, Label: "drop caches", Series: Everyone}}}
}

// versus is changes over dates on a linear axis of ratios.
func versus() *Chart {
	c := &Chart{ID: "versus", Title: "Ratio over pin hold time", X: Axis{Title: "pins are held for", Scale: Log, Kind: unit.Nanos}, Y: Axis{Title: "p99.9 of unlink against none", Scale: Linear, Kind: unit.Relative}}
	for i, name := range names[1:] {
		var piece []Point
		for k, x := range []float64{1e3, 1e4, 1e5, 1e6, 1e7} {
			piece = append(piece, Point{X: x, Y: 1 + 0.03*float64(i*k), Lo: 0.98 + 0.03*float64(i*k), Hi: 1.04 + 0.03*float64(i*k)})
		}
		c.Series = append(c.Series, Series{Name: name, Look: LookOf(name), Pieces: [][]Point{piece}})
	}
	c.Marks = []Mark{{At: 1, Level: true, Label: "no change", Series: Everyone}}
	return c
}

// close is a sweep over values some of which stand too close to be labelled.
func close() *Chart {
	c := &Chart{ID: "close", Title: "Cost over the share of DAX files", X: Axis{Title: "files that are DAX, %"}, Y: Axis{Title: "ns/evict", Kind: unit.Nanos}}
	var piece []Point
	for _, x := range []float64{0, 1, 2, 5, 50, 100} {
		piece = append(piece, Point{X: x, Y: 100 + 3*x, Lo: 90 + 3*x, Hi: 120 + 3*x})
	}
	c.Series = []Series{{Name: "dax-only", Look: LookOf("dax-only"), Pieces: [][]Point{piece}}}
	return c
}

// days is a history of two weeks, whose first tick says the year.
func days() *Chart {
	l := Line{Name: "dax-only", Stretches: []Stretch{{}}}
	for day := range 14 {
		l.Stretches[0].Records = append(l.Stretches[0].Records, Record{When: time.Date(2026, 11, 9+day, 0, 0, 0, 0, time.UTC), Value: 100 + float64(day%3)})
	}
	c := History("evict-storm", "ns/evict", -1, []Line{l})
	c.ID = "days"
	return c
}

// TestDemos draws every demo in three widths, as PNG and SVG. With DAXBENCH_CHARTS=dir the pictures are kept to be
// looked at.
func TestDemos(t *testing.T) {
	dir := os.Getenv("DAXBENCH_CHARTS")
	for _, c := range demos() {
		for _, width := range []int{320, 760, 1280} {
			size := c.Size(width)
			var picture, svg bytes.Buffer
			if err := errors.Join(Draw(&picture, size, c), SVG(&svg, width, c)); err != nil {
				t.Fatal(err)
			}
			for name, b := range map[string]*bytes.Buffer{"png": &picture, "svg": &svg} {
				if dir == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.%s", c.ID, width, name)), b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			img, err := png.Decode(&picture)
			if err != nil {
				t.Fatal(err)
			}
			if b := img.Bounds(); b.Dx() != size.Width || b.Dy() != size.Height {
				t.Errorf("%s: %v, want %v", c.ID, b, size)
			}
			wellFormed(t, svg.Bytes())
		}
	}
}
