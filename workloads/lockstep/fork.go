package lockstep

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"daxbench/workloads/driver"
)

// warmUp is how many slices each side does before the first that counts: after some 4 ms the caches of the processor and of
// the engine are warm.
const warmUp = 10

// fork measures a cell by one pair of fresh processes. A side that dies, hangs, or finds a violation is part of what was
// measured; the fork then has fewer slices. Errors: the context's cause, or a side that cannot be started or talked to.
func (m *Master) fork(ctx context.Context, c *Sampled, number, batch int) (f Fork, err error) {
	rng := rand.New(rand.NewPCG(m.Seed, uint64(number)))
	base, head := m.build(m.Base, number), m.build(m.Head, number)
	f = Fork{Number: number, Batch: batch, Seed: rng.Uint64(), Layout: base.Layout}
	p := pair{m: m, cell: c, fork: &f, first: firstOf(m.Seed, number)}
	p.side[0].to, p.side[1].to = &f.Base, &f.Head
	f.First = "bh"[p.first : p.first+1]
	defer p.stop()
	builds := [2]Build{base, head}
	for _, i := range p.sides() {
		if p.side[i].process, err = start(ctx, builds[i]); err != nil {
			return f, err
		}
	}
	p.measure(rng)
	if ctx.Err() != nil {
		return f, context.Cause(ctx)
	}
	return f, p.err
}

// pair is a fork while it runs; side 0 is the base.
type pair struct {
	m    *Master
	cell *Sampled
	fork *Fork
	side [2]struct {
		*process
		to *Side
	}

	first int // the side that is started first

	mu  sync.Mutex
	err error // the first reason why the fork means nothing
}

// firstOf draws the side that is started first: of forks 1 and 2, 3 and 4, and so on, each side has one. The first
// may get memory that the fork before gave back, or the better place, and what goes one way in every fork would look like
// the head's doing.
func firstOf(seed uint64, number int) int {
	n := number - 1
	return rand.New(rand.NewPCG(^seed, uint64(n/2))).IntN(2) ^ n%2
}

// processorOf is where the sides of a fork of one worker run. Processors differ in speed, so forks take them by turns, and each round
// of layouts begins one further on: each layout comes to each processor.
func processorOf(cpus []int, number, layouts int) int {
	n := number - 1
	return cpus[(n%layouts+n/layouts)%len(cpus)]
}

// sides lists both, the one that is started first before the other.
func (p *pair) sides() [2]int { return [2]int{p.first, 1 - p.first} }

func (p *pair) stop() {
	for i := range p.side {
		if p.side[i].process != nil {
			p.side[i].process.stop()
		}
	}
}

// measure goes through the life of a fork. Both sides are asked how they end even if one of them dies early: a side
// without an outcome says nothing.
func (p *pair) measure(rng *rand.Rand) {
	p.slices(rng)
	p.finish()
}

// slices opens the cell on both sides and lets them take turns.
func (p *pair) slices(rng *rand.Rand) {
	if !p.both(Request{Do: Open, Cell: p.cell.Name, Seed: p.fork.Seed}) {
		return
	}
	if p.cell.Workers == 1 {
		p.fork.Loose = len(p.m.cpus) == 0 || !p.pin(processorOf(p.m.cpus, p.fork.Number, len(p.m.Base)))
	}
	if !p.both(Request{Do: WarmUp, Ops: p.cell.Ops, Times: warmUp}) {
		return
	}
	n := p.m.slices(p.cell)
	order := make([]byte, 0, n)
	for range n {
		order = nextInOrder(order, rng)
		i := 0
		if order[len(order)-1] == 'h' {
			i = 1
		}
		if !p.turns(i) {
			order = order[:len(order)-1]
			break
		}
	}
	p.fork.Order = string(order)
}

// pin keeps both sides on one processor, and reports whether it could.
func (p *pair) pin(cpu int) bool {
	for _, i := range p.sides() {
		if !keepOn(p.side[i].cmd.Process.Pid, cpu) {
			return false
		}
	}
	p.fork.On = cpu + 1
	return true
}

// finish has each side that lives sum itself up.
func (p *pair) finish() {
	for _, i := range p.sides() {
		var reply Reply
		to := p.side[i].to
		to.trim()
		if p.err != nil || to.Outcome != "" || !p.ask(i, Request{Do: Finish}, &reply) {
			continue
		}
		if reply.Finish == nil {
			p.void(fmt.Errorf("%s: %w: no ending in the answer", p.side[i].cmd.Path, ErrProtocol))
			continue
		}
		e := reply.Finish
		to.Counters, to.Latency, to.Outcome, to.Notes = e.Counters, e.Latency, e.Outcome, e.Notes
	}
}

// both asks both sides at the same time.
func (p *pair) both(r Request) bool {
	var fine [2]bool
	var wait sync.WaitGroup
	for _, i := range p.sides() {
		wait.Go(func() { fine[i] = p.ask(i, r, nil) })
	}
	wait.Wait()
	return fine[0] && fine[1]
}

// nextInOrder draws who goes first in the next slice: of two slices each side has one.
func nextInOrder(order []byte, rng *rand.Rand) []byte {
	if n := len(order); n%2 == 1 {
		return append(order, 'b'^'h'^order[n-1])
	}
	return append(order, "bh"[rng.IntN(2)])
}

// turns gives each side a slice, first to side i. It keeps either both or none, so that the series stay parallel.
func (p *pair) turns(i int) bool {
	var taken [2]Reply
	for _, i := range []int{i, 1 - i} {
		r := Request{Do: Turn, Ops: p.cell.Ops}
		if i == 1 {
			r.Planted = p.cell.PlantedNow
		}
		if !p.ask(i, r, &taken[i]) {
			return false
		}
		if taken[i].Turn == nil {
			p.void(fmt.Errorf("%s: %w: no turn in the answer", p.side[i].cmd.Path, ErrProtocol))
			return false
		}
	}
	for i := range p.side {
		p.side[i].to.add(taken[i].Turn)
	}
	if p.cell.Workers == 1 && apart(p.fork.On, taken[0].Turn, taken[1].Turn) {
		p.fork.Apart++
	}
	return true
}

// ask asks side i. If that fails the side's outcome says so, unless the two do not understand each other.
func (p *pair) ask(i int, r Request, reply *Reply) bool {
	got, err := p.side[i].ask(r, p.m.limit(p.cell, &r))
	if reply != nil {
		*reply = got
	}
	switch to := p.side[i].to; {
	case err == nil:
		return true
	case errors.Is(err, ErrProtocol):
		p.void(err)
	case got.Unknown:
		p.void(fmt.Errorf("%s: the cell was there a moment ago: %w", p.cell.Name, err))
	case errors.Is(err, errHung):
		to.Outcome, to.Notes = driver.Hung, []string{err.Error()}
	default:
		to.Outcome, to.Notes = driver.Failed, []string{err.Error()}
	}
	return false
}

// void says why the fork means nothing.
func (p *pair) void(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}
