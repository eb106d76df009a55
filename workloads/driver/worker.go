package driver

import (
	"math/bits"
	"math/rand/v2"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// A Worker is one thread of a storm on one engine. Everything in it is its own:
// nothing is shared and nothing is added up before the storm rests.
type Worker struct {
	ID   int
	Task *vfs.Task
	RNG  *rand.Rand

	latency hist.Recorder // ns; without those in taken
	taken   taken

	picks []uint32 // precomputed choices, a power of two, gone through in a circle
	pos   int

	start clock.Ticks
	due   clock.Ticks // open loop: when the operation should have begun; 0: closed loop
	busy  clock.Ticks // time between Begin and End in this slice
	timed int64       // how many such times
	did   int64       // operations in this slice

	arrived int64       // open loop: operations that have been begun
	ran     clock.Ticks // open loop: time that the cell has had so far

	err error

	longest longest       // of its sleeps in the engine; behind what each operation touches
	shares  shares        // of all of them
	held    time.Duration // how long the pin that it gave to the device last was to be held; 0: none yet
	bare    *bareWaiter   // nil until BareWake

	_ [64]byte // keeps the next worker's counters off this one's last line
}

// The circle of choices is as long as there are things to choose from, or longer:
// else a lap would touch but some of them. At the least it has 65,536 choices,
// whose laps do not matter, and which fit the caches (a quarter of a megabyte).
// With a million it ends: so many inodes, chosen at random among any number, are
// in no cache when they come up again. It is read in order, a line for 16 choices.
const (
	leastPicks = 1 << 16
	mostPicks  = 1 << 20
)

// NewWorker returns worker id of a storm with the given seed. The same seed and
// id make the same choices, whatever the policy.
func NewWorker(id int, seed uint64, t *vfs.Task) *Worker {
	return &Worker{ID: id, Task: t, RNG: rand.New(rand.NewPCG(seed, uint64(id)+1))}
}

// SetPicks lets Pick return the numbers that draw gives, which are drawn now.
// There are n to choose from.
func (w *Worker) SetPicks(n int, draw func(*rand.Rand) uint32) {
	w.picks = make([]uint32, min(max(leastPicks, 1<<bits.Len(uint(max(n, 1)-1))), mostPicks))
	for i := range w.picks {
		w.picks[i] = draw(w.RNG)
	}
}

// Pick returns the next choice. It costs about a nanosecond.
func (w *Worker) Pick() uint32 {
	v := w.picks[w.pos&(len(w.picks)-1)]
	w.pos++
	return v
}

// Begin starts the timed part of an operation.
func (w *Worker) Begin() { w.start = clock.Now() }

// End ends it. In an open loop its latency counts from when the operation was
// due, and so includes what came before Begin and any backlog.
func (w *Worker) End() {
	now := clock.Now()
	d := now - w.start
	w.busy += d
	w.timed++
	if w.due != 0 {
		d = now - w.due
	}
	w.take(d)
}

// Lap records the time since Begin, in an open loop since the operation was due,
// and goes on: one of several latencies of one operation.
func (w *Worker) Lap() {
	from := w.start
	if w.due != 0 {
		from = w.due
	}
	w.take(clock.Now() - from)
}

// Stop ends the timed part without a latency of its own, after Laps.
func (w *Worker) Stop() {
	w.busy += clock.Now() - w.start
	w.timed++
}

// Fail ends the cell with an error; the first one stays.
func (w *Worker) Fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Failed reports whether the cell has ended; Run then returns early.
func (w *Worker) Failed() bool { return w.err != nil || w.Task != nil && w.Task.Err() != nil }

// Err returns what ended the cell, nil if nothing did.
func (w *Worker) Err() error {
	if w.err != nil {
		return w.err
	}
	if w.Task != nil {
		return w.Task.Err()
	}
	return nil
}

// runClosed does n operations as fast as it goes, timing one in every. Where that is each of them, the end of one is the
// beginning of the next.
func (w *Worker) runClosed(s Storm, n, every int) {
	t := clock.Now()
	for n > 0 && !w.Failed() {
		k := min(n, every)
		if k > 1 {
			s.Run(w, k-1)
			t = clock.Now()
		}
		s.Run(w, 1)
		now := clock.Now()
		if w.take(now - t) {
			now = clock.Now() // what that took is no operation's
		}
		t = now
		n -= k
	}
}

// runOpen does what falls due in a window. Arrivals come every interval of the
// time that the cell has had, whatever happens: what was not done in one window
// is done late in the next, and its latency counts from when it was due. Time
// in which other policies had their turn does not count.
func (w *Worker) runOpen(s Storm, window, interval clock.Ticks, selfTimed bool) {
	begin := clock.Now()
	for end := begin + window; !w.Failed(); {
		w.due = begin + clock.Ticks(w.arrived)*interval - w.ran
		if w.due >= end {
			break
		}
		t := clock.Now()
		if t >= end {
			break
		}
		for t < w.due {
			t = clock.Now()
		}
		s.Run(w, 1)
		w.arrived++
		w.did++
		if !selfTimed {
			now := clock.Now()
			w.busy += now - t
			w.timed++
			w.take(now - w.due)
		}
	}
	w.due = 0
	w.ran += max(window, clock.Now()-begin)
}

// reset forgets what was measured while warming up, but not the wait in which
// the worker hung there.
func (w *Worker) reset() {
	w.Latencies().Reset()
	if !w.Failed() {
		w.longest = longest{}
	}
	w.longest.n = min(w.longest.n, 1)
	w.shares = shares{}
	w.arrived, w.ran = 0, 0
}
