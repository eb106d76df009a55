package ops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// A Config is one way to build an engine.
type Config struct {
	Policy layout.Policy
	Cache  vfs.Options
	Picks  string // by which rule idle inodes are taken: with the same, May must be the same
}

func (c Config) String() string {
	o := c.Cache
	return fmt.Sprintf("policy %s; stripes %d, lru lists %d, inode lists %d, cache %d, wait queues %d, lru rule %d, refcount %d, granule %d, scan %d",
		c.Policy.Name(), o.Stripes, o.LRULists, o.InodeLists, o.CacheInodes, o.WaitQueues, o.LRU, o.Refcount, o.Granule, o.Scan)
}

// Configs returns every given policy with every set of options: few and many
// locks and lists, both LRU rules, and the presets of kernels.
func Configs(policies []layout.Policy) (list []Config) {
	const (
		small = MaxOpen + 2 // direct reclaim has work; with KeepOff it may find none
		ample = Files + 4
		pages = Files*MaxNumber + MaxPins
	)
	sets := []Config{
		{Picks: "one list", Cache: vfs.Options{Stripes: 1, WaitQueues: 1, CacheInodes: small}},
		{Picks: "one list", Cache: vfs.Options{Stripes: 64, LRULists: 1, InodeLists: 1, CacheInodes: small}},
		{Picks: "4 lists", Cache: vfs.Options{Stripes: 4, WaitQueues: 4, CacheInodes: small}},
		{Picks: "64 lists", Cache: vfs.Options{Stripes: 64, CacheInodes: small}},
		{Picks: "64 lists, ample", Cache: vfs.Options{Stripes: 64, InodeLists: 4, CacheInodes: ample}},
		{Picks: "one list, shrinkable", Cache: vfs.Options{Stripes: 1, LRU: vfs.EntriesKeepOff, CacheInodes: ample}},
		{Picks: "4 lists, shrinkable", Cache: vfs.Options{Stripes: 4, LRU: vfs.EntriesKeepOff, CacheInodes: ample}},
	}
	for _, p := range vfs.Presets {
		sets = append(sets, Config{Picks: p.Name, Cache: p.Apply(vfs.Options{CacheInodes: ample})})
	}
	for _, p := range policies {
		for _, c := range sets {
			c.Policy, c.Cache.CachePages, c.Cache.ReclaimBatch = p, pages, 2
			list = append(list, c)
		}
	}
	return list
}

// NewRegion returns a region with room for any list. It is the caller's to close.
func NewRegion() (*pmem.Region, error) {
	return pmem.Open(pmem.Options{Size: engine.MinSize(2*Files, blocks)})
}

// blocks is enough for all files, twice: a block that is pinned may come back late.
const blocks = 2 * Files * MaxNumber

// RunOn formats r and runs a list there.
func RunOn(ctx context.Context, r *pmem.Region, c Config, list []Op) ([]Result, error) {
	e, err := engine.Open(r, engine.Config{Policy: c.Policy, Inodes: 2 * Files, Cache: c.Cache, Seed: 1})
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c, err)
	}
	return Run(ctx, e, list), nil
}

// A Difference is two configurations under which a list has other results.
type Difference struct {
	A, B  Config
	Index int // of the first result that differs
	Diff  string
}

// Compare runs a list under each configuration on r and returns the first
// difference between what must be the same, or nil.
func Compare(ctx context.Context, r *pmem.Region, list []Op, configs []Config) (*Difference, error) {
	type run struct {
		c       Config
		results []Result
	}
	var first *run
	picks := make(map[string]*run)
	for _, c := range configs {
		results, err := RunOn(ctx, r, c, list)
		if err != nil {
			return nil, err
		}
		this := &run{c, results}
		if first == nil {
			first = this
		}
		if picks[c.Picks] == nil {
			picks[c.Picks] = this
		}
		for _, o := range []*run{first, picks[c.Picks]} {
			if i := differ(o.results, results, o.c.Picks == c.Picks); i >= 0 {
				return &Difference{A: o.c, B: c, Index: i, Diff: diff(o.results, results, i)}, nil
			}
		}
	}
	return nil, nil
}

// differ returns the index of the first difference, or -1.
func differ(a, b []Result, may bool) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i].Must != b[i].Must || may && a[i].May != b[i].May {
			return i
		}
	}
	return -1
}

// diff shows what led to a difference, and both sides of it.
func diff(a, b []Result, i int) string {
	const before = 8 // lines: the list itself is shown besides
	var s strings.Builder
	for _, r := range a[max(0, min(i, len(a))-before):min(i, len(a))] {
		fmt.Fprintf(&s, "  %v\n", r)
	}
	side := func(mark string, list []Result) {
		if i < len(list) {
			fmt.Fprintf(&s, "%s %v\n", mark, list[i])
		} else {
			fmt.Fprintf(&s, "%s nothing\n", mark)
		}
	}
	side("-", a)
	side("+", b)
	return s.String()
}

// Reduce leaves operations out as long as what is left still fails. It takes out
// half of a list at once first, then ever smaller pieces.
func Reduce(list []Op, fails func([]Op) bool) []Op {
	for size := len(list) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(list); {
			if shorter := slices.Delete(slices.Clone(list), at, at+size); fails(shorter) {
				list = shorter
			} else {
				at += size
			}
		}
	}
	return list
}

// Report says all that is needed to see a difference again: the configurations,
// the list, and what differs.
func (d *Difference) Report(list []Op) string {
	return fmt.Sprintf("OPTIONS\n- %v\n+ %v\nOPS\n%sDIFF\n%s", d.A, d.B, Format(list), d.Diff)
}
