package litmus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"daxbench/engine/target"
)

// outcome sums up a run that is over.
func (r *run) outcome(facts target.Facts) target.Outcome {
	o := target.Outcome{Kind: target.Safe}
	worse := func(k target.Kind, format string, args ...any) {
		if k > o.Kind {
			o.Kind, o.Why = k, fmt.Sprintf(format, args...)
		}
	}
	for _, p := range facts.Parked {
		worse(target.Parked, "%s", p)
	}
	for _, u := range r.units {
		switch u.state {
		case returned:
			r.returned(u, &o, worse)
		case started:
			s := r.sub.Status(u.call)
			if s.Own {
				continue
			}
			o.For = max(o.For, r.sub.Now()-s.Began)
			worse(target.Hung, "%s is in %q for ever and waits for %s", u.task, action(u), s.Waits)
		}
	}
	if o.Kind != target.Hung && o.Kind != target.Blocked {
		o.For = 0
	}
	o.Breaks(facts.Findings...)
	o.Breaks(r.findings...)
	if o.Kind == target.Hung {
		for _, f := range facts.Findings { // who waits for whom says more than who waits
			if strings.HasPrefix(f.Property, "P2") && f.Property != "P2b" {
				o.Why = f.Text
			}
		}
	}
	return o
}

// hangs reports whether somebody is in a call for ever, and not in I/O of its own.
func (r *run) hangs() bool {
	return slices.ContainsFunc(r.units, func(u *unit) bool { return u.state == started && !r.sub.Status(u.call).Own })
}

// returned says what a call that returned adds to the outcome.
func (r *run) returned(u *unit, o *target.Outcome, worse func(target.Kind, string, ...any)) {
	s := u.status
	var no *target.Refusal
	switch {
	case errors.As(s.Err, &no):
		worse(target.Refused, "%s: %q is refused: %v", u.task, action(u), no)
	case s.Err != nil && !r.expected(u):
		r.findings = append(r.findings, target.Finding{At: s.Ended,
			Text: fmt.Sprintf("line %d: %s: %q failed: %v", u.step.Line, u.task, action(u), s.Err)})
	}
	if s.Slept > 0 {
		if s.Slept > o.For && o.Kind <= target.Blocked {
			o.Kind, o.For = target.Blocked, s.Slept
			o.Why = fmt.Sprintf("%s was in %q for %v and waited for %s", u.task, action(u), round(s.Slept), s.For)
		}
	}
}

// expected reports whether the scenario says that a unit's step fails: the next
// that it says of that task, before the task's next step.
func (r *run) expected(u *unit) bool {
	for _, v := range r.units[slices.Index(r.units, u)+1:] {
		switch {
		case v.task == u.task:
			return false
		case v.step.Verb != target.Expect || !v.step.Has(target.HasFailed):
		case slices.ContainsFunc(v.step.Share(v.share), func(a target.Step) bool { return a.Whom.String() == u.task }):
			return true
		}
	}
	return false
}

// afterwards releases what is left and says whether that helps who hangs, if a signal has not.
func (r *run) afterwards(facts target.Facts) string {
	died := slices.ContainsFunc(facts.Stalls, func(s target.Stall) bool { return !s.Own && s.Kill == target.Died })
	if err := r.sub.Release(); err != nil {
		return ""
	}
	if _, err := r.pass(grace, false); err != nil {
		return ""
	}
	if r.hangs() {
		return "; it does not end even when all pins are released"
	}
	if died {
		return "; it ends by SIGKILL"
	}
	return "; it ends when the pin is released"
}

// round drops digits that say nothing.
func round(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(100 * time.Nanosecond)
}

// letters puts blanks between letters.
func letters(s string) string { return strings.Join(strings.Split(s, ""), " ") }
