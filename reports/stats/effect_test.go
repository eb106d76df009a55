package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// TestMinimalEffectPower holds what it returns against simulation: fresh experiments with that shift are found with
// the power that was asked for, those with half of it much less often.
func TestMinimalEffectPower(t *testing.T) {
	t.Parallel()
	const samples, seen, trials, alpha, power = 20, 60, 30, 0.01, 0.9
	for _, n := range []int{9, 20, 70} {
		rng := rand.New(rand.NewPCG(81, uint64(n)))
		for _, c := range []struct {
			name string
			from func() float64
		}{
			{"normal", rng.NormFloat64},
			{"heavy-tailed", func() float64 { return rng.NormFloat64() / math.Sqrt(rng.ExpFloat64()) }}, // t, 2 degrees
			{"bimodal", func() float64 { return float64(2*rng.IntN(2)-1) + 0.3*rng.NormFloat64() }},
		} {
			found, half := 0, 0
			for range samples {
				shift, err := MinimalEffect(sample(rng, seen, c.from), alpha, power, n)
				if err != nil {
					t.Fatal(err)
				}
				for range trials {
					fresh := sample(rng, n, func() float64 { return c.from() + shift })
					if test, _ := SignedRank(fresh); test.P <= alpha && test.Greater < test.Less {
						found++
					}
					for i := range fresh {
						fresh[i] -= shift / 2
					}
					if test, _ := SignedRank(fresh); test.P <= alpha {
						half++
					}
				}
			}
			// Trials share the shift of their sample, so the binomial limits are too narrow, and power is not linear in
			// the shift: a shift that is right in the mean has a little less.
			within(t, c.name, found, samples*trials, power-0.06, power+0.03)
			within(t, c.name+", half", half, samples*trials, 0.01, 0.8)
		}
	}
}

// TestMinimalEffectOfFew: from 20 values the spread is rough but not biased.
func TestMinimalEffectOfFew(t *testing.T) {
	t.Parallel()
	const trials, alpha, power = 110, 0.01, 0.9
	rng := rand.New(rand.NewPCG(82, 0))
	large, err := MinimalEffect(sample(rng, 5000, rng.NormFloat64), alpha, power, 20)
	if err != nil {
		t.Fatal(err)
	}
	below := 0
	for range trials {
		few, err := MinimalEffect(sample(rng, 20, rng.NormFloat64), alpha, power, 20)
		if err != nil {
			t.Fatal(err)
		}
		if few < large {
			below++
		}
		if few < large/2.5 || few > 2.5*large {
			t.Errorf("%v from 20 values, %v from 5000", few, large)
		}
	}
	within(t, "below what 5000 values give", below, trials, 0.42, 0.52)
}

func TestMinimalEffectProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(83, 0))
	x := sample(rng, 20, rng.NormFloat64)
	at := func(x []float64, alpha, power float64, n int) float64 {
		e, err := MinimalEffect(x, alpha, power, n)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	base := at(x, 0.01, 0.9, 20)
	if again := at(x, 0.01, 0.9, 20); again != base || base <= 0 {
		t.Errorf("%v, again %v", base, again)
	}
	if scaled := at(times(x, 4), 0.01, 0.9, 20); !near(scaled, 4*base) {
		t.Errorf("%v, four times as spread %v", base, scaled)
	}
	moved := sample(rng, 20, func() float64 { return 5 })
	for i := range moved {
		moved[i] += x[i]
	}
	if got := at(moved, 0.01, 0.9, 20); math.Abs(got-base) > 1e-9 {
		t.Errorf("%v, moved %v", base, got)
	}
	for name, smaller := range map[string]float64{
		"more observations": at(x, 0.01, 0.9, 40), "larger alpha": at(x, 0.1, 0.9, 20), "less power": at(x, 0.01, 0.5, 20),
	} {
		if smaller >= base {
			t.Errorf("%s: %v, before %v", name, smaller, base)
		}
	}
	skewed := sample(rng, 20, rng.ExpFloat64) // a shift either way counts: the mean of both
	if a, b := at(skewed, 0.01, 0.9, 20), at(times(skewed, -1), 0.01, 0.9, 20); math.Abs(a-b) > 0.1*a {
		t.Errorf("%v, turned round %v", a, b)
	}
	if got := at([]float64{2, 2, 2, 2}, 0.01, 0.9, 20); got != 0 {
		t.Errorf("no spread: %v", got)
	}
	for _, c := range []struct {
		x            []float64
		alpha, power float64
		n            int
		want         error
	}{
		{nil, 0.01, 0.9, 20, ErrEmpty}, {[]float64{1, math.Inf(1), 2}, 0.01, 0.9, 20, ErrValue}, {x, 0, 0.9, 20, ErrValue},
		{x, 0.01, 1, 20, ErrValue}, {x, 0.01, math.NaN(), 20, ErrValue}, {x[:2], 0.01, 0.9, 20, ErrFew},
		{x, 0.01, 0.9, 7, ErrFew}, {x, 0.01, 0.9, 0, ErrFew}, {x, 0.01, 0.9, -1, ErrFew},
	} {
		if got, err := MinimalEffect(c.x, c.alpha, c.power, c.n); !errors.Is(err, c.want) || got != 0 {
			t.Errorf("MinimalEffect(%v, %v, %v, %d) = %v, %v; want %v", c.x, c.alpha, c.power, c.n, got, err, c.want)
		}
	}
}
