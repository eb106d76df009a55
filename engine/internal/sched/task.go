package sched

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"time"

	"daxbench/engine/internal/sync"
)

// A taskState says whether a task can run.
type taskState uint8

const (
	able    taskState = iota
	paused            // spins: when another has run
	blocked           // when it is ready or its deadline is reached
	done
)

// A task is one coroutine and the function it runs now. The coroutine outlives
// the function: making one costs more than a short run.
type task struct {
	w     *World
	id    TaskID
	state taskState
	begun bool // fn has taken a step
	name  string
	fn    func()

	ready func() bool   // if blocked
	until time.Duration // if blocked: by the World's clock

	// Indices into the trace.
	ran       int // the last step; -1: none
	since     int // it can run ever since this step, or longer
	pausedAt  int // the last pause; -1: none
	pausedOld int // the pause before

	spins    int // pauses since spinFrom
	spinFrom int // what World.progress was then

	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

// abandoned unwinds a task whose run ended without it.
type abandoned struct{}

// livelocked ends a function that runs alone and does not end.
type livelocked struct{}

func (t *task) start(name string, fn func()) {
	t.name, t.fn = name, fn
	t.state, t.begun, t.ready = able, false, nil
	t.ran, t.since, t.pausedAt, t.pausedOld = -1, len(t.w.trace), -1, -1
	t.spins, t.spinFrom = 0, -1
	if t.next == nil {
		t.next, t.stop = iter.Pull(t.loop)
	}
}

// loop is the coroutine: between two functions it waits for the next.
func (t *task) loop(yield func(struct{}) bool) {
	t.yield = yield
	for {
		t.run()
		t.fn, t.ready, t.state = nil, nil, done
		t.w.progress = len(t.w.trace)
		if !yield(struct{}{}) {
			return
		}
	}
}

func (t *task) run() {
	defer func() {
		if r := recover(); r != nil {
			t.w.caught(t, r)
		}
	}()
	t.fn()
}

// resume lets t take a step. A coroutine that is no more, as its function
// called runtime.Goexit, is made anew by the next start.
func (t *task) resume() {
	t.begun = true
	if _, ok := t.next(); !ok {
		t.state, t.next, t.stop = done, nil, nil
	}
}

// caught notes why t's function panicked.
func (w *World) caught(t *task, r any) {
	switch {
	case w.choosing:
		w.broken = r
		return
	case w.killing:
		return
	}
	var err error
	if e, ok := r.(error); ok {
		err = fmt.Errorf("task %d: panic: %w", t.id, e)
	} else {
		err = fmt.Errorf("task %d: panic: %v", t.id, r)
	}
	if t.name != "" {
		err = fmt.Errorf("%s: %w", t.name, err)
	}
	w.fail(Panic, err)
	if _, ok := r.(runtime.Error); ok {
		w.stack = debug.Stack()
	}
}

// unwind ends every task that has begun and not returned.
func (w *World) unwind() {
	defer sync.Use(w)() // unwinding tasks still meet yield points
	w.choosing, w.killing = false, true
	for _, t := range w.tasks {
		if t.begun && t.state != done {
			w.cur = t
			t.resume()
		}
		t.state, t.fn = done, nil
	}
	w.cur, w.killing = nil, false
}

// Yield implements sync.Scheduler.
func (w *World) Yield() {
	if w.cur == nil || w.choosing {
		w.alone()
		return
	}
	w.step()
}

// Block implements sync.Scheduler.
func (w *World) Block(ready func() bool, until time.Time) {
	at := never
	if !until.IsZero() {
		at = until.Sub(epoch)
	}
	t := w.cur
	if t == nil || w.choosing {
		w.blockAlone(ready, at)
		return
	}
	t.state, t.ready, t.until = blocked, ready, at
	w.progress = len(w.trace)
	w.step()
	t.ready = nil
	w.progress = len(w.trace)
}

// Pause implements sync.Scheduler.
func (w *World) Pause() {
	t := w.cur
	if t == nil || w.choosing {
		w.alone()
		return
	}
	t.state = paused
	t.pausedOld, t.pausedAt = t.pausedAt, len(w.trace)-1
	if t.spinFrom != w.progress {
		t.spinFrom, t.spins = w.progress, 0
	}
	t.spins++
	w.strategy.Paused(t.id)
	w.step()
}

// Now implements sync.Scheduler.
func (w *World) Now() time.Time { return epoch.Add(w.now) }

// step ends the current task's step. It returns when the task is to take its
// next one; if that is at once, without a switch.
func (w *World) step() {
	if !w.killing {
		t := w.cur
		if w.choose(); w.chosen == t {
			w.decided = false
			return
		}
		t.yield(struct{}{})
	}
	if w.killing {
		panic(abandoned{})
	}
}

// alone is a yield point of Do's function, or of a hook.
func (w *World) alone() {
	if w.doing > 0 && !w.choosing {
		if w.doing--; w.doing == 0 {
			panic(livelocked{})
		}
	}
}

// blockAlone is Block in Do's function or in a hook. Only the clock can help.
func (w *World) blockAlone(ready func() bool, until time.Duration) {
	w.alone()
	switch {
	case ready():
	case until < never && !w.choosing:
		w.now = max(w.now, until)
	default:
		panic(errAlone)
	}
}

var errAlone = errors.New("blocked, with nobody left to wait for")
