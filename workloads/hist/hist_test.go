package hist

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// quantiles are the ones that the tests look at.
var quantiles = []float64{0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1}

// distributions draw values in range.
var distributions = []struct {
	name string
	draw func(*rand.Rand) int64
}{
	{"constant", func(*rand.Rand) int64 { return 12_345 }},
	{"tiny", func(g *rand.Rand) int64 { return g.Int64N(130) }},
	{"uniform", func(g *rand.Rand) int64 { return g.Int64N(MaxValue + 1) }},
	{"exponential", func(g *rand.Rand) int64 { return int64(g.ExpFloat64() * 100_000) }},
	{"log-uniform", func(g *rand.Rand) int64 { return int64(math.Exp2(g.Float64() * rangeBits)) }},
	{"two modes", func(g *rand.Rand) int64 {
		if g.IntN(100) == 0 {
			return 3_000_000 + g.Int64N(1000)
		}
		return 60 + g.Int64N(20)
	}},
	{"powers of two", func(g *rand.Rand) int64 { return 1 << g.IntN(rangeBits) }},
	{"below powers of two", func(g *rand.Rand) int64 { return 1<<g.IntN(rangeBits+1) - 1 }},
}

// draw records n values of a distribution and returns them sorted.
func draw(t *testing.T, r *Recorder, n int, value func(*rand.Rand) int64) []int64 {
	t.Helper()
	g := rand.New(rand.NewPCG(1, uint64(n)))
	values := make([]int64, n)
	for i := range values {
		values[i] = min(value(g), MaxValue)
		r.Record(values[i])
	}
	slices.Sort(values)
	return values
}

// exact is the definition of a quantile, on sorted values.
func exact(values []int64, q float64) int64 {
	rank := max(int(math.Ceil(q*float64(len(values)))), 1)
	return values[rank-1]
}

// within reports whether got is want up to a relative error.
func within(got, want int64, share float64) bool {
	return math.Abs(float64(got-want)) <= share*float64(want)
}

func TestQuantileError(t *testing.T) {
	for _, d := range distributions {
		for _, n := range []int{1, 2, 3, 1000, 100_000} {
			t.Run(fmt.Sprintf("%s/%d", d.name, n), func(t *testing.T) {
				r := New()
				values := draw(t, r, n, d.draw)
				for _, q := range quantiles {
					got, want := r.Quantile(q), exact(values, q)
					if !within(got, want, 1.0/128) {
						t.Errorf("quantile %v: %d, exact %d", q, got, want)
					}
					if want < 128 && got != want {
						t.Errorf("quantile %v: %d, exact %d, must be equal below 128", q, got, want)
					}
				}
				sum := uint64(0)
				for _, v := range values {
					sum += uint64(v)
				}
				if r.Min() != values[0] || r.Max() != values[n-1] || r.Count() != uint64(n) || r.Sum() != sum {
					t.Errorf("min %d max %d count %d sum %d, want %d %d %d %d",
						r.Min(), r.Max(), r.Count(), r.Sum(), values[0], values[n-1], n, sum)
				}
				if want := float64(sum) / float64(n); r.Mean() != want {
					t.Errorf("mean %v, want %v", r.Mean(), want)
				}
			})
		}
	}
}

