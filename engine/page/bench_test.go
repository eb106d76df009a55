package page_test

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// BenchmarkPin measures pin + unpin on one page by turns with two bare atomic
// adds in the same place, in chunks of some microseconds and random order, and
// reports the median of the paired ratios: on a shared machine absolute times
// drift by more than what is looked for.
func BenchmarkPin(b *testing.B) {
	table, gate := newTable(64), new(page.Gate)
	var word atomic.Uint32
	var hooked sync.Uint32
	pin := func(n int) {
		for range n {
			seq := gate.Enter()
			if !seq.Open() || !table.TryPin(gate, seq, 7) {
				b.Fatal("refused")
			}
			table.Unpin(7)
		}
	}
	bare := func(n int) {
		for range n {
			word.Add(1)
			word.Add(^uint32(0))
		}
	}
	viaHook := func(n int) {
		for range n {
			hooked.Add(1)
			hooked.Add(^uint32(0))
		}
	}
	for _, bb := range []struct {
		name string
		op   func(int)
	}{{"op=bare-adds", bare}, {"op=hooked-adds", viaHook}, {"op=pin-unpin", pin}} {
		b.Run(bb.name, func(b *testing.B) { byTurns(b, bb.op, bare) })
	}
}

// BenchmarkBusyPage scans an idle extent.
func BenchmarkBusyPage(b *testing.B) {
	for _, bb := range []struct {
		name string
		n    uint32
	}{{"pages=1", 1}, {"pages=16", 16}, {"pages=512", 512}, {"pages=262144", 262144}} {
		b.Run(bb.name, func(b *testing.B) {
			table := newTable(int(bb.n))
			for b.Loop() {
				if _, busy := table.BusyPage(0, bb.n); busy {
					b.Fatal("busy")
				}
			}
		})
	}
}

// byTurns runs chunks of op and base in random order, b.N operations of each
// at least, and reports op's time and its ratio to base.
func byTurns(b *testing.B, op, base func(int)) {
	const chunk = 2000
	rng := rand.New(rand.NewPCG(1, 2))
	var ratios []float64
	var total time.Duration
	n := 0
	timed := func(f func(int)) time.Duration {
		start := time.Now()
		f(chunk)
		return time.Since(start)
	}
	for b.Loop() {
		if n++; n%chunk != 0 {
			continue
		}
		var x, y time.Duration
		if rng.IntN(2) == 0 {
			x, y = timed(op), timed(base)
		} else {
			y, x = timed(base), timed(op)
		}
		total += x
		ratios = append(ratios, float64(x)/float64(y))
	}
	if len(ratios) > 0 {
		slices.Sort(ratios)
		b.ReportMetric(ratios[len(ratios)/2], "x-bare-adds")
		b.ReportMetric(float64(total.Nanoseconds())/float64(len(ratios)*chunk), "ns/op")
	}
}
