package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/perf/benchmath"
)

// near reports whether two numbers agree to twelve digits: the ratio goes through logarithms.
func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b))
}

func same(a, b Estimate) bool {
	return a.N == b.N && near(a.Value, b.Value) && near(a.Lo, b.Lo) && near(a.Hi, b.Hi) && near(a.Confidence, b.Confidence)
}

func TestKnownAnswers(t *testing.T) {
	// The confidences are 1 − 2·(C(n,0)+…+C(n,k−1))/2^n by hand.
	for _, c := range []struct {
		n, k       int
		confidence float64
	}{
		{1, 1, 0}, {2, 1, 0.5}, {3, 1, 0.75}, {4, 1, 0.875}, {5, 1, 0.9375}, {6, 1, 1 - 2./64}, {7, 1, 1 - 2./128},
		{8, 1, 1 - 2./256}, {9, 2, 1 - 2.*10/512}, {10, 2, 1 - 2.*11/1024}, {12, 3, 1 - 2.*(1+12+66)/4096},
		{20, 6, 1 - 2.*(1+20+190+1140+4845+15504)/1048576},
	} {
		k, confidence := orders(c.n, Level)
		if k != c.k || !near(confidence, c.confidence) {
			t.Errorf("orders(%d) = %d, %v; want %d, %v", c.n, k, confidence, c.k, c.confidence)
		}
	}
	got, err := PairedRatio([]float64{4, 9, 12, 8, 5, 14}, []float64{2, 3, 3, 8, 10, 2})
	want := Estimate{Value: math.Sqrt(6), Lo: 0.5, Hi: 7, N: 6, Confidence: 0.96875} // ratios 2 3 4 1 .5 7
	if err != nil || !same(got, want) || !got.Bounded() {
		t.Errorf("PairedRatio = %+v, %v; want %+v", got, err, want)
	}
	got, err = Median([]float64{-1, 5, 0, 2, 2, 9, 3})
	want = Estimate{Value: 2, Lo: -1, Hi: 9, N: 7, Confidence: 1 - 2./128}
	if err != nil || !same(got, want) {
		t.Errorf("Median = %+v, %v; want %+v", got, err, want)
	}
}

func TestBelowSixPairsNothingIsBounded(t *testing.T) {
	x := []float64{3, 1, 2, 5, 4, 6}
	for n := 1; n <= len(x); n++ {
		e, err := PairedRatio(x[:n], x[len(x)-n:])
		if err != nil || e.Bounded() != (n >= MinPairs) {
			t.Errorf("n=%d: %+v bounded=%v, %v", n, e, e.Bounded(), err)
		}
	}
	if (Estimate{Confidence: 1}).Bounded() {
		t.Error("an estimate of nothing is bounded")
	}
}

func TestRefuses(t *testing.T) {
	ok := []float64{1, 2}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, pair := range [][2][]float64{{{1, bad}, ok}, {ok, {bad, 1}}} {
			if e, err := PairedRatio(pair[0], pair[1]); !errors.Is(err, ErrValue) || e != (Estimate{}) {
				t.Errorf("PairedRatio(%v) = %+v, %v", pair, e, err)
			}
		}
		if _, err := Median([]float64{1, bad}); errors.Is(err, ErrValue) != (bad != 0 && bad != -1) {
			t.Errorf("Median with %v: %v", bad, err)
		}
	}
	many := []float64{1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 12} // the zero would not be one of the bounds
	if _, err := PairedRatio(many, slices.Repeat([]float64{1}, len(many))); !errors.Is(err, ErrValue) {
		t.Errorf("a zero among many: %v", err)
	}
	if _, err := PairedRatio([]float64{math.MaxFloat64}, []float64{math.SmallestNonzeroFloat64}); !errors.Is(err, ErrValue) {
		t.Errorf("an overflowing ratio: %v", err)
	}
	if _, err := PairedRatio(ok, ok[:1]); !errors.Is(err, ErrUnpaired) {
		t.Errorf("different lengths: %v", err)
	}
	if _, err := PairedRatio(nil, nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("no pairs: %v", err)
	}
	if _, err := Median(nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("no values: %v", err)
	}
}

