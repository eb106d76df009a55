package workloads_test

import (
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
		Workloads: []*driver.Workload{wl}, Policies: layout.All, Set: set,
		Rounds: 1, Duration: 5 * time.Millisecond, Workers: 2, Seed: 1, HangLimit: 10 * time.Second,
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
					if metric(res, wl.Primary) == 0 {
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
