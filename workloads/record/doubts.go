package record

import (
	"slices"

	"daxbench/engine/pmem"
	"daxbench/workloads/driver"
)

// Doubts adds the warnings that the environment gives rise to before anything has been measured. The region is nil if there is none.
func (m *Manifest) Doubts(e Environment, region *pmem.Info) {
	if len(e.Load) > 0 && e.Load[0] > float64(e.Cores) {
		m.Warn("", "the machine was busy: a load of %.1f on %d cores when the run began", e.Load[0], e.Cores)
	}
	if text := e.ClockDoubt(); text != "" {
		m.Warn("", "%s", text)
	}
	if e.Race {
		m.Warn("", "built with the race detector: the figures are those of the detector")
	}
	if region != nil {
		m.regionDoubts(region)
	}
	if m.Plan.Workers > e.Cores && e.Cores > 0 {
		m.Warn("", "up to %d workers on %d processors: who waits for one, and how long, is the scheduler's choice", m.Plan.Workers, e.Cores)
	}
	if m.Plan.Rounds < leastRounds {
		m.Warn("", "too few rounds for an interval: %d, it takes %d", m.Plan.Rounds, leastRounds)
	}
}

func (m *Manifest) regionDoubts(region *pmem.Info) {
	if region.Backing == pmem.Memfd {
		m.Warn("", "memfd: DRAM behind %s, not persistent memory", region.Flush)
	} else if region.Backing == pmem.File {
		m.Warn("", "%s is not on DAX: every fence is an msync", region.Path)
	}
	if !region.Populated {
		m.Warn("", "the region was not populated: first touches of a page fault, and are measured")
	}
}

// leastRounds is what an interval of 95 % about the median of paired ratios takes: 2 × (1/2)^6 is the first below 0.05.
const leastRounds = 6

// leastLatencies is how many latencies the driver wants for a p99.9.
const leastLatencies = 1000

// sumUp brings the harness's own costs up to date, and the warnings that rest on results.
func (m *Manifest) sumUp(results []driver.Result) {
	for i := range results {
		r := &results[i]
		if r.Latency == nil || r.Outcome == driver.Hung || r.Outcome == driver.Failed {
			continue
		}
		if n := r.Latency.Count(); n < leastLatencies {
			m.Warn(r.Group.Name(r.Policy), "fewer than %d latencies in a round: no p99.9, and a rough p99", leastLatencies)
		}
	}
	var empty, late []float64
	for i := range m.Cells {
		r := &m.Cells[i]
		if v := r.Metrics["ns/op"]; r.Workload == EmptyStorm && v > 0 {
			empty = append(empty, v)
		}
		if v := r.Counters["device_late_p50_ns"]; v > 0 {
			late = append(late, float64(v))
		}
	}
	m.harness(EmptyCost, empty)
	m.harness("timer-late-p50-ns", late)
}

// What Manifest.Harness holds of the harness's own costs, all in ns.
const (
	EmptyCost = "ns/op"    // an operation that does nothing
	TimedCost = "timed-ns" // what timing adds to an operation
	ClockCost = "clock-ns" // a reading of the clock
)

// EmptyStorm is the storm whose operation does nothing: its figures are the harness's own cost.
const EmptyStorm = "nop"

// harness records the median of what was seen, if anything was.
func (m *Manifest) harness(key string, seen []float64) {
	if len(seen) == 0 {
		return
	}
	slices.Sort(seen)
	m.Harness[key] = seen[len(seen)/2]
}
