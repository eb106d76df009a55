package chart

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/reports/unit"
)

func labelsOf(ticks []Tick) string {
	words := make([]string, len(ticks))
	for i, t := range ticks {
		words[i] = t.Label
	}
	return strings.Join(words, " | ")
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		axis   Axis
		lo, hi float64
		most   int
		want   string
	}{
		{Axis{Kind: unit.Nanos}, 81, 123, 6, "90 ns | 100 ns | 110 ns | 120 ns"},
		{Axis{Kind: unit.Nanos}, 0.97, 1.31, 6, "1.0 ns | 1.1 ns | 1.2 ns | 1.3 ns"},
		{Axis{Kind: unit.Nanos}, 700, 2100, 5, "1.0 µs | 1.5 µs | 2.0 µs"},
		{Axis{Kind: unit.Rate}, 0, 4.2e6, 6, "0 | 1 M/s | 2 M/s | 3 M/s | 4 M/s"},
		{Axis{Kind: unit.Plain}, -10, 10, 5, "−10 | −5 | 0 | 5 | 10"},
		{Axis{Scale: Log, Kind: unit.Nanos}, 8, 1.2e6, 7, "10 ns | 100 ns | 1 µs | 10 µs | 100 µs | 1 ms"},
		{Axis{Scale: Log, Kind: unit.Nanos}, 8, 150, 6, "10 ns | 20 ns | 50 ns | 100 ns"},
		{Axis{Scale: Log, Kind: unit.Nanos}, 450, 30e3, 7, "500 ns | 1 µs | 2 µs | 5 µs | 10 µs | 20 µs"},
		{Axis{Scale: Log, Kind: unit.Plain}, 0.4, 6, 7, "0.5 | 1 | 2 | 5"},
		{Axis{Scale: Percentile}, 1, 1.2e6, 8, "p50 | p90 | p99 | p99.9 | p99.99 | p99.999 | p99.9999"},
		{Axis{Scale: Percentile}, 1, 1.2e6, 4, "p50 | p99 | p99.99 | p99.9999"},
		{Axis{Scale: Percentile}, 1, 9.9e3, 8, "p50 | p90 | p99 | p99.9"},
		{Axis{Scale: Percentile}, 2.5, 4, 8, "p60"},
		{Axis{Scale: Rows, Names: []string{"a", "b", "c"}}, -0.5, 2.5, 3, "a | b | c"},
		{Axis{Scale: Rows, Names: []string{"a", "b", "c"}}, -0.5, 2.5, 2, "a | c"},
		{Axis{Kind: unit.Relative}, 0.93, 1.12, 5, "−5 % | 0 | +5 % | +10 %"},
		{Axis{Kind: unit.Relative}, 0.995, 1.011, 5, "−0.5 % | 0 | +0.5 % | +1.0 %"},
		{Axis{Scale: Log, Kind: unit.Relative}, 0.8, 30, 6, "×1 | ×2 | ×5 | ×10 | ×20"},
		{Axis{Scale: Log, Kind: unit.Relative}, 0.7, 2, 6, "0 | +50 % | +100 %"},
	} {
		if got := labelsOf(c.axis.Ticks(Range{c.lo, c.hi}, c.most)); got != c.want {
			t.Errorf("%v … %v: %s; want %s", c.lo, c.hi, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	axis := Axis{Scale: Date}
	for _, c := range []struct{ from, to, want string }{
		{"2026-11-20", "2026-11-24", "20 Nov 2026 | 21 Nov | 22 Nov | 23 Nov | 24 Nov"},
		{"2026-11-20", "2026-12-30", "23 Nov 2026 | 30 Nov | 7 Dec | 14 Dec | 21 Dec | 28 Dec"},
		{"2026-12-20", "2027-02-01", "21 Dec 2026 | 28 Dec | 4 Jan 2027 | 11 Jan | 18 Jan | 25 Jan | 1 Feb"},
		{"2025-11-03", "2026-04-20", "Dec 2025 | Jan 2026 | Feb 2026 | Mar 2026 | Apr 2026"},
		{"2024-06-03", "2026-11-20", "Jul 2024 | Jan 2025 | Jul 2025 | Jan 2026 | Jul 2026"},
		{"2019-06-03", "2026-11-20", "2020 | 2021 | 2022 | 2023 | 2024 | 2025 | 2026"},
		{"1970-01-01", "2026-11-20", "1970 | 1980 | 1990 | 2000 | 2010 | 2020"},
	} {
		if got := labelsOf(axis.Ticks(Range{seconds(date(t, c.from)), seconds(date(t, c.to))}, 8)); got != c.want {
			t.Errorf("%s … %s: %s; want %s", c.from, c.to, got, c.want)
		}
	}
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestTicksOfAnything wants, of ranges from a second to centuries and over forty powers of ten, ticks within the range,
// ascending, with labels that differ, and no more than one beyond what was asked for.
func TestTicksOfAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		axis := Axis{Scale: Scale(rng.IntN(4)), Kind: unit.Kind(rng.IntN(4))}
		lo := rng.ExpFloat64() * []float64{1e-3, 1, 1e3, 1e9}[rng.IntN(4)]
		r := Range{lo, lo * (1.05 + rng.ExpFloat64()*[]float64{0.1, 1, 1e3, 1e9}[rng.IntN(4)])}
		if axis.Scale == Date {
			r = Range{1.7e9 * rng.Float64(), 0}
			r.Hi = r.Lo + 2*day + rng.ExpFloat64()*[]float64{day, 30 * day, 3000 * day, 90000 * day}[rng.IntN(4)]
		}
		if axis.Scale == Percentile {
			r = Range{1 + rng.Float64(), 2 + rng.ExpFloat64()*[]float64{1, 1e3, 1e9}[rng.IntN(3)]}
		}
		most := 3 + rng.IntN(8)
		ticks := axis.Ticks(r, most)
		if len(ticks) > most+1 || len(ticks) == 0 {
			t.Errorf("scale %d, %v: %d ticks, at most %d: %s", axis.Scale, r, len(ticks), most, labelsOf(ticks))
		}
		at := func(a, b Tick) int {
			if a.At < b.At {
				return -1
			}
			return 1
		}
		if !slices.IsSortedFunc(ticks, at) {
			t.Errorf("scale %d, %v: not in order: %v", axis.Scale, r, ticks)
		}
		for i, tick := range ticks {
			if tick.At < r.Lo || tick.At > r.Hi || tick.Label == "" || i > 0 && ticks[i-1].Label == tick.Label {
				t.Errorf("scale %d, %v: %s", axis.Scale, r, labelsOf(ticks))
			}
		}
	}
}
