package driver

import (
	"fmt"
	"maps"

	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// leastSamples is how many latencies a p99.9 takes to be more than the maximum
// by another name.
const leastSamples = 1000

// metWell is the share of the offered rate that an open loop must reach for its
// latencies to mean anything: below it the backlog grows, and latencies with the
// length of the run.
const metWell = 0.99

// overload returns a note if the cell could not keep up with the offered rate.
func (c *cell) overload(p *Plan) []string {
	if rate := c.rate(); p.Rate > 0 && rate < metWell*p.Rate {
		return []string{fmt.Sprintf("offered %.0f operations a second, done %.0f: the backlog grew, so there are no latencies", p.Rate, rate)}
	}
	return nil
}

// rate is operations per second of the cell's turns.
func (c *cell) rate() float64 { return float64(c.total) * 1e9 / float64(clock.Nanos(max(1, c.wall))) }

func (c *cell) metrics(p *Plan, s *vfs.Stats, f *Findings, lat *hist.Recorder) []Metric {
	var list []Metric
	add := func(unit string, v float64) {
		if v > 0 {
			list = append(list, Metric{unit, v})
		}
	}
	seconds := float64(clock.Nanos(c.wall)) / 1e9
	add("ns/op", c.cost)
	add("ns/evict", c.evict)
	if n := lat.Count(); n > 0 && c.overload(p) == nil {
		add("p50-ns", float64(lat.Quantile(0.5)))
		add("p90-ns", float64(lat.Quantile(0.9)))
		add("p99-ns", float64(lat.Quantile(0.99)))
		if n >= leastSamples {
			add("p99.9-ns", float64(lat.Quantile(0.999)))
		}
		add("max-ns", float64(lat.Max()))
	}
	add("ops/s", c.rate())
	add("evict/s", float64(s.Evictions)/seconds)
	timed := float64(max(1, c.timed))
	add("blocked-ns/op", float64(s.PinWait)/timed)
	add("recall-ns/op", float64(s.RecallWait)/timed)
	add("wake-ns/op", float64(s.Wake)/timed)
	add("freeing-ns/op", float64(s.FreeingWait)/timed)
	add("B/inode", c.memory.perInode())
	var stalls shares
	for id := range c.group.Workers {
		stalls.merge(&c.storm.Worker(id).shares)
	}
	stalls.metrics(add, timed)
	add("violations", float64(f.Violations))
	add("parked", float64(f.Parked))
	return list
}

// counters are whole-round sums; zeros are kept: they say that somebody looked.
func counters(s *vfs.Stats, f *Findings, lat *hist.Recorder, hung bool) map[string]int64 {
	m := engineCounters(s, f, lat)
	if f.Counted != nil {
		m = map[string]int64{"evictions": s.Evictions, "latencies": int64(lat.Count()), "hung": 0}
		maps.Copy(m, f.Counted)
	}
	if hung {
		m["hung"] = 1
	}
	return m
}

func engineCounters(s *vfs.Stats, f *Findings, lat *hist.Recorder) map[string]int64 {
	m := map[string]int64{
		"hits": s.Hits, "misses": s.Misses, "evictions": s.Evictions, "freed": s.Freed,
		"reclaims": s.Reclaims, "pin_waits": s.PinWaits, "recalls": s.Recalls, "fenced": s.Fenced,
		"freeing_waits": s.FreeingWaits, "reclaim_blocked_ns": int64(s.ReclaimBlocked),
		"evicted_pinned": f.Stats.EvictedPinned, "freed_pinned": f.Stats.FreedPinned, "leases_abandoned": s.LeasesAbandoned,
		"refaults": s.Refaults, "parked": f.Parked, "hung": 0,
		"looked": f.Looked, "found": f.Found, "latencies": int64(lat.Count()), "device_late_p50_ns": f.Late,
	}
	if f.Looked > 0 {
		m["violations"] = f.Violations
	}
	return m
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
