package lockstep

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/workloads"
	"daxbench/workloads/driver"
)

// PlanOf returns the plan of the one cell that a name stands for, such as EvictStorm/dax=0/workers=1/policy=dax-only. What
// the name does not say is as by default. Errors name what this build does not have.
func PlanOf(name string, seed uint64) (*driver.Plan, error) {
	parts := strings.Split(name, "/")
	i := slices.IndexFunc(workloads.All, func(wl *driver.Workload) bool {
		return (&driver.Group{Workload: wl}).Title() == parts[0]
	})
	if i < 0 {
		return nil, fmt.Errorf("there is no storm %q; known: %s", parts[0], strings.Join(titles(), ", "))
	}
	wl := workloads.All[i]
	r := driver.Request{
		Workloads: []*driver.Workload{wl}, Set: make(map[string][]string), Rounds: 1, Duration: time.Second, Workers: []int{1},
		Seed: seed, HangLimit: hangLimit,
	}
	for _, k := range wl.Knobs {
		if len(k.Sweep) > 0 { // one value, and not the sweep
			r.Set[k.Key] = []string{k.Default}
		}
	}
	seen := make(map[string]bool)
	for _, part := range parts[1:] {
		key, value, ok := strings.Cut(part, "=")
		if !ok || value == "" || seen[key] {
			return nil, fmt.Errorf("%q: want key=value, each key once", part)
		}
		seen[key] = true
		var err error
		switch key {
		case "policy":
			var p layout.Policy
			p, err = layout.Lookup(value)
			r.Policies = []layout.Policy{p}
		case "workers":
			r.Workers = make([]int, 1)
			r.Workers[0], err = strconv.Atoi(value)
		case "kernel":
			r.Kernel, err = vfs.LookupPreset(value)
		default:
			if !slices.ContainsFunc(wl.Knobs, func(k driver.Knob) bool { return k.Key == key }) {
				err = fmt.Errorf("%s has no parameter %q", wl.Name, key)
			}
			r.Set[key] = []string{value}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(r.Policies) == 0 {
		return nil, fmt.Errorf("no policy is named: want /policy=…")
	}
	return driver.NewPlan(r)
}

// titles are the storms as benchmarks name them.
func titles() []string {
	names := make([]string, len(workloads.All))
	for i, wl := range workloads.All {
		names[i] = (&driver.Group{Workload: wl}).Title()
	}
	return names
}
