package driver

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// TestEachLatencyOnce: what is timed is in the histogram as it would be had it gone there at once, wherever the reading comes.
func TestEachLatencyOnce(t *testing.T) {
	clock.Calibrate()
	w, want := NewWorker(0, 1, nil), hist.New()
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 10 * takenLen {
		d := clock.Ticks(rng.Int64N(1 << 30))
		w.take(d)
		want.Record(clock.Nanos(d))
		if rng.IntN(takenLen) == 0 && *w.Latencies() != *want {
			t.Fatalf("after %d latencies the histogram is another", i+1)
		}
	}
	if *w.Latencies() != *want {
		t.Error("in the end the histogram is another")
	}
	if n := testing.AllocsPerRun(3*takenLen, func() { w.take(5) }); n != 0 {
		t.Errorf("%v allocations to keep a latency", n)
	}
	w.reset()
	if n := w.Latencies().Count(); n != 0 {
		t.Errorf("%d latencies are left of warming up", n)
	}
}

// TestChain: where each operation is timed the end of one is the beginning of the next. So the latencies have all the time of a
// slice, but for that in which they go into the histogram, and no operation has that of another.
func TestChain(t *testing.T) {
	const n, length, slow = 3*takenLen + 7, 2 * time.Microsecond, 20 * time.Millisecond
	i := 0
	s := &fake{op: func(*Worker) {
		if i++; i == n/2 {
			spin(slow)
		}
		spin(length)
	}}
	w := NewWorker(0, 1, nil)
	begin := clock.Now()
	w.runClosed(s, n, 1)
	wall := clock.Nanos(clock.Now() - begin)
	h := w.Latencies()
	if h.Count() != n || h.Min() < int64(length) || h.Max() < int64(slow) || int64(h.Sum()) > wall {
		t.Errorf("%d latencies from %d to %d ns, %d in all, in %d ns", h.Count(), h.Min(), h.Max(), h.Sum(), wall)
	}
	if p := h.Quantile(0.9); p > int64(slow)/2 {
		t.Errorf("one operation in %d was slow, and the ninth of ten latencies is %d ns", n, p)
	}
}

// BenchmarkTimed is what timing adds to an operation, beside one reading of the counter and one add to a histogram by
// themselves. One op is a turn, in which each has one stretch of 1000 operations, in random order; figures are medians of
// turns, with the order statistics of a 95 % interval. Of who times a part of an operation, which takes two readings, within-ns
// is what of that lies in the part.
func BenchmarkTimed(b *testing.B) {
	w := NewWorker(0, 1, nil)
	w.SetPicks(1<<16, func(rng *rand.Rand) uint32 { return rng.Uint32() })
	sum := uint32(0)
	empty := &fake{op: func(w *Worker) { sum += w.Pick() }}
	h := hist.New()
	source := clock.Info().Source.String()
	for name, timed := range map[string]func(n int){
		"each":      func(n int) { w.runClosed(empty, n, 1) },
		"one-in-64": func(n int) { w.runClosed(empty, n, 64) },
		"a-part": func(n int) {
			for range n {
				w.Begin()
				empty.Run(w, 1)
				w.End()
			}
		},
	} {
		b.Run("timing="+name+"/source="+source, func(b *testing.B) {
			const n = 1000
			parts := []func(){
				func() { timed(n) },
				func() { empty.Run(w, n) },
				func() {
					for range n {
						clock.Now()
					}
				},
				func() {
					for i := range n {
						h.Record(int64(i & 63))
					}
				},
			}
			var share, floor, ratio, within []float64
			took := make([]float64, len(parts))
			for b.Loop() {
				for _, i := range w.RNG.Perm(len(parts)) {
					begin := clock.Now()
					parts[i]()
					took[i] = float64(clock.Nanos(clock.Now()-begin)) / n
				}
				if w.timed > 0 {
					within = append(within, float64(clock.Nanos(w.busy))/n-took[1])
					w.busy, w.timed = 0, 0
				}
				share = append(share, took[0]-took[1])
				floor = append(floor, took[2]+took[3])
				ratio = append(ratio, (took[0]-took[1])/(took[2]+took[3]))
			}
			b.ReportMetric(0, "ns/op") // of a turn: nobody wants it
			reportMedian(b, share, "share-ns")
			reportMedian(b, floor, "floor-ns")
			reportMedian(b, ratio, "share/floor")
			if len(within) > 0 {
				reportMedian(b, within, "within-ns")
			}
		})
	}
}

// reportMedian reports the median of values, and its 95 % interval by order statistics.
func reportMedian(b *testing.B, values []float64, unit string) {
	slices.Sort(values)
	n := float64(len(values))
	at := func(rank float64) float64 { return values[int(max(0, min(n-1, rank)))] }
	half := 0.98 * math.Sqrt(n) // 1.96 standard deviations of the number of values below the median
	b.ReportMetric(at(n/2), unit)
	b.ReportMetric(at(n/2-half), unit+"-lo")
	b.ReportMetric(at(n/2+half), unit+"-hi")
}
