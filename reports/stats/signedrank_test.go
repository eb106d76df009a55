package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// depression is Hollander and Wolfe, table 3.1: Hamilton's scale of nine patients before and after a tranquilliser.
var depression = [2][]float64{
	{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
	{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29},
}

// minus returns a − b.
func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	return d
}

func TestSignedRankKnownAnswers(t *testing.T) {
	// R: wilcox.test(x, y, paired = TRUE, alternative = "greater"): V = 40, p-value = 0.01953, which is 10/512.
	got, err := SignedRank(minus(depression[0], depression[1]))
	want := Test{P: 20. / 512, Greater: 10. / 512, Less: 505. / 512, Statistic: 40, N: 9, Exact: true}
	if err != nil || got != want {
		t.Errorf("SignedRank = %+v, %v; want %+v", got, err, want)
	}
	// The book's examples 3.3 and 3.4, for y − x: −0.46, and (−0.786, −0.010) at 96.1 %.
	e, err := HodgesLehmann(minus(depression[1], depression[0]), 0.95)
	if err != nil || math.Abs(e.Value+0.46) > 1e-9 || math.Abs(e.Lo+0.786) > 1e-9 || math.Abs(e.Hi+0.010) > 1e-9 ||
		!near(e.Confidence, 1-2*10./512) || e.N != 9 {
		t.Errorf("HodgesLehmann = %+v, %v", e, err)
	}
	for _, c := range []struct {
		x    []float64
		want Test
	}{
		{[]float64{0, 0, 0}, Test{P: 1, Greater: 1, Less: 1, Exact: true}},
		{[]float64{1}, Test{P: 1, Greater: 0.5, Less: 1, Statistic: 1, N: 1, Exact: true}},
		{[]float64{-3, 0, -2}, Test{P: 0.5, Greater: 1, Less: 0.25, Statistic: 0, N: 2, Exact: true}},
		// Ranks 1.5 1.5 3: sums 0 1.5 1.5 3 3 4.5 4.5 6.
		{[]float64{1, -1, 2}, Test{P: 0.75, Greater: 3. / 8, Less: 7. / 8, Statistic: 4.5, N: 3, Exact: true}},
	} {
		if got, err := SignedRank(c.x); err != nil || got != c.want {
			t.Errorf("SignedRank(%v) = %+v, %v; want %+v", c.x, got, err, c.want)
		}
	}
}

// TestSignedRankByEnumeration holds the distribution, ties included, against all 2^n signs.
func TestSignedRankByEnumeration(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(11, seed))
		x := make([]float64, 1+rng.IntN(11))
		for i := range x {
			x[i] = float64(1+rng.IntN(8)) * float64(1-2*rng.IntN(2)) // many ties
		}
		got, err := SignedRank(x)
		if err != nil {
			t.Fatal(err)
		}
		ranks := doubleRanks(absolute(x))
		greater, less := 0, 0
		for signs := range 1 << len(x) {
			sum := 0
			for i, r := range ranks {
				if signs>>i&1 == 1 {
					sum += r
				}
			}
			if float64(sum) >= 2*got.Statistic {
				greater++
			}
			if float64(sum) <= 2*got.Statistic {
				less++
			}
		}
		all := math.Ldexp(1, len(x))
		if !near(got.Greater, float64(greater)/all) || !near(got.Less, float64(less)/all) {
			t.Errorf("seed %d: %+v; all signs give %v, %v", seed, got, float64(greater)/all, float64(less)/all)
		}
	}
}

func absolute(x []float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] = math.Abs(y[i])
	}
	return y
}

// TestSignedRankNormal holds the approximation against the exact distribution where the one takes over from the other.
func TestSignedRankNormal(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(12, seed))
		x := make([]float64, signedRankExact+30+rng.IntN(20))
		for i := range x {
			x[i] = rng.NormFloat64() + 0.3
			if seed%2 == 0 {
				x[i] = math.Round(4 * x[i]) // ties and zeros
			}
		}
		got, err := SignedRank(x)
		if err != nil || got.Exact {
			t.Fatal(got, err)
		}
		x = slices.DeleteFunc(x, func(v float64) bool { return v == 0 })
		ranks, sum := doubleRanks(absolute(x)), 0
		for _, r := range ranks {
			sum += r
		}
		less, greater := tails(signedSums(ranks, sum), int(2*got.Statistic))
		for _, p := range [][2]float64{{got.Less, less}, {got.Greater, greater}} {
			if math.Abs(p[0]-p[1]) > 0.0005+0.06*min(p[1], 1-p[1]) {
				t.Errorf("seed %d: normal %v, exact %v", seed, p[0], p[1])
			}
		}
	}
}

// TestIntervalInvertsTest checks what the interval means: a centre inside it is not rejected, one outside is.
func TestIntervalInvertsTest(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(13, seed))
		x := make([]float64, 6+rng.IntN(70))
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		e, err := HodgesLehmann(x, Level)
		if err != nil || !e.Bounded() {
			t.Fatal(e, err)
		}
		width := e.Hi - e.Lo
		for _, c := range []struct {
			centre float64
			inside bool
		}{{e.Lo + 1e-9*width, true}, {e.Hi - 1e-9*width, true}, {e.Lo - 1e-9*width, false}, {e.Hi + 1e-9*width, false}} {
			moved := slices.Clone(x)
			for i := range moved {
				moved[i] -= c.centre
			}
			if test, _ := SignedRank(moved); (test.P > 1-Level) != c.inside {
				t.Errorf("seed %d, n=%d: %+v, centre %v has p=%v", seed, len(x), e, c.centre, test.P)
			}
		}
	}
}

