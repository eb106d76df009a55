package enginefs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// A task is one of the scenario's: a coroutine that makes one call after the
// other.
type task struct {
	s    *subject
	name string
	vt   *vfs.Task
	proc *process

	call   *call // that it is in; nil: none
	killed bool
	own    bool // it is in a call that waits for its own I/O

	locked []held // I/O locks that it took by steps

	wait  vfs.Event // the WaitBegin it is in
	since time.Duration
}

// A process has what threads share.
type process struct {
	name  string
	files []*handle // open, in the order of opening
	maps  []*mapped
}

// task returns the task of that name, which begins to exist when it is first
// wanted.
func (s *subject) task(ref target.Ref) *task {
	name := ref.String()
	if t := s.tasks[name]; t != nil {
		return t
	}
	t := &task{s: s, name: name, vt: vfs.NewTask(context.Background()), proc: s.process(s.sc.Process(ref))}
	s.ledger.Name(t.vt, name)
	s.tasks[name] = t
	s.order = append(s.order, t)
	s.w.Go(name, t.loop)
	return t
}

// process returns the process of that name: that of a task which has it already.
func (s *subject) process(name string) *process {
	for _, t := range s.order {
		if t.proc != nil && t.proc.name == name {
			return t.proc
		}
	}
	return &process{name: name}
}

// loop makes the calls that the task is given.
func (t *task) loop() {
	for {
		t.s.w.Block(func() bool { return t.call != nil }, time.Time{})
		c := t.call
		for i := range c.actions {
			a := &c.actions[i]
			t.s.tell(entry{task: t.name, kind: target.Took, step: a.Line, text: a.Action()})
			if err := refusal(verbOf(a.Verb)(t, a)); err != nil && c.status.Err == nil {
				c.status.Err = err
			}
		}
		c.status.Returned, c.status.Ended = true, t.s.Now()
		t.tellEnd(c)
		t.call = nil
	}
}

// tellEnd tells how a call ended, if that is worth a line.
func (t *task) tellEnd(c *call) {
	took := c.status.Ended - c.status.Began
	action := c.actions[len(c.actions)-1].Action()
	switch {
	case c.status.Err != nil:
		t.s.tell(entry{task: t.name, kind: target.Ended, text: "fails: " + c.status.Err.Error()})
	case took > 0:
		t.s.tell(entry{task: t.name, kind: target.Ended, text: fmt.Sprintf("returns from %q after %v", action, took)})
	}
}

// sleep lets the task sleep for d.
func (t *task) sleep(d time.Duration) {
	t.s.w.Block(func() bool { return false }, t.s.w.Now().Add(d))
}

// waitOwn lets the task wait for I/O of its own.
func (t *task) waitOwn(over func() bool) {
	t.own = true
	t.s.w.Block(over, time.Time{})
	t.own = false
}

// waitsFor says what the task waits for at this moment.
func (t *task) waitsFor() string {
	switch {
	case t.own:
		return "its own I/O"
	case t.wait.Kind == vfs.WaitBegin:
		return strings.TrimPrefix(t.s.ledger.Say(t.wait), "waits for ")
	}
	return "something that the engine does not tell"
}

// exit is what happens when a process ends: first asynchronous I/O that must be
// waited for, then the mappings go, then the files, in the order in which they
// were opened (exit_aio, exit_mmap, exit_files).
func exit(t *task, _ *target.Step) error {
	p := t.proc
	t.waitOwn(func() bool {
		for _, h := range t.s.pins {
			if h.proc == p && h.by.ExitWaits && !h.released {
				return false
			}
		}
		return true
	})
	var errs []error
	for len(p.maps) > 0 {
		errs = append(errs, t.munmap(p.maps[0]))
	}
	for len(p.files) > 0 {
		t.close(p.files[0])
	}
	return errors.Join(errs...)
}

// kill sends SIGKILL to a task and its siblings. That they exit is up to who
// runs the scenario.
func kill(t *task, a *target.Step) error {
	victim := t.s.task(a.Whom)
	for _, o := range t.s.order {
		if o.proc == victim.proc {
			o.killed = true
			o.vt.Signal()
		}
	}
	return nil
}

func signal(t *task, a *target.Step) error {
	t.s.task(a.Whom).vt.Signal()
	return nil
}

// stuck lists the engine's tasks of those who are in a call and wait for others.
func (s *subject) stuck() (list []*vfs.Task) {
	for _, t := range s.order {
		if t.call != nil && !t.own {
			list = append(list, t.vt)
		}
	}
	return slices.Clip(list)
}
