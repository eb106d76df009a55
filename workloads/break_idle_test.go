package workloads

import (
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads/driver"
)

// TestBreakIdleSeesPins pins a page of the file that is broken: the storm must not take it for idle.
func TestBreakIdleSeesPins(t *testing.T) {
	for _, pages := range []string{"1", "512"} {
		combos, err := breakIdleWorkload.Sweep(map[string][]string{"pages": {pages}})
		if err != nil {
			t.Fatal(err)
		}
		env := driver.Env{Values: combos[0], Seed: 1, Workers: 1, Context: t.Context(), Fatal: make(chan error, 1)}
		size, err := breakIdleWorkload.Size(env.Values, env.Workers, nil)
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
		opened, err := breakIdleWorkload.Open(env)
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		s, w := opened.(*breakIdle), opened.Worker(0)
		s.Run(w, 10)
		if w.Failed() {
			t.Fatalf("pages=%s: %v", pages, w.Err())
		}
		pin, err := s.Pin(w.Task, s.files[0], s.files[0].Pages()-1)
		if err != nil {
			t.Fatal(err)
		}
		s.Run(w, 1)
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), "is pinned") {
			t.Errorf("pages=%s: a break of a file with a pinned page: %v", pages, err)
		}
		s.Unpin(pin)
	}
}
