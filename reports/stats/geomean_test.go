package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

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
	if e, err := GeoMean(ratio(1e-300, 1e300), 0.95); !errors.Is(err, ErrValue) {
		t.Errorf("beyond floats: %+v, %v", e, err)
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