// TestWalshAverages holds the selection against a sorted list of all averages.
func TestWalshAverages(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(14, seed))
		x := make([]float64, 1+rng.IntN(30))
		for i := range x {
			x[i] = rng.NormFloat64() * math.Pow(10, float64(rng.IntN(9)-4))
			if seed%3 == 0 {
				x[i] = float64(rng.IntN(5) - 2)
			}
		}
		slices.Sort(x)
		var all []float64
		for i := range x {
			for j := i; j < len(x); j++ {
				all = append(all, (x[i]+x[j])/2)
			}
		}
		slices.Sort(all)
		for k, want := range all {
			if got := walsh(x, k+1); got != want {
				t.Fatalf("seed %d: average %d is %v, want %v", seed, k+1, got, want)
			}
		}
		if e, _ := HodgesLehmann(x, Level); e.Value != middle(all) {
			t.Errorf("seed %d: %v, want %v", seed, e.Value, middle(all))
		}
	}
}

// TestBelowSixNothingIsConfident: with 5 values no 95 % interval exists, and with 9 no 99.9 % one.
func TestBelowSixNothingIsConfident(t *testing.T) {
	x := []float64{3, 1, 2, 5, 4, 6, 9, 8, 7, 10}
	for n := 1; n <= len(x); n++ {
		e, err := HodgesLehmann(x[:n], Level)
		if err != nil || e.Bounded() != (n >= MinPairs) || n < MinPairs && !near(e.Confidence, 1-math.Ldexp(2, -n)) {
			t.Errorf("n=%d: %+v, %v", n, e, err)
		}
		if n < MinPairs && (e.Lo != slices.Min(x[:n]) || e.Hi != slices.Max(x[:n])) {
			t.Errorf("n=%d: %+v", n, e)
		}
		if e, _ := HodgesLehmann(x[:n], 0.999); (e.Confidence >= 0.999) != (n >= 11) {
			t.Errorf("n=%d at 99.9 %%: %+v", n, e)
		}
	}
}

func TestChunkRatio(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	got, used, err := ChunkRatio([]float64{2, nan, 9, 4, 0, 1, -1}, []float64{1, 1, 3, 1, 1, inf, -1})
	if err != nil || used != 3 || got != math.Log(9)-math.Log(3) {
		t.Errorf("ChunkRatio = %v of %d, %v", got, used, err)
	}
	got, used, err = ChunkRatio([]float64{math.MaxFloat64}, []float64{math.SmallestNonzeroFloat64})
	if err != nil || used != 1 || math.IsInf(got, 0) {
		t.Errorf("a ratio beyond floats: %v, %v", got, err)
	}
	if _, used, err := ChunkRatio([]float64{nan, 0}, []float64{1, 1}); !errors.Is(err, ErrEmpty) || used != 0 {
		t.Errorf("nothing usable: %d, %v", used, err)
	}
	if _, _, err := ChunkRatio(nil, nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if _, _, err := ChunkRatio([]float64{1}, nil); !errors.Is(err, ErrUnpaired) {
		t.Errorf("unpaired: %v", err)
	}
}

// TestRatioProperties: swapping the sides inverts, a unit does not matter, nor does the order.
func TestRatioProperties(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(15, seed))
		num, den := draw(rng, 1+rng.IntN(80), 1.1)
		log, used, err := ChunkRatio(num, den)
		if err != nil || used != len(num) {
			t.Fatal(used, err)
		}
		if inverse, _, _ := ChunkRatio(den, num); inverse != -log {
			t.Errorf("seed %d: %v, swapped %v", seed, log, inverse)
		}
		kilo, _, _ := ChunkRatio(times(num, 1000), times(den, 1000))
		if math.Abs(kilo-log) > 1e-12 {
			t.Errorf("seed %d: %v, in another unit %v", seed, log, kilo)
		}
		x := minus(num, den)
		test, _ := SignedRank(x)
		e, _ := HodgesLehmann(x, Level)
		back, _ := SignedRank(times(x, -1))
		if back.Greater != test.Less || back.Less != test.Greater || back.P != test.P {
			t.Errorf("seed %d: %+v, turned round %+v", seed, test, back)
		}
		mirror, _ := HodgesLehmann(times(x, -1), Level)
		if mirror.Value != -e.Value || mirror.Lo != -e.Hi || mirror.Hi != -e.Lo {
			t.Errorf("seed %d: %+v, turned round %+v", seed, e, mirror)
		}
		if scaled, _ := SignedRank(times(x, 1024)); scaled != test {
			t.Errorf("seed %d: %+v, scaled %+v", seed, test, scaled)
		}
		before := slices.Clone(x)
		shuffled := slices.Clone(x)
		rng.Shuffle(len(x), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, _ := SignedRank(shuffled)
		eAgain, _ := HodgesLehmann(shuffled, Level)
		if again != test || eAgain != e {
			t.Errorf("seed %d: in another order %+v %+v, want %+v %+v", seed, again, eAgain, test, e)
		}
		if !slices.Equal(x, before) {
			t.Errorf("seed %d: the argument changed", seed)
		}
	}
}

// times returns x scaled.
func times(x []float64, by float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= by
	}
	return y
}

func BenchmarkSignedRank40(b *testing.B) {
	x := make([]float64, 40)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	for b.Loop() {
		if _, err := SignedRank(x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHodgesLehmann40(b *testing.B) {
	x := make([]float64, 40)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	for b.Loop() {
		if _, err := HodgesLehmann(x, Level); err != nil {
			b.Fatal(err)
		}
	}
}
