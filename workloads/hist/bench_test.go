package hist

import (
	"fmt"
	"math/rand/v2"
	"testing"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

// BenchmarkRecord is why this package exists: the same exponential latencies go to either recorder. hdrhistogram gets
// 2 digits, the coarsest that is not coarser than ours, and 3, which is what is commonly used. One op is many values, so that
// the loop of the benchmark itself does not count; read ns/value.
func BenchmarkRecord(b *testing.B) {
	g := rand.New(rand.NewPCG(5, 6))
	values := make([]int64, 1<<12)
	for i := range values {
		values[i] = int64(g.ExpFloat64() * 100_000)
	}
	perValue := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/value")
	}
	b.Run("recorder=own", func(b *testing.B) {
		r := New()
		for b.Loop() {
			for _, v := range values {
				r.Record(v)
			}
		}
		perValue(b)
		if want := uint64(b.N * len(values)); r.Count() != want {
			b.Fatalf("%d values recorded, want %d", r.Count(), want)
		}
	})
	for _, digits := range []int{hdrDigits, 3} {
		b.Run(fmt.Sprintf("recorder=hdr/digits=%d", digits), func(b *testing.B) {
			h := hdrhistogram.New(1, MaxValue, digits)
			for b.Loop() {
				for _, v := range values {
					if err := h.RecordValue(v); err != nil {
						b.Fatal(err)
					}
				}
			}
			perValue(b)
		})
	}
}
