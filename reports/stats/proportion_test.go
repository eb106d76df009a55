package stats

import (
	"errors"
	"math"
	"math/rand/v2"
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

func TestGeoMean(t *testing.T) {
	ratio := func(v ...float64) (e []Estimate) {
		for _, v := range v {
			e = append(e, Estimate{Value: v, N: 20})
		}
		return e
	}
	// log2 of the ratios is 0, 1, 2: mean 1, deviation 1, t(2) at 97.5 % is 4.302653.
	e, err := GeoMean(ratio(1, 4, 2), 0.95)
	half := 4.302652729911275 / math.Sqrt(3)
	if err != nil || !near(e.Value, 2) || math.Abs(math.Log2(e.Lo)-(1-half)) > 1e-9 || math.Abs(math.Log2(e.Hi)-(1+half)) > 1e-9 ||
		e.N != 3 || !e.Bounded() {
		t.Errorf("GeoMean = %+v, %v", e, err)
	}
	inverse, _ := GeoMean(ratio(1, 0.25, 0.5), 0.95)
	if !near(inverse.Value, e.Inverse().Value) || math.Abs(inverse.Lo-e.Inverse().Lo) > 1e-12 {
		t.Errorf("of reciprocals %+v, reciprocal %+v", inverse, e.Inverse())
	}
	if e, err := GeoMean(ratio(1.5), 0.95); err != nil || !near(e.Value, 1.5) || e.Lo != e.Value || e.Hi != e.Value || e.Bounded() {
		t.Errorf("one cell: %+v, %v", e, err)
	}
	if _, err := GeoMean(nil, 0.95); !errors.Is(err, ErrEmpty) {
		t.Errorf("none: %v", err)
	}
	for _, bad := range []Estimate{{Value: 1}, {Value: 0, N: 3}, {Value: -1, N: 3}, {Value: math.NaN(), N: 3}, {Value: math.Inf(1), N: 3}} {
		if _, err := GeoMean(append(ratio(1, 2), bad), 0.95); !errors.Is(err, ErrValue) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := GeoMean(ratio(1, 2), 1); !errors.Is(err, ErrValue) {
		t.Errorf("a level of 1: %v", err)
	}
	const trials, truth = 3000, 1.07
	rng, hits := rand.New(rand.NewPCG(91, 0)), 0
	for range trials {
		cells := ratio(sample(rng, 8, func() float64 { return truth * math.Exp(0.3*rng.NormFloat64()) })...)
		if e, _ := GeoMean(cells, 0.95); e.Lo <= truth && truth <= e.Hi {
			hits++
		}
	}
	within(t, "coverage over cells", hits, trials, 0.945, 0.955)
}
