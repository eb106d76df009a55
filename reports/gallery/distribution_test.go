package gallery

import (
	"encoding/base64"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
)

// of is the distribution of some latencies, by way of their encoding.
func of(t testing.TB, latencies []int64) distribution {
	t.Helper()
	d, err := decode(&folder.Cell{}, &folder.Round{Record: &folder.Record{Histograms: map[string]string{opHistogram: encoded(latencies)}}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestQuantiles holds the distribution to the latencies themselves, within the width of a bucket.
func TestQuantiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := latenciesOf(rng, 5000, 200), latenciesOf(rng, 3000, 900)
	d := merge([]distribution{of(t, a), of(t, b)})
	all := slices.Sorted(slices.Values(slices.Concat(a, b)))
	if d.total != float64(len(all)) {
		t.Fatalf("%v of %d latencies", d.total, len(all))
	}
	for _, x := range []float64{1, 1.5, 2, 10, 100, 800} {
		want := float64(all[max(0, int(math.Ceil(float64(len(all))*(1-1/x)))-1)])
		if got := d.at(x); math.Abs(got-want) > want/1000 {
			t.Errorf("at %v: %v, want %v", x, got, want)
		}
	}
	if got, want := d.most(), float64(all[len(all)-1]); math.Abs(got-want) > want/1000 {
		t.Errorf("the longest: %v, want %v", got, want)
	}
}

func TestCurve(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var rounds []distribution
	for range 6 {
		rounds = append(rounds, of(t, latenciesOf(rng, 20000, 300)))
	}
	d := merge(rounds)
	line := d.curve(rounds)
	if len(line) > maxCurve+len(spreadAt) || len(line) < 20 {
		t.Errorf("%d points", len(line))
	}
	if end := line[len(line)-1]; end.X != 12000 || end.Y != d.at(12000) {
		t.Errorf("ends at %v; a tenth of 120,000 latencies is 12,000", end)
	}
	if !slices.IsSortedFunc(line, func(a, b chart.Point) int { return int(math.Copysign(1, a.X-b.X)) }) {
		t.Error("X does not ascend")
	}
	bars := 0
	for _, p := range line {
		if p.Hi == 0 {
			continue
		}
		bars++
		var values []float64
		for i := range rounds {
			values = append(values, rounds[i].at(p.X))
		}
		if p.Lo != slices.Min(values) || p.Hi != slices.Max(values) || p.Y != d.at(p.X) {
			t.Errorf("at %v: %v, rounds have %v", p.X, p, values)
		}
	}
	if bars != 4 { // 20,000 latencies are enough for p99.9
		t.Errorf("%d bars", bars)
	}
	if _, ok := d.spread(1000, append(rounds, of(t, latenciesOf(rng, 9000, 300)))); ok {
		t.Error("a round of 9,000 latencies has a p99.9 with 10 beyond it")
	}
	if _, ok := d.spread(2, rounds[:1]); ok {
		t.Error("one round has a range")
	}
}

// TestThin holds the thinned curve to the whole one: no point is further off than one could see. A curve that bends more often
// than there are points to keep shows that the test can fail.
func TestThin(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	line := []chart.Point{{X: 1, Y: 100}}
	for len(line) < 500 {
		last := line[len(line)-1]
		next := chart.Point{X: last.X * 1.02, Y: last.Y * 1.001}
		if rng.IntN(40) == 0 {
			next.Y *= 3
		}
		line = append(line, next)
	}
	if worst, limit := worst(line, thin(line)), bend*math.Log(line[len(line)-1].Y/100); worst > limit {
		t.Errorf("off by %v, at most %v", worst, limit)
	}
	jagged := slices.Clone(line)
	for i := range jagged {
		jagged[i].Y *= 1 + 0.5*float64(i%2)
	}
	kept := thin(jagged)
	if len(kept) != maxCurve || worst(jagged, kept) < 0.1 {
		t.Errorf("of a jagged line %d points are kept, and nothing is lost", len(kept))
	}
}

// worst is how far any point of a line lies off those that were kept.
func worst(line, kept []chart.Point) (most float64) {
	for _, p := range line {
		i, _ := slices.BinarySearchFunc(kept, p.X, func(q chart.Point, x float64) int { return int(math.Copysign(1, q.X-x)) })
		i = min(max(i, 1), len(kept)-1)
		on := plotted([]chart.Point{kept[i-1], p, kept[i]})
		most = max(most, on[1].off(on[0], on[2]))
	}
	return most
}

// TestDecodeRefuses shows decode what is no histogram. The error names the cell and the round.
func TestDecodeRefuses(t *testing.T) {
	good := encoded([]int64{1, 2, 3})
	raw, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no base64": "%", "too short": "AAAA", "cut off": base64.StdEncoding.EncodeToString(raw[:len(raw)/2]),
		"noise": base64.StdEncoding.EncodeToString(append(raw[:8:8], 1, 2, 3, 4, 5)), "too long": strings.Repeat("A", maxEncoded+1),
	} {
		d, err := decode(&folder.Cell{Name: "EvictStorm/policy=none"}, &folder.Round{Number: 4, Record: &folder.Record{Histograms: map[string]string{opHistogram: text}}})
		if err == nil || !strings.HasPrefix(err.Error(), `EvictStorm/policy=none, round 4: the histogram "op"`) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
	for _, r := range []folder.Round{{}, {Record: &folder.Record{}}} {
		if d, err := decode(&folder.Cell{}, &r); err != nil || d.total != 0 {
			t.Errorf("no histogram: %v, %v", d, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded([]int64{1, 20, 300}))
	f.Add("HISTFAAAAA==")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := decode(&folder.Cell{}, &folder.Round{Record: &folder.Record{Histograms: map[string]string{opHistogram: text}}})
		if err != nil || d.total == 0 || d.end() < 2 {
			return
		}
		for _, p := range d.curve([]distribution{d}) {
			if !(p.X >= 1) || !(p.Y >= 1) || math.IsInf(p.X, 0) || math.IsInf(p.Y, 0) {
				t.Fatalf("%q: %v", text, p)
			}
		}
	})
}
