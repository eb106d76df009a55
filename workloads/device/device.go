// Package device stands for the hardware that completes outstanding I/O: a heap of due times, served by one goroutine.
//
// It is not a model of a disk: it has no queue depth of its own, no bandwidth and no order but that of the due times. Its
// kernel counterpart is the null block device with timed completions (drivers/block/null_blk, irqmode=2).
//
// Locks: Device.mu guards everything; it is held neither while asleep nor in Complete.
//
// # How late it is
//
// time.Sleep cannot serve it: below 1 ms it takes 1.0 to 1.1 ms in an idle process. The goroutine sleeps in ppoll on an
// eventfd instead, with a timer slack of 1 ns, so that a request that is due earlier wakes it at once. It sleeps in two
// stages, as a processor that was idle for long wakes late, and rises a little early to spin for the rest (see lead and nap).
// Where that is missing it falls back to the runtime's timers, and Mechanism says so.
//
// It needs a P (a slot to run Go code) of its own while it works: with as many busy goroutines as GOMAXPROCS it has to
// wait for one of them to be preempted, after 10 to 20 ms. So set GOMAXPROCS to the number of workers plus one. Lateness in
// µs, p50 / p99, on two cores (AMD EPYC guest with other load, Linux 6.18, Go 1.26); two goroutines with one request
// outstanding each wait for it parked or spinning:
//
//	GOMAXPROCS   parked, 2   parked, 3   spinning, 2      spinning, 3
//	20 µs          19 / 48     19 / 49       15 / 20300     13 / 251
//	100 µs         34 / 83     30 / 93       34 / 23700     10 / 68
//	1 ms            3 / 66      5 / 81    19300 / 22700     10 / 2040
//
//	go test -run '^$' -bench Lateness -count 7 -benchtime 200ms -cpu 2,3 daxbench/workloads/device
//
// The tail beside spinning workers is the scheduler's of the kernel: three threads share two processors in slices of 3 ms.
package device

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

const (
	// lead is how long before a due time the sleep is to end; the rest is spun. A sleep ends 10 to 20 µs late, so there
	// is seldom much to spin. Measured with two busy goroutines: p50 14 to 20 µs late without it, 5 to 10 µs with it.
	lead = 10 * time.Microsecond
	// nap is the second stage of a sleep: the first one ends this much earlier. Measured with 1 ms in an idle process: p50
	// 48 µs late with one stage, 12 µs with two. It is used from 2×nap on: with 100 µs, and two spinning goroutines, a
	// second stage made p99 1.5 ms instead of 60 µs.
	nap = 50 * time.Microsecond
	// shortest is the shortest sleep worth a system call.
	shortest = 2 * time.Microsecond

	// awake is Device.wakeAt while the goroutine is not asleep: no due time is before it.
	awake = clock.Ticks(math.MinInt64)
	// never is a due time that does not come.
	never = clock.Ticks(math.MaxInt64)
)

// Completion is what a request leaves behind: usually a pointer to a slot that its owner prepared, so that Submit allocates
// nothing.
type Completion interface {
	// Complete runs on the goroutine of the device, once, not before the request was due. It must not block and must not
	// call Drain or Stop; it may call Submit.
	Complete()
}

// Options of a Device.
type Options struct {
	// Capacity is how many requests may wait for their due time; at least 1.
	Capacity int
	// Timers asks for the runtime's timers, which exist everywhere, instead of the best mechanism of this system.
	Timers bool
}

// Device completes requests when they are due. Safe for any number of goroutines.
type Device struct {
	sleeper sleeper
	done    chan struct{} // closed when the goroutine has ended

	lead, nap, shortest clock.Ticks // the constants of the same names

	// waking counts calls of sleeper.wake by Submit, which Stop waits for before it closes the sleeper.
	// Add is called under mu and never after stopping is set.
	waking sync.WaitGroup
	// stop makes Stop work once.
	stop sync.Once

	// next is the due time of the first request, never if there is none. Written under mu, read without it while spinning.
	next atomic.Int64

	mu sync.Mutex
	// queue holds the requests that are not yet due.
	queue queue
	// outstanding counts requests in queue or in Complete.
	outstanding int
	// wakeAt is when the goroutine means to wake up; awake while it is not asleep.
	wakeAt clock.Ticks
	// drained is closed when outstanding falls to 0; nil while nobody waits for that.
	drained chan struct{}
	// completed says that requests were completed since the goroutine last let others run.
	completed bool
	// stopping is set by Stop, for good.
	stopping bool
	// late records how long after their due times requests were completed, in ns.
	late hist.Recorder
}

// New starts a device. It holds a goroutine, and on Linux a file descriptor, until Stop.
//
// Preconditions: o.Capacity ≥ 1.
func New(o Options) *Device {
	if o.Capacity < 1 {
		panic(fmt.Sprintf("device: capacity %d", o.Capacity))
	}
	d := &Device{
		sleeper:  newSleeper(o.Timers),
		done:     make(chan struct{}),
		lead:     clock.Of(lead),
		nap:      clock.Of(nap),
		shortest: clock.Of(shortest),
		queue:    newQueue(o.Capacity),
		wakeAt:   awake,
	}
	d.next.Store(int64(never))
	go d.serve()
	return d
}

// Mechanism names what the device sleeps in, for the record: "ppoll" or "timer".
func (d *Device) Mechanism() string { return d.sleeper.name() }

// Submit has c completed once delay has passed; a delay of 0 or less is due at once, but completed by the device all the same.
// It returns false, and keeps nothing, if Capacity requests are waiting or the device was stopped: then the caller
// completes the request itself. It allocates nothing.
func (d *Device) Submit(delay time.Duration, c Completion) bool {
	now := clock.Now()
	due := now + min(clock.Of(max(delay, 0)), never-1-now)
	d.mu.Lock()
	if d.stopping || d.queue.full() {
		d.mu.Unlock()
		return false
	}
	d.outstanding++
	d.queue.push(due, c)
	d.next.Store(int64(d.queue.first()))
	wake := due-d.lead < d.wakeAt
	if wake {
		d.wakeAt = awake // once is enough
		d.waking.Add(1)
	}
	d.mu.Unlock()
	if wake {
		// Without mu: the goroutine that wakes up may take this very processor, and needs mu.
		d.sleeper.wake()
		d.waking.Done()
	}
	return true
}

// Outstanding returns how many requests were submitted and not completed.
func (d *Device) Outstanding() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.outstanding
}

// Lateness returns, in nanoseconds, how long after their due times requests were completed so far. Those that Stop completed
// early are not in it.
func (d *Device) Lateness() *hist.Recorder {
	late := hist.New()
	d.mu.Lock()
	defer d.mu.Unlock()
	late.Merge(&d.late)
	return late
}

// Drain waits until nothing is outstanding. If ctx ends first, it returns an error that wraps the cause and says how many are.
func (d *Device) Drain(ctx context.Context) error {
	d.mu.Lock()
	if d.outstanding == 0 {
		d.mu.Unlock()
		return nil
	}
	if d.drained == nil {
		d.drained = make(chan struct{})
	}
	drained := d.drained
	d.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("device: %d requests outstanding: %w", d.Outstanding(), context.Cause(ctx))
	}
}

// Stop completes at once whatever is outstanding, due or not, so that nobody waits for it forever, and ends the goroutine.
// It returns when that has happened. Calling it again does nothing.
func (d *Device) Stop() {
	d.stop.Do(func() {
		d.mu.Lock()
		d.stopping = true
		d.mu.Unlock()
		d.sleeper.wake()
		<-d.done
		d.waking.Wait()
		d.sleeper.close()
	})
}
