package sched

import (
	"errors"
	"fmt"
	"math"
	"time"

	"daxbench/engine/internal/sync"
)

// A TaskID is the index of a task in the order of Go.
type TaskID int32

// What stands in for a task.
const (
	Clock  TaskID = -1 // in traces, where the strategy may move the clock on
	NoTask TaskID = -2
)

// An End says how a run ended.
type End uint8

// The ends.
const (
	Done     End = iota // all tasks have returned
	Deadlock            // all that have not are blocked, and there is no deadline
	Livelock            // MaxSteps were not enough
	Panic               // a task panicked
	Failed              // somebody called Fail
)

// String implements fmt.Stringer.
func (e End) String() string {
	return [...]string{"done", "deadlock", "livelock", "panic", "failed"}[e]
}

// Timers says when the clock moves on.
type Timers uint8

// The choices.
const (
	WhenIdle Timers = iota // when nobody can run
	AnyTime                // whenever there is a deadline, as if Clock were one task more
	Never                  // so that no deadline hides a wake-up that was lost
)

// defaultMaxSteps is far more than any group of a few tasks needs: who takes
// as many spins.
const defaultMaxSteps = 20_000

// Options are what a World is made with.
type Options struct {
	MaxSteps int // of one run; 0: 20,000
	Timers   Timers
	// OnStep, if not nil, is called before each step with who is about to take
	// it, Clock included. It may read the engine's state: yield points within it
	// do nothing.
	OnStep func(TaskID)
}

// A Result says what a run did.
type Result struct {
	End     End
	Steps   int
	Trace   []TaskID // who took each step; valid until Reset
	Blocked []TaskID // who was blocked at the end; valid until Reset
	Err     error    // nil if End is Done
	Stack   []byte   // where the runtime stopped a task: nil dereference, index out of range
}

// A World is a group of tasks and the clock they live by. It is used by one
// goroutine; all methods but Run, Settle, Advance, Do, Reset and Kill may also
// be called by its tasks.
type World struct {
	opts     Options
	strategy Strategy
	begun    bool // the strategy knows

	all   []*task // coroutines ever made, which keep their index
	tasks []*task // those in use
	cur   *task   // who runs; nil: somebody outside
	now   time.Duration
	trace []TaskID

	decided  bool // chosen holds the next choice
	chosen   *task
	choosing bool // within choose; left set if that panics
	settling bool // the clock stands still
	killing  bool
	doing    int // steps that Do may still take; 0 outside Do

	progress int // the last step at which a task returned, went to sleep or woke up
	end      End // if Panic, Livelock or Failed: nothing goes on
	err      error
	stack    []byte
	broken   any // what the strategy or a hook panicked with

	runnable, spare, blocked []TaskID // scratch
}

// epoch is the time at which the clock of each World starts, as in testing/synctest.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// never is a deadline that is not reached.
const never = time.Duration(math.MaxInt64)

// New returns a World without tasks. Kill must be called in the end.
func New(s Strategy, o Options) *World {
	if o.MaxSteps == 0 {
		o.MaxSteps = defaultMaxSteps
	}
	return &World{strategy: s, opts: o}
}

// Reset unwinds what is left and makes w as new, with another strategy or the
// same one. It keeps coroutines and buffers, and allocates nothing.
func (w *World) Reset(s Strategy) {
	w.unwind()
	w.tasks, w.trace = w.all[:0], w.trace[:0]
	w.strategy, w.begun = s, false
	w.now, w.progress = 0, 0
	w.end, w.err, w.stack, w.broken = Done, nil, nil, nil
	w.decided, w.chosen = false, nil
}

// Kill unwinds what is left, so that deferred functions run, and gives the
// coroutines back. After Reset w can be used again.
func (w *World) Kill() {
	w.unwind()
	for _, t := range w.all {
		if t.stop != nil {
			t.stop()
		}
	}
	w.all, w.tasks = nil, nil
}

// Go adds a task, before a run or during it. It takes no step yet.
func (w *World) Go(name string, fn func()) TaskID {
	n := len(w.tasks)
	if n == len(w.all) {
		w.all = append(w.all, &task{w: w, id: TaskID(n)})
	}
	w.tasks = w.all[:n+1]
	w.tasks[n].start(name, fn)
	return TaskID(n)
}

