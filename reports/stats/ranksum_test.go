package stats

import (
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/perf/benchmath"
)

// permeability is Hollander and Wolfe, table 4.1: human chorioamnion at term and at 12 to 26 weeks; also the example of
// R's help(wilcox.test).
var permeability = [2][]float64{
	{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46},
	{1.15, 0.88, 0.90, 0.74, 1.21},
}

func TestRankSumKnownAnswers(t *testing.T) {
	// R: wilcox.test(x, y, alternative = "g"): W = 35, p-value = 0.1272. W counts pairs with x above y: U is 50 − 35.
	got, err := RankSum(permeability[0], permeability[1])
	if err != nil || got.Statistic != 15 || math.Abs(got.Less-0.1272) > 5e-5 || !near(got.P, 2*got.Less) || !got.Exact || got.N != 15 {
		t.Errorf("RankSum = %+v, %v", got, err)
	}
	// The book's examples 4.3 and 4.4: −0.305, and (−0.76, 0.15) at 96 %.
	e, err := Shift(permeability[0], permeability[1], 0.95)
	if err != nil || math.Abs(e.Value+0.305) > 1e-9 || math.Abs(e.Lo+0.76) > 1e-9 || math.Abs(e.Hi-0.15) > 1e-9 ||
		math.Abs(e.Confidence-0.96) > 0.005 || e.N != 5 {
		t.Errorf("Shift = %+v, %v", e, err)
	}
	if got, err := RankSum([]float64{7, 7}, []float64{7, 7, 7}); err != nil || got.P != 1 || got.Statistic != 3 {
		t.Errorf("all equal: %+v, %v", got, err)
	}
	many := slices.Repeat([]float64{7}, 50)
	if got, err := RankSum(many, many); err != nil || got.P != 1 || got.Greater != 1 || got.Less != 1 {
		t.Errorf("many equal: %+v, %v", got, err)
	}
}

// TestRankSumByEnumeration holds the distribution, ties included, against all choices.
func TestRankSumByEnumeration(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(21, seed))
		x, y := make([]float64, 1+rng.IntN(6)), make([]float64, 1+rng.IntN(6))
		for _, sample := range [][]float64{x, y} {
			for i := range sample {
				sample[i] = float64(rng.IntN(2 + int(seed)))
			}
		}
		got, err := RankSum(x, y)
		if err != nil {
			t.Fatal(err)
		}
		pooled := slices.Concat(x, y)
		above := func(chosen uint) (u float64) { // pairs in which the chosen one is above
			for i, a := range pooled {
				for j, b := range pooled {
					if chosen>>i&1 == 1 && chosen>>j&1 == 0 {
						if a > b {
							u++
						} else if a == b {
							u += 0.5
						}
					}
				}
			}
			return u
		}
		if u := above((1<<len(y) - 1) << len(x)); u != got.Statistic {
			t.Errorf("seed %d: U = %v, counted %v", seed, got.Statistic, u)
		}
		greater, less, all := 0.0, 0.0, 0.0
		for chosen := range uint(1) << len(pooled) {
			if bits.OnesCount(chosen) != len(y) {
				continue
			}
			all++
			u := above(chosen)
			if u >= got.Statistic {
				greater++
			}
			if u <= got.Statistic {
				less++
			}
		}
		if !near(got.Greater, greater/all) || !near(got.Less, less/all) {
			t.Errorf("seed %d: %+v; all choices give %v, %v", seed, got, greater/all, less/all)
		}
	}
}

// TestRankSumAgainstBenchmath: without ties both are exact up to 30 values a side, with 60 a side both are normal.
func TestRankSumAgainstBenchmath(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(22, seed))
		n, m := 3+rng.IntN(28), 3+rng.IntN(28)
		if seed%3 == 0 {
			n, m = 60, 61+rng.IntN(20)
		}
		x, y := make([]float64, n), make([]float64, m)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		for i := range y {
			y[i] = rng.NormFloat64() + 0.4
		}
		if n == 60 { // ties, which both correct for
			for _, sample := range [][]float64{x, y} {
				for i := range sample {
					sample[i] = math.Round(3 * sample[i])
				}
			}
		}
		got, err := RankSum(x, y)
		if err != nil || got.Exact != (n != 60) {
			t.Fatal(got, err)
		}
		sample := func(v []float64) *benchmath.Sample {
			return benchmath.NewSample(slices.Clone(v), &benchmath.DefaultThresholds)
		}
		if want := benchmath.AssumeNothing.Compare(sample(x), sample(y)).P; math.Abs(got.P-want) > 1e-9 {
			t.Errorf("seed %d, %d against %d: p = %v, benchmath %v", seed, n, m, got.P, want)
		}
	}
}

// TestShiftInvertsTest checks the interval's meaning, and the selection against a sorted list of all differences.
func TestShiftInvertsTest(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(23, seed))
		x, y := make([]float64, 4+rng.IntN(40)), make([]float64, 4+rng.IntN(40))
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		for i := range y {
			y[i] = rng.ExpFloat64()
		}
		xBefore := slices.Clone(x)
		e, err := Shift(x, y, Level)
		if err != nil || !e.Bounded() || !slices.Equal(x, xBefore) {
			t.Fatal(e, err)
		}
		var all []float64
		for _, a := range x {
			for _, b := range y {
				all = append(all, b-a)
			}
		}
		slices.Sort(all)
		if e.Value != middle(all) {
			t.Errorf("seed %d: %v, want %v", seed, e.Value, middle(all))
		}
		if back, _ := Shift(y, x, Level); back.Value != -e.Value || back.Lo != -e.Hi || back.Hi != -e.Lo {
			t.Errorf("seed %d: %+v, swapped %+v", seed, e, back)
		}
		for _, c := range []struct {
			shift  float64
			inside bool
		}{{e.Lo + 1e-9, true}, {e.Hi - 1e-9, true}, {e.Lo - 1e-9, false}, {e.Hi + 1e-9, false}} {
			moved := slices.Clone(y)
			for i := range moved {
				moved[i] -= c.shift
			}
			if test, _ := RankSum(x, moved); (test.P > 1-Level) != c.inside {
				t.Errorf("seed %d: %+v, a shift of %v has p=%v", seed, e, c.shift, test.P)
			}
		}
	}
}

func TestRankSumRefuses(t *testing.T) {
	ok := []float64{1, 2}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, pair := range [][2][]float64{{{bad}, ok}, {ok, {1, bad}}} {
			if _, err := RankSum(pair[0], pair[1]); !errors.Is(err, ErrValue) {
				t.Errorf("RankSum(%v): %v", pair, err)
			}
			if _, err := Shift(pair[0], pair[1], Level); !errors.Is(err, ErrValue) {
				t.Errorf("Shift(%v): %v", pair, err)
			}
		}
	}
	if _, err := RankSum(nil, ok); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := Shift(ok, nil, Level); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if e, err := Shift([]float64{-math.MaxFloat64}, []float64{math.MaxFloat64}, Level); !errors.Is(err, ErrValue) {
		t.Errorf("an overflowing shift: %+v, %v", e, err)
	}
}
