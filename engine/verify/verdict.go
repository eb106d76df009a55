package verify

import (
	"fmt"
	"slices"

	"daxbench/engine/layout"
)

// A Verdict is what all searches under a policy say of one property.
type Verdict struct {
	Policy    string
	Property  layout.Property
	Expected  bool // the policy declares that it is violated
	Violated  bool
	Exhausted bool       // if not violated: all schedules within Bound were played
	Bound     *int       `json:",omitempty"` // on preemptions; nil: no search for all
	Schedules int        // of those searches
	Few       bool       // in some shape neither all were played nor Decisive of them
	Searches  int        // that could have shown it: of shapes, some of them twice
	Shape     string     `json:",omitempty"` // in which it is violated first
	Violation *Violation `json:",omitempty"`
}

// String puts the verdict in the words of the package comment.
func (v *Verdict) String() string {
	switch {
	case v.Violated:
		return "violated"
	case v.Schedules == 0:
		return "not looked for"
	case v.Exhausted:
		return fmt.Sprintf("none (exhausted with at most %d preemptions, %d schedules)", *v.Bound, v.Schedules)
	}
	return fmt.Sprintf("none found (%d schedules, not exhausted)", v.Schedules)
}

// A Status says whether a verdict is what was declared.
type Status uint8

// The statuses, the gravest last.
const (
	AsDeclared Status = iota
	Undecided         // too few schedules to say
	Missing           // expected, looked for, and not found
	Unexpected        // violated, though the policy declares that it is not
)

// Decisive is how many schedules of each shape it takes to say that nothing was
// found, or that something is missing. The rarest violation that a policy declares shows up
// within some hundred.
const Decisive = 1000

// String implements fmt.Stringer.
func (s Status) String() string {
	return [...]string{"as declared", "undecided", "missing", "unexpected"}[s]
}

// Status holds the verdict against what the policy declares. all says that every
// shape was searched with its own switches: else others may show what is missing.
func (v *Verdict) Status(all bool) Status {
	switch {
	case v.Violated && !v.Expected:
		return Unexpected
	case v.Violated:
		return AsDeclared
	case !v.Decisive():
		return Undecided
	case v.Expected && all:
		return Missing
	}
	return AsDeclared
}

// Decisive reports whether it says anything that nothing was found. All schedules
// without a preemption are no more than the orders in which tasks can run as a whole.
func (v *Verdict) Decisive() bool {
	if v.Bound != nil && *v.Bound == 0 {
		return false
	}
	return v.Exhausted || v.Schedules >= Decisive && !v.Few
}

// An Undeclared is an invariant that a policy breaks and does not declare, among
// those that are not part of a property.
type Undeclared struct {
	Policy, Shape string
	Invariants    string
	Violation     *Violation
}

// A Result is what a Plan came to.
type Result struct {
	Verdicts   []Verdict // by policy, then by property
	Undeclared []Undeclared
	Reports    []Report // of every search, in the order of the plan
	Whole      bool     // every shape was searched, with the switches that the policies speak of
}

// result makes verdicts of reports.
func (p *Plan) result(reports []Report) *Result {
	res := &Result{Reports: reports, Whole: len(p.Shapes) == len(All) && p.Kernel == ""}
	for _, policy := range p.Policies {
		for _, x := range layout.Properties {
			v := Verdict{Policy: policy.Name(), Property: x, Expected: policy.Expect().ViolatesProperty(x), Exhausted: true, Bound: p.DFS}
			for i := range reports {
				if reports[i].Policy == v.Policy && !reports[i].WhatIf {
					v.add(&reports[i])
				}
			}
			v.Exhausted = v.Exhausted && !v.Violated && v.Searches > 0
			if v.Searches > 0 || v.Violated || v.Expected && res.Whole {
				res.Verdicts = append(res.Verdicts, v)
			}
		}
		res.undeclared(policy)
	}
	return res
}