// Run runs the tasks until all have returned, or none can go on and there is
// no deadline, or the run is over by panic, Fail or MaxSteps. It panics if the
// strategy does.
func (w *World) Run() Result {
	w.drive(false)
	r := Result{End: w.end, Steps: len(w.trace), Trace: w.trace, Blocked: w.listBlocked(), Err: w.err, Stack: w.stack}
	if r.Err == nil && len(r.Blocked) > 0 {
		r.End, r.Err = Deadlock, errors.New("deadlock: every unfinished task is blocked")
	}
	return r
}

// Settle runs the tasks until each has returned, is blocked, or spins in vain,
// and returns those that have not returned. The clock stands still.
func (w *World) Settle() []TaskID {
	w.drive(true)
	w.blocked = w.blocked[:0]
	for _, t := range w.tasks {
		if t.state != done {
			w.blocked = append(w.blocked, t.id)
		}
	}
	return w.blocked
}

// Advance settles and then moves the clock on by d, from deadline to deadline,
// settling after each. It returns what Settle does.
func (w *World) Advance(d time.Duration) []TaskID {
	until := w.now + d
	left := w.Settle()
	for w.err == nil {
		at := w.deadline()
		if at > until {
			w.now = until
			break
		}
		w.now = at
		left = w.Settle()
	}
	return left
}

// Do runs fn as the only task: the others stand still, the clock is w's, and
// fn's steps are no part of the trace. It returns an error if fn panics, takes
// more than MaxSteps, waits for what another would have to do, or calls Fail.
//
// Whoever looks at the engine between two calls of Settle does it by this:
// outside of it a lock that a task holds would hang the process.
func (w *World) Do(fn func()) (err error) {
	defer sync.Use(w)()
	w.doing = w.opts.MaxSteps
	before := w.err
	defer func() {
		w.doing = 0
		switch r := recover().(type) {
		case nil:
			if before == nil {
				err = w.err
			}
		case livelocked:
			err = w.livelock()
		case error:
			err = fmt.Errorf("panic: %w", r)
		default:
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	fn()
	return nil
}

// Fail ends the run with err as its error, unless there is one already. Tasks
// and watchers may call it, and the run ends with their step; and OnStep, and
// the step that it was told of is in the trace but is not taken.
func (w *World) Fail(err error) { w.fail(Failed, err) }

func (w *World) fail(end End, err error) {
	if w.err == nil {
		w.end, w.err = end, err
	}
}

func (w *World) livelock() error {
	return fmt.Errorf("livelock: no end after %d steps", w.opts.MaxSteps)
}

// Err returns why nothing goes on: panic, livelock or Fail; nil if it does.
func (w *World) Err() error { return w.err }

// Current returns the task that runs, or NoTask in Do and between runs.
func (w *World) Current() TaskID {
	if w.cur == nil {
		return NoTask
	}
	return w.cur.id
}

// Name returns the name that a task was given.
func (w *World) Name(id TaskID) string {
	switch id {
	case Clock:
		return "clock"
	case NoTask:
		return "nobody"
	}
	return w.tasks[id].name
}

// Tasks returns how many tasks there are, whether they have returned or not.
func (w *World) Tasks() int { return len(w.tasks) }

// Steps returns how many steps have been taken; the current one counts.
func (w *World) Steps() int { return len(w.trace) }

// Returned reports whether a task has returned.
func (w *World) Returned(id TaskID) bool { return w.tasks[id].state == done }

// Blocked reports whether a task waits for something that has not come, or spins.
func (w *World) Blocked(id TaskID) bool {
	t := w.tasks[id]
	return t.state == paused || t.state == blocked && !w.awake(t)
}

// listBlocked lists those that are blocked.
func (w *World) listBlocked() []TaskID {
	w.blocked = w.blocked[:0]
	for _, t := range w.tasks {
		if t.state == blocked && !w.awake(t) {
			w.blocked = append(w.blocked, t.id)
		}
	}
	return w.blocked
}
