package workloads_test

import (
	"strings"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads"
	"daxbench/workloads/driver"
)

// keep is an Observer that keeps the results.
type keep struct{ results []driver.Result }

func (k *keep) Group(int, int, *driver.Group, int, int) {}
func (k *keep) Round(_ int, r []driver.Result) error {
	k.results = append(k.results, r...)
	return nil
}

// run runs a plan on memory and returns its results.
func run(t testing.TB, r driver.Request) []driver.Result {
	t.Helper()
	p, regions := prepare(t, r)
	var k keep
	if err := p.Run(t.Context(), regions, 1, &k); err != nil {
		t.Fatal(err)
	}
	return k.results
}

func prepare(t testing.TB, r driver.Request) (*driver.Plan, []*pmem.Region) {
	t.Helper()
	p, err := driver.NewPlan(r)
	if err != nil {
		t.Fatal(err)
	}
	size, err := p.EngineSize()
	if err != nil {
		t.Fatal(err)
	}
	root, err := pmem.Open(pmem.Options{Size: size * int64(len(r.Policies))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	var regions []*pmem.Region
	for i := range r.Policies {
		region, err := root.Slice(int64(i)*size, size)
		if err != nil {
			t.Fatal(err)
		}
		regions = append(regions, region)
	}
	return p, regions
}

// small is a request that takes milliseconds per cell.
func small(wl *driver.Workload) driver.Request {
	set := make(map[string][]string)
	for key, value := range wl.Small {
		set[key] = []string{value}
	}
	return driver.Request{
		Workloads: []*driver.Workload{wl}, Policies: layout.Default, Set: set,
		Rounds: 1, Duration: 5 * time.Millisecond, Workers: []int{2}, Seed: 1, HangLimit: 10 * time.Second,
	}
}

// TestConformance runs every workload with every policy, closed and open loop.
func TestConformance(t *testing.T) {
	for _, wl := range workloads.All {
		for _, rate := range []float64{0, 20_000} {
			name := wl.Name + "/closed"
			if rate > 0 {
				name = wl.Name + "/open"
			}
			t.Run(name, func(t *testing.T) {
				r := small(wl)
				r.Rate = rate
				for _, res := range run(t, r) {
					policy, _ := layout.Lookup(res.Policy)
					name := res.Group.Name(res.Policy)
					switch {
					case res.Outcome == driver.Violation && !policy.Safe():
					case res.Outcome != driver.OK:
						t.Errorf("%s: %s: %v", name, res.Outcome, res.Notes)
					}
					if res.Ops == 0 || res.Latency.Count() == 0 {
						t.Errorf("%s: %d operations, %d latencies", name, res.Ops, res.Latency.Count())
					}
					if doubt := pictures(&res, r.Workers[0]); doubt != "" {
						t.Errorf("%s: %s", name, doubt)
					}
					// A slice of a slow build can be too short for a reclaim.
					if metric(res, wl.Primary) == 0 && (wl.Primary == "ns/op" || res.Ops > 10_000) {
						t.Errorf("%s: no %s: %v", name, wl.Primary, res.Metrics)
					}
				}
			})
		}
	}
}

func metric(r driver.Result, unit string) float64 {
	for _, m := range r.Metrics {
		if m.Unit == unit {
			return m.Value
		}
	}
	return 0
}

// TestSameSeedSameOperations runs a storm twice with one worker: what the
// engine was asked must be the same, whatever the policy and the speed.
func TestSameSeedSameOperations(t *testing.T) {
	type asked struct{ hits, misses, evictions int64 }
	var first asked
	for i, policy := range []string{"none", "unconditional", "none"} {
		wl, err := workloads.Lookup("evict-storm")
		if err != nil {
			t.Fatal(err)
		}
		r := small(wl)
		p, _ := layout.Lookup(policy)
		r.Policies, r.Workers, r.Set["dax"] = []layout.Policy{p}, []int{1}, []string{"50"}
		plan, regions := prepare(t, r)
		storm, err := wl.Open(driver.Env{
			Values: plan.Groups[0].Values, Seed: 42, Workers: 1, Region: regions[0], Policy: p, Context: t.Context(),
		})
		if err != nil {
			t.Fatal(err)
		}
		storm.Run(storm.Worker(0), 20_000)
		s := storm.Stats()
		got := asked{s.Hits, s.Misses, s.Evictions}
		if i == 0 {
			first = got
		}
		if got != first || got.misses == 0 {
			t.Errorf("%s: %+v, the first run had %+v", policy, got, first)
		}
		if _, err := storm.Finish(t.Context()); err != nil {
			t.Error(err)
		}
		storm.Close()
	}
}

// TestSteadyStateAllocatesNothing: garbage collection is off while a storm is
// measured, so what it allocates would pile up.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it takes some seconds, with the race detector many")
	}
	for _, wl := range workloads.All {
		for _, p := range layout.Default {
			r := small(wl)
			r.Policies, r.Workers = []layout.Policy{p}, []int{1}
			plan, regions := prepare(t, r)
			storm, err := wl.Open(driver.Env{
				Values: plan.Groups[len(plan.Groups)-1].Values, Seed: 1, Workers: 1, Region: regions[0], Policy: p,
				Context: t.Context(), Fatal: make(chan error, 1),
			})
			if err != nil {
				t.Fatal(err)
			}
			n := 500
			if wl.SelfTimed {
				n = 100 // these wait
			}
			storm.Run(storm.Worker(0), 40*n) // circles, free lists and the mappings of all inodes fill up
			allocs := testing.AllocsPerRun(3, func() { storm.Run(storm.Worker(0), n) })
			// A wait queue makes its waiters at their first use, hence the 0.05;
			// a wait with a deadline takes a timer, so lease recalls may.
			if perOp := allocs / float64(n); perOp > 0.05 && !(wl.Name == "lease-recall" && p.Name() == "unconditional") {
				t.Errorf("%s, %s: %.3f allocations per operation", wl.Name, p.Name(), perOp)
			}
			if _, err := storm.Finish(t.Context()); err != nil {
				t.Errorf("%s, %s: %v", wl.Name, p.Name(), err)
			}
			storm.Close()
		}
	}
}

func TestLookup(t *testing.T) {
	if _, err := workloads.Lookup("evict-strom"); err == nil || !strings.Contains(err.Error(), "evict-storm, unlink-storm") {
		t.Errorf("an unknown name must list the known ones: %v", err)
	}
	for _, wl := range workloads.All {
		if got, err := workloads.Lookup(wl.Name); got != wl || err != nil {
			t.Errorf("Lookup(%q) = %v, %v", wl.Name, got, err)
		}
	}
}
