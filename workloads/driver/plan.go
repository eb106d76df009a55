package driver

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// A Request is what a user asks for.
type Request struct {
	Workloads  []*Workload
	Policies   []layout.Policy
	Set        map[string][]string // parameter → values
	Rounds     int
	Duration   time.Duration // measured per cell and round
	Workers    []int         // each number makes groups of its own
	Rate       float64       // operations a second in all; 0: as fast as it goes
	Seed       uint64
	HangLimit  time.Duration
	Pmem       string // "": memory
	Size       int64  // bytes per engine; 0: what the storms need
	Population *Population
	Kernel     vfs.Preset // the zero one: this engine's own switches
}

// A Plan is what will be run: Rounds times every group.
type Plan struct {
	Request
	Groups []Group
}

// A Group is a workload with one set of parameter values; its cells, one per
// policy, are run by turns.
type Group struct {
	Workload *Workload
	Values   Values
	Shown    []Param // what names the group in results
	Workers  int
}

// maxWorkers bounds the workers of a storm: more than that on a few processors
// measures the scheduler, and takes minutes for a turn.
const maxWorkers = 64

// NewPlan checks the request and lays out the groups. Errors are the user's.
func NewPlan(r Request) (*Plan, error) {
	switch {
	case len(r.Workloads) == 0 || len(r.Policies) == 0:
		return nil, fmt.Errorf("nothing to run: name at least one workload and one policy")
	case r.Rounds < 1 || r.Rounds > 10_000:
		return nil, fmt.Errorf("%d rounds: want 1 to 10000", r.Rounds)
	case r.Duration < time.Millisecond || r.Duration > time.Hour:
		return nil, fmt.Errorf("duration %v: want 1ms to 1h", r.Duration)
	case len(r.Workers) == 0:
		return nil, fmt.Errorf("no number of workers: want 1 to %d", maxWorkers)
	case !(r.Rate >= 0 && r.Rate <= 1e8):
		return nil, fmt.Errorf("rate %g: want 0 (as fast as it goes) to 1e8 operations a second", r.Rate)
	case r.HangLimit < time.Millisecond:
		return nil, fmt.Errorf("hang limit %v: want at least 1ms", r.HangLimit)
	case r.Size < 0:
		return nil, fmt.Errorf("size %d: want 0 (what is needed) or more bytes", r.Size)
	}
	for _, n := range r.Workers {
		if n < 1 || n > maxWorkers {
			return nil, fmt.Errorf("%d workers: want 1 to %d", n, maxWorkers)
		}
	}
	known := make(map[string]bool)
	for _, wl := range r.Workloads {
		for _, k := range wl.Knobs {
			known[k.Key] = true
		}
	}
	for key := range r.Set {
		if !known[key] {
			return nil, fmt.Errorf("unknown parameter %q; the chosen workloads have: %s", key, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	p := &Plan{Request: r}
	swept := make(map[string]bool)
	for key, list := range r.Set {
		swept[key] = len(list) > 1
	}
	for _, wl := range r.Workloads {
		if r.Population != nil && wl.UsesPopulation && r.Set["files"] != nil {
			return nil, fmt.Errorf("%s: the files come from the population: leave files out", wl.Name)
		}
		combos, err := wl.Sweep(kernelKnobs(r.Kernel, r.Set))
		if err != nil {
			return nil, err
		}
		for _, v := range combos {
			for _, workers := range wl.workers(r.Workers) {
				if wl.Check != nil {
					if err := wl.Check(v, workers); err != nil {
						return nil, fmt.Errorf("%s: %w", wl.Name, err)
					}
				}
				p.Groups = append(p.Groups, Group{Workload: wl, Values: v, Workers: workers, Shown: append(wl.Shown(v, swept), r.common(wl, workers)...)})
			}
		}
	}
	return p, nil
}

// common returns the parameters that a group has beside those of its workload.
func (r *Request) common(wl *Workload, workers int) []Param {
	list := []Param{{"workers", strconv.Itoa(workers)}}
	if r.Kernel.Name != "" {
		list = append(list, Param{"kernel", r.Kernel.Name})
	}
	if r.Rate > 0 {
		list = append(list, Param{"rate", strconv.FormatFloat(r.Rate, 'f', -1, 64)})
	}
	if r.Population != nil && wl.UsesPopulation {
		list = append(list, Param{"population", r.Population.Label()})
	}
	return list
}

// workers returns how many workers a workload is run with, each number once: those asked for, or fewer.
func (wl *Workload) workers(asked []int) (list []int) {
	for _, n := range asked {
		if wl.MaxWorkers > 0 {
			n = min(n, wl.MaxWorkers)
		}
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// MostWorkers returns how many workers the largest group has.
func (p *Plan) MostWorkers() (n int) {
	for i := range p.Groups {
		n = max(n, p.Groups[i].Workers)
	}
	return n
}

// Reference returns the policy that the others are compared with: dax-only, what
// Linux ships, or the first.
func (p *Plan) Reference() layout.Policy {
	for _, policy := range p.Policies {
		if policy.Name() == "dax-only" {
			return policy
		}
	}
	return p.Policies[0]
}

// EngineSize returns how many bytes of persistent memory one engine takes.
func (p *Plan) EngineSize() (int64, error) {
	need := int64(0)
	for _, g := range p.Groups {
		n, err := g.Workload.Size(g.Values, g.Workers, p.Population)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", g.Workload.Name, err)
		}
		need = max(need, n)
	}
	const huge = 2 << 20
	need = (need + huge - 1) / huge * huge
	if p.Size != 0 {
		if p.Size < need {
			return 0, fmt.Errorf("size %d is too small: these storms need %d bytes (%d MiB) for each policy's engine", p.Size, need, need>>20)
		}
		need = p.Size / 4096 * 4096
	}
	return need, nil
}

// Name returns the cell's name in the Go benchmark format, without the
// Benchmark prefix: EvictStorm/dax=50/workers=2/policy=none.
func (g *Group) Name(policy string) string {
	var b strings.Builder
	b.WriteString(g.Title())
	for _, p := range g.Shown {
		fmt.Fprintf(&b, "/%s=%s", p.Key, p.Value)
	}
	return b.String() + "/policy=" + policy
}

// Title returns the name of the workload as benchmarks have it: EvictStorm.
func (g *Group) Title() string {
	var b strings.Builder
	for word := range strings.SplitSeq(g.Workload.Name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
