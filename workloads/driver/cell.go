package driver

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
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
	total  int64
	wall   clock.Ticks
	last   vfs.Stats // when the slice began
	sum    vfs.Stats // of what the slices did
	err    error

	cost, evict float64 // the round's figures; see settle
}

// slice is one turn of one cell.
type slice struct {
	at    clock.Ticks
	cost  float64 // ns per operation
	evict float64 // ns per eviction; 0: none in it
}

// leadIn is the share of a slice that is run before it without being measured,
// as other policies' slices have filled the processor's caches meanwhile.
const leadIn = 0.25

// run gives the cell n operations per worker and keeps what it measured.
func (c *cell) run(crew *crew, n int, interval clock.Ticks, limit time.Duration) slice {
	timer := time.AfterFunc(limit, func() { c.cancel(ErrHang) })
	if lead := int(leadIn * float64(n)); lead > 0 && interval == 0 && !c.group.Workload.SelfTimed {
		wl := *c.group.Workload
		wl.SelfTimed = true // no clock is read
		crew.run(job{storm: c.storm, region: c.region, wl: &wl, ops: lead})
	}
	c.last = c.storm.Stats()
	at := clock.Now()
	wall := crew.run(job{storm: c.storm, region: c.region, wl: c.group.Workload, ops: n, interval: interval})
	timer.Stop()
	c.wall += wall

	var busy clock.Ticks
	var timed, done int64
	for id := range c.group.Workers {
		w := c.storm.Worker(id)
		done += int64(n)
		if c.group.Workload.SelfTimed || interval != 0 {
			busy += w.busy
			timed += w.timed
		} else {
			busy += crew.spans[id].busy
			timed += int64(n)
		}
		if err := w.Err(); err != nil && c.err == nil {
			c.err = err
		}
	}
	c.total += done
	s := slice{at: at}
	if timed > 0 {
		s.cost = float64(clock.Nanos(busy)) / float64(timed)
	}
	now := c.storm.Stats()
	did := sub(now, c.last)
	c.last = now
	c.sum.Add(&did)
	if c.group.Workload.TimedEvicts {
		if did.Evictions > 0 {
			s.evict = float64(clock.Nanos(busy)) / float64(did.Evictions)
		}
	} else if did.Reclaimed > 0 {
		s.evict = float64(did.ReclaimTime) / float64(did.Reclaimed)
	}
	return s
}

