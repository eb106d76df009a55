package target

import (
	"fmt"
	"strings"
)

// check finds what is wrong with a scenario whose lines are all well-formed:
// names that nobody made, counts that do not fit, steps that make no sense. The
// errors have no file.
func (s *Scenario) check() Errors {
	c := &checker{s: s, made: make(map[string]made), tasks: make(map[string]made), gone: make(map[string]int)}
	for i := range s.Steps {
		t := s.Steps[i].Task
		if _, ok := c.tasks[t.Name]; !ok || t.IsSet() && c.tasks[t.Name].n == 0 {
			c.tasks[t.Name] = made{what: aTask, n: t.Count.N, line: s.Steps[i].Line}
		}
	}
	c.headers()
	calls := 0
	for i := range s.Steps {
		c.at = &s.Steps[i]
		c.step(i)
		if calls += c.at.N(); calls > MaxCalls {
			c.errorf("the steps up to here are %d single actions; %d are allowed", calls, MaxCalls)
			break
		}
	}
	return c.errs
}

// made is what is known of a name.
type made struct {
	what   thing
	n      int // members of a set; 0: a single one
	line   int
	holder *Holder // of a pin
}

type checker struct {
	s     *Scenario
	at    *Step
	made  map[string]made
	tasks map[string]made
	gone  map[string]int // processes that have exited, and the line
	errs  Errors
}

func (c *checker) errorf(format string, args ...any) {
	line := 1
	if c.at != nil {
		line = c.at.Line
	}
	c.errs = append(c.errs, &Error{Line: line, Msg: fmt.Sprintf(format, args...)})
}

// headers checks what stands before the steps against what stands in them.
func (c *checker) headers() {
	s := c.s
	for _, threads := range s.Threads {
		for _, t := range threads {
			if task, ok := c.tasks[t]; !ok {
				c.errorf("threads: no step has the task %s", t)
			} else if task.n > 0 {
				c.errorf("threads: %s is a set of tasks; each is a process of its own", t)
			}
		}
	}
	if b := s.Blames; b.Key != "" {
		found := false
		for _, r := range s.Variants() {
			for _, set := range s.Settings(r) {
				found = found || set == b
			}
		}
		if !found {
			c.errorf("blames: no run has the setting %s", b)
		}
	}
	used := make(map[string]bool)
	for i := range s.Steps {
		for _, n := range s.Steps[i].nums() {
			used[n.Param] = true
		}
	}
	for _, p := range s.Params {
		if !used[p.Name] {
			c.errorf("param: no step uses $%s", p.Name)
		}
	}
}

// step checks one step and remembers what it makes.
func (c *checker) step(i int) {
	s := c.at
	c.ref(s.Task, c.tasks, aTask)
	c.clock()
	if s.Together && (i+1 == len(c.s.Steps) || c.s.Steps[i+1].Task.Name == s.Task.Name || c.s.Steps[i+1].Task.Name == Clock) {
		c.errorf("& starts the next step at the same moment: want one of another task there")
	}
	process := c.s.Process(s.Task)
	if line, ok := c.gone[process]; ok {
		c.errorf("%s has exited on line %d", s.Task, line)
	}
	for _, p := range forms[s.Verb] {
		switch p.operand {
		case "FILE":
			if s.Verb == Create {
				c.make(s.File, made{what: aFile})
			} else {
				c.ref(s.File, c.made, aFile)
			}
		case "OTHER":
			c.ref(s.Other, c.made, aFile)
		case "COPY":
			c.make(s.Other, made{what: aFile})
		case "NEW":
			c.make(s.Name, made{what: verbs[s.Verb].makes, holder: LookupHolder(s.Holder)})
		case "PIN":
			if p.format(s) != "" {
				c.ref(s.Name, c.made, aPin)
			}
		case "LEASE":
			c.ref(s.Name, c.made, aLease)
		case "MEMORY":
			c.ref(s.Name, c.made, aMemory)
		case "TASK":
			c.ref(s.Whom, c.tasks, aTask)
		}
	}
	c.counts()
	c.device()
	if s.Verb == Exit {
		c.gone[process] = s.Line
	}
}

