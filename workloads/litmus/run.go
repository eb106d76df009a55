package litmus

import (
	"fmt"
	"slices"
	"time"

	"daxbench/engine/target"
)

// Patience is how long a run goes on, by the subject's clock, with nobody to
// start anything: who is blocked then is hung. It is longer than any deadline
// of the kernel's: the fencing of a lease takes three minutes.
const Patience = 10 * time.Minute

// grace is how long a run that is over goes on, so that workers can do theirs.
const grace = time.Minute

// A unit is the share of a step that one task makes.
type unit struct {
	step   *target.Step
	share  int
	task   string // who makes it
	state  unitState
	call   target.CallID
	status target.Status // once returned
}

type unitState uint8

const (
	waiting unitState = iota // for its task, or for what it needs
	started
	returned
	skipped
)

// A run is one scenario on one subject.
type run struct {
	s        *target.Scenario
	sub      target.Subject
	units    []*unit
	findings []target.Finding // of expectations
}

func newRun(s *target.Scenario, sub target.Subject) *run {
	r := &run{s: s, sub: sub}
	for i := range s.Steps {
		for share := range s.Steps[i].Tasks() {
			r.units = append(r.units, &unit{step: &s.Steps[i], share: share, task: s.Steps[i].Task.At(share).String()})
		}
	}
	return r
}

// play makes all steps, each as soon as its task is free and what it needs is
// there, in the order of the text. It returns once none is left that can be
// made and nobody who has started one will return any more, or nobody is left.
func (r *run) play() error {
	for {
		if err := r.startUpTo(nil); err != nil {
			return err
		}
		if !r.anyIn(started) {
			r.skipRest()
			_, err := r.pass(grace, false)
			return err
		}
		if back, err := r.pass(Patience, true); err != nil || !back {
			return err
		}
	}
}

// startUpTo goes through the units from the first to end, until none can be
// started; nil is behind the last. Whenever somebody has returned who was waited
// for, an earlier one may have become possible.
func (r *run) startUpTo(end *unit) error {
	for i := 0; i < len(r.units) && r.units[i] != end; i++ {
		u := r.units[i]
		if u.state != waiting || !r.free(i) || !r.ready(u) {
			continue
		}
		again, err := r.start(i)
		if err != nil {
			return err
		}
		if again {
			i = -1
		}
	}
	return nil
}

// free reports whether the task of unit i has done all that stands before. To
// exit, all threads of a process must be free.
func (r *run) free(i int) bool {
	u := r.units[i]
	for _, v := range r.units[:i] {
		same := v.task == u.task || u.step.Verb == target.Exit && r.process(v) == r.process(u)
		if same && (v.state == waiting || v.state == started) {
			return false
		}
	}
	return true
}

func (r *run) process(u *unit) string { return r.s.Process(u.step.Task.At(u.share)) }

// ready reports whether all that a unit needs is there. If something will never
// be, the unit is skipped.
func (r *run) ready(u *unit) bool {
	for _, a := range u.step.Share(u.share) {
		for _, need := range needs(&a) {
			switch r.sub.Has(need) {
			case target.NotYet:
				return false
			case target.Never:
				r.skip(u, fmt.Sprintf("there is no %s", need))
				return false
			}
		}
	}
	return true
}

// needs lists what a step uses and another one makes.
func needs(a *target.Step) (list []target.Ref) {
	switch a.Verb {
	case target.Create, target.Kill, target.Signal, target.Expect:
		return nil
	case target.Pin, target.Lease, target.Reflink:
		return []target.Ref{a.File}
	case target.Alloc:
		return nil
	}
	for _, ref := range []target.Ref{a.File, a.Other, a.Name} {
		if ref != (target.Ref{}) {
			list = append(list, ref)
		}
	}
	return list
}

func (r *run) skip(u *unit, why string) {
	u.state = skipped
	r.sub.Tell(target.Line{At: r.sub.Now(), Task: u.task, Kind: target.Remarked, Text: fmt.Sprintf("leaves out %q: %s", action(u), why)})
}

// action is what a unit does, without who.
func action(u *unit) string {
	return u.step.Share(u.share)[0].Action()
}

// start starts unit i, and lets everybody run unless another one is to start at
// the same moment. It reports whether somebody returned who had been blocked.
func (r *run) start(i int) (again bool, err error) {
	u := r.units[i]
	switch u.step.Verb {
	case target.Wait:
		return true, r.wait(u)
	case target.Expect:
		u.state = returned
		r.expect(u)
		return false, nil
	}
	if u.call, err = r.sub.Start(u.step.Share(u.share)); err != nil {
		return false, err
	}
	u.state = started
	if u.step.Verb == target.Kill {
		r.kill(i)
	}
	if u.step.Together {
		return false, nil
	}
	if err := r.sub.Settle(); err != nil {
		return false, err
	}
	return r.poll(), nil
}

// wait lets time pass. What was put off and becomes possible meanwhile is done
// then, but nothing that stands behind the wait.
func (r *run) wait(u *unit) error {
	u.state = returned
	for left := u.step.For; left > 0; {
		passed, err := r.sub.Advance(left)
		if err != nil {
			return err
		}
		left -= passed
		if r.poll() {
			if err := r.startUpTo(u); err != nil {
				return err
			}
		}
	}
	return nil
}

// poll looks who has returned, and reports whether anybody was delayed by
// whoever did.
func (r *run) poll() (again bool) {
	for i, u := range r.units {
		if u.state != started {
			continue
		}
		if s := r.sub.Status(u.call); s.Returned {
			u.state, u.status = returned, s
			again = again || slices.ContainsFunc(r.units[:i], func(v *unit) bool { return v.state == waiting }) ||
				slices.ContainsFunc(r.units[i+1:], func(v *unit) bool { return v.state == waiting && v.task == u.task })
		}
	}
	return again
}

// pass lets time pass, d at most, or if back, until somebody has returned whom
// another unit waits for, or all have; it reports whether that came about.
func (r *run) pass(d time.Duration, back bool) (bool, error) {
	for slice := time.Millisecond; d > 0; slice = min(2*slice, 10*time.Second) {
		passed, err := r.sub.Advance(min(d, slice))
		if err != nil {
			return false, err
		}
		d -= passed
		if r.poll() && back || back && !r.anyIn(started) {
			return true, nil
		}
		if back && r.onlyOwn() {
			return false, nil
		}
	}
	return false, nil
}

// onlyOwn reports whether all who have not returned wait for I/O of their own,
// which nobody is going to end.
func (r *run) onlyOwn() bool {
	return !slices.ContainsFunc(r.units, func(u *unit) bool { return u.state == started && !r.sub.Status(u.call).Own })
}

func (r *run) anyIn(s unitState) bool {
	return slices.ContainsFunc(r.units, func(u *unit) bool { return u.state == s })
}

// skipRest skips what was never possible.
func (r *run) skipRest() {
	for _, u := range r.units {
		if u.state == waiting {
			r.skip(u, "what it needs has not come about")
		}
	}
}
