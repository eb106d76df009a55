package kernelfs

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/child"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// A process is one of the scenario's: a child, once a task of it has something to do.
type process struct {
	name     string
	w        *worker       // nil: nothing was asked of it so far
	killed   bool          // by a step, or in the end
	killedAt time.Duration // by a step, by the clock of the subject; zero: not
	killedOn time.Time     // the same, by the machine's, which is never moved on
	lastID   int
	waiting  map[int]chan wire.Answer // by call; closed when the child is gone
	lost     bool                     // its socket is closed: nobody answers
	open     map[string]int           // files, how often
	mapped   map[string]int
	pinned   map[string]bool // I/O that it can wait for, by pin
}

// process returns the process of that name. The caller holds mu.
func (s *subject) process(name string) *process {
	p := s.procs[name]
	if p == nil {
		p = &process{name: name, waiting: make(map[int]chan wire.Answer), open: make(map[string]int), mapped: make(map[string]int), pinned: make(map[string]bool)}
		s.procs[name] = p
		s.order = append(s.order, p)
	}
	return p
}

var errGone = errors.New("ESRCH: the process has ended")

// hire starts the child of a process, if it has none. The caller holds mu.
func (s *subject) hire(p *process) error {
	switch {
	case p.killed || p.lost:
		return errGone
	case p.w != nil:
		return nil
	}
	w, err := startWorker("child "+p.name, child.Environ(descriptor))
	if err != nil {
		return err
	}
	p.w = w
	go s.listen(p)
	return nil
}

// listen hands answers to those who wait for them, until the child is gone.
func (s *subject) listen(p *process) {
	for {
		var a wire.Answer
		_, err := p.w.conn.Receive(&a)
		s.mu.Lock()
		if err != nil {
			p.lost = true
			for id, ch := range p.waiting {
				delete(p.waiting, id)
				close(ch)
			}
			s.mu.Unlock()
			return
		}
		if ch := p.waiting[a.ID]; ch != nil {
			ch <- a // there is room for both
			if !a.Began {
				delete(p.waiting, a.ID)
			}
		}
		s.mu.Unlock()
	}
}

// beginLimit is how long a child may take until a thread has begun to make a call: to be started takes it some 100 ms in
// an emulated machine.
const beginLimit = 20 * time.Second

// command sends a call to a child and waits until it has returned. Began, if it is not nil, is called when a thread has
// begun to make it. A process that a step has killed makes no error: that is what the step was for.
func (s *subject) command(c *call, p *process, w wire.Call, fds []int, began func()) (wire.Answer, error) {
	answers, err := s.send(p, &w, fds)
	if err != nil {
		return wire.Answer{}, err
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.leave(c)
	}()
	late := time.NewTimer(beginLimit)
	defer late.Stop()
	for {
		select {
		case a, ok := <-answers:
			switch {
			case !ok && s.hasKilled(p):
				return wire.Answer{}, nil
			case !ok:
				return wire.Answer{}, p.w.last()
			case a.Began:
				late.Stop()
				s.mu.Lock()
				s.enter(c, p.w.pid, a.TID)
				s.mu.Unlock()
				if began != nil {
					began()
				}
			case a.Failed != "":
				return a, &callError{a.Failed, unix.Errno(a.Errno)}
			default:
				return a, nil
			}
		case <-late.C:
			return wire.Answer{}, fmt.Errorf("%s does not answer", p.w.what)
		}
	}
}

// send sends a call to a child, which it starts if need be. The channel is closed when the child is gone.
func (s *subject) send(p *process, w *wire.Call, fds []int) (<-chan wire.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.hire(p); err != nil {
		return nil, err
	}
	p.lastID++
	w.ID, w.Fds = p.lastID, len(fds)
	answers := make(chan wire.Answer, 2)
	p.waiting[w.ID] = answers
	if err := p.w.conn.Send(w, fds...); err != nil && !p.killed {
		return nil, fmt.Errorf("%w: %w", p.w.last(), err)
	}
	return answers, nil
}

func (s *subject) hasKilled(p *process) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.killed
}

// A callError is what a system call failed with.
type callError struct {
	text  string
	errno unix.Errno
}

func (e *callError) Error() string {
	if name := errnoName(e.errno); name != "" {
		return name + ": " + e.text
	}
	return e.text
}

// errnoName is the name of an error number. One has two, and file systems mean this.
func errnoName(e unix.Errno) string {
	if e == unix.EOPNOTSUPP {
		return "EOPNOTSUPP"
	}
	return unix.ErrnoName(e)
}

// refusals are errors that are an answer, by verb. Those of other verbs are failures: nothing follows from a file that
// cannot be made, and what fails with EIO was tried.
var refusals = map[target.Verb][]unix.Errno{
	target.Pin: {unix.EOPNOTSUPP}, target.Map: {unix.EOPNOTSUPP}, target.Poison: {unix.EBUSY, unix.EOPNOTSUPP},
	target.Unlink: {unix.EBUSY}, target.Rename: {unix.EBUSY}, target.Truncate: {unix.EBUSY, unix.EOPNOTSUPP}, target.Punch: {unix.EBUSY, unix.EOPNOTSUPP},
	target.Cow: {unix.EBUSY}, target.Reflink: {unix.EBUSY, unix.EOPNOTSUPP}, target.Dedupe: {unix.EBUSY, unix.EOPNOTSUPP},
	target.DontCache: {unix.EBUSY, unix.EOPNOTSUPP}, target.DAX: {unix.EBUSY, unix.EOPNOTSUPP},
	target.Umount: {unix.EBUSY}, target.Unplug: {unix.EBUSY},
}

// refusal turns an error that is an answer into one that says so.
func refusal(v target.Verb, err error) error {
	var e *callError
	if errors.As(err, &e) {
		for _, no := range refusals[v] {
			if e.errno == no {
				return &target.Refusal{Errno: errnoName(no), Why: e.text}
			}
		}
	}
	return err
}

// end kills a process, if it is there.
func (p *process) end() {
	if p.w != nil {
		p.killed = true
		p.w.kill()
	}
}

// has reports whether a process that is there has a file open or mapped.
func (p *process) has(file string) bool {
	return p.w != nil && !p.w.isGone() && p.open[file]+p.mapped[file] > 0
}

// enter notes that a call is now where a thread is. The caller holds mu.
func (s *subject) enter(c *call, pid, tid int) {
	s.leave(c)
	c.at = spot{pid: pid, tid: tid, since: time.Now(), began: s.nowLocked()}
	s.changed = c.at.since
}

// leave notes that a call is with the controller again, and what it waited for. The caller holds mu.
func (s *subject) leave(c *call) {
	now := s.nowLocked()
	if d, what := c.view.slept(now); d > c.status.Slept && !c.isOwn() && !c.at.aide {
		c.status.Slept, c.status.For = d, what
	}
	if c.stall != nil {
		c.stall.end(now, c.proc.killedAt, s.letGoFor(c, now))
		c.stall = nil
	}
	c.at, c.view = spot{}, view{}
}
