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
	Pmem       string  // "": memory
	Size       []int64 // bytes per engine, likewise; none: what the storms need
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
	Size     int64 // bytes of an engine's region; 0: all of what the plan takes
}

// maxWorkers bounds the workers of a storm: more than that on a few processors
// measures the scheduler, and takes minutes for a turn.
const maxWorkers = 64

// inodeMemory is about how many bytes of memory there are for an inode that an engine can cache, with its share of the tables and
// what a storm keeps of it. With a million it was 195 in iget-churn, and 260 in insert-evict, which has three times as many files.
const inodeMemory = 260

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
	}
	for _, size := range r.Size {
		if size < 0 {
			return nil, fmt.Errorf("size %d: want 0 (what is needed) or more bytes", size)
		}
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
				for _, size := range p.sizes() {
					g := Group{Workload: wl, Values: v, Workers: workers, Size: size}
					g.Shown = append(wl.Shown(v, swept), r.common(&g)...)
					p.Groups = append(p.Groups, g)
				}
			}
		}
	}
	return p, nil
}

// common returns the parameters that a group has beside those of its workload.
func (r *Request) common(g *Group) []Param {
	list := []Param{{"workers", strconv.Itoa(g.Workers)}}
	if len(r.Size) > 1 {
		list = append(list, Param{"size", shortSize(g.Size)})
	}
	if r.Kernel.Name != "" {
		list = append(list, Param{"kernel", r.Kernel.Name})
	}
	if r.Rate > 0 {
		list = append(list, Param{"rate", strconv.FormatFloat(r.Rate, 'f', -1, 64)})
	}
	if r.Population != nil && g.Workload.UsesPopulation {
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

// sizes returns the sizes of regions, each once: those asked for, or 0.
func (r *Request) sizes() []int64 {
	if len(r.Size) == 0 {
		return []int64{0}
	}
	list := slices.Clone(r.Size)
	slices.Sort(list)
	return slices.Compact(list)
}

// shortSize writes a number of bytes as -size reads it: 64M, 1T.
func shortSize(n int64) string {
	unit := ""
	for _, u := range []string{"K", "M", "G", "T"} {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, unit = n/1024, u
	}
	return strconv.FormatInt(n, 10) + unit
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

// EngineSize returns how many bytes of persistent memory the largest engine takes.
func (p *Plan) EngineSize() (size int64, err error) {
	for i := range p.Groups {
		g := &p.Groups[i]
		need, err := p.need(g)
		if err != nil {
			return 0, err
		}
		if g.Size != 0 {
			if g.Size < need {
				return 0, fmt.Errorf("size %d is too small: these storms need %d bytes (%d MiB) for each policy's engine", g.Size, need, need>>20)
			}
			need = g.Size / 4096 * 4096
		}
		size = max(size, need)
	}
	return size, nil
}

// Touched returns how many bytes of an engine's region the storms can touch: what they need, however large the regions are to
// be. Nothing else of a region that is all holes takes memory.
func (p *Plan) Touched() (size int64, err error) {
	for i := range p.Groups {
		need, err := p.need(&p.Groups[i])
		if err != nil {
			return 0, err
		}
		size = max(size, need)
	}
	return size, nil
}

// EngineMemory returns about how many bytes of memory the largest engine takes beside its region.
func (p *Plan) EngineMemory() (size int64) {
	for i := range p.Groups {
		size = max(size, int64(p.Groups[i].inodes(p.Population))*inodeMemory)
	}
	return size
}

// need is how many bytes of persistent memory a group takes for one engine, in whole huge pages.
func (p *Plan) need(g *Group) (int64, error) {
	n, err := g.Workload.Size(g.Values, g.Workers, p.Population)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", g.Workload.Name, err)
	}
	const huge = 2 << 20
	return (n + huge - 1) / huge * huge, nil
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
