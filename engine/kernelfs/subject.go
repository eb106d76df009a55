package kernelfs

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"daxbench/engine/target"
)

// A subject is one run of a scenario. It implements target.Subject. Calls are waited for by goroutines of their own; mu
// guards what they share with the caller.
type subject struct {
	m     *Maker
	sc    *target.Scenario
	began time.Time
	back  chan struct{} // holds something when a call has returned

	hearing sync.Mutex // one listens to the kernel at a time; before mu

	mu        sync.Mutex
	skips     []skip    // by which the clock is ahead of the machine's
	changed   time.Time // when something happened last
	told      time.Time // changed, when it was told that time is skipped
	noted     int       // calls that had returned when the caller looked last
	procs     map[string]*process
	order     []*process // as they were made
	busy      map[string]*call
	files     map[string]*file
	pins      map[string]*hold
	holds     []*hold // as they were made
	makes     map[string]*call
	calls     []*call
	fresh     []*call // started, but not yet running
	story     []target.Line
	found     []target.Finding
	stalls    []*stall
	log       []string
	letGo     []release
	patterns  patterns
	unmounted bool
	beside    *bystander
	judged    bool
	forgot    bool // that the kernel warned of a page forgotten was found
}

// A skip moves the clock on.
type skip struct {
	when time.Time
	by   time.Duration
}

func newSubject(m *Maker, sc *target.Scenario) *subject {
	return &subject{
		m: m, sc: sc, back: make(chan struct{}, 1), procs: make(map[string]*process), busy: make(map[string]*call), files: make(map[string]*file),
		pins: make(map[string]*hold), makes: make(map[string]*call),
	}
}

// A call is a share of a step that a task makes.
type call struct {
	actions []target.Step
	task    string
	proc    *process
	status  target.Status
	now     *target.Step // the action that it is at
	own     bool         // which waits for I/O of its own only
	at      spot
	view    view
	stall   *stall
}

// A spot is where a call is: in a system call of a thread, or of any thread of a process. The zero spot is the controller,
// whose waits all have limits.
type spot struct {
	pid, tid int // tid 0: any
	since    time.Time
	began    time.Duration // by the clock of the subject
	aide     bool          // who does it has a limit of his own, and is nobody's in the scenario
}

// Start implements target.Subject.
func (s *subject) Start(actions []target.Step) (target.CallID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	task := actions[0].Task
	if c := s.busy[task.String()]; c != nil {
		return 0, fmt.Errorf("%s is still in %q", task, c.actions[0].Action())
	}
	c := &call{actions: actions, task: task.String(), proc: s.process(s.sc.Process(task)), status: target.Status{Began: s.nowLocked()}}
	for i := range actions {
		for _, name := range made(&actions[i]) {
			s.makes[name] = c
		}
	}
	s.busy[c.task] = c
	s.calls, s.fresh = append(s.calls, c), append(s.fresh, c)
	return target.CallID(len(s.calls) - 1), nil
}

// made lists the names of what a step makes.
func made(a *target.Step) []string {
	switch a.Verb {
	case target.Create:
		return []string{a.File.String()}
	case target.Reflink:
		return []string{a.Other.String()}
	case target.Pin:
		return []string{a.Name.String()}
	}
	return nil
}

// run makes the actions of a call, one after the other.
func (s *subject) run(c *call) {
	for i := range c.actions {
		a := &c.actions[i]
		s.mu.Lock()
		if c.status.Returned { // it was given up
			s.mu.Unlock()
			return
		}
		c.now = a
		s.tellLocked(target.Line{Task: c.task, Step: a.Line, Kind: target.Took, Text: a.Action()})
		s.mu.Unlock()
		err := verbs[a.Verb](s, c, a)
		s.mu.Lock()
		if err != nil && c.status.Err == nil && !c.status.Returned {
			c.status.Err = refusal(a.Verb, err)
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish(c)
}

// finish notes that a call is over, or given up. The caller holds mu.
func (s *subject) finish(c *call) {
	if c.status.Returned {
		return // it was given up
	}
	s.leave(c)
	c.status.Returned, c.status.Ended = true, s.nowLocked()
	delete(s.busy, c.task)
	s.changed = time.Now()
	s.tellEnd(c)
	select {
	case s.back <- struct{}{}:
	default:
	}
}

// tellEnd tells how a call ended, if that is worth a line.
func (s *subject) tellEnd(c *call) {
	line := target.Line{Task: c.task, Step: c.now.Line, Kind: target.Ended}
	switch took := c.status.Ended - c.status.Began; {
	case c.status.Err != nil:
		line.Text = "fails: " + c.status.Err.Error()
	case c.status.Slept > 0 || c.own && took > blockedAfter:
		line.Text = fmt.Sprintf("returns from %q after %v", c.now.Action(), took.Round(time.Millisecond))
	default:
		return
	}
	s.tellLocked(line)
}

// Now implements target.Subject.
func (s *subject) Now() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nowLocked()
}

func (s *subject) nowLocked() time.Duration { return s.clock(time.Now()) }

// clock is what the clock of the subject shows at a moment. The caller holds mu.
func (s *subject) clock(when time.Time) time.Duration {
	d := when.Sub(s.began)
	for _, k := range s.skips {
		if !k.when.After(when) {
			d += k.by
		}
	}
	return d
}

// Status implements target.Subject.
func (s *subject) Status(id target.CallID) target.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[id]
	st := c.status
	if !st.Returned {
		st.Own, st.Waits = c.isOwn(), c.view.String()
		if !c.at.aide {
			st.Slept, st.For = c.view.slept(s.nowLocked())
		}
	}
	return st
}

