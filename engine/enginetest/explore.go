// Package enginetest helps to test the engine: it runs small groups of tasks
// through every interleaving of their atomic steps. It is for tests only.
package enginetest

import (
	"fmt"
	"testing"

	"daxbench/engine/internal/sched"
)

// A Scene is one fresh set of tasks that share state, and the test of what
// they leave behind. Check runs after all tasks have ended.
type Scene struct {
	Tasks []func()
	Check func() error
}

// A Bound limits an exploration.
type Bound struct {
	Schedules   int // at most so many complete interleavings
	Preemptions int // at most so many switches away from a task that could go on; negative: any number
	// Deadlines lets waits end by their deadlines, when nobody can run. Without
	// it such a wait is as bad as one without a deadline: it may be that only the
	// deadline helps where a wake-up was lost.
	Deadlines bool
}

// Explored says how far an exploration went.
type Explored struct {
	Schedules int   // complete interleavings that ran
	Exhausted bool  // every interleaving within the bound on preemptions ran
	Err       error // what the first bad interleaving did; nil if none was bad
	Trace     []int // which task took each step of it
}

// maxSteps is far more than any scene needs: who takes as many spins.
const maxSteps = 20_000

// Explore runs scenes, each made anew by make, through every order of their
// steps (see package sched for what a step is), by depth-first search with
// replay, until one ends badly, all are done, or the bound is met. Bad is: a
// task or Check panics, Check returns an error, all unfinished tasks are blocked, or
// they are not done after maxSteps. A make that is not deterministic makes
// Explore panic.
func Explore(b Bound, make func() Scene) Explored {
	dfs := &sched.DFS{Preemptions: b.Preemptions}
	o := sched.Options{MaxSteps: maxSteps, Timers: sched.Never}
	if b.Deadlines {
		o.Timers = sched.WhenIdle
	}
	w := sched.New(dfs, o)
	defer w.Kill()
	for n := 1; ; n++ {
		w.Reset(dfs)
		s := make()
		for _, fn := range s.Tasks {
			w.Go("", fn)
		}
		r := w.Run()
		if r.Err == nil {
			if err := w.Do(func() { r.Err = s.Check() }); err != nil {
				r.Err = fmt.Errorf("check: %w", err)
			}
		}
		if r.Err != nil {
			return Explored{Schedules: n, Err: r.Err, Trace: ints(r.Trace)}
		}
		if !dfs.Next() {
			return Explored{Schedules: n, Exhausted: true}
		}
		if n == b.Schedules {
			return Explored{Schedules: n}
		}
	}
}

func ints(trace []sched.TaskID) []int {
	list := make([]int, len(trace))
	for i, id := range trace {
		list[i] = int(id)
	}
	return list
}

// MustHold fails the test if some interleaving is bad or not all within the
// bound on preemptions ran. Under the race detector it skips: every switch
// between coroutines orders what came before, so it would see nothing.
func MustHold(t *testing.T, b Bound, make func() Scene) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector sees nothing under a controlled scheduler")
	}
	switch e := Explore(b, make); {
	case e.Err != nil:
		t.Errorf("schedule %d: %v\ntasks took their steps in this order: %v", e.Schedules, e.Err, e.Trace[:min(len(e.Trace), 500)])
	case !e.Exhausted:
		t.Errorf("not exhausted after %d schedules", e.Schedules)
	default:
		t.Logf("%d schedules, exhausted", e.Schedules)
	}
}

// MustFail fails the test if no interleaving within the bound is bad: it is how
// a check shows that it can find what it is for.
func MustFail(t *testing.T, b Bound, make func() Scene) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector sees nothing under a controlled scheduler")
	}
	e := Explore(b, make)
	if e.Err == nil {
		t.Errorf("the broken engine passed %d schedules (exhausted: %t)", e.Schedules, e.Exhausted)
		return
	}
	t.Logf("found in schedule %d: %v; steps %v", e.Schedules, e.Err, e.Trace)
}
