package litmus

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"daxbench/engine/target"
)

// A fake is a subject with rules instead of a file system: some actions block
// until a name is released, some fail.
type fake struct {
	maker *fakeMaker
	now   time.Duration
	calls []fakeCall
	has   map[string]target.Presence
	gone  map[string]bool // names that were released
	facts target.Facts
}

type fakeCall struct {
	actions []target.Step
	until   string // the pin it waits for; empty: it has returned
	status  target.Status
}

// fakeMaker makes fakes. Keys of rules are actions, "T1: close F".
type fakeMaker struct {
	name    string
	blocks  map[string]string // until which name is released
	fails   map[string]error  // with what
	own     map[string]bool   // it is the task's own I/O
	finds   map[string][]target.Finding
	why     map[string]string // of verbs and settings
	orders  int
	made    int
	logs    []string // what was started, by time
	closed  int
	parked  []string
	deadly  error         // of Settle
	timeout time.Duration // blocked calls return after so long all the same
}

func (m *fakeMaker) Policy() string                     { return m.name }
func (m *fakeMaker) Why(s *target.Step) string          { return m.why[s.Verb.String()] }
func (m *fakeMaker) WhySetting(s target.Setting) string { return m.why[s.Key] }
func (m *fakeMaker) Another() bool                      { return m.made < m.orders }

func (m *fakeMaker) Make(*target.Scenario, []target.Setting) (target.Subject, error) {
	m.made++
	return &fake{maker: m, has: map[string]target.Presence{}, gone: map[string]bool{}, facts: target.Facts{Parked: m.parked}}, nil
}

func (f *fake) Start(actions []target.Step) (target.CallID, error) {
	c := fakeCall{actions: actions, status: target.Status{Began: f.now}}
	for _, a := range actions {
		text := a.String()
		f.maker.logs = append(f.maker.logs, fmt.Sprintf("%v %s", f.now, strings.TrimSuffix(text, " &")))
		f.Tell(target.Line{At: f.now, Task: a.Task.String(), Step: a.Line, Text: a.Action()})
		if err := f.maker.fails[text]; err != nil {
			c.status.Err = err
		}
		if pin := f.maker.blocks[text]; pin != "" && !f.gone[pin] {
			c.until = pin
			c.status.Own = f.maker.own[text]
		}
		f.facts.Findings = append(f.facts.Findings, f.maker.finds[text]...)
	}
	f.calls = append(f.calls, c)
	return target.CallID(len(f.calls) - 1), nil
}

func (f *fake) Settle() error {
	for progress := true; progress; {
		progress = false
		for i := range f.calls {
			c := &f.calls[i]
			late := f.maker.timeout > 0 && f.now >= c.status.Began+f.maker.timeout
			if c.status.Returned || c.until != "" && !f.gone[c.until] && !late {
				continue
			}
			progress = true
			c.status.Returned, c.status.Ended = true, f.now
			if c.until != "" && !c.status.Own {
				c.status.Slept, c.status.For = f.now-c.status.Began, "the pin "+c.until
			}
			for _, a := range c.actions {
				f.done(a, c.status.Err == nil)
			}
		}
	}
	return f.maker.deadly
}

func (f *fake) done(a target.Step, ok bool) {
	presence := target.Present
	if !ok {
		presence = target.Never
	}
	switch a.Verb {
	case target.Create:
		f.has[a.File.String()] = presence
	case target.Reflink:
		f.has[a.Other.String()] = presence
	case target.Pin, target.Lease, target.Alloc:
		f.has[a.Name.String()] = presence
	case target.Release, target.Return:
		f.gone[a.Name.String()] = true
	}
}

func (f *fake) Advance(d time.Duration) (time.Duration, error) {
	before := f.returned()
	for passed := time.Duration(0); passed < d; {
		step := min(d-passed, time.Second)
		passed += step
		f.now += step
		if err := f.Settle(); err != nil {
			return passed, err
		}
		if f.returned() > before {
			return passed, nil
		}
	}
	return d, nil
}

func (f *fake) returned() (n int) {
	for _, c := range f.calls {
		if c.status.Returned {
			n++
		}
	}
	return n
}

func (f *fake) Now() time.Duration { return f.now }

func (f *fake) Status(id target.CallID) target.Status {
	s := f.calls[id].status
	if !s.Returned {
		s.Waits = "the pin " + f.calls[id].until
	}
	return s
}

func (f *fake) Has(name target.Ref) target.Presence {
	// A pin that is taken in a call which goes on.
	for _, c := range f.calls {
		for _, a := range c.actions {
			if a.Verb == target.Pin && a.Name == name && c.status.Own {
				return target.Present
			}
		}
	}
	return f.has[name.String()]
}

func (f *fake) Tell(l target.Line)           { f.facts.Story = append(f.facts.Story, l) }
func (f *fake) Facts() (target.Facts, error) { return f.facts, nil }
func (f *fake) Close() error                 { f.maker.closed++; return nil }
func (f *fake) Release() error {
	for _, pin := range f.maker.blocks {
		f.gone[pin] = pin != "for-ever"
	}
	return f.Settle()
}

var errFake = errors.New("no such file")
