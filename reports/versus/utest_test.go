package versus

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/perf/benchmath"
)

// TestTied holds our p with ties against that of benchmath, and that it warns of the same.
func TestTied(t *testing.T) {
	ours := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(4, seed))
		draw := func(shift float64) []float64 {
			x := make([]float64, 1+rng.IntN(26))
			grid := float64(1 + rng.IntN(12))
			for i := range x {
				x[i] = math.Round(grid*(rng.NormFloat64()+shift)) + 100
			}
			return x
		}
		x, y := benchmath.NewSample(draw(0), &benchmath.DefaultThresholds), benchmath.NewSample(draw(rng.Float64()), &benchmath.DefaultThresholds)
		if n, m := len(x.Values), len(y.Values); min(n, m) >= leastTied && max(n, m) <= mostTied && tied(x.Values, y.Values) != nil {
			ours++
		}
		got, want := test(x, y), benchmath.AssumeNothing.Compare(x, y)
		if math.Abs(got.P-want.P) > 1e-12 || got.N1 != want.N1 || got.N2 != want.N2 || got.Alpha != want.Alpha || len(got.Warnings) != len(want.Warnings) {
			t.Errorf("seed %d: %+v, benchmath %+v for %v and %v", seed, got, want, x.Values, y.Values)
		}
	}
	if ours < 50 {
		t.Errorf("only %d comparisons took our way", ours)
	}
}

func BenchmarkTied(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 0))
	draw := func() *benchmath.Sample {
		x := make([]float64, 20)
		for i := range x {
			x[i] = math.Round(100 * math.Exp(rng.NormFloat64()/10))
		}
		slices.Sort(x)
		return benchmath.NewSample(x, &benchmath.DefaultThresholds)
	}
	x, y := draw(), draw()
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			test(x, y)
		}
	})
	b.Run("benchmath", func(b *testing.B) {
		for b.Loop() {
			benchmath.AssumeNothing.Compare(x, y)
		}
	})
}
