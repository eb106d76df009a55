package workloads

import (
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads/driver"
)

// opened is a storm of one worker under dax-only, until the test ends, with some parameters in place of its defaults.
func opened(t *testing.T, wl *driver.Workload, set map[string][]string) driver.Storm {
	t.Helper()
	combos, err := wl.Sweep(set)
	if err != nil {
		t.Fatal(err)
	}
	env := driver.Env{Values: combos[0], Seed: 1, Workers: 1, Context: t.Context(), Fatal: make(chan error, 1)}
	size, err := wl.Size(env.Values, env.Workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if env.Region, err = pmem.Open(pmem.Options{Size: size}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { env.Region.Close() })
	if env.Policy, err = layout.Lookup("dax-only"); err != nil {
		t.Fatal(err)
	}
	s, err := wl.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
