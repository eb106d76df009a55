package verify

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/internal/sched"
	"daxbench/engine/layout"
	"daxbench/engine/oracle"
	"daxbench/engine/vfs"
)

// A Job is a search of the schedules of one shape under one policy, or the
// telling of one of them.
type Job struct {
	Policy string
	Shape  string
	Kernel string // preset; "" is the shape's own

	Seed      uint64            // of the first schedule; each next one has one more
	Schedules int               // at most
	Want      []layout.Property // with all of them found, Enough schedules will do
	Enough    int

	DFS *int // by depth-first search instead, with so many preemptions; the n-th schedule has Seed n-1

	Tell layout.Property // not "": only tell how the schedule of Seed shows this
}

// A Report is what a Job came to.
type Report struct {
	Policy, Shape string
	WhatIf        bool // what is found is not held against the policy
	Schedules     int
	Steps         int64
	CPU           int64 // nanoseconds that the process spent
	DFS           *int  `json:",omitempty"` // of the job
	Exhausted     bool  // there are no more schedules within the bound
	Violations    []Violation
	Other         []Violation // what was found that is no property, such as lock orders; first schedules
	Broken        *Violation  // the engine panicked, or is not deterministic
	Err           string      // the job could not be done
}

// A Violation is a property that a schedule shows violated.
type Violation struct {
	Property   layout.Property
	Invariants string
	Text       string
	Cause      layout.Property `json:",omitempty"` // of P2: what else the schedule shows, which tells more
	Seed       uint64          // of the first schedule that shows it
	DFS        *int            `json:",omitempty"` // bound on preemptions, if that was a search for all
	Nth        int             // which that was, from 1
	Times      int             // how many schedules showed it
	Story      []Line          `json:",omitempty"`
	Switches   int             `json:",omitempty"` // between tasks in the story
}

// Do does the job in this process.
func Do(j Job) Report {
	rep := Report{Policy: j.Policy, Shape: j.Shape, DFS: j.DFS}
	r, err := runnerFor(j)
	if err != nil {
		rep.Err = err.Error()
		return rep
	}
	rep.WhatIf = r.shape.WhatIf != ""
	before := CPUTime()
	switch {
	case j.Tell != "":
		err = r.tellJob(j, &rep)
	case j.DFS != nil:
		err = r.exhaust(j, &rep)
	default:
		err = r.sample(j, &rep)
	}
	rep.CPU = int64(CPUTime() - before)
	if err = errors.Join(err, r.close()); err != nil {
		rep.Err = err.Error()
	}
	return rep
}

func runnerFor(j Job) (*runner, error) {
	policy, err := layout.Lookup(j.Policy)
	if err != nil {
		return nil, err
	}
	shape, err := Lookup(j.Shape)
	if err != nil {
		return nil, err
	}
	kernel := vfs.Preset{}
	if j.Kernel != "" {
		if kernel, err = vfs.LookupPreset(j.Kernel); err != nil {
			return nil, err
		}
	}
	return newRunner(shape, policy, kernel)
}

// sample plays schedules of one seed after the other.
func (r *runner) sample(j Job, rep *Report) error {
	for rep.Schedules < j.Schedules {
		seed := j.Seed + uint64(rep.Schedules)
		if err := r.one(seed, r.seeded(seed), rep); err != nil || rep.Broken != nil {
			return err
		}
		if rep.Schedules >= j.Enough && rep.hasAll(j.Want) {
			break
		}
	}
	return nil
}

// seeded returns what gives the schedule of a seed, however often it is played.
func (r *runner) seeded(seed uint64) func() sched.Strategy {
	return func() sched.Strategy { return r.strategy(seed) }
}

// exhaust plays every schedule with at most so many preemptions.
func (r *runner) exhaust(j Job, rep *Report) error {
	dfs := &sched.DFS{Preemptions: *j.DFS}
	for rep.Schedules < j.Schedules && rep.Broken == nil {
		seed := uint64(rep.Schedules)
		if err := r.one(seed, func() sched.Strategy { return dfs }, rep); err != nil {
			return err
		}
		if !dfs.Next() {
			rep.Exhausted = true
			break
		}
	}
	return nil
}

// one plays a schedule and adds what it shows. One that shows something new is
// played twice.
func (r *runner) one(seed uint64, strategy func() sched.Strategy, rep *Report) error {
	s := r.play(strategy(), false)
	rep.Schedules++
	rep.Steps += int64(len(s.trace))
	fresh := false
	for i, f := range s.findings {
		if slices.ContainsFunc(s.findings[:i], func(g finding) bool { return g.Property == f.Property && g.Invariants == f.Invariants }) {
			continue
		}
		v := Violation{Property: f.Property, Invariants: f.Invariants, Text: f.Text, Seed: seed, DFS: rep.DFS, Nth: rep.Schedules, Times: 1}
		switch {
		case f.Invariants == "W": // that is the engine's fault, not the policy's
			s.broken = errors.Join(s.broken, errors.New(f.Text))
		case f.Property == oracle.Parked:
			if v.Property = "P7"; rep.WhatIf { // else it is the kernel's doing, whatever the policy
				fresh = add(&rep.Violations, v) || fresh
			}
		case f.Property == "":
			fresh = add(&rep.Other, v) || fresh
		default:
			fresh = add(&rep.Violations, v) || fresh
			if f.Property != layout.Deadlock && f.Property.Family() == layout.Deadlock {
				v.Property, v.Cause = layout.Deadlock, f.Property
				add(&rep.Violations, v)
			}
		}
	}
	if s.broken != nil {
		rep.Broken = &Violation{Text: s.broken.Error(), Seed: seed, DFS: rep.DFS, Nth: rep.Schedules, Times: 1}
		return nil
	}
	if !fresh {
		return nil
	}
	if err := r.confirm(strategy, s); err != nil {
		rep.Broken = &Violation{Text: err.Error(), Seed: seed, DFS: rep.DFS, Nth: rep.Schedules, Times: 1}
	}
	return nil
}

// add adds v to a list, or counts it if the like is there. It reports whether it
// is new.
func add(list *[]Violation, v Violation) bool {
	for i := range *list {
		if w := &(*list)[i]; w.Property == v.Property && (v.Property != "" || w.Invariants == v.Invariants) {
			w.Times++
			return false
		}
	}
	*list = append(*list, v)
	return true
}

// hasAll reports whether every property was shown.
func (rep *Report) hasAll(want []layout.Property) bool {
	for _, p := range want {
		if !slices.ContainsFunc(rep.Violations, func(v Violation) bool { return v.Property == p }) {
			return false
		}
	}
	return true
}

// CPUTime returns the processor time that this process has spent. On a machine
// with other work to do it says more about speed than the clock.
func CPUTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nth returns the schedule that a job's seed stands for.
func (r *runner) nth(j Job) (sched.Strategy, error) {
	if j.DFS == nil {
		return r.strategy(j.Seed), nil
	}
	dfs := &sched.DFS{Preemptions: *j.DFS}
	for range j.Seed {
		r.play(dfs, false)
		if !dfs.Next() {
			return nil, fmt.Errorf("shape %s, policy %s: there are no %d schedules with %d preemptions", j.Shape, j.Policy, j.Seed+1, *j.DFS)
		}
	}
	return dfs, nil
}
