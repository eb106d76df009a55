package reportstest

import (
	"maps"

	"daxbench/reports/folder"
)

// Example is a run as `daxbench run` makes one: four policies under three storms and a litmus scenario, six rounds, with
// a fast and unsafe policy, a safe and dear one, a tail that the median hides, and cells that cannot be told apart.
func Example() *Spec {
	s := &Spec{Rounds: 6, Seed: 1, Timing: map[string]string{"evict-storm": "whole slices; one operation in 64 on its own"}, Manifest: folder.Manifest{
		Tool: "daxbench 0.1.0", Commit: "3f2a9c1", Status: "finished", Command: []string{"run", "--rounds", "6"}, Seed: 1,
		Started: "2026-11-22T13:02:11Z", Ended: "2026-11-22T13:04:09Z",
		Environment: map[string]any{"os": "linux", "cpu": "AMD EPYC", "cores": 2, "go": "go1.26.8", "kernel": "6.18.2"},
		Harness:     map[string]float64{"ns/op": 1.9, "clock-ns": 10.1},
		Warnings: []folder.Warning{
			{Text: "the machine was shared: 5.9 runnable tasks on 2 cores"},
			{Cell: "EvictStorm/dax=50/workers=2/policy=always-call", Text: "one worker was 21 % slower than the other"},
		},
	}}
	s.Manifest.Plan.Workers, s.Manifest.Plan.Reference = 2, "dax-only"
	storm := func(workload string, params []folder.Param, ops uint64, spread float64, policy string, nanos, blocked, p999 float64) *Cell {
		s.Cells = append(s.Cells, Cell{
			Workload: workload, Params: params, Policy: policy, Ops: ops, Spread: spread,
			Metrics: map[string]float64{
				"ns/op": 1.18 * nanos, "ns/evict": nanos, "ops/s": 2e9 / (1.18 * nanos), "evict/s": 2e9 / nanos,
				"p50-ns": 0.93 * nanos, "p90-ns": 1.4 * nanos, "p99-ns": min(4.1*nanos, 0.8*p999), "p99.9-ns": p999, "max-ns": 9 * p999,
				"blocked-ns/op": blocked,
			},
			Each: map[string]int64{"latencies": int64(ops)},
		})
		return &s.Cells[len(s.Cells)-1]
	}
	dry := Params("dax=0", "workers=2")
	storm("evict-storm", dry, 1200000, 0.004, "none", 51.6, 0, 2100)
	storm("evict-storm", dry, 1200000, 0.004, "always-call", 52.3, 0, 2150)
	storm("evict-storm", dry, 1200000, 0.004, "dax-only", 52.1, 0, 2120)
	storm("evict-storm", dry, 1200000, 0.012, "unconditional", 82.3, 0, 3400)
	half := Params("dax=50", "workers=2")
	storm("evict-storm", half, 900000, 0.03, "none", 68, 0, 2600)
	storm("evict-storm", half, 900000, 0.03, "always-call", 98, 8.1, 41e3)
	storm("evict-storm", half, 900000, 0.03, "dax-only", 97, 8.4, 40e3)
	storm("evict-storm", half, 900000, 0.03, "unconditional", 118, 9.2, 44e3)
	for i := range s.Cells {
		s.Cells[i].Each["latencies"] /= 64 // the evict storms time a sample
	}
	all := Params("hold=100µs", "workers=2")
	storm("unlink-storm", all, 200000, 0.02, "none", 310, 0, 4.2e3).Counters = map[string]int64{"violations": 1234, "found": 1101, "evicted_pinned": 5120}
	storm("unlink-storm", all, 200000, 0.02, "always-call", 1290, 905, 121e3)
	storm("unlink-storm", all, 200000, 0.02, "dax-only", 1270, 898, 118e3)
	u := storm("unlink-storm", all, 200000, 0.02, "unconditional", 1340, 911, 122e3)
	u.Hung, u.Notes = []int{5}, map[int]string{5: "worker 1 waited 10 s for the ioLock of inode 771, which worker 0 held while it waited for a pin of worker 1"}
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Workload == "unlink-storm" { // only where blocks are freed is there anything to look at
			c.Each["looked"] = 150000
		}
	}
	s.Cells[len(s.Cells)-2].Each["device_late_p50_ns"] = 330e3
	leases := Params("leases=25", "workers=2")
	storm("lease-recall", leases, 60000, 0.02, "none", 420, 0, 2.9e3)
	storm("lease-recall", leases, 60000, 0.02, "dax-only", 433, 0, 3.0e3)
	storm("lease-recall", leases, 60000, 0.03, "unconditional", 21.4e3, 210, 12.1e6).Metrics["recall-ns/op"] = 20.6e3
	s.Cells[len(s.Cells)-2].Counters = map[string]int64{"leases_abandoned": 257000}
	churn := Params("workers=2")
	storm("truncate-race", churn, 80000, 0.02, "none", 390, 0, 3.1e3)
	storm("truncate-race", churn, 80000, 0.02, "dax-only", 410, 12, 3.2e3).Metrics["freeing-ns/op"] = 31
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Workload == "truncate-race" {
			c.Each["looked"] = 70000
		}
	}
	return s
}

// Short is the example as an interrupted run of n rounds leaves it.
func Short(n int) *Spec {
	s := Example()
	s.Manifest.Plan.Rounds = s.Rounds
	s.Rounds, s.Manifest.Status, s.Manifest.Ended = n, "interrupted", ""
	return s
}

// Hostile is a run whose labels come from someone who does not like terminals.
func Hostile() *Spec {
	s := &Spec{Rounds: 6, Seed: 3, Manifest: folder.Manifest{
		Tool: "daxbench\x1b]0;owned\a", Status: "finished", Environment: map[string]any{"cpu": "\x1b[31mred\nline two"},
		Warnings: []folder.Warning{{Text: "a \x1b[2J cleared screen, a right-to-left \u202e override, and\nnew lines | pipes <script>"}},
	}}
	s.Manifest.Plan.Reference = "dax-only"
	metrics := map[string]float64{"ns/op": 100, "p99.9-ns": 900}
	for i, policy := range []string{"dax-only", "\x1b[31mred", "a-policy-with-a-name-that-somebody-generated-and-nobody-will-ever-read", "東京東京東京東京東京東京東京"} {
		m := maps.Clone(metrics)
		m["ns/op"] *= float64(1 + i*i*i*200)
		s.Cells = append(s.Cells, Cell{Workload: "evict-storm", Params: Params("label=a|b*c_`<b>\x7f\u200b"), Policy: policy, Ops: 50000, Spread: 0.01, Metrics: m})
	}
	return s
}
