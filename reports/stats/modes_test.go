package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDipKnownAnswers(t *testing.T) {
	// Hartigan and Hartigan's example, the ages of 63 members of a faculty: 0.059 there, 7.5/126 in diptest's own tests,
	// from which the other answers come too.
	faculty := []float64{30, 33, 35, 36, 37, 37, 39, 39, 39, 39, 39, 40, 40, 40, 40, 41, 42, 43, 43, 43, 44, 44, 45, 45, 46,
		46, 47, 47, 48, 48, 48, 49, 50, 50, 51, 52, 52, 53, 53, 53, 53, 53, 54, 54, 57, 57, 59, 60, 60, 60, 61, 61, 61, 61,
		62, 62, 62, 62, 63, 66, 70, 72, 72}
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{faculty, 7.5 / 126},
		{[]float64{1, 1, 2, 2}, 0.25},
		{[]float64{0, 1, 3, 6}, 1. / 8},
		{[]float64{0, 2, 3, 5, 6}, 0.4 / 3},
		{[]float64{1, 2, 2, 2, 2, 2, 2, 2, 2, 2}, 1. / 20},
		{[]float64{4, 4, 4}, 1. / 6},
	} {
		if got := dip(c.x); !near(got, c.want) {
			t.Errorf("dip of %d values = %v, want %v", len(c.x), got, c.want)
		}
		mirrored := times(c.x, -1)
		slices.Reverse(mirrored)
		if got := dip(mirrored); !near(got, c.want) {
			t.Errorf("mirrored, dip of %d values = %v, want %v", len(c.x), got, c.want)
		}
	}
	// Table 1 of Hartigan and Hartigan for uniform samples of 100: exceeded by one in ten is 0.0471, as in R's qDiptab.
	const trials = 1000
	rng := rand.New(rand.NewPCG(51, 0))
	above := 0
	for range trials {
		if dip(slices.Sorted(slices.Values(sample(rng, 100, rng.Float64)))) > 0.0471 {
			above++
		}
	}
	within(t, "dips above the table's 90 % point", above, trials, 0.095, 0.105)
}

// sample draws n values.
func sample(rng *rand.Rand, n int, from func() float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = from()
	}
	return x
}

func TestBimodal(t *testing.T) {
	t.Parallel()
	const trials = 500
	for _, n := range []int{10, 20, 60, 200} {
		rng := rand.New(rand.NewPCG(52, uint64(n)))
		peaked := 0.01
		if n == 10 {
			peaked = 0.02
		}
		for _, c := range []struct {
			name   string
			lo, hi float64 // of the rate
			from   func() float64
		}{
			{"uniform", 0, 0.05, rng.Float64},
			{"normal", 0, peaked, rng.NormFloat64},
			{"exponential", 0, peaked, rng.ExpFloat64},
			{"Cauchy", 0, peaked, func() float64 { return math.Tan(math.Pi * (rng.Float64() - 0.5)) }},
			{"log-normal, shallow tail", 0, peaked, func() float64 { return math.Exp(2 * rng.NormFloat64()) }},
			// 16 or 27 ns/op, each ±10 %: a busy hyper-thread sibling (measured on a shared machine).
			{"two speeds", map[int]float64{10: 0.1, 20: 0.35, 60: 0.9, 200: 1}[n], 1, func() float64 {
				return []float64{16, 27}[rng.IntN(2)] * (1 + 0.1*rng.NormFloat64())
			}},
		} {
			found := 0
			for range trials {
				if Bimodal(sample(rng, n, c.from)) {
					found++
				}
			}
			within(t, c.name, found, trials, c.lo, c.hi)
		}
	}
}

func TestBimodalNeedsValues(t *testing.T) {
	two := []float64{1, 1.01, 1.02, 1.03, 1.04, 9, 9.01, 9.02, 9.03, 9.04}
	if !Bimodal(two) {
		t.Error("two heaps of five are not told apart")
	}
	if Bimodal(two[1:]) || Bimodal(nil) || Bimodal(slices.Repeat([]float64{3}, 100)) {
		t.Error("too few, none, or all equal are called bimodal")
	}
	two[4] = math.NaN()
	if Bimodal(two) {
		t.Error("a NaN is called bimodal")
	}
}

func TestDipProperties(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(53, seed))
		x := sample(rng, 4+rng.IntN(60), func() float64 { return math.Round(20*rng.NormFloat64()) + 15*float64(rng.IntN(2)) })
		slices.Sort(x)
		d := dip(x)
		if n := float64(len(x)); d < 1/(2*n) || d > 0.25+1e-12 {
			t.Errorf("seed %d: %v is not between 1/2n and 1/4", seed, d)
		}
		if scaled := dip(times(x, 1000)); !near(scaled, d) {
			t.Errorf("seed %d: %v, scaled %v", seed, d, scaled)
		}
		mirrored := times(x, -1)
		slices.Reverse(mirrored)
		if m := dip(mirrored); math.Abs(m-d) > 1e-12 {
			t.Errorf("seed %d: %v, mirrored %v", seed, d, m)
		}
		if bound := dipBound(x); d < bound-1e-12 {
			t.Errorf("seed %d: %v is below the bound %v", seed, d, bound)
		}
	}
}

// dipBound is what no distribution with its mode at one of the values can do better than: half of what the convex
// minorant misses left of the mode or the concave majorant right of it, for the best mode.
func dipBound(sorted []float64) float64 {
	steps := stepsOf(sorted)
	best := math.Inf(1)
	for k := range steps {
		missed := 1.0
		left := hull(steps, 0, k, below, 1)
		for i := range k {
			missed = max(missed, steps[i].upTo-height(steps, left, i, below))
		}
		right := hull(steps, k, len(steps)-1, upTo, -1)
		for i := k + 1; i < len(steps); i++ {
			missed = max(missed, height(steps, right, i, upTo)-steps[i].below)
		}
		best = min(best, missed)
	}
	return best / 2 / float64(len(sorted))
}