func TestMergeIsRecordOfAll(t *testing.T) {
	all, merged := New(), New()
	for i, d := range distributions {
		g := rand.New(rand.NewPCG(2, uint64(i)))
		part := New()
		for range 5000 {
			v := d.draw(g)
			switch g.IntN(1000) {
			case 0:
				v = MaxValue + 1 + g.Int64N(1<<40)
			case 1:
				v = -v
			}
			part.Record(v)
			all.Record(v)
		}
		kept := *part
		merged.Merge(part)
		if *part != kept {
			t.Errorf("%s: Merge changed its argument", d.name)
		}
	}
	if all.Over() == 0 || all.Under() == 0 {
		t.Fatal("the test recorded nothing out of range")
	}
	if *merged != *all {
		t.Error("merged parts differ from one recorder of all")
	}
	merged.Merge(New())
	if *merged != *all {
		t.Error("merging an empty recorder changed something")
	}
	merged.Reset()
	if *merged != (Recorder{}) {
		t.Error("Reset left something")
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		value       int64
		count       uint64
		over, under uint64
	}{
		{0, 1, 0, 0},
		{1, 1, 0, 0},
		{MaxValue, 1, 0, 0},
		{MaxValue + 1, 1, 1, 0},
		{math.MaxInt64, 1, 1, 0},
		{-1, 0, 0, 1},
		{math.MinInt64, 0, 0, 1},
	} {
		r := New()
		r.Record(c.value)
		if r.Count() != c.count || r.Over() != c.over || r.Under() != c.under {
			t.Errorf("%d: count %d over %d under %d, want %d %d %d", c.value, r.Count(), r.Over(), r.Under(), c.count, c.over, c.under)
		}
		want := max(c.value, 0)
		if r.Min() != want || r.Max() != want || r.Sum() != uint64(want) {
			t.Errorf("%d: min %d max %d sum %d", c.value, r.Min(), r.Max(), r.Sum())
		}
		for _, q := range quantiles {
			if got := r.Quantile(q); got != want {
				t.Errorf("%d: quantile %v is %d", c.value, q, got)
			}
		}
	}
	r := New()
	for range 9 {
		r.Record(100)
	}
	for range 3 {
		r.Record(math.MaxInt64)
	}
	if r.Quantile(0.75) != 100 || r.Quantile(0.76) != math.MaxInt64 {
		t.Errorf("over-range values do not rank last: %d, %d", r.Quantile(0.75), r.Quantile(0.76))
	}
}

// TestEveryBucket walks all buckets: they cover the range without a gap, in order, and none is too wide.
func TestEveryBucket(t *testing.T) {
	used := 0
	for v := int64(0); v <= MaxValue; used++ {
		i := index(v)
		if lowest(int(i)) != v {
			t.Fatalf("bucket %d begins at %d, want %d", i, lowest(int(i)), v)
		}
		next := v + int64(1)<<max(bits.Len64(uint64(v))-1-octaveBits, 0)
		if got := middle(int(i)); got != v+(next-v)/2 {
			t.Fatalf("the middle of bucket %d is %d, want %d", i, got, v+(next-v)/2)
		}
		if index(next-1) != i || index(next) <= i {
			t.Fatalf("bucket %d of %d does not end before %d", i, v, next)
		}
		v = next
	}
	if want := 2*perOctave + (rangeBits-octaveBits-1)*perOctave; used != want {
		t.Errorf("%d buckets, want %d", used, want)
	}
	if index(MaxValue) >= overIndex || index(MaxValue+1) != overIndex || index(math.MaxInt64) != overIndex {
		t.Error("the bucket of over-range values is not where it should be")
	}
}

func TestEmpty(t *testing.T) {
	var r Recorder
	if r.Count() != 0 || r.Min() != 0 || r.Max() != 0 || r.Sum() != 0 || r.Mean() != 0 || r.Quantile(0.5) != 0 || r.Quantile(1) != 0 {
		t.Error("an empty recorder is not all zero")
	}
}

func TestQuantileRefuses(t *testing.T) {
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("quantile %v was answered", q)
				}
			}()
			New().Quantile(q)
		}()
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	r, other := New(), New()
	v := int64(1)
	if n := testing.AllocsPerRun(1000, func() {
		r.Record(v)
		r.Record(-v)
		r.Record(math.MaxInt64)
		v += v / 3
		v++
		v %= MaxValue
	}); n != 0 {
		t.Errorf("Record: %v allocations", n)
	}
	if n := testing.AllocsPerRun(10, func() { r.Merge(other); r.Quantile(0.5); other.Reset() }); n != 0 {
		t.Errorf("Merge, Quantile, Reset: %v allocations", n)
	}
}