// undeclared notes what the policy breaks besides properties, the first of each
// kind. Those that it declares and that do not show up are left to litmus.
func (r *Result) undeclared(policy layout.Policy) {
	for i := range r.Reports {
		rep := &r.Reports[i]
		if rep.Policy != policy.Name() || rep.WhatIf {
			continue
		}
		for k := range rep.Other {
			w := &rep.Other[k]
			if Declares(policy, w.Invariants) || slices.ContainsFunc(r.Undeclared, func(u Undeclared) bool {
				return u.Policy == rep.Policy && u.Invariants == w.Invariants
			}) {
				continue
			}
			r.Undeclared = append(r.Undeclared, Undeclared{rep.Policy, rep.Shape, w.Invariants, w})
		}
	}
}

// Declares reports whether a policy declares all of these invariants broken.
func Declares(policy layout.Policy, invariants string) bool {
	for _, i := range invariants {
		if !policy.Expect().BreaksInvariant(layout.Invariant(i)) {
			return false
		}
	}
	return true
}

// add adds what one search says.
func (v *Verdict) add(rep *Report) {
	if i := slices.IndexFunc(rep.Violations, func(w Violation) bool { return w.Property == v.Property }); i >= 0 {
		w := &rep.Violations[i]
		if !v.Violated || v.Violation.DFS != nil && w.DFS == nil || w.Nth < v.Violation.Nth && (w.DFS == nil) == (v.Violation.DFS == nil) {
			v.Shape, v.Violation = rep.Shape, w
		}
		v.Violated = true
	}
	if shape, err := Lookup(rep.Shape); err == nil && slices.Contains(shape.Shows, v.Property) {
		v.Searches++
		v.Schedules += rep.Schedules
		v.Exhausted = v.Exhausted && rep.Exhausted
		if besides := rep.DFS != nil && v.Bound == nil; !besides && !rep.Exhausted && rep.Schedules < Decisive {
			v.Few = true
		}
	}
}

// Find returns the verdict on a property of a policy, or nil.
func (r *Result) Find(policy string, x layout.Property) *Verdict {
	for i := range r.Verdicts {
		if v := &r.Verdicts[i]; v.Policy == policy && v.Property == x {
			return v
		}
	}
	return nil
}

// Broken returns the reports of searches that ended since the engine panicked or
// was not deterministic.
func (r *Result) Broken() (list []*Report) {
	for i := range r.Reports {
		if r.Reports[i].Broken != nil {
			list = append(list, &r.Reports[i])
		}
	}
	return list
}

// Small returns in which shapes every schedule with one preemption at most was
// played under every policy, besides others, and how many those were.
func (r *Result) Small() (shapes []string, schedules int) {
	left := make(map[string]bool)
	for _, rep := range r.Reports {
		if rep.DFS == nil || *rep.DFS != onePreemption {
			continue
		}
		schedules += rep.Schedules
		if !slices.Contains(shapes, rep.Shape) {
			shapes = append(shapes, rep.Shape)
		}
		left[rep.Shape] = left[rep.Shape] || !rep.Exhausted
	}
	return slices.DeleteFunc(shapes, func(s string) bool { return left[s] }), schedules
}

// Worst returns the gravest status of all verdicts, and of what is undeclared.
func (r *Result) Worst() (worst Status) {
	if len(r.Undeclared) > 0 {
		return Unexpected
	}
	for i := range r.Verdicts {
		worst = max(worst, r.Verdicts[i].Status(r.Whole))
	}
	return worst
}

// Speed returns how many schedules were played, and in how much processor time.
func (r *Result) Speed() (schedules int, steps int64, cpuNanos int64) {
	for i := range r.Reports {
		schedules += r.Reports[i].Schedules
		steps += r.Reports[i].Steps
		cpuNanos += r.Reports[i].CPU
	}
	return schedules, steps, cpuNanos
}
