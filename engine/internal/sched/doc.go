// Package sched runs groups of tasks under control: it decides, at each atomic
// step of the engine, who takes the next one. It implements sync.Scheduler, so
// the very engine that is measured is what runs.
//
// A World holds the tasks, a clock that only it moves, and a Strategy that
// makes the choices: Random and PCT sample schedules, DFS enumerates them,
// Replay takes one again, InOrder switches only where it must. What was chosen
// is the trace, and a trace is all it takes to see the same run again, as long
// as the tasks have no other source of chance (see Replayer.Err).
//
//	w := sched.New(sched.Random(seed), sched.Options{})
//	defer w.Kill()
//	w.Go("evict", func() { … })
//	w.Go("unpin", func() { … })
//	r := w.Run()
//
// # Steps
//
// A step is what a task does from one yield point of package sync to the next.
// Tasks are coroutines: one runs at a time, a switch hands no thread over, and
// no step can be interrupted. So what an event of the engine tells happened
// within the step of Current.
//
// # Who can run
//
// A task that blocks can run when what it waits for has come or its deadline
// is reached. A task that pauses, since it spins, can run when another has
// taken a step. If it pauses again and again, then each task that could have
// run ever since its last pause but one goes first (as the fair scheduler of
// CHESS has it, Musuvathi and Qadeer, PLDI 2008): otherwise two that spin for a
// third would keep each other going for ever, and an exhaustive search would
// never end.
//
// # Time
//
// The clock stands still while somebody can run, unless Options.Timers says
// that the strategy may move it on, or that it never moves. When all are blocked, or some only spin,
// it jumps to the next deadline. If there is none, that is a deadlock; if
// somebody spins, a livelock once Options.MaxSteps are over.
//
// # Limits
//
// Steps are sequentially consistent, as Go's atomics are. One World can run at
// a time in a process, since package sync has one place for a Scheduler. The
// race detector sees nothing here: every switch orders what came before.
package sched
