package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// autoregressive returns n values of which each is rho times the one before plus noise, in the steady state; median 0.
func autoregressive(rng *rand.Rand, n int, rho float64) []float64 {
	x := make([]float64, n)
	last := rng.NormFloat64()
	for i := range x {
		last = rho*last + math.Sqrt(1-rho*rho)*rng.NormFloat64()
		x[i] = last
	}
	return x
}

// TestAutoBlock holds the length against that which the formula gives for the true autocovariances of an autoregressive
// series, ρ^k: G = 2ρ/(1−ρ)², D = 4/3·((1+ρ)/(1−ρ))², hence (3/2·(2ρ/(1−ρ²))²·n)^(1/3).
func TestAutoBlock(t *testing.T) {
	t.Parallel()
	const trials = 31
	for _, c := range []struct {
		n   int
		rho float64
	}{{1000, 0.5}, {10000, 0.5}, {10000, 0.8}} {
		rng := rand.New(rand.NewPCG(71, uint64(c.n)))
		blocks := sample(rng, trials, func() float64 { return float64(AutoBlock(autoregressive(rng, c.n, c.rho))) })
		slices.Sort(blocks)
		want := math.Cbrt(1.5 * math.Pow(2*c.rho/(1-c.rho*c.rho), 2) * float64(c.n))
		if got := middle(blocks); got < 0.92*want || got > 1.08*want {
			t.Errorf("n=%d, ρ=%v: blocks of %v, want about %.1f", c.n, c.rho, got, want)
		}
	}
	rng := rand.New(rand.NewPCG(72, 0))
	independent := sample(rng, trials, func() float64 { return float64(AutoBlock(sample(rng, 1000, rng.NormFloat64))) })
	slices.Sort(independent)
	if got := middle(independent); got > 5 {
		t.Errorf("independent values: blocks of %v", got)
	}
	for name, x := range map[string][]float64{
		"none": nil, "one": {1}, "few": {1, 2, 1, 2, 1}, "constant": slices.Repeat([]float64{3}, 50),
		"NaN": append(slices.Repeat([]float64{3, 4}, 20), math.NaN()), "huge": slices.Repeat([]float64{1e308, -1e308}, 20),
	} {
		if got := AutoBlock(x); got != 1 {
			t.Errorf("%s: blocks of %d", name, got)
		}
	}
	trend := make([]float64, 300)
	for i := range trend {
		trend[i] = float64(i)
	}
	if got := AutoBlock(trend); got < 20 || got > 100 {
		t.Errorf("a trend: blocks of %d", got)
	}
	for seed := range uint64(50) {
		x := autoregressive(rand.New(rand.NewPCG(73, seed)), 10+int(seed)*5, 0.7)
		if a, b := AutoBlock(x), AutoBlock(times(x, -1e6)); a != b || a < 1 || a > len(x)/3+1 {
			t.Errorf("seed %d: blocks of %d, scaled %d, of %d values", seed, a, b, len(x))
		}
	}
}

// TestBlockBootstrapCoverage: the interval covers nearly as often as it says, with and without dependence; with blocks of
// one value, which ignore it, far less often.
func TestBlockBootstrapCoverage(t *testing.T) {
	t.Parallel()
	const trials, draws = 300, 300
	for _, c := range []struct {
		name   string
		n      int
		rho    float64
		block  int
		lo, hi float64
	}{
		{"independent", 60, 0, 0, 0.91, 0.98},
		{"independent", 300, 0, 0, 0.92, 0.98},
		{"neighbours correlate by 0.6", 300, 0.6, 0, 0.90, 0.96},
		{"the same, dependence ignored", 300, 0.6, 1, 0.60, 0.80},
		{"neighbours correlate by 0.9", 800, 0.9, 0, 0.88, 0.96},
		{"the same, dependence ignored", 800, 0.9, 1, 0.25, 0.50},
	} {
		rng := rand.New(rand.NewPCG(74, uint64(c.n)))
		hits, bounded := 0, 0
		for trial := range trials {
			x := autoregressive(rng, c.n, c.rho)
			for i := range x {
				x[i] = math.Exp(2*x[i]) - 1 // skewed and heavy-tailed, median 0
			}
			e, err := BlockBootstrap(x, Level, Resampling{Block: c.block, Draws: draws, Seed: uint64(trial)})
			if err != nil || e.N != c.n {
				t.Fatal(e, err)
			}
			if !e.Bounded() { // fewer than six blocks: by bad luck, with few values
				continue
			}
			bounded++
			if e.Lo <= 0 && 0 <= e.Hi {
				hits++
			}
		}
		if bounded < trials*95/100 {
			t.Errorf("%s: only %d of %d claim their level", c.name, bounded, trials)
		}
		within(t, c.name, hits, bounded, c.lo, c.hi)
	}
}

