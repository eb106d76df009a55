// Package census counts what a storm does instead of timing it: evictions, waits, violations, allocations, over a fixed
// number of operations from a fixed seed.
//
// One worker on a fresh engine does the same each time, so most counts are exact: they need no statistics, and one that
// changed is a change of the code. It is not a measurement: nothing is timed, and the figures say nothing of speed.
//
// Not everything is exact. Under a storm with a device, or a policy that leaves work to the engine's worker, another
// goroutine decides how many operations meet a pin that is still held. So each cell is counted twice, and a count that
// depends on time is left out by rule where somebody else's time is in it, and by observation where the two takes differ.
//
// Allocations are those of the whole process, as the runtime counts no goroutine's own, with the garbage collector off.
// They are looked for in a take of their own, which goes on until the storm has all the memory that it keeps.
package census

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
	"daxbench/workloads/device"
	"daxbench/workloads/driver"
)

// Operations that a cell is counted over, after as many to warm up, unless the storm says how many.
const (
	quickOps = 20_000 // of storms whose operations take less than a microsecond: some dozen reclaims
	slowOps  = 200    // of those that wait for devices
)

// opsOf says how many.
func opsOf(wl *driver.Workload) int {
	switch {
	case wl.CountOps > 0:
		return wl.CountOps
	case wl.SelfTimed:
		return slowOps
	}
	return quickOps
}

// takes is how often a cell is counted, apart from its allocations.
const takes = 2

// A Count is one cell, counted.
type Count struct {
	Name   string // as in the Go benchmark format, without "Benchmark"
	Policy string
	Ops    int
	Values []Value  // that are exact, in the order of the units
	Loose  []string // units that are not exact in this cell
	Bad    string   // what went wrong that must not under this policy, "" if nothing: a violation, a hang
	Failed bool     // the cell did not come to its end: it has no values
}

// Value is one exact count.
type Value struct {
	Unit  string
	Value float64
}

// Get returns the count of a unit, and whether it is there and exact.
func (c *Count) Get(unit string) (v float64, ok bool) {
	for _, value := range c.Values {
		if value.Unit == unit {
			return value.Value, true
		}
	}
	return 0, false
}

// Take counts every cell of p: each group under each policy, in that order. The groups must have one worker. Neither the
// plan's rounds nor its duration mean anything here. Errors: what a storm could not be built for, those of memory, and
// the cause if ctx is done. A cell that fails for itself is a Count that says so.
func Take(ctx context.Context, p *driver.Plan) ([]Count, error) {
	size, err := p.EngineSize()
	if err != nil {
		return nil, err
	}
	region, err := pmem.Open(pmem.Options{Size: size})
	if err != nil {
		return nil, err
	}
	list, err := takeAll(ctx, p, region)
	if broken := new(brokenError); errors.As(err, &broken) {
		return list, err // somebody may still be in the region
	}
	return list, errors.Join(err, region.Close())
}

// A brokenError ends a census: the engine panicked, or its memory went away, and locks may be held for ever.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

func takeAll(ctx context.Context, p *driver.Plan, region *pmem.Region) (list []Count, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), 2))) // the device must not wait for the worker
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(8 << 30))                   // as the driver has it
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for i := range p.Groups {
		g := &p.Groups[i]
		if g.Workers != 1 {
			return nil, fmt.Errorf("%d workers: a census takes one, as others would come in between by chance", g.Workers)
		}
		for _, policy := range p.Policies {
			c, err := count(ctx, p, g, policy, region)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", g.Name(policy.Name()), err)
			}
			list = append(list, c)
		}
	}
	return list, nil
}

