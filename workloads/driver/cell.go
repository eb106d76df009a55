package driver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/device"
	"daxbench/workloads/hist"
)

// ErrHang is the cause of a wait that was given up.
var ErrHang = errors.New("hang limit exceeded")

// Outcomes of a cell.
const (
	OK        = "ok"
	Hung      = "hung"
	Violation = "violation"
	Failed    = "failed"
)

// A Metric is one figure of a cell and round. Zero, infinite and undefined
// values are not kept: readers of the benchmark format stumble over them.
type Metric struct {
	Unit  string
	Value float64
}

// A Result is one cell in one round.
type Result struct {
	Round    int
	Group    *Group
	Policy   string
	Ops      int64
	Elapsed  time.Duration // of its slices
	Outcome  string
	Metrics  []Metric
	Counters map[string]int64
	Latency  *hist.Recorder
	Timeline [][2]float64 // [ms since the first slice, ns per operation]
	OverTime *OverTime    // nil if somebody else gives the turns
	Waits    []Wait       // the longest, longest first; likewise
	Memory   *Memory      // nil where it was not looked at
	Notes    []string
}

// cell is one policy of a group in one round.
type cell struct {
	group  *Group
	policy layout.Policy
	storm  Storm
	region *pmem.Region
	cancel context.CancelCauseFunc

	ops    int // per worker and slice
	slices []slice
	total  int64 // operations
	timed  int64 // of them, those in ns/op
	wall   clock.Ticks
	sum    vfs.Stats // of what the slices did
	err    error

	memory    *Memory   // nil where it is not looked at
	calendar  *calendar // of the group; nil if somebody else gives the turns
	chronicle chronicle

	cost, evict float64 // the round's figures; see settle
}

// slice is one turn of one cell.
type slice struct {
	at    clock.Ticks
	cost  float64 // ns per operation
	evict float64 // ns per eviction; 0: none in it
	cpu   float64 // processor time in ns per operation; 0: the crew has no threads
	slept int64   // how often a worker's thread gave the processor up by itself; likewise
}

// hangSlices is how many times the hang limit a slice may take. The limit itself
// bounds each wait in the engine; this ends a slice that waits elsewhere.
const hangSlices = 10

// leadIn is the share of a slice that is run before it without being measured,
// as other policies' slices have filled the processor's caches meanwhile.
// Between two processes it takes more: with a quarter, 5 % further evictions
// made slices 3.6 % slower, as the rest of their time went into cold caches.
const (
	leadIn     = 0.25
	leadInSolo = 0.5
)

// run gives the cell n operations per worker and keeps what it measured.
func (c *cell) run(crew *crew, n int, interval clock.Ticks, limit time.Duration) slice {
	c.storm.Resume()
	defer c.storm.Pause()
	timer := time.AfterFunc(hangSlices*limit, func() { c.cancel(ErrHang) })
	if lead := int(crew.leadIn * float64(n)); lead > 0 && interval == 0 && !c.group.Workload.SelfTimed {
		crew.run(job{storm: c.storm, region: c.region, wl: c.group.Workload, ops: lead, untimed: true})
	}
	before := c.storm.Stats()
	at := clock.Now()
	wl := c.group.Workload
	wall := crew.run(job{
		storm: c.storm, region: c.region, wl: wl, ops: n, interval: interval, window: clock.Of(openWindow(wl)),
	})
	timer.Stop()
	c.wall += wall

	var busy clock.Ticks
	var timed, did, cpu, slept int64
	for id := range c.group.Workers {
		w := c.storm.Worker(id)
		did += w.did
		cpu += crew.spans[id].cpu
		slept += crew.spans[id].slept
		if wl.SelfTimed || interval != 0 {
			busy += w.busy
			timed += w.timed
		} else {
			busy += crew.spans[id].busy
			timed += w.did
		}
		if err := w.Err(); err != nil && c.err == nil {
			c.err = err
		}
	}
	c.total += did
	c.timed += timed
	s := slice{at: at, cpu: float64(cpu) / float64(max(1, did)), slept: slept}
	if timed > 0 {
		s.cost = float64(clock.Nanos(busy)) / float64(timed)
	}
	stats := sub(c.storm.Stats(), before)
	c.sum.Add(&stats)
	if c.group.Workload.TimedEvicts {
		if stats.Evictions > 0 {
			s.evict = float64(clock.Nanos(busy)) / float64(stats.Evictions)
		}
	} else if stats.Reclaimed > 0 {
		s.evict = float64(stats.ReclaimTime) / float64(stats.Reclaimed)
	}
	return s
}

// warmUp runs the cell until its caches are warm and finds how many operations
// make a slice.
func (c *cell) warmUp(crew *crew, p *Plan) {
	if p.Rate > 0 {
		c.run(crew, 0, c.interval(p), p.HangLimit)
	} else {
		c.ops = c.fit(crew, p)
	}
	c.forget()
}

