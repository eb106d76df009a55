package enginefs

import (
	"context"
	"fmt"
	"time"

	"daxbench/engine"
	"daxbench/engine/internal/sched"
	"daxbench/engine/media"
	"daxbench/engine/oracle"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// A subject is one engine and the tasks of one scenario. It implements
// target.Subject. Everything in it is touched by one coroutine at a time, or by
// nobody's but the caller.
type subject struct {
	m       *Maker
	sc      *target.Scenario
	w       *sched.World
	e       *engine.Engine
	holders holders
	ledger  oracle.Ledger

	tasks   map[string]*task
	order   []*task // as they were made
	files   map[string]*file
	seen    map[string]*vfs.Inode   // by file: the inode that somebody had last
	entries map[entryRef]*vfs.Inode // locked by steps
	pins    map[string]*hold
	leases  map[string]*grant
	memory  map[string]*allocation
	makes   map[string]*call // by the name of what it makes

	calls   []*call
	story   []entry
	found   []target.Finding
	parked  []string
	evictor map[*vfs.Task]int // how many evictions a task is in
	judged  bool
	scanned int64 // entries that scans for busy pages have looked at

	deferred   map[media.Owner]bool // inodes that were left to the worker
	unmounted  bool
	stopWorker func()
}

// A call is a share of a step that a task makes.
type call struct {
	actions []target.Step
	task    *task
	status  target.Status // but for what the task says of now
	longest time.Duration // of its waits
}

// open opens the engine and starts the worker, if the policy has one.
func (s *subject) open(o vfs.Options, set []target.Setting, z size) (err error) {
	s.tasks, s.files, s.seen = make(map[string]*task), make(map[string]*file), make(map[string]*vfs.Inode)
	s.entries = make(map[entryRef]*vfs.Inode)
	s.pins, s.leases = make(map[string]*hold), make(map[string]*grant)
	s.memory, s.makes = make(map[string]*allocation), make(map[string]*call)
	s.deferred = make(map[media.Owner]bool)
	s.evictor, s.stopWorker = make(map[*vfs.Task]int), func() {}
	o.Watch = s.watch
	p, err := s.m.policyFor(s.sc, set)
	if err != nil {
		return err
	}
	if p.Rules().NeedLease {
		s.ledger.LeasesArePins()
	}
	s.e, err = engine.Open(s.m.region, engine.Config{Policy: p, Inodes: z.inodes, Cache: o, Seed: 1})
	if err != nil {
		return err
	}
	s.serve()
	return nil
}

// serve gives the engine a worker, if it needs one.
func (s *subject) serve() {
	if !s.e.NeedsWorker() {
		return
	}
	const name = "worker"
	ctx, cancel := context.WithCancel(context.Background())
	t := &task{s: s, name: name, vt: vfs.NewTask(context.Background())}
	s.ledger.Name(t.vt, name)
	s.order, s.stopWorker = append(s.order, t), cancel
	sb := s.e.Superblock
	s.w.Go(name, func() { sb.ServeWorker(ctx, t.vt) })
}

// Start implements target.Subject.
func (s *subject) Start(actions []target.Step) (target.CallID, error) {
	t := s.task(actions[0].Task)
	if t.call != nil {
		return 0, fmt.Errorf("%s is still in %q", t.name, t.call.actions[0].Action())
	}
	c := &call{actions: actions, task: t, status: target.Status{Began: s.Now()}}
	for i := range actions {
		for _, name := range made(&actions[i]) {
			s.makes[name] = c
		}
	}
	s.calls = append(s.calls, c)
	t.call = c
	return target.CallID(len(s.calls) - 1), nil
}

// made lists the names of what a step makes.
func made(a *target.Step) []string {
	switch a.Verb {
	case target.Create:
		return []string{a.File.String()}
	case target.Reflink:
		return []string{a.Other.String()}
	case target.Pin, target.Lease, target.Alloc:
		return []string{a.Name.String()}
	}
	return nil
}

// Settle implements target.Subject.
func (s *subject) Settle() error {
	s.w.Settle()
	return s.err()
}

// err returns why the world is of no use any more: a task panicked, or spins.
func (s *subject) err() error {
	if err := s.w.Err(); err != nil {
		return fmt.Errorf("scenario %s under %s: %w", s.sc.Name, s.m.Policy(), err)
	}
	return nil
}

// parts is into how many parts Advance divides what it has to pass, so that it
// can stop soon after a call has returned.
const parts = 50

// Advance implements target.Subject.
func (s *subject) Advance(d time.Duration) (passed time.Duration, err error) {
	before := s.returned()
	for passed < d {
		slice := min(d-passed, max(d/parts, time.Millisecond))
		s.w.Advance(slice)
		passed += slice
		if err := s.err(); err != nil || s.returned() > before {
			return passed, err
		}
	}
	return passed, nil
}

// returned counts the calls that have returned.
func (s *subject) returned() (n int) {
	for _, c := range s.calls {
		if c.status.Returned {
			n++
		}
	}
	return n
}

// epoch is where the world's clock starts.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Now implements target.Subject.
func (s *subject) Now() time.Duration { return s.w.Now().Sub(epoch) }

// Status implements target.Subject.
func (s *subject) Status(id target.CallID) target.Status {
	c := s.calls[id]
	st := c.status
	if !st.Returned {
		st.Own = c.task.own
		st.Waits = c.task.waitsFor()
	}
	return st
}

// Has implements target.Subject.
func (s *subject) Has(name target.Ref) target.Presence {
	n := name.String()
	switch {
	case s.files[n] != nil, s.pins[n] != nil, s.leases[n] != nil, s.memory[n] != nil:
		return target.Present
	case s.makes[n] != nil && s.makes[n].status.Returned:
		return target.Never
	}
	return target.NotYet
}

// Release implements target.Subject. It is done by a task of its own.
func (s *subject) Release() error {
	s.w.Go("release", s.releaseAll)
	return s.Settle()
}

// Close implements target.Subject. What is left is unwound by the next Make.
func (s *subject) Close() error {
	if s.m.last != "" {
		s.m.more = s.m.dfs.Next()
	}
	return nil
}