// draw returns n pairs that share a heavy-tailed disturbance per round, and whose true median ratio is truth.
func draw(rng *rand.Rand, n int, truth float64) (num, den []float64) {
	for range n {
		round := math.Exp(rng.ExpFloat64()) // what the neighbours do to both
		skew := rng.ExpFloat64() - math.Ln2 // median 0, mean 0.31
		num = append(num, 50*truth*round*math.Exp(0.2*skew))
		den = append(den, 50*round)
	}
	return num, den
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	const trials, truth = 20000, 1.25
	for _, n := range []int{6, 7, 9, 12, 20, 33} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		hits, confidence := 0, 0.0
		for range trials {
			num, den := draw(rng, n, truth)
			e, err := PairedRatio(num, den)
			if err != nil {
				t.Fatal(err)
			}
			if e.Lo <= truth && truth <= e.Hi {
				hits++
			}
			confidence = e.Confidence
		}
		got := float64(hits) / trials
		limit := 4 * math.Sqrt(confidence*(1-confidence)/trials) // four standard errors of a binomial
		if math.Abs(got-confidence) > limit {
			t.Errorf("n=%d: covered %.4f, claimed %.4f ± %.4f (seed 1, %d)", n, got, confidence, limit, n)
		}
	}
}

func TestProperties(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(2, seed))
		num, den := draw(rng, 1+rng.IntN(40), 1.1)
		numBefore, denBefore := slices.Clone(num), slices.Clone(den)
		e, err := PairedRatio(num, den)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(num, numBefore) || !slices.Equal(den, denBefore) {
			t.Fatalf("seed %d: the arguments changed", seed)
		}
		if inv, _ := PairedRatio(den, num); !same(inv, e.Inverse()) {
			t.Errorf("seed %d: swapped %+v, inverse %+v", seed, inv, e.Inverse())
		}
		scale := func(x []float64, f float64) []float64 {
			y := slices.Clone(x)
			for i := range y {
				y[i] *= f
			}
			return y
		}
		if s, _ := PairedRatio(scale(num, 1e9), scale(den, 1e9)); !same(s, e) {
			t.Errorf("seed %d: in another unit %+v, want %+v", seed, s, e)
		}
		if s, _ := PairedRatio(scale(num, 3), den); !near(s.Value, 3*e.Value) || !near(s.Lo, 3*e.Lo) || !near(s.Hi, 3*e.Hi) {
			t.Errorf("seed %d: three times dearer %+v, want 3 × %+v", seed, s, e)
		}
		rng.Shuffle(len(num), func(i, j int) {
			num[i], num[j] = num[j], num[i]
			den[i], den[j] = den[j], den[i]
		})
		if s, _ := PairedRatio(num, den); !same(s, e) {
			t.Errorf("seed %d: rounds in another order %+v, want %+v", seed, s, e)
		}
		if !(e.Lo <= e.Value && e.Value <= e.Hi) {
			t.Errorf("seed %d: %+v", seed, e)
		}
	}
}

// TestAgainstBenchmath holds the interval against that of benchmath wherever the latter is symmetric and exact.
func TestAgainstBenchmath(t *testing.T) {
	agreed := 0
	for n := MinPairs; n <= 30; n++ {
		rng := rand.New(rand.NewPCG(3, uint64(n)))
		values := make([]float64, n)
		for i := range values {
			values[i] = rng.NormFloat64()
		}
		e, err := Median(values)
		if err != nil {
			t.Fatal(err)
		}
		sum := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), Level)
		if !near(sum.Center, e.Value) {
			t.Errorf("n=%d: median %v, benchmath %v", n, e.Value, sum.Center)
		}
		if near(sum.Confidence, e.Confidence) {
			agreed++
			if sum.Lo != e.Lo || sum.Hi != e.Hi {
				t.Errorf("n=%d: [%v, %v], benchmath [%v, %v]", n, e.Lo, e.Hi, sum.Lo, sum.Hi)
			}
		} else if sum.Lo < e.Lo || sum.Hi > e.Hi {
			t.Errorf("n=%d: [%v, %v] does not hold the one-sided interval [%v, %v]", n, e.Lo, e.Hi, sum.Lo, sum.Hi)
		}
	}
	if agreed < 10 {
		t.Errorf("only %d of 25 sizes could be compared", agreed)
	}
}

func TestManyValues(t *testing.T) {
	k, confidence := orders(5000, Level)
	// Normal approximation: 2500 − 1.96·√1250 ≈ 2430.7.
	if k < 2428 || k > 2433 || confidence < Level || confidence > Level+0.002 {
		t.Errorf("orders(5000) = %d, %v", k, confidence)
	}
}
