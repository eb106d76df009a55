package driver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads/clock"
)

// An Observer is told how a run goes. Its methods are called between slices'
// groups, never while something is measured.
type Observer interface {
	// Group starts: group number i of round, after done of all groups.
	Group(round, i int, g *Group, done, all int)
	// Round is over and its results are complete. An error ends the run.
	Round(round int, results []Result) error
}

// Run runs the rounds from first on (1 is the first of all) on regions, one per
// policy (nil where the storms need none), and hands each round to o as it ends. The order of groups, of
// policies in a turn, and every choice in a storm come from the plan's seed and
// the number of the round, so a resumed run is the same as one in one go.
//
// When ctx is done the round that has begun is dropped and the cause returned.
// Other errors: *pmem.FaultError if the region shrank, or what a storm could
// not be built for.
func (p *Plan) Run(ctx context.Context, regions []*pmem.Region, first int, o Observer) error {
	clock.Calibrate()
	// One more than the workers, for the device; else it would wait for them.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), min(p.MostWorkers(), runtime.NumCPU())+1)))
	fatal := make(chan error, 1)
	done := make(chan error, 1)
	go func() { done <- p.rounds(ctx, regions, first, o, fatal) }()
	select {
	case err := <-done:
		return err
	case err := <-fatal: // somebody may be stuck behind a lock that nobody will release
		return err
	}
}

func (p *Plan) rounds(ctx context.Context, regions []*pmem.Region, first int, o Observer, fatal chan error) error {
	all := (p.Rounds - first + 1) * len(p.Groups)
	done := 0
	for round := first; round <= p.Rounds; round++ {
		rng := rand.New(rand.NewPCG(p.Seed, uint64(round)))
		results := make([][]Result, len(p.Groups))
		seed := rng.Uint64()
		for _, i := range rng.Perm(len(p.Groups)) {
			o.Group(round, i, &p.Groups[i], done, all)
			var err error
			if results[i], err = p.group(ctx, &p.Groups[i], round, seed, regions, fatal); err != nil {
				return err
			}
			done++
		}
		var flat []Result
		for _, r := range results {
			flat = append(flat, r...)
		}
		if err := o.Round(round, flat); err != nil {
			return err
		}
	}
	return nil
}

// leastTurns is how often each policy gets a turn at least, whatever the time.
const leastTurns = 3

// group runs the cells of a group by turns.
func (p *Plan) group(ctx context.Context, g *Group, round int, seed uint64, regions []*pmem.Region, fatal chan error) (results []Result, err error) {
	crew := newCrew(g.Workers, fatal)
	defer crew.close()
	cells := make([]*cell, len(p.Policies))
	defer func() {
		for _, c := range cells {
			if c != nil {
				c.cancel(nil)
				c.storm.Close()
			}
		}
	}()
	rng := rand.New(rand.NewPCG(seed, 0))
	// Memory has good and bad places: the regions are dealt out by chance, and
	// so is who allocates first.
	place := rng.Perm(len(regions))
	for _, i := range rng.Perm(len(cells)) {
		policy := p.Policies[i]
		region := regions[place[i]]
		if g.Size > 0 && g.Size < region.Size() {
			if region, err = region.Slice(0, g.Size/pmem.PageSize*pmem.PageSize); err != nil {
				return nil, err
			}
		}
		if cells[i], err = p.openWeighed(ctx, g, policy, seed, region, fatal); err != nil {
			return nil, fmt.Errorf("%s: %w", g.Name(policy.Name()), err)
		}
	}
	runtime.GC()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(8 << 30))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, c := range cells {
		c.warmUp(crew, p)
	}
	length := g.Workload.Slice
	if p.Rate > 0 {
		length = openWindow(g.Workload)
	}
	cal := newCalendar(len(cells), p.Duration, length)
	for _, c := range cells {
		c.calendar = cal
	}
	var order []int
	start := time.Now()
	budget := p.Duration * time.Duration(len(cells))
	rss := newMeter()
	defer rss.close()
	watch := func() {
		if cells[0].memory == nil { // then no other has any
			return
		}
		now := rss.resident()
		for _, c := range cells {
			c.memory.note(now)
		}
	}
	watch()
	for turn := 0; turn < leastTurns || time.Since(start) < budget; turn++ {
		if turn%2 == 0 {
			order = rng.Perm(len(cells))
		} else {
			slices.Reverse(order)
		}
		for _, i := range order {
			if c := cells[i]; c.err == nil {
				c.enter(clock.Now())
				s := c.run(crew, c.ops, c.interval(p), p.HangLimit)
				c.slices = append(c.slices, s)
				c.bareWakes(crew)
			}
		}
		watch()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	settle(cells, slices.Index(p.Policies, p.Reference()))
	for _, c := range cells {
		results = append(results, c.result(ctx, round, p, fatal))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return results, nil
}

// openWeighed is open, and looks what that took of memory where that is worth it.
func (p *Plan) openWeighed(ctx context.Context, g *Group, policy layout.Policy, seed uint64, region *pmem.Region, fatal chan error) (c *cell, err error) {
	inodes := g.inodes(p.Population)
	if inodes < leastInodes {
		return p.open(ctx, g, policy, seed, region, fatal)
	}
	before := settled()
	if c, err = p.open(ctx, g, policy, seed, region, fatal); err != nil || before == (Resident{}) {
		return c, err
	}
	after := settled()
	c.memory = &Memory{Inodes: inodes, Opened: Resident{after.Own - before.Own, after.Shared - before.Shared}}
	return c, nil
}

// open builds the storm of one cell.
func (p *Plan) open(ctx context.Context, g *Group, policy layout.Policy, seed uint64, region *pmem.Region, fatal chan error) (*cell, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &cell{group: g, policy: policy, region: region, cancel: cancel}
	env := Env{
		Values: g.Values, Seed: seed, Workers: g.Workers, Region: region,
		Policy: policy, Population: p.Population, Context: ctx, Fatal: fatal,
		HangLimit: p.HangLimit, Kernel: p.Kernel,
	}
	build := func() (err error) {
		c.storm, err = g.Workload.Open(env)
		return err
	}
	var err error
	if region == nil { // the storm needs none
		err = build()
	} else {
		err = region.Guard(build)
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	return c, nil
}
