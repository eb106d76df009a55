// Package enginetest helps to test the engine: it runs small groups of tasks
// through every interleaving of their atomic steps. It is for tests only.
package enginetest

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"daxbench/engine/internal/sync"
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
}

// Explored says how far an exploration went.
type Explored struct {
	Schedules int   // complete interleavings that ran
	Exhausted bool  // every interleaving within the bound on preemptions ran
	Err       error // what the first bad interleaving did; nil if none was bad
	Trace     []int // which task took each step of it
}

// Explore runs scenes, each made anew by make, through every order of their
// steps (see package sync for what a step is), by depth-first search with
// replay, until one ends badly, all are done, or the bound is met. Bad is: a
// task or Check panics, Check returns an error, all unfinished tasks are blocked, or
// they are not done after maxSteps. A make that is not deterministic makes
// Explore panic.
func Explore(b Bound, make func() Scene) Explored {
	var path []choice
	for n := 1; ; n++ {
		s := make()
		run := &schedule{path: path, last: -1, left: b.Preemptions}
		err := run.play(s)
		path = run.path
		if err != nil {
			return Explored{Schedules: n, Err: err, Trace: run.trace}
		}
		for len(path) > 0 && path[len(path)-1].index+1 == path[len(path)-1].of {
			path = path[:len(path)-1]
		}
		if len(path) == 0 {
			return Explored{Schedules: n, Exhausted: true}
		}
		if n == b.Schedules {
			return Explored{Schedules: n}
		}
		path[len(path)-1].index++
	}
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

// choice is one decision of the search: the index-th of so many runnable tasks.
type choice struct{ index, of int }

// schedule is one run; it implements sync.Scheduler. Tasks are coroutines, so
// exactly one runs at a time and a switch costs no goroutine hand-off.
type schedule struct {
	path  []choice // decisions to take; extended by first choices
	depth int
	trace []int
	last  int // the task that ran last
	left  int // preemptions that may still be made
	cur   *task
}

type task struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	ready func() bool // nil: runnable
	done  bool
	alone bool // it is Check
	err   any  // what it panicked with
}

// maxSteps is far more than any scene needs: who takes as many spins.
const maxSteps = 20_000

// Yield implements sync.Scheduler.
func (s *schedule) Yield() { s.cur.pause() }

// Block implements sync.Scheduler.
func (s *schedule) Block(ready func() bool, _ time.Time) {
	if s.cur.alone && !ready() {
		panic("blocked, with nobody left to wait for")
	}
	s.cur.ready = ready
	s.cur.pause()
	s.cur.ready = nil
}

// Pause implements sync.Scheduler.
func (s *schedule) Pause() { s.cur.pause() }

// Now implements sync.Scheduler.
func (s *schedule) Now() time.Time { return time.Now() }

// abandoned unwinds a task whose run ended without it.
type abandoned struct{}

func (t *task) pause() {
	if !t.yield(struct{}{}) {
		panic(abandoned{})
	}
}

func (s *schedule) play(scene Scene) (err error) {
	tasks := make([]*task, len(scene.Tasks))
	for i, fn := range scene.Tasks {
		t := &task{}
		t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
			t.yield = yield
			defer func() {
				if r := recover(); r != nil && r != (abandoned{}) {
					t.err = r
				}
			}()
			fn()
		})
		tasks[i] = t
	}
	defer sync.Use(s)()
	defer func() { // unwinding tasks still meet yield points
		for _, t := range tasks {
			s.cur = t
			t.stop()
		}
	}()
	for {
		runnable := s.runnable(tasks)
		if len(runnable) == 0 {
			if slices.ContainsFunc(tasks, func(t *task) bool { return !t.done }) {
				return fmt.Errorf("deadlock: every unfinished task is blocked")
			}
			break
		}
		if len(s.trace) == maxSteps {
			return fmt.Errorf("livelock: no end after %d steps", maxSteps)
		}
		pick := runnable[s.choose(len(runnable))]
		if pick != s.last && slices.Contains(runnable, s.last) {
			s.left--
		}
		s.last = pick
		s.trace = append(s.trace, pick)
		s.cur = tasks[pick]
		if _, more := s.cur.next(); !more {
			s.cur.done = true
		}
		if s.cur.err != nil {
			return fmt.Errorf("task %d: panic: %v", pick, s.cur.err)
		}
	}
	return s.check(scene)
}

// check runs Check as the only task.
func (s *schedule) check(scene Scene) (err error) {
	steps := 0
	s.cur = &task{alone: true, yield: func(struct{}) bool { steps++; return steps < maxSteps }}
	defer func() {
		switch r := recover(); r {
		case nil:
		case abandoned{}:
			err = fmt.Errorf("check: livelock: no end after %d steps", maxSteps)
		default:
			err = fmt.Errorf("check: panic: %v", r)
		}
	}()
	return scene.Check()
}

// runnable lists the tasks that may take the next step, the one that ran last
// first. It is alone if it can go on and no preemption is left.
func (s *schedule) runnable(tasks []*task) []int {
	var list []int
	for i, t := range tasks {
		if !t.done && (t.ready == nil || t.ready()) {
			list = append(list, i)
		}
	}
	if i := slices.Index(list, s.last); i >= 0 {
		if s.left == 0 {
			return list[i : i+1]
		}
		list[0], list[i] = list[i], list[0]
	}
	return list
}

// choose follows the path, then takes the first.
func (s *schedule) choose(of int) int {
	if s.depth == len(s.path) {
		s.path = append(s.path, choice{of: of})
	}
	c := s.path[s.depth]
	if c.of != of {
		panic(fmt.Sprintf("enginetest: step %d has %d runnable tasks, had %d before: the scene is not deterministic", s.depth, of, c.of))
	}
	s.depth++
	return c.index
}
