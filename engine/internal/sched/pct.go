package sched

import "math/rand/v2"

// A Priorities is the PCT scheduler (Burckhardt, Kothari, Musuvathi,
// Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding
// Bugs, ASPLOS 2010). Each task has a random priority, the highest that can
// run does, and at depth-1 random steps of a run whoever runs falls below all
// that have not fallen before. A bug that needs depth ordered steps is met in
// a run of n tasks and k steps with probability 1/(n·k^(depth-1)) at least.
//
// Note: a task that spins falls below all others as well, for it would keep
// out whom it waits for. This takes no change point. The bound is for tasks
// that do not spin.
type Priorities struct {
	seed  uint64
	depth int
	steps int

	rng    rand.PCG
	prio   []int64 // by TaskID + 1, so that Clock has one
	falls  []int   // the steps at which somebody falls; in no order
	step   int
	lowest int64 // given to who has spun last
}

// PCT returns a Priorities for bugs of the given depth, at least 1, in runs of
// about so many steps; its choices come from seed.
func PCT(seed uint64, depth, steps int) *Priorities {
	return &Priorities{seed: seed, depth: depth, steps: steps}
}

// Reset makes p as if made with another seed.
func (p *Priorities) Reset(seed uint64) { p.seed = seed }

// SetSteps tells how long runs are, if that was not known before.
func (p *Priorities) SetSteps(n int) { p.steps = n }

// Begin implements Strategy.
func (p *Priorities) Begin() {
	p.rng.Seed(p.seed, 1)
	p.prio, p.falls = p.prio[:0], p.falls[:0]
	p.step, p.lowest = 0, 0
	for range p.depth - 1 {
		p.falls = append(p.falls, 1+below(&p.rng, max(1, p.steps-1)))
	}
}

// Pick implements Strategy.
func (p *Priorities) Pick(last TaskID, runnable []TaskID) int {
	for i, at := range p.falls {
		if at == p.step {
			p.prio[last+1] = int64(len(p.falls) - i)
		}
	}
	p.step++
	best, highest := 0, int64(0)
	for i, id := range runnable {
		if v := p.priority(id); i == 0 || v > highest {
			best, highest = i, v
		}
	}
	return best
}

// Paused implements Strategy.
func (p *Priorities) Paused(id TaskID) {
	p.priority(id)
	p.lowest--
	p.prio[id+1] = p.lowest
}

// priority returns that of a task, which gets one when it is first seen: above
// those of all who have fallen, and different from all others but in one run
// of 2^50 or so.
func (p *Priorities) priority(id TaskID) int64 {
	for int(id)+1 >= len(p.prio) {
		p.prio = append(p.prio, int64(p.rng.Uint64()>>1|1<<32))
	}
	return p.prio[id+1]
}
