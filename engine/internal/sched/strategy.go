package sched

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// A Strategy decides who takes the next step. It may be used for many runs.
type Strategy interface {
	// Begin is called before the first step of each run.
	Begin()
	// Pick returns the index in runnable of who takes the next step. There is
	// at least one; they are in ascending order, but for Clock, which is last.
	// The step before was last's, or NoTask's if there was none.
	Pick(last TaskID, runnable []TaskID) int
	// Paused is called when a task spins: it cannot go on until another has run.
	Paused(task TaskID)
}

// InOrder returns the Strategy that goes on with whom it has until he cannot,
// and then with the next in the order of Go, the first after the last. The
// clock moves on only when nobody can run.
func InOrder() Strategy { return inOrder{} }

type inOrder struct{}

func (inOrder) Begin()        {}
func (inOrder) Paused(TaskID) {}

func (inOrder) Pick(last TaskID, runnable []TaskID) int {
	next := 0
	for i, id := range runnable {
		if id == last && id != Clock {
			return i
		}
		if id > last && runnable[next] < last {
			next = i
		}
	}
	return next
}

// A RandomWalk picks each time any of those who can run, all alike likely.
type RandomWalk struct{ rng rand.PCG }

// Random returns a RandomWalk whose choices come from seed.
func Random(seed uint64) *RandomWalk {
	r := new(RandomWalk)
	r.Reset(seed)
	return r
}

// Reset makes r as if made by Random.
func (r *RandomWalk) Reset(seed uint64) { r.rng.Seed(seed, 0) }

// Begin implements Strategy.
func (r *RandomWalk) Begin() {}

// Pick implements Strategy.
func (r *RandomWalk) Pick(_ TaskID, runnable []TaskID) int { return below(&r.rng, len(runnable)) }

// Paused implements Strategy.
func (r *RandomWalk) Paused(TaskID) {}

// below returns a number in [0, n). For the small n here the bias is below 2^-56.
func below(rng *rand.PCG, n int) int {
	hi, _ := bits.Mul64(rng.Uint64(), uint64(n))
	return int(hi)
}

// A Replayer takes the steps of a trace. A step whose task cannot run is left
// out, and after the last one it goes on in order: so a trace that was cut or
// rearranged is a schedule, too.
type Replayer struct {
	trace []TaskID
	pos   int
	skips int // the first entry left out, plus 1
	past  int // how many steps there were after the last entry
}

// Replay returns a Replayer of trace.
func Replay(trace []TaskID) *Replayer { return &Replayer{trace: trace} }

// Reset makes r as if made by Replay.
func (r *Replayer) Reset(trace []TaskID) { *r = Replayer{trace: trace} }

// Begin implements Strategy.
func (r *Replayer) Begin() { r.Reset(r.trace) }

// Pick implements Strategy.
func (r *Replayer) Pick(last TaskID, runnable []TaskID) int {
	for r.pos < len(r.trace) {
		id := r.trace[r.pos]
		r.pos++
		if i := slices.Index(runnable, id); i >= 0 {
			return i
		}
		if r.skips == 0 {
			r.skips = r.pos
		}
	}
	r.past++
	return inOrder{}.Pick(last, runnable)
}

// Paused implements Strategy.
func (r *Replayer) Paused(TaskID) {}

// Err says where the run that ended differed from the trace, and nil if
// nowhere. If the trace is a run's, not cut or rearranged, then the tasks do
// not do the same twice: there is a source of chance that is not under control.
func (r *Replayer) Err() error {
	switch {
	case r.skips > 0:
		return fmt.Errorf("step %d of the trace: task %d cannot run", r.skips-1, r.trace[r.skips-1])
	case r.past > 0:
		return fmt.Errorf("the run went on for %d steps after the trace's %d", r.past, len(r.trace))
	case r.pos < len(r.trace):
		return fmt.Errorf("the run ended after %d of the trace's %d steps", r.pos, len(r.trace))
	}
	return nil
}
