package hist

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCoarseBuckets puts every value up to a million and many larger ones where the definition has it, but for those within the
// bucket of the recorder that a limit cuts in two.
func TestCoarseBuckets(t *testing.T) {
	check := func(v int64) {
		var r Recorder
		r.Record(v)
		var c Coarse
		r.AddTo(&c)
		got := c.Since(new(Coarse))
		exact := 2 * math.Log2(float64(min(max(1, v), MaxValue+1)))
		low, high := int64(exact), int64(exact)
		if v > 45 { // see coarseFirst
			low, high = int64(exact-2*math.Log2(1+1./128)), int64(exact+2*math.Log2(1+1./128))
		}
		if len(got) != 2 || got[1] != 1 || got[0] < low || got[0] > high {
			t.Fatalf("%d ns lies in %v, want bucket %v", v, got, exact)
		}
	}
	for v := range int64(5000) {
		check(v)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		check(rng.Int64() >> rng.UintN(63))
	}
	for k := range 40 {
		check(1 << k)
		check(1<<k - 1)
	}
}

// TestCoarseSumsAgree: parts that are taken one after another add up to the whole, of several recorders.
func TestCoarseSumsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var r [2]Recorder
	var seen, sum Coarse
	for range 50 {
		for range rng.IntN(100) {
			r[rng.IntN(2)].Record(rng.Int64()>>rng.UintN(63) - 1)
		}
		var now Coarse
		r[0].AddTo(&now)
		r[1].AddTo(&now)
		pairs := now.Since(&seen)
		for i := 0; i < len(pairs); i += 2 {
			sum[pairs[i]] += uint64(pairs[i+1])
		}
		seen = now
	}
	total := uint64(0)
	for _, n := range sum {
		total += n
	}
	if want := r[0].Count() + r[1].Count(); sum != seen || total != want || r[0].Over() == 0 || r[0].Under() == 0 {
		t.Errorf("parts add up to %d of %d: %v, want %v", total, want, sum, seen)
	}
	if again := seen.Since(&seen); again == nil || !slices.Equal(again, []int64{}) {
		t.Errorf("nothing has come since, but there is %v", again)
	}
}

// BenchmarkCoarse is what a column costs for each worker.
func BenchmarkCoarse(b *testing.B) {
	var r Recorder
	for v := range int64(1000) {
		r.Record(v * v)
	}
	for b.Loop() {
		var c Coarse
		r.AddTo(&c)
	}
}
