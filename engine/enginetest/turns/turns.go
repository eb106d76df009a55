// Package turns measures two ways to do one thing by turns, in one process: what
// drifts on a shared machine drifts for both. It is for benchmarks only, and not
// of the engine: it is the clock beside it.
package turns

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"
)

// Compare runs chunks of op and of base in random order, opChunk and baseChunk
// times each, until b.N of op are done, and reports op's time, its ratio to
// base, both as the median over the pairs of chunks, and the interval of the
// latter at 95 %: on a shared machine absolute times drift by more than what is looked
// for. There is one worker for each of places, which is what it calls op with;
// all begin a chunk at the same moment, and the slowest counts.
func Compare(b *testing.B, places []int, opChunk int, op func(place, n int), baseChunk int, base func(place, n int)) {
	rng := rand.New(rand.NewPCG(1, 2))
	crew := hire(places)
	defer crew.dismiss()
	var ratios, nanos []float64
	n := 0
	for b.Loop() {
		if n++; n%opChunk != 1%opChunk {
			continue
		}
		var x, y time.Duration
		if rng.IntN(2) == 0 {
			x, y = crew.time(opChunk, op), crew.time(baseChunk, base)
		} else {
			y, x = crew.time(baseChunk, base), crew.time(opChunk, op)
		}
		nanos = append(nanos, float64(x)/float64(opChunk))
		ratios = append(ratios, float64(x)/float64(opChunk)/float64(y)*float64(baseChunk))
	}
	slices.Sort(ratios)
	half := int(0.98 * math.Sqrt(float64(len(ratios)))) // of the interval's ranks: 1.96 standard deviations of a binomial
	mid := len(ratios) / 2
	b.ReportMetric(ratios[mid], "x-base")
	b.ReportMetric(ratios[max(0, mid-half)], "x-base-low")
	b.ReportMetric(ratios[min(len(ratios)-1, mid+half)], "x-base-high")
	slices.Sort(nanos)
	b.ReportMetric(nanos[mid], "ns/op")
}

// A crew runs chunks on several processors at once. Its workers spin between
// chunks: to be woken would take longer than a chunk.
type crew struct {
	places []int
	n      int
	f      func(place, n int)
	turn   atomic.Int32 // goes up with each chunk; negative: go home
	ready  atomic.Int32
	took   []time.Duration // by worker
	wg     gosync.WaitGroup
}

func hire(places []int) *crew {
	c := &crew{places: places, took: make([]time.Duration, len(places))}
	for me := range places[1:] {
		c.wg.Go(func() {
			for turn := int32(1); c.await(&c.turn, turn); turn++ {
				c.run(me + 1)
			}
		})
	}
	return c
}

func (c *crew) dismiss() {
	c.turn.Store(-1)
	c.wg.Wait()
}

// time runs f on all workers and returns how long the slowest took.
func (c *crew) time(n int, f func(place, n int)) time.Duration {
	c.n, c.f = n, f
	c.ready.Store(0)
	c.turn.Add(1)
	c.run(0)
	c.await(&c.ready, 2*int32(len(c.places))) // each has begun and ended
	return slices.Max(c.took)
}

func (c *crew) run(me int) {
	c.ready.Add(1)
	c.await(&c.ready, int32(len(c.places)))
	start := time.Now()
	c.f(c.places[me], c.n)
	c.took[me] = time.Since(start)
	c.ready.Add(1)
}

// await spins until v is at least want. It reports false once v is negative.
func (c *crew) await(v *atomic.Int32, want int32) bool {
	for i := 1; ; i++ {
		if now := v.Load(); now >= want || now < 0 {
			return now >= 0
		}
		if i%1000 == 0 { // the other may have lost its processor
			runtime.Gosched()
		}
	}
}
