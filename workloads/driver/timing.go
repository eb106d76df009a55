package driver

import (
	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// takenLen is how many latencies wait for the histogram: 1 KiB, a thirtieth of the first cache.
const takenLen = 128

// taken holds the latencies of a worker that are not in its histogram yet.
//
// They come there together, since a reading of the counter waits for what is under way: with the conversion to ns and the
// histogram's add between two readings, timing an operation took 20 ns here, and takes 13 like this (BenchmarkTimed).
type taken struct {
	n    int
	list [takenLen]clock.Ticks
}

// take keeps a latency. It reports whether that took longer than usual, as all that was kept went into the histogram.
func (w *Worker) take(d clock.Ticks) (late bool) {
	w.taken.list[w.taken.n] = d
	w.taken.n++
	return w.taken.n == takenLen && w.empty()
}

// empty puts what was kept into the histogram.
func (w *Worker) empty() bool {
	for _, d := range w.taken.list[:w.taken.n] {
		w.latency.Record(clock.Nanos(d))
	}
	w.taken.n = 0
	return true
}

// Latencies returns the histogram of what has been timed so far. The worker must rest, or call it itself.
func (w *Worker) Latencies() *hist.Recorder {
	w.empty()
	return &w.latency
}

// RunTimed does n operations of s and times each. It is what a storm pays whose every operation is timed.
func (w *Worker) RunTimed(s Storm, n int) { w.runClosed(s, n, 1) }