// Has implements target.Subject.
func (s *subject) Has(name target.Ref) target.Presence {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := name.String()
	switch c := s.makes[n]; {
	case s.files[n] != nil, s.pins[n] != nil:
		return target.Present
	case c != nil && c.status.Returned:
		return target.Never
	}
	return target.NotYet
}

// Tell implements target.Subject.
func (s *subject) Tell(l target.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.story = append(s.story, l)
}

// tellLocked adds a line that is said now.
func (s *subject) tellLocked(l target.Line) {
	l.At = s.nowLocked()
	s.story = append(s.story, l)
}

// tell adds something that happened to what a call does.
func (s *subject) tell(c *call, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := target.Line{Kind: target.Happened, Text: fmt.Sprintf(format, args...)}
	if c != nil {
		l.Task, l.Step = c.task, c.now.Line
	}
	s.tellLocked(l)
}

// find notes a finding.
func (s *subject) find(invariants, property, format string, args ...any) {
	s.findAt(time.Now(), invariants, property, format, args...)
}

// findAt notes a finding of something that happened before now, and tells it where it belongs. What is older than the scenario
// is told first.
func (s *subject) findAt(when time.Time, invariants, property, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := min(max(0, s.clock(when)), s.nowLocked())
	f := target.Finding{Invariants: invariants, Property: property, Text: fmt.Sprintf(format, args...), At: at}
	if slices.ContainsFunc(s.found, f.Alike) {
		return
	}
	s.found = append(s.found, f)
	i := len(s.story)
	for i > 0 && s.story[i-1].At > at {
		i--
	}
	s.story = slices.Insert(s.story, i, target.Line{At: at, Kind: target.Happened, Text: f.Text})
}

// Release implements target.Subject.
func (s *subject) Release() error {
	s.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(s.holds), func(h *hold) bool { return h.over })
	s.mu.Unlock()
	for _, h := range left {
		s.mu.Lock()
		s.tellLocked(target.Line{Kind: target.Remarked, Text: fmt.Sprintf("the pin %s is released, to see whether that helps", h.name)})
		s.mu.Unlock()
		s.letGoOf(h, "the release of all pins")
	}
	return s.Settle()
}

// closeLimit is how long everybody has to go, once nothing is in the way.
const closeLimit = 10 * time.Second

// awaitEnd waits until processes that were killed are gone, and returns one that does not go.
func (s *subject) awaitEnd(procs []*process) *process {
	late := time.After(closeLimit)
	for _, p := range procs {
		if p.w == nil {
			continue
		}
		select {
		case <-p.w.gone:
		case <-late:
			return p
		}
	}
	return nil
}

// Close implements target.Subject. Who cannot be got rid of spoils the Maker, and is no error here.
func (s *subject) Close() error {
	s.mu.Lock()
	procs, holds := slices.Clone(s.order), slices.Clone(s.holds)
	s.mu.Unlock()
	for _, h := range holds {
		s.letGoOf(h, "the end")
	}
	for _, p := range procs {
		p.end()
	}
	s.mu.Lock()
	wrecked := s.m.wrecked
	s.mu.Unlock()
	if wrecked {
		return nil
	}
	if p := s.awaitEnd(procs); p != nil {
		s.m.spoil(s, fmt.Errorf("%s is stuck, although all pins are released: %s", p.name, s.see(spot{pid: p.w.pid}).String()))
		return nil
	}
	for _, h := range holds {
		h.close()
	}
	if err := s.m.empty(); err != nil {
		s.m.spoil(s, err)
	}
	return nil
}