// warmUp runs the cell until its caches are warm and finds how many operations
// make a slice.
func (c *cell) warmUp(crew *crew, p *Plan) {
	if p.Rate > 0 {
		c.ops = max(1, int(p.Rate*openWindow(c.group.Workload).Seconds()/float64(c.group.Workers)))
		c.run(crew, c.ops, c.interval(p), p.HangLimit)
	} else {
		c.ops = c.fit(crew, p)
	}
	c.total, c.wall = 0, 0
	for id := range c.group.Workers {
		c.storm.Worker(id).Latency.Reset()
	}
	c.last = c.storm.Stats()
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

// result ends the storm and sums the cell up.
func (c *cell) result(ctx context.Context, round int, p *Plan) Result {
	r := Result{
		Round: round, Group: c.group, Policy: c.policy.Name(), Ops: c.total,
		Elapsed: time.Duration(clock.Nanos(c.wall)), Outcome: OK, Latency: hist.New(),
	}
	var f Findings
	if c.err == nil {
		limited, cancel := context.WithTimeoutCause(ctx, p.HangLimit, ErrHang)
		f, c.err = c.storm.Finish(limited)
		cancel()
	}
	var hung *vfs.HungError
	switch {
	case errors.As(c.err, &hung) || errors.Is(c.err, ErrHang):
		r.Outcome = Hung
		f.Notes = append(f.Notes, c.err.Error())
	case c.err != nil:
		r.Outcome = Failed
		f.Notes = append(f.Notes, c.err.Error())
	case f.Violations > 0 || f.Found > 0:
		r.Outcome = Violation
	}
	for id := range c.group.Workers {
		r.Latency.Merge(&c.storm.Worker(id).Latency)
	}
	s := c.sum
	r.Counters = counters(&s, &f, r.Outcome == Hung)
	r.Notes = f.Notes
	if r.Outcome == Failed || r.Outcome == Hung {
		return r // its figures are void
	}
	r.Metrics = c.metrics(&s, &f, r.Latency)
	r.Timeline = c.timeline()
	return r
}

// leastSamples is how many latencies a p99.9 takes to be more than the maximum
// by another name.
const leastSamples = 1000

func (c *cell) metrics(s *vfs.Stats, f *Findings, lat *hist.Recorder) []Metric {
	var list []Metric
	add := func(unit string, v float64) {
		if v > 0 {
			list = append(list, Metric{unit, v})
		}
	}
	seconds := float64(clock.Nanos(c.wall)) / 1e9
	add("ns/op", c.cost)
	add("ns/evict", c.evict)
	if n := lat.Count(); n > 0 {
		add("p50-ns", float64(lat.Quantile(0.5)))
		add("p90-ns", float64(lat.Quantile(0.9)))
		add("p99-ns", float64(lat.Quantile(0.99)))
		if n >= leastSamples {
			add("p99.9-ns", float64(lat.Quantile(0.999)))
		}
		add("max-ns", float64(lat.Max()))
	}
	add("ops/s", float64(c.total)/seconds)
	add("evict/s", float64(s.Evictions)/seconds)
	add("blocked-ns/op", float64(s.PinWait)/float64(c.total))
	add("recall-ns/op", float64(s.RecallWait)/float64(c.total))
	add("wake-ns/op", float64(s.Wake)/float64(c.total))
	add("violations", float64(f.Violations))
	add("parked", float64(f.Parked))
	return list
}

// counters are whole-round sums; zeros are kept: they say that somebody looked.
func counters(s *vfs.Stats, f *Findings, hung bool) map[string]int64 {
	m := map[string]int64{
		"hits": s.Hits, "misses": s.Misses, "evictions": s.Evictions, "freed": s.Freed,
		"reclaims": s.Reclaims, "pin_waits": s.PinWaits, "recalls": s.Recalls, "fenced": s.Fenced,
		"freeing_waits": s.FreeingWaits, "reclaim_blocked_ns": int64(s.ReclaimBlocked),
		"evicted_pinned": s.EvictedPinned, "freed_pinned": s.FreedPinned, "leases_abandoned": s.LeasesAbandoned,
		"refaults": s.Refaults, "parked": f.Parked, "hung": 0,
		"looked": f.Looked, "found": f.Found, "device_late_p50_ns": f.Late,
	}
	if f.Looked > 0 {
		m["violations"] = f.Violations
	}
	if hung {
		m["hung"] = 1
	}
	return m
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

// sub returns a - b.
func sub(a, b vfs.Stats) vfs.Stats {
	return vfs.Stats{
		Hits: a.Hits - b.Hits, Misses: a.Misses - b.Misses,
		Evictions: a.Evictions - b.Evictions, Freed: a.Freed - b.Freed,
		Reclaims: a.Reclaims - b.Reclaims, ReclaimTime: a.ReclaimTime - b.ReclaimTime, Reclaimed: a.Reclaimed - b.Reclaimed,
		PinWaits: a.PinWaits - b.PinWaits, PinWait: a.PinWait - b.PinWait,
		Recalls: a.Recalls - b.Recalls, Fenced: a.Fenced - b.Fenced, RecallWait: a.RecallWait - b.RecallWait,
		FreeingWaits: a.FreeingWaits - b.FreeingWaits, FreeingWait: a.FreeingWait - b.FreeingWait,
		Wake: a.Wake - b.Wake, ReclaimBlocked: a.ReclaimBlocked - b.ReclaimBlocked,
		EvictedPinned: a.EvictedPinned - b.EvictedPinned, FreedPinned: a.FreedPinned - b.FreedPinned,
		LeasesAbandoned: a.LeasesAbandoned - b.LeasesAbandoned, Refaults: a.Refaults - b.Refaults,
	}
}
