// Package sync holds the engine's own locks, atomics and waits. They are thin
// wrappers round the standard ones, and the only way in which the engine
// touches shared state: a test in engine/ holds that.
//
// Each wrapper is a yield point. Before every atomic and every lock, and after
// every unlock, it looks whether a Scheduler is installed; if so, the
// scheduler chooses who runs next. The very engine that is measured can
// thereby be driven through chosen interleavings and replayed from a seed. The
// check is one inlined comparison with nil, about 0.15 ns; a type parameter or
// an interface in its place costs about 2 ns and is therefore not used.
//
// The hottest functions have a short way for when no Scheduler is installed; see
// Free. Built with the tag daxshort they take it under a Scheduler, too, and it
// yields.
//
// A yield after unlock is needed too: a wait that is armed after the lock was
// dropped loses its wake-up in just that window, and without a yield there no
// schedule reaches it.
//
// Mutex stands for a kernel spinlock: nothing may sleep under it. RWSem stands
// for a kernel rw_semaphore, WaitTable for the hashed table behind
// wait_var_event (kernel/sched/wait_bit.c).
package sync

import (
	"runtime"
	"time"
)

// A Scheduler decides which task runs next, and what time it is. One task runs
// at a time.
type Scheduler interface {
	// Yield is called before each atomic and lock and after each unlock.
	Yield()
	// Block returns once ready reports true or, unless until is zero, the clock
	// has reached until; ready has no effect of its own and may be called
	// often. Tasks that are blocked do not run; if all are and none has an
	// until, that is a deadlock.
	Block(ready func() bool, until time.Time)
	// Pause is Yield by a task that cannot go on until another has run.
	Pause()
	// Now returns the time.
	Now() time.Time
}

// sched is nil while the engine runs freely, which is always but for the
// checks that install a Scheduler.
var sched Scheduler

// Use installs s and returns a function that takes it away again. No engine
// may be running at either moment.
func Use(s Scheduler) (restore func()) {
	old := sched
	sched = s
	return func() { sched = old }
}

// Now returns the time by which waits are measured: the scheduler's if there is one.
func Now() time.Time {
	if sched != nil {
		return sched.Now()
	}
	return time.Now()
}

// Scheduled reports whether a Scheduler is installed.
func Scheduled() bool { return sched != nil }

// Pause lets others run; it is for who tries again and again instead of sleeping.
func Pause() {
	if sched != nil {
		sched.Pause()
		return
	}
	runtime.Gosched()
}

// point is a yield point.
func point() {
	if sched != nil {
		yield()
	} else if Yields {
		jostle()
	}
}

//go:noinline
func yield() { sched.Yield() }
