package turns

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"daxbench/workloads/clock"
	"golang.org/x/sys/unix"
)

// MaxWorkers bounds the threads that run a chunk together. They spin, so there may not be more than processors.
const MaxWorkers = 8

// A crew is some threads that begin each chunk together. The first is the caller's.
type crew struct {
	workers uint32
	run     func(w int, keys []uint32) // nil: the crew ends; written before turn moves
	keys    chunkKeys                  // likewise
	drawn   [2]chunkKeys               // of a round: to run in, and to be timed

	_       [64]byte // keeps what everybody spins on off what is written once per chunk
	turn    atomic.Uint32
	_       [64]byte
	arrived atomic.Uint32
	_       [64]byte
	done    atomic.Uint32
	_       [64]byte
	spans   [MaxWorkers]span
}

// chunkKeys are what the workers get in a chunk, by worker.
type chunkKeys [MaxWorkers][]uint32

// A span is when one worker ran its part of a chunk.
type span struct {
	begin, end clock.Ticks
	_          [48]byte // of its own line each
}

// newCrew starts all workers but the first, and locks the caller to its thread until disband.
func newCrew(workers int) *crew {
	c := &crew{workers: uint32(workers)}
	runtime.LockOSThread()
	for w := 1; w < workers; w++ {
		go c.serve(w)
	}
	if workers > 1 {
		pin(0)
	}
	return c
}

// serve is a worker's life. Its thread ends with it, as it is pinned.
func (c *crew) serve(w int) {
	runtime.LockOSThread()
	pin(w)
	for seen := uint32(1); ; seen++ {
		for c.turn.Load() != seen { // a parked thread would wake some 100 µs late
		}
		if c.run == nil {
			c.done.Add(1)
			return
		}
		c.part(w)
		c.done.Add(1)
	}
}

// part runs worker w's part of a chunk, once all are there.
func (c *crew) part(w int) {
	run, keys := c.run, c.keys[w]
	c.arrived.Add(1)
	for c.arrived.Load() < c.workers {
	}
	begin := clock.Now()
	run(w, keys)
	c.spans[w].begin, c.spans[w].end = begin, clock.Now()
}

// chunk has every worker run its keys, and returns when all are done.
func (c *crew) chunk(run func(w int, keys []uint32)) {
	c.run = run
	c.arrived.Store(0)
	c.done.Store(0)
	c.turn.Add(1)
	if run != nil {
		c.part(0)
	}
	for c.done.Load() < c.workers-1 {
	}
}

// nap is how long who is not to run sleeps at a time; with what the kernel adds it is about a chunk.
var nap = unix.NsecToTimespec(20_000)

// alone has the first worker run its keys while the others sleep.
func (c *crew) alone(run func(w int, keys []uint32)) {
	var over atomic.Bool
	c.chunk(func(w int, keys []uint32) {
		if w == 0 {
			run(w, keys)
			over.Store(true)
			return
		}
		for !over.Load() {
			doze()
		}
	})
}

// doze sleeps for a nap, as a raw system call: at any other the runtime takes the processor that it schedules by away, and
// looks for somebody to give it to, beside who is measured. A signal only ends the nap.
func doze() { _, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&nap)), 0, 0) }

// disband ends the other workers and gives the caller its thread back.
func (c *crew) disband() {
	c.chunk(nil)
	if c.workers > 1 {
		unpin()
	}
	runtime.UnlockOSThread()
}

// minOverlap is the share of a chunk during which all workers must have run: with less, one of them was taken off its
// processor, or started late, and what the others did was not measured beside it.
//
// Note: with 0.7 nine in ten chunks of lookups in a million entries were dropped on an idle guest, as one of its processors is often
// half as fast again as the other. A worker that was taken off is away for milliseconds, many times as long as a chunk.
const minOverlap = 0.5

// took returns what the last chunk took of a worker's time, on average, and whether the first so many workers really ran
// together.
func (c *crew) took(workers int) (ticks float64, together bool) {
	spans := c.spans[:workers]
	first, last := spans[0].begin, spans[0].end // of any
	from, to := first, last                     // of all
	for _, s := range spans {
		ticks += float64(s.end-s.begin) / float64(workers)
		first, last = min(first, s.begin), max(last, s.end)
		from, to = max(from, s.begin), min(to, s.end)
	}
	return ticks, float64(to-from) >= minOverlap*float64(last-first)
}

// allowed is the processors of this process, before any thread was pinned.
var allowed = func() (set unix.CPUSet) {
	_ = unix.SchedGetaffinity(0, &set) // then nothing is pinned
	return set
}()

// pin binds the calling thread to the w-th processor that the process may use, so that two workers are never on one.
func pin(w int) {
	for cpu := 0; cpu < len(allowed)*64; cpu++ {
		if !allowed.IsSet(cpu) {
			continue
		}
		if w--; w < 0 {
			var one unix.CPUSet
			one.Set(cpu)
			_ = unix.SchedSetaffinity(0, &one) // without it the chunks overlap less often, which is seen
			return
		}
	}
}

// unpin lets the calling thread run anywhere again.
func unpin() {
	if allowed.Count() > 0 {
		_ = unix.SchedSetaffinity(0, &allowed)
	}
}

// Processors returns how many workers can run at once.
func Processors() int { return min(allowed.Count(), runtime.GOMAXPROCS(0), MaxWorkers) }