// forget drops what has been measured so far.
func (c *cell) forget() {
	c.total, c.timed, c.wall = 0, 0, 0
	for id := range c.group.Workers {
		c.storm.Worker(id).reset()
	}
	c.sum = vfs.Stats{}
}

// fit returns how many operations per worker make a slice. Of three tries the
// quickest counts: one in which the host took the processor away for some
// milliseconds would make slices far too short.
func (c *cell) fit(crew *crew, p *Plan) int {
	const most = 1 << 22
	target := clock.Of(c.group.Workload.Slice)
	for n := 1; ; n *= 2 {
		best := clock.Ticks(math.MaxInt64)
		for range 3 {
			c.wall = 0
			c.run(crew, n, 0, p.HangLimit)
			best = min(best, c.wall)
		}
		if best >= target/2 || n >= most || c.err != nil {
			return max(1, int(float64(n)*float64(target)/float64(max(1, best))))
		}
	}
}

// openWindow is how long a turn of an open loop lasts: long enough for a
// backlog to build up and show.
func openWindow(wl *Workload) time.Duration { return max(wl.Slice, 20*time.Millisecond) }

// interval is the time between two operations of one worker.
func (c *cell) interval(p *Plan) clock.Ticks {
	if p.Rate == 0 {
		return 0
	}
	return max(1, clock.Of(time.Duration(float64(time.Second)*float64(c.group.Workers)/p.Rate)))
}

// result ends the storm and sums the cell up. What it waits for itself is none of the cell's waits, unless it hangs there.
func (c *cell) result(ctx context.Context, round int, p *Plan, fatal chan error) Result {
	r := Result{
		Round: round, Group: c.group, Policy: c.policy.Name(), Ops: c.total,
		Elapsed: time.Duration(clock.Nanos(c.wall)), Outcome: OK, Latency: hist.New(),
	}
	if c.calendar != nil {
		c.closeColumn()
		r.OverTime, r.Waits = c.chronicle.overTime(c.calendar), c.waits()
	}
	var f Findings
	if c.err == nil {
		// What is in flight may take as long as a device can be told to.
		limited, cancel := context.WithTimeoutCause(ctx, p.HangLimit+device.MaxDelay, ErrHang)
		if err := guard(c.region, func() { f, c.err = c.storm.Finish(limited) }); err != nil {
			c.err = err
			fail(fatal, err)
		}
		cancel()
	}
	var hung *vfs.HungError
	switch {
	case errors.As(c.err, &hung) || errors.Is(c.err, ErrHang):
		r.Outcome = Hung
		r.Waits = c.waits()
		f.Notes = append(f.Notes, c.err.Error())
	case c.err != nil:
		r.Outcome = Failed
		f.Notes = append(f.Notes, c.err.Error())
	case f.Violations > 0 || f.Found > 0:
		r.Outcome = Violation
	case c.policy.Safe() && f.Stats.FreedPinned > 0:
		r.Outcome = Violation
		f.Notes = append(f.Notes, fmt.Sprintf("%d pages were freed with a pin on them", f.Stats.FreedPinned))
	case !c.policy.Expect().ViolatesProperty("P1e") && f.Stats.EvictedPinned > 0:
		r.Outcome = Violation
		f.Notes = append(f.Notes, fmt.Sprintf("%d inodes were evicted with a page pinned", f.Stats.EvictedPinned))
	}
	for id := range c.group.Workers {
		r.Latency.Merge(c.storm.Worker(id).Latencies())
	}
	s := c.sum
	r.Counters = counters(&s, &f, r.Latency, r.Outcome == Hung)
	r.Notes = append(f.Notes, c.overload(p)...)
	if r.Outcome == Failed || r.Outcome == Hung {
		return r // its figures are void
	}
	r.Metrics, r.Memory = c.metrics(p, &s, &f, r.Latency), c.memory
	r.Timeline = c.timeline()
	return r
}

// timelinePoints bounds the timeline of a cell and round.
const timelinePoints = 60

// timeline returns the slices' costs over time, thinned by taking the highest
// of neighbours: a stall must stay visible.
func (c *cell) timeline() [][2]float64 {
	if len(c.slices) == 0 {
		return nil
	}
	per := (len(c.slices) + timelinePoints - 1) / timelinePoints
	var line [][2]float64
	for part := range slices.Chunk(c.slices, per) {
		top := slices.MaxFunc(part, func(a, b slice) int { return int(a.cost - b.cost) })
		line = append(line, [2]float64{float64(clock.Nanos(top.at-c.slices[0].at)) / 1e6, top.cost})
	}
	return line
}
