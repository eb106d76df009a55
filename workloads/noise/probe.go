package noise

import (
	"context"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"

	"daxbench/workloads/clock"
	"daxbench/workloads/record"
	"golang.org/x/sys/unix"
)

// Sample is what was observed, before anything is concluded from it. Zero or nil: it was not to be had.
type Sample struct {
	Environment record.Environment
	Elapsed     time.Duration
	Cores       int // processors that the process may use

	Times    Times         // of those processors, during the observation
	Own      time.Duration // processor time of this process
	Ran      time.Duration // of the observing thread
	Waited   time.Duration // by it, while it could have run
	Load     float64       // average over a minute
	Pressure time.Duration // in which some task of the machine waited for a processor
	Pressed  bool          // the kernel tells of pressure
	Collapse int64         // huge pages that khugepaged put together
	Stopped  int64         // times that the control group had used up its quota

	Chunks []float64 // ns per chunk of the same work, in the order of time
	Late   []float64 // ns by which sleeps ended late
}

// Times is processor time by what it was spent on.
type Times struct{ Busy, Idle, Steal time.Duration }

// A probe measures. Tests give it another machine.
type probe struct {
	root  fs.FS
	now   func() time.Duration // of a clock that stands nowhere
	own   func() time.Duration // processor time of the process
	spin  func(n int)          // does n steps of work that needs nothing but the processor
	sleep func(time.Duration)
}

func newProbe() *probe {
	clock.Calibrate()
	zero := clock.Now()
	return &probe{
		root:  os.DirFS("/"),
		now:   func() time.Duration { return time.Duration(clock.Nanos(clock.Now() - zero)) },
		own:   ownTime,
		spin:  Additions,
		sleep: sleep,
	}
}

// How a second is spent: nine tenths on chunks, one on sleeps.
const (
	// chunkTime is about what a chunk takes: so much less than the scheduler's slice of 3 ms that most run undisturbed, and
	// so much more than reading the clock that it does not count.
	chunkTime = 200 * time.Microsecond
	// chunksPerTurn are followed by one sleep.
	chunksPerTurn = 8
	// nap is what is slept.
	nap = 100 * time.Microsecond
	// leastTurns are taken whatever the time.
	leastTurns = 4
)

// observe looks for as long as d. It keeps one processor busy meanwhile, and allocates nothing in between. Errors: the
// cause if ctx is done.
func (p *probe) observe(ctx context.Context, d time.Duration) (Sample, error) {
	runtime.LockOSThread() // schedstat is of a thread
	defer runtime.UnlockOSThread()
	room := int(d/chunkTime) + leastTurns*chunksPerTurn
	s := Sample{Chunks: make([]float64, 0, room), Late: make([]float64, 0, room/chunksPerTurn+leastTurns)}
	steps := p.fit()
	before, begin, own := p.counters(), p.now(), p.own()
	for turn := 0; turn < leastTurns || p.now()-begin < d; turn++ {
		if ctx.Err() != nil {
			return Sample{}, context.Cause(ctx)
		}
		for range chunksPerTurn {
			t := p.now()
			p.spin(steps)
			s.Chunks = append(s.Chunks, float64(p.now()-t))
		}
		t := p.now()
		p.sleep(nap)
		s.Late = append(s.Late, float64(max(0, p.now()-t-nap)))
	}
	s.Elapsed, s.Own = p.now()-begin, p.own()-own
	s.fill(before, p.counters())
	return s, nil
}

// fit returns how many steps make a chunk: of several tries the quickest counts.
func (p *probe) fit() int {
	const tries, trial, most = 16, 10_000, 1 << 26
	best := time.Duration(1 << 62)
	for range tries {
		t := p.now()
		p.spin(trial)
		best = min(best, p.now()-t)
	}
	return int(min(max(1, trial*int64(chunkTime)/int64(max(1, best))), most))
}

// fill takes what the kernel counted between two readings.
func (s *Sample) fill(before, after counters) {
	s.Cores = after.cores
	s.Times = Times{after.times.Busy - before.times.Busy, after.times.Idle - before.times.Idle, after.times.Steal - before.times.Steal}
	s.Ran, s.Waited = after.ran-before.ran, after.waited-before.waited
	s.Load = after.load
	s.Pressure, s.Pressed = after.pressure-before.pressure, before.pressed && after.pressed
	s.Collapse = after.collapsed - before.collapsed
	s.Stopped = after.throttled - before.throttled
}

// Additions does the same few additions n times, and most of them need not wait for each other: they take longer at a lower
// frequency, and while somebody else is at work on the core's other hardware thread, which a guest is not told of. Memory and caches
// make no difference.
//
// Note: a chain, each step of which waits for the one before, does not see the neighbour (rows arithmetic and chain in the table of
// engine/README.md).
func Additions(n int) {
	var a, b, c, d, e, f uint64
	for x := range uint64(n) {
		y, z := x+1, x<<3
		a, b = a+x, b-x
		c, d = c+y, d-y
		e, f = e+z, f-z
		y, z = y^z, y&z
		a, b = a+y, b-y
		c, d = c+z, d-z
		e, f = e+(y|1), f-(y|1)
	}
	runtime.KeepAlive(a ^ b ^ c ^ d ^ e ^ f) // else the compiler removes the work
}

// sleep sleeps in the kernel, with the timer slack that the thread has.
func sleep(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	for unix.Nanosleep(&t, &t) == unix.EINTR { // a signal of the runtime's; the rest is slept
	}
}

// ownTime returns the processor time that this process has used.
func ownTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// quantile returns the value below which a share q of the values lies, 0 if there are none: one that occurred.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
