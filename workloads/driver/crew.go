package driver

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"daxbench/engine/pmem"
	"daxbench/workloads/clock"
)

// A crew is the goroutines that run slices, one per worker. They are the same
// for all policies of a group; worker 0 runs on the caller's goroutine. The
// others wait for a slice by spinning, as waking a parked goroutine takes 50 to
// 200 µs here, a fifth of a slice; after a while they do let go of the
// processor.
type crew struct {
	n       int
	spins   int // how often a waiting worker looks before it yields
	job     job
	turn    atomic.Uint32 // changes to announce a job
	arrived atomic.Int32  // workers that have seen it
	start   atomic.Uint32 // becomes turn to start it
	left    atomic.Int32  // workers that have not finished
	stop    atomic.Bool
	fatal   chan error // a fault in the region: locks may be held for ever, nobody may wait
	ended   chan struct{}
	spans   []span // per worker
	threads bool   // each worker has a thread to itself, and its processor time is read
	leadIn  float64

	// wake takes a token for each worker but 0 and job, if the crew has threads: its turns alternate with those of another
	// process, whose workers want the processors meanwhile, so between jobs its own sleep. nil otherwise.
	wake chan struct{}
}

// job is one slice of one storm.
type job struct {
	storm    Storm
	region   *pmem.Region
	wl       *Workload
	ops      int         // per worker, in a closed loop
	interval clock.Ticks // open loop: between arrivals at a worker; else 0
	window   clock.Ticks // open loop: length of the slice
	untimed  bool        // read no clock
	bare     bool        // ops wake-ups without an engine in place of operations
}

// span is how long one worker took for its share.
type span struct {
	busy  clock.Ticks
	cpu   int64 // processor time of its thread in ns; 0 unless the crew has threads
	slept int64 // how often the thread gave the processor up by itself; likewise
	_     [40]byte
}

func newCrew(n int, fatal chan error) *crew { return startCrew(n, fatal, false) }

// startCrew starts the goroutines. With threads each gets a thread to itself; the
// caller, who is worker 0, sees to its own.
func startCrew(n int, fatal chan error, threads bool) *crew {
	spins := 20_000
	if n > runtime.NumCPU() { // whoever spins keeps another worker from its slice
		spins = 0
	}
	c := &crew{n: n, spins: spins, spans: make([]span, n), fatal: fatal, ended: make(chan struct{}, n), threads: threads, leadIn: leadIn}
	if threads {
		c.leadIn = leadInSolo
		c.wake = make(chan struct{}, n)
	}
	for id := 1; id < n; id++ {
		go c.serve(id)
	}
	return c
}

// settle keeps a worker's thread on a processor of its own, if there are enough: two of them on one would measure the
// scheduler. A single worker stays where its process may run.
func (c *crew) settle(id int) {
	if c.n > 1 && c.n <= runtime.NumCPU() {
		pinThread(id)
	}
}

// close ends the goroutines.
func (c *crew) close() {
	c.stop.Store(true)
	if c.wake != nil {
		close(c.wake)
	}
	for id := 1; id < c.n; id++ {
		<-c.ended
	}
}

// run has every worker do its share of j, all starting together, and returns
// the time from the start to the end of the last.
func (c *crew) run(j job) clock.Ticks {
	c.job = j
	c.arrived.Store(0)
	c.left.Store(int32(c.n - 1))
	turn := c.turn.Add(1)
	for id := 1; id < c.n && c.wake != nil; id++ {
		c.wake <- struct{}{}
	}
	for spins := 0; c.arrived.Load() < int32(c.n-1); spins++ {
		c.relax(spins)
	}
	begin := clock.Now()
	c.start.Store(turn)
	c.work(0)
	for spins := 0; c.left.Load() > 0; spins++ {
		c.relax(spins)
	}
	return clock.Now() - begin
}

func (c *crew) serve(id int) {
	defer func() { c.ended <- struct{}{} }()
	if c.threads {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		c.settle(id)
	}
	seen := uint32(0)
	for {
		if c.wake != nil {
			<-c.wake
		}
		for spins := 0; c.turn.Load() == seen; spins++ {
			if c.stop.Load() {
				return
			}
			c.relax(spins)
		}
		seen = c.turn.Load()
		c.arrived.Add(1)
		for spins := 0; c.start.Load() != seen; spins++ {
			if spins > c.spins {
				runtime.Gosched()
			}
		}
		c.work(id)
		c.left.Add(-1)
	}
}

// relax is one step of waiting: spin first, then yield, then sleep.
func (c *crew) relax(spins int) {
	switch {
	case spins < c.spins:
	case spins < c.spins+1000:
		runtime.Gosched()
	default:
		time.Sleep(50 * time.Microsecond)
	}
}

// work does the share of worker id. A fault in the region (its file shrank) and
// a panic of the engine end the run: a worker that stopped in the middle of an
// operation leaves locks behind.
func (c *crew) work(id int) {
	j := &c.job
	w := j.storm.Worker(id)
	w.busy, w.timed, w.did = 0, 0, int64(j.ops)
	if j.interval != 0 {
		w.did = 0
	}
	var cpu, slept int64
	if c.threads {
		slept = threadSleeps()
		cpu = threadTime()
	}
	begin := clock.Now()
	err := guard(j.region, func() {
		switch {
		case j.bare:
			for s, n := j.storm.(sleeper), 0; n < j.ops && !w.Failed(); n++ {
				s.BareWake(w)
			}
		case j.interval != 0:
			w.runOpen(j.storm, j.window, j.interval, j.wl.SelfTimed)
		case j.wl.SelfTimed || j.untimed:
			j.storm.Run(w, j.ops)
		default:
			w.runClosed(j.storm, j.ops, j.wl.SampleEvery)
		}
	})
	if err != nil {
		w.Fail(err)
		fail(c.fatal, err)
	}
	c.spans[id].busy = clock.Now() - begin
	if c.threads {
		c.spans[id].cpu = threadTime() - cpu
		c.spans[id].slept = threadSleeps() - slept
	}
}

// guard runs fn and turns a panic, and a fault in region, into an error.
func guard(region *pmem.Region, fn func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if region == nil {
		fn()
		return nil
	}
	return region.Guard(func() error {
		fn()
		return nil
	})
}

// fail reports the first fatal error.
func fail(fatal chan error, err error) {
	select {
	case fatal <- err:
	default:
	}
}