func TestBlockBootstrap(t *testing.T) {
	x := autoregressive(rand.New(rand.NewPCG(75, 0)), 200, 0.5)
	before := slices.Clone(x)
	e, err := BlockBootstrap(x, Level, Resampling{Seed: 9})
	again, _ := BlockBootstrap(x, Level, Resampling{Seed: 9})
	other, _ := BlockBootstrap(x, Level, Resampling{Seed: 10})
	if err != nil || e != again || e == other || !slices.Equal(x, before) {
		t.Errorf("%+v, again %+v, another seed %+v, %v", e, again, other, err)
	}
	if m, _ := Median(x); e.Value != m.Value || !(e.Lo <= e.Value && e.Value <= e.Hi) {
		t.Errorf("%+v, median %v", e, m.Value)
	}
	if scaled, _ := BlockBootstrap(times(x, 1024), Level, Resampling{Seed: 9}); scaled.Lo != 1024*e.Lo || scaled.Hi != 1024*e.Hi {
		t.Errorf("%+v, scaled %+v", e, scaled)
	}
	for _, r := range []Resampling{{Block: -1}, {Draws: -1}, {Block: 201}} {
		if _, err := BlockBootstrap(x, Level, r); !errors.Is(err, ErrValue) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, level := range []float64{0, 1, math.NaN()} {
		if _, err := BlockBootstrap(x, level, Resampling{}); !errors.Is(err, ErrValue) {
			t.Errorf("a level of %v: %v", level, err)
		}
	}
	if _, err := BlockBootstrap(nil, Level, Resampling{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	// With one block a resample is the series turned round.
	if e, err := BlockBootstrap(x, Level, Resampling{Block: 200}); err != nil || e.Lo != e.Value || e.Hi != e.Value || e.Confidence != 0 {
		t.Errorf("one block: %+v, %v", e, err)
	}
	// Four blocks are four values' worth of evidence, whatever the resamples look like.
	if e, err := BlockBootstrap(x, Level, Resampling{Block: 50}); err != nil || e.Bounded() || !near(e.Confidence, 0.875) {
		t.Errorf("four blocks: %+v, %v", e, err)
	}
	if e, err := BlockBootstrap([]float64{7}, Level, Resampling{Draws: 1}); err != nil || e.Value != 7 || e.Confidence != 0 {
		t.Errorf("one value, drawn once: %+v, %v", e, err)
	}
}

// TestResampledMedians holds the counted median against the sorted one.
func TestResampledMedians(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(76, seed))
		x := sample(rng, 1+rng.IntN(12), func() float64 { return float64(rng.IntN(6)) })
		slices.Sort(x)
		counts := make([]int, len(x))
		var listed []float64
		for range x {
			i := rng.IntN(len(x))
			counts[i]++
			listed = append(listed, x[i])
		}
		slices.Sort(listed)
		if got := countedMedian(x, counts); got != middle(listed) {
			t.Errorf("seed %d: %v, want %v", seed, got, middle(listed))
		}
	}
}
