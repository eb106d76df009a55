package verify

import (
	"context"
	"errors"
	"fmt"

	"daxbench/engine"
	"daxbench/engine/internal/sched"
	"daxbench/engine/oracle"
	"daxbench/engine/vfs"
)

// A stage is what one schedule needs: an engine with some files, the actors, and
// who watches them. A Shape sets it up; nothing of it is used twice.
type stage struct {
	eng    *engine.Engine
	ledger *oracle.Ledger
	world  *sched.World
	actors []*actor // by sched.TaskID
	acting *actor   // during set-up: on whose behalf
	over   bool     // what the engine tells from now on is the unwinding of its tasks

	left   int       // actors that have not returned, the worker apart
	closed *shutdown // of the worker

	telling bool // lines are kept
	lines   []line
}

// A line is something that an actor did: an event, or in words.
type line struct {
	actor *actor // nil: nobody in particular
	text  string
	event vfs.Event // NoEvent if it is in words
	step  int       // number of the last event by then
}

// An actor is one task of a shape.
type actor struct {
	*stage
	name string
	task *vfs.Task
	play func(*actor)

	inbox []vfs.Pin // that others have submitted
	sent  bool      // they have
}

// shutdown is the context of the worker, which ends with the last actor. It has
// no channel: under a scheduler waits ask for Err.
type shutdown struct {
	context.Context
	done bool
}

func (s *shutdown) Err() error {
	if s.done {
		return context.Canceled
	}
	return nil
}

// open puts a new engine onto the stage and lets the shape set it up.
func (s *stage) open(shape *Shape, c engine.Config, r *runner) error {
	c.Cache.Watch = s.watch
	eng, err := engine.Open(r.region, c)
	if err != nil {
		return fmt.Errorf("shape %s: %w", shape.Name, err)
	}
	s.eng = eng
	if c.Policy.Rules().NeedLease {
		s.ledger.LeasesArePins()
	}
	s.closed = &shutdown{Context: context.Background()}
	shape.set(s)
	s.acting = nil
	s.left = len(s.actors)
	for _, a := range s.actors {
		s.world.Go(a.name, a.run)
	}
	if eng.NeedsWorker() {
		w := s.newActor("worker")
		s.world.Go(w.name, func() {
			eng.ServeWorker(s.closed, w.task)
			eng.RunWorker(w.task)
		})
	}
	return nil
}

// run is what the scheduler runs of an actor. The last one waits until nothing is
// left to the worker, and ends it then.
func (a *actor) run() {
	a.play(a)
	a.eng.Release(a.task)
	if a.left--; a.left > 0 {
		return
	}
	for !a.eng.WorkerIdle() {
		a.world.Pause()
	}
	a.closed.done = true
}

func (s *stage) newActor(name string) *actor {
	a := &actor{stage: s, name: name, task: vfs.NewTask(context.Background())}
	s.actors = append(s.actors, a)
	s.ledger.Name(a.task, name)
	return a
}

// actor adds a task. What it does before play is part of the set-up.
func (s *stage) actor(name string, play func(*actor)) *actor {
	a := s.newActor(name)
	a.play = play
	return a
}

// current returns whose step it is.
func (s *stage) current() *actor {
	if id := s.world.Current(); id >= 0 {
		return s.actors[id]
	}
	return s.acting
}

// watch hands what the engine tells to the ledger. An event of nobody in
// particular is of whose step it is: a device does what its completion does.
func (s *stage) watch(e vfs.Event) {
	if s.over {
		return
	}
	a := s.current()
	if e.Task == nil && a != nil {
		e.Task = a.task
	}
	s.ledger.Watch(e)
	if s.telling && a != nil && (s.acting == nil || e.Kind == vfs.Pinned || e.Kind == vfs.LeaseGranted) {
		s.lines = append(s.lines, line{actor: a, event: e, step: s.ledger.Step()})
	}
}

// say puts what an actor does into the story in words.
func (a *actor) say(format string, args ...any) {
	if a.telling && a.acting == nil {
		a.lines = append(a.lines, line{actor: a, text: fmt.Sprintf(format, args...), step: a.ledger.Step()})
	}
}

// errWorkerSleeps says that a wake-up of the worker was lost: that is the
// engine's fault, not the policy's.
var errWorkerSleeps = errors.New("the worker sleeps with nothing to wait for, and work is left to it")

// workerSleeps reports whether all that anybody waits for is a worker who has
// nothing to wait for.
func (s *stage) workerSleeps() bool {
	w := s.actors[len(s.actors)-1]
	return s.left == 0 && w.play == nil && !s.ledger.Waiting(w.task) && !s.world.Returned(sched.TaskID(len(s.actors)-1))
}

// stuck returns who waits at the end of a run that did not come to one. A worker
// that has nothing to do is not among them.
func (s *stage) stuck() (tasks []*vfs.Task) {
	for id, a := range s.actors {
		if !s.world.Returned(sched.TaskID(id)) && (a.play != nil || s.ledger.Waiting(a.task)) {
			tasks = append(tasks, a.task)
		}
	}
	return tasks
}
