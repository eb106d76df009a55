package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func TestProportionKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		k, n   int
		lo, hi float64
	}{
		{682, 925, 0.7076683, 0.7654066},          // R's help(binom.test)
		{0, 10, 0, 1 - math.Pow(0.025, 0.1)},      // (1−p)^10 = 0.025
		{10, 10, math.Pow(0.025, 0.1), 1},         //
		{0, 150, 0, 1 - math.Pow(0.025, 1.0/150)}, // 2.4 %
		{1, 1, 0.025, 1}, {0, 1, 0, 0.975},
		{0, 0, 0, 1}, {3, 2, 0, 1}, {-1, 2, 0, 1}, {1, -2, 0, 1},
	} {
		if lo, hi := Proportion(c.k, c.n, 0.95); math.Abs(lo-c.lo) > 5e-8 || math.Abs(hi-c.hi) > 5e-8 {
			t.Errorf("Proportion(%d, %d) = %v, %v; want %v, %v", c.k, c.n, lo, hi, c.lo, c.hi)
		}
	}
	if lo, hi := Proportion(3, 10, math.NaN()); lo != 0 || hi != 1 {
		t.Errorf("a level of NaN: %v, %v", lo, hi)
	}
}

// TestProportionCovers computes the coverage exactly, for every probability on a grid.
func TestProportionCovers(t *testing.T) {
	for _, n := range []int{1, 5, 20, 150} {
		for p := 0.005; p < 1; p += 0.015 {
			b, covered := distuv.Binomial{N: float64(n), P: p}, 0.0
			for k := range n + 1 {
				lo, hi := Proportion(k, n, 0.95)
				if lo <= p && p <= hi {
					covered += b.Prob(float64(k))
				}
				if other, _ := Proportion(n-k, n, 0.95); math.Abs(other-(1-hi)) > 1e-9 {
					t.Fatalf("%d of %d ends at %v, %d of them begins at %v", k, n, hi, n-k, other)
				}
			}
			if covered < 0.95-1e-9 {
				t.Errorf("n=%d, p=%.3f: covered %v", n, p, covered)
			}
		}
	}
}
