package driver

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"daxbench/engine/pmem"
	"daxbench/workloads/clock"
)

// A Solo is one cell whose turns somebody else gives: another process, which
// gives the same turns to another build of this program. What it does comes from
// the seed and the number of operations it is told alone, never from a clock, so
// that two of them do the same.
//
// All methods are called by one goroutine, which is locked to its thread.
type Solo struct {
	cell    *cell
	crew    *crew
	plan    *Plan
	ctx     context.Context
	fatal   chan error
	carry   float64 // share of an operation that is still owed; see Turn
	restore func()
}

// A Turn is what one slice of a Solo took.
type Turn struct {
	Wall  float64 // ns per operation: of the workers' time in all, or of the part that the storm times itself
	CPU   float64 // processor time of the workers' threads in ns per operation; 0 if the storm times a part itself
	Slept int64   // how often the workers gave the processor up to wait for somebody; processor time hides that
}

// OpenSolo builds the only cell of p on region. Errors: what the storm could not
// be built for. What ends everything later goes to fatal, which holds one: a
// fault in the region, or a panic in a worker. Locks may be held for ever then,
// so a Turn may never come back.
func OpenSolo(ctx context.Context, p *Plan, seed uint64, region *pmem.Region, fatal chan error) (*Solo, error) {
	if len(p.Groups) != 1 || len(p.Policies) != 1 {
		return nil, fmt.Errorf("%d settings under %d policies: want one cell", len(p.Groups), len(p.Policies))
	}
	clock.Calibrate()
	g := &p.Groups[0]
	procs := runtime.GOMAXPROCS(min(g.Workers, runtime.NumCPU()) + 1)
	s := &Solo{plan: p, ctx: ctx, fatal: fatal}
	cell, err := p.open(ctx, g, p.Policies[0], seed, region, s.fatal)
	if err != nil {
		runtime.GOMAXPROCS(procs)
		return nil, err
	}
	s.cell, s.crew = cell, startCrew(g.Workers, s.fatal, true)
	s.crew.settle(0)
	runtime.GC()
	limit, percent := debug.SetMemoryLimit(8<<30), debug.SetGCPercent(-1)
	s.restore = func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(procs)
	}
	return s, nil
}

// Fit returns how many operations per worker make a slice of about d. It changes
// the state of the cell by as many operations as it happened to need.
func (s *Solo) Fit(d time.Duration) (ops int, err error) {
	wl := *s.cell.group.Workload
	wl.Slice = d
	g := *s.cell.group
	g.Workload, s.cell.group = &wl, &g
	ops = s.cell.fit(s.crew, s.plan)
	return ops, s.cell.err
}

// WarmUp does ops operations per worker, n times, and forgets that it did.
func (s *Solo) WarmUp(ops, n int) error {
	for range n {
		s.cell.run(s.crew, ops, 0, s.plan.HangLimit)
	}
	s.cell.forget()
	return s.cell.err
}

// Turn does ops operations per worker and returns what one of them took. A
// planted share of further operations of the same kind is done as well, and
// counts as the cost of the others: with 0.05 everything is 5 % slower, by real
// work. What is no whole operation is owed to the turns after.
func (s *Solo) Turn(ops int, planted float64) (Turn, error) {
	s.carry += planted * float64(ops)
	extra := int(s.carry)
	s.carry -= float64(extra)
	sl := s.cell.run(s.crew, ops+extra, 0, s.plan.HangLimit)
	factor := float64(ops+extra) / float64(ops)
	t := Turn{Wall: sl.cost * factor, Slept: sl.slept}
	if !s.cell.group.Workload.SelfTimed {
		t.CPU = sl.cpu * factor
	}
	return t, s.cell.err
}

// Allocations does ops operations per worker and returns how many objects were
// allocated meanwhile, by whomever.
func (s *Solo) Allocations(ops int) (n uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.cell.run(s.crew, ops, 0, s.plan.HangLimit)
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, s.cell.err
}

// Finish verifies the cell and sums it up.
func (s *Solo) Finish() Result {
	return s.cell.result(s.ctx, 1, s.plan, s.fatal)
}

// Close ends the cell in any state.
func (s *Solo) Close() {
	s.cell.cancel(nil)
	s.crew.close()
	s.cell.storm.Close()
	s.restore()
}