// make remembers that the step makes r.
func (c *checker) make(r Ref, m made) {
	old, taken := c.made[r.Name]
	switch {
	case r.Member > 0:
		c.errorf("%s: want a name, or a name and how many, such as %s*3", r, r.Name)
	case taken:
		c.errorf("%s is the name of a %v made on line %d", r.Name, old.what, old.line)
	default:
		m.n, m.line = r.Count.N, c.at.Line
		c.made[r.Name] = m
	}
}

// ref checks that r names something that is there, of the right kind.
func (c *checker) ref(r Ref, names map[string]made, want thing) {
	m, ok := names[r.Name]
	switch {
	case !ok && want == aTask:
		c.errorf("no step has the task %s", r.Name)
	case !ok:
		c.errorf("no %v %s: a step above must make it%s", want, r.Name, c.known(want))
	case m.what != want:
		c.errorf("%s is a %v, made on line %d; a %v is wanted%s", r.Name, m.what, m.line, want, c.known(want))
	case m.n == 0 && (r.Member > 0 || r.IsSet()):
		c.errorf("%s: there is one %s only, not a set", r, r.Name)
	case m.n > 0 && r.Member == 0 && !r.IsSet():
		c.errorf("%s is a set: want one of %s.1 to %s.%d, or %s*%d", r, r.Name, r.Name, m.n, r.Name, m.n)
	case r.Member > m.n || r.Count.N > m.n:
		c.errorf("%s: there are %d only", r, m.n)
	}
}

// known lists what there is of a kind.
func (c *checker) known(want thing) string {
	var list []string
	for i := range c.s.Steps {
		s := &c.s.Steps[i]
		for _, r := range []Ref{s.File, s.Other, s.Name} {
			if m, ok := c.made[r.Name]; ok && m.what == want && m.line == s.Line {
				list = append(list, r.Name)
			}
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "; there is " + strings.Join(list, ", ")
}

// counts checks that sets that stand in one step fit.
func (c *checker) counts() {
	s := c.at
	n := s.N()
	for _, r := range []Ref{s.Task, s.File, s.Other, s.Name, s.Whom} {
		if r.IsSet() && r.N() != n {
			c.errorf("%s has %d members, where others in the step have %d", r, r.N(), n)
			return
		}
	}
	made := s.Name
	switch s.Verb {
	case Create:
		made = s.File
	case Reflink:
		made = s.Other
	case Pin, Alloc, Lease:
	default:
		return
	}
	if n > 1 && !made.IsSet() {
		c.errorf("the step makes %d of %s: want %s*%d", n, made, made.Name, n)
	}
}

// clock checks that the clock does what only it does.
func (c *checker) clock() {
	s := c.at
	switch isClock := s.Task.Name == Clock; {
	case isClock && s.Verb != Wait && s.Verb != Expect:
		c.errorf("%s is the clock: it can wait and expect", Clock)
	case !isClock && (s.Verb == Wait || s.Verb == Expect):
		c.errorf("only the clock can %v: write \"%s: %v …\"", s.Verb, Clock, s.Verb)
	case isClock && (s.Task != Ref{Name: Clock} || s.Together):
		c.errorf("there is one clock, and nothing happens while it waits")
	}
}

// device checks that a device does what its holder asked for.
func (c *checker) device() {
	s := c.at
	if s.Verb != DMAWrite && s.Verb != DMARead {
		return
	}
	m, ok := c.made[s.Name.Name]
	if !ok || m.holder == nil {
		return
	}
	if m.holder.Inbound != (s.Verb == DMAWrite) {
		does := map[bool]string{true: "writes into", false: "reads from"}[m.holder.Inbound]
		c.errorf("%s is held by %s, whose device %s the page", s.Name, m.holder.Name, does)
	}
}
