package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAdjustedKnownAnswers(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ p, holm, bh []float64 }{
		{nil, []float64{}, []float64{}},
		{[]float64{0.03}, []float64{0.03}, []float64{0.03}},
		// R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm") and "BH".
		{[]float64{0.01, 0.02, 0.03, 0.04}, []float64{0.04, 0.06, 0.06, 0.06}, []float64{0.04, 0.04, 0.04, 0.04}},
		{[]float64{0.13, 0.02, 0.005, 0.04, 0.011}, []float64{0.13, 0.06, 0.025, 0.08, 0.044},
			[]float64{0.13, 0.1 / 3, 0.025, 0.05, 0.0275}},
		{[]float64{0.9, 0.6, 0.9}, []float64{1, 1, 1}, []float64{0.9, 0.9, 0.9}},
		{[]float64{0.01, nan, -1}, []float64{0.03, 1, 1}, []float64{0.03, 1, 1}}, // no answer counts as 1
	} {
		if got := Holm(c.p); !slices.EqualFunc(got, c.holm, near) {
			t.Errorf("Holm(%v) = %v, want %v", c.p, got, c.holm)
		}
		if got := BenjaminiHochberg(c.p); !slices.EqualFunc(got, c.bh, near) {
			t.Errorf("BenjaminiHochberg(%v) = %v, want %v", c.p, got, c.bh)
		}
	}
}

func TestAdjustedProperties(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(31, seed))
		p := make([]float64, 1+rng.IntN(30))
		for i := range p {
			p[i] = math.Pow(rng.Float64(), 3)
			if rng.IntN(4) == 0 {
				p[i] = p[rng.IntN(i+1)]
			}
		}
		before := slices.Clone(p)
		holm, bh := Holm(p), BenjaminiHochberg(p)
		if !slices.Equal(p, before) {
			t.Fatalf("seed %d: the argument changed", seed)
		}
		for i := range p {
			bonferroni := min(1, p[i]*float64(len(p)))
			if !(p[i] <= bh[i] && bh[i] <= holm[i] && holm[i] <= bonferroni+1e-15) {
				t.Errorf("seed %d: p %v, BH %v, Holm %v, Bonferroni %v", seed, p[i], bh[i], holm[i], bonferroni)
			}
			for j := range p {
				if p[i] <= p[j] && (holm[i] > holm[j] || bh[i] > bh[j]) {
					t.Errorf("seed %d: order of %v and %v lost", seed, p[i], p[j])
				}
			}
		}
	}
}

// within fails the test unless k of n is compatible, at 99.9 %, with a probability in [lo, hi].
func within(t *testing.T, what string, k, n int, lo, hi float64) {
	t.Helper()
	low, high := Proportion(k, n, 0.999)
	if high < lo || low > hi {
		t.Errorf("%s: %d of %d, which is %.4f to %.4f; want %.4f to %.4f", what, k, n, low, high, lo, hi)
	}
	t.Logf("%s: %d of %d = %.4f", what, k, n, float64(k)/float64(n))
}

// TestFamilyError: over 12 cells that all are the same, the two keep their promise and the plain p-values break it; with
// real differences among them BH finds more than Holm, and its share of false ones stays.
func TestFamilyError(t *testing.T) {
	const trials, cells, alpha = 1500, 12, 0.05
	rng := rand.New(rand.NewPCG(32, 0))
	plain, holm, found, foundBH, falseBH := 0, 0, 0, 0, 0.0
	p := make([]float64, cells)
	for range trials {
		for i := range p {
			p[i] = rng.Float64()
		}
		if slices.Min(p) <= alpha {
			plain++
		}
		if slices.Min(Holm(p)) <= alpha {
			holm++
		}
		for i := range cells / 2 { // the first half differs
			p[i] = math.Pow(p[i], 8)
		}
		right, wrong := 0, 0
		for i, q := range BenjaminiHochberg(p) {
			if q <= alpha && i < cells/2 {
				right++
			} else if q <= alpha {
				wrong++
			}
		}
		foundBH += right
		falseBH += float64(wrong) / float64(max(1, right+wrong))
		for i, q := range Holm(p) {
			if q <= alpha && i < cells/2 {
				found++
			}
		}
	}
	within(t, "any false alarm with Holm", holm, trials, 0, alpha)
	within(t, "any false alarm without", plain, trials, 0.4, 0.5) // 1 − 0.95^12 = 0.46
	if share := falseBH / trials; share > alpha {
		t.Errorf("BH: %.3f of what it found is false", share)
	}
	if foundBH <= found {
		t.Errorf("BH found %d, Holm %d", foundBH, found)
	}
}