// count takes one cell, twice.
func count(ctx context.Context, p *driver.Plan, g *driver.Group, policy layout.Policy, region *pmem.Region) (Count, error) {
	c := Count{Name: g.Name(policy.Name()), Policy: policy.Name(), Ops: opsOf(g.Workload)}
	var all [takes]tally
	var spoilers others
	var steady allocations
	for i := range takes + 1 {
		var t tally
		work := t.count
		if i == takes {
			work = steady.count
		}
		runtime.GC() // what the takes before have left
		if err := t.take(ctx, p, g, policy, region, work, c.Ops); err != nil {
			return c, err
		}
		if ctx.Err() != nil {
			return c, context.Cause(ctx)
		}
		if t.err != nil {
			c.Failed, c.Bad = true, t.err.Error()
			return c, nil
		}
		if c.Bad == "" {
			c.Bad = t.bad(policy)
		}
		if i < takes {
			all[i] = t
			spoilers = max(spoilers, t.others)
		}
	}
	for _, u := range units {
		v, exact := u.of(&all[0]), false
		switch {
		case u.perOp != nil:
			v, exact = perOp(u.perOp(&steady), c.Ops), steady.exact
		case spoilers >= u.spoiled && !u.promised(policy):
		default:
			exact = v == u.of(&all[1])
		}
		if exact {
			c.Values = append(c.Values, Value{u.name, v})
		} else {
			c.Loose = append(c.Loose, u.name)
		}
	}
	return c, nil
}

// tally is what was counted in one take of a cell.
type tally struct {
	before, after vfs.Stats // of the counted operations
	end           driver.Findings
	others        others // who else had a say
	err           error  // the cell did not come to its end
}

// take opens the storm of a cell, has work run it, and ends it. An error is one of opening: the user's, or the machine's.
func (t *tally) take(ctx context.Context, p *driver.Plan, g *driver.Group, policy layout.Policy, region *pmem.Region, work func(driver.Storm, int), ops int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	fatal := make(chan error, 2) // one is the driver's, one ours
	var storm driver.Storm
	err := region.Guard(func() (err error) {
		storm, err = g.Workload.Open(driver.Env{
			Values: g.Values, Seed: p.Seed, Workers: 1, Region: region, Policy: policy, Population: p.Population,
			Kernel: p.Kernel, Context: ctx, HangLimit: p.HangLimit, Fatal: fatal,
		})
		return err
	})
	if err != nil {
		return err
	}
	t.others = othersOf(storm)
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				fatal <- fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		done <- region.Guard(func() error { return t.run(ctx, storm, work, ops, p) })
	}()
	select {
	case t.err = <-done:
	case err = <-fatal:
		return &brokenError{err}
	}
	storm.Close()
	if fault := new(pmem.FaultError); errors.As(t.err, &fault) {
		return t.err
	}
	return nil
}

// run warms the storm up, lets work count, and the storm verify itself.
func (t *tally) run(ctx context.Context, storm driver.Storm, work func(driver.Storm, int), ops int, p *driver.Plan) (err error) {
	w := storm.Worker(0)
	storm.Resume()
	storm.Run(w, ops)
	work(storm, ops)
	storm.Pause()
	if err := w.Err(); err != nil {
		return err
	}
	if t.after.KeptBusy > 0 {
		t.others = byWorker // an inode that was kept is evicted when somebody comes by again
	}
	limited, cancel := context.WithTimeoutCause(ctx, p.HangLimit+device.MaxDelay, driver.ErrHang)
	defer cancel()
	t.end, err = storm.Finish(limited)
	return err
}

// count runs the storm and keeps what its engine counted.
func (t *tally) count(storm driver.Storm, ops int) {
	t.before = storm.Stats()
	storm.Run(storm.Worker(0), ops)
	t.after = storm.Stats()
}

// bad says what a policy did that it promises not to do, "" if nothing.
func (t *tally) bad(p layout.Policy) string {
	switch f := &t.end; {
	case p.Safe() && (f.Violations > 0 || f.Found > 0):
		return fmt.Sprintf("%d device writes landed in blocks of others, and owners found %d", f.Violations, f.Found)
	case p.Safe() && f.Stats.FreedPinned > 0:
		return fmt.Sprintf("%d pages were freed with a pin on them", f.Stats.FreedPinned)
	case keepsPinned(p) && f.Stats.EvictedPinned > 0:
		return fmt.Sprintf("%d inodes were evicted with a page pinned", f.Stats.EvictedPinned)
	}
	return ""
}

// keepsPinned says whether a policy promises that no inode with a pinned page is evicted.
func keepsPinned(p layout.Policy) bool { return !p.Expect().ViolatesProperty("P1e") }
