package target

import (
	"fmt"
	"slices"
	"strings"
)

// Invariants are what a scenario can probe and a finding can break: no block is
// reused while pinned (U), a pinned page's inode is known (A), space comes back
// in bounded time (L), reclaim does not sleep on a pin (R), no inode stalls
// unrelated ones (H), no wait holds a sleeping lock that the unpinner may need
// (K), nothing sleeps in atomic context (X), no wake-up is lost (W).
const Invariants = "UALRHKXW"

// A Scenario is a situation as data: what must hold beforehand, and the steps.
type Scenario struct {
	Name   string
	Title  string
	Origin string
	Shows  []string // lines: what it shows, and on whom
	Probes string   // letters of Invariants, in that order
	// Blames names the setting, such as scan=mapped-only, that is to blame for
	// what the scenario finds; empty: the policy is.
	Blames  Setting
	Params  []Param
	Threads [][]string // tasks that are threads of one process
	Set     []Setting
	Runs    []Run // variants, each with settings of its own; none: one run
	Steps   []Step

	Note []string // remark lines before "steps:"
	End  []string // remark lines behind the last step
}

// A Param is a number that a caller may set otherwise.
type Param struct {
	Name string
	N    int
	Why  string // that number: why a smaller one than in real life, for instance
}

// A Run is a variant of a scenario.
type Run struct {
	Name string
	Set  []Setting
}

// Variants returns the runs that a scenario consists of, one at least.
func (s *Scenario) Variants() []Run {
	if len(s.Runs) == 0 {
		return []Run{{}}
	}
	return s.Runs
}

// Settings returns the settings in force in a run; the later of two with one
// key is gone.
func (s *Scenario) Settings(r Run) []Setting {
	var list []Setting
	for _, set := range slices.Concat(s.Set, r.Set) {
		list = slices.DeleteFunc(list, func(old Setting) bool { return old.Key == set.Key })
		list = append(list, set)
	}
	return list
}

// Process returns the name of the process that a task is a thread of. Each
// member of a set of tasks that has no threads is a process.
func (s *Scenario) Process(task Ref) string {
	for _, threads := range s.Threads {
		if slices.Contains(threads, task.Name) {
			return threads[0]
		}
	}
	return task.String()
}

// IsDevice reports whether a task only does what a device does.
func (s *Scenario) IsDevice(task string) bool {
	device := false
	for i := range s.Steps {
		if s.Steps[i].Task.Name == task {
			switch s.Steps[i].Verb {
			case DMAWrite, DMARead, Release:
				device = true
			default:
				return false
			}
		}
	}
	return device
}

// With returns the scenario with parameters set otherwise.
func (s *Scenario) With(params map[string]int) (*Scenario, error) {
	c := *s
	c.Params = slices.Clone(s.Params)
	values := make(map[string]int)
	for i := range c.Params {
		p := &c.Params[i]
		if n, ok := params[p.Name]; ok {
			if n < 1 || n > MaxCount {
				return nil, fmt.Errorf("%s=%d: want 1 to %d", p.Name, n, MaxCount)
			}
			p.N = n
		}
		values[p.Name] = p.N
	}
	for name := range params {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("scenario %s has no parameter %q; it has: %s", s.Name, name, s.paramNames())
		}
	}
	c.Steps = slices.Clone(s.Steps)
	for i := range c.Steps {
		c.Steps[i].resolve(values)
	}
	if errs := c.check(); len(errs) > 0 {
		return nil, errs[0]
	}
	return &c, nil
}

func (s *Scenario) paramNames() string {
	var names []string
	for _, p := range s.Params {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// resolve gives the numbers of a step that are parameters their values.
func (s *Step) resolve(values map[string]int) {
	for _, n := range s.nums() {
		if n.Param != "" {
			n.N = values[n.Param]
		}
	}
}

// nums returns all numbers of a step.
func (s *Step) nums() []*Num {
	return []*Num{&s.Task.Count, &s.File.Count, &s.Other.Count, &s.Name.Count, &s.Whom.Count, &s.Index, &s.Count, &s.Stride}
}

// AsKernel returns the scenario as it is put to a kernel, which does things its
// own way: without settings about that, and with each variant that differs in
// nothing else only once.
func (s *Scenario) AsKernel() *Scenario {
	k := *s
	k.Set = ofMachine(s.Set)
	k.Runs = nil
	for _, r := range s.Runs {
		r.Set = ofMachine(r.Set)
		if !slices.ContainsFunc(k.Runs, func(o Run) bool { return slices.Equal(o.Set, r.Set) }) {
			k.Runs = append(k.Runs, r)
		}
	}
	if len(k.Runs) == 1 && len(k.Runs[0].Set) == 0 {
		k.Runs = nil
	}
	return &k
}

// ofMachine returns the settings that are not about how a kernel does things.
func ofMachine(list []Setting) (out []Setting) {
	for _, s := range list {
		if i := slices.IndexFunc(Settings, func(o SettingInfo) bool { return o.Key == s.Key }); !Settings[i].OfKernel {
			out = append(out, s)
		}
	}
	return out
}
