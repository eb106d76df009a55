package workloads_test

import (
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/driver"
)

// storm opens a storm under dax-only, with some parameters in place of its small ones.
func storm(t *testing.T, name string, workers int, set map[string]string) driver.Storm {
	t.Helper()
	wl, err := workloads.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	r := small(wl)
	r.Workers = []int{workers}
	for key, value := range set {
		r.Set[key] = []string{value}
	}
	p, err := layout.Lookup("dax-only")
	if err != nil {
		t.Fatal(err)
	}
	r.Policies = []layout.Policy{p}
	plan, regions := prepare(t, r)
	s, err := wl.Open(driver.Env{
		Values: plan.Groups[0].Values, Seed: 1, Workers: workers, Region: regions[0], Policy: p, Context: t.Context(),
		Fatal: make(chan error, 1),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestInsertEvictMisses wants nearly every operation to insert and evict, however many inodes are in use.
func TestInsertEvictMisses(t *testing.T) {
	for _, percent := range []string{"0", "50", "99"} {
		const ops = 40_000
		s := storm(t, "insert-evict", 2, map[string]string{"files": "16384", "referenced": percent})
		before := s.Stats()
		for range 10 {
			for id := range 2 {
				s.Run(s.Worker(id), ops/20)
			}
		}
		now := s.Stats()
		if hits := now.Hits - before.Hits; hits > ops/100 {
			t.Errorf("referenced=%s: %d of %d operations hit", percent, hits, ops)
		}
		if n := now.Evictions - before.Evictions; n < ops*98/100 || n > ops*102/100 {
			t.Errorf("referenced=%s: %d evictions in %d operations", percent, n, ops)
		}
		if _, err := s.Finish(t.Context()); err != nil {
			t.Errorf("referenced=%s: %v", percent, err)
		}
	}
}

// TestInsertEvictTooFewIdle refuses a cache in which the workers would wait for each other's memory.
func TestInsertEvictTooFewIdle(t *testing.T) {
	wl, _ := workloads.Lookup("insert-evict")
	r := small(wl)
	r.Set["files"], r.Set["referenced"] = []string{"4096"}, []string{"99"}
	if _, err := driver.NewPlan(r); err == nil || !strings.Contains(err.Error(), "leave 41 inodes to evict") {
		t.Errorf("41 inodes for two workers: %v", err)
	}
}
