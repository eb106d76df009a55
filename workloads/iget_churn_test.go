package workloads

import (
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads/driver"
)

// TestLookRCU looks inodes up without references, so nothing counts as a hit, and must not find what has been evicted.
func TestLookRCU(t *testing.T) {
	combos, err := igetChurnWorkload.Sweep(map[string][]string{"files": {"64"}, "look": {"rcu"}})
	if err != nil {
		t.Fatal(err)
	}
	env := driver.Env{Values: combos[0], Seed: 1, Workers: 1, Context: t.Context(), Fatal: make(chan error, 1)}
	size, err := igetChurnWorkload.Size(env.Values, env.Workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if env.Region, err = pmem.Open(pmem.Options{Size: size}); err != nil {
		t.Fatal(err)
	}
	defer env.Region.Close()
	if env.Policy, err = layout.Lookup("dax-only"); err != nil {
		t.Fatal(err)
	}
	opened, err := igetChurnWorkload.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	s, w := opened.(*igetChurn), opened.Worker(0)
	before := s.Stats()
	s.Run(w, 1000)
	if now := s.Stats(); w.Failed() || now.Hits != before.Hits || now.Misses != before.Misses {
		t.Fatalf("%v; %d hits and %d misses", w.Err(), now.Hits-before.Hits, now.Misses-before.Misses)
	}
	s.EvictInodes(w.Task, nil)
	s.Run(w, 1)
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), "is not cached") {
		t.Errorf("an inode that was evicted is looked up: %v", err)
	}
}
