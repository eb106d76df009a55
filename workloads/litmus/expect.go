package litmus

import (
	"fmt"
	"slices"

	"daxbench/engine/target"
)

// kill drops what the victim of unit i was still to do, and lets it exit.
func (r *run) kill(i int) {
	for k, a := range r.units[i].step.Share(r.units[i].share) {
		process := r.s.Process(a.Whom)
		for _, u := range r.units[i+1:] {
			if u.state == waiting && r.process(u) == process {
				r.skip(u, "killed")
			}
		}
		exit := &target.Step{Task: a.Whom, Verb: target.Exit, Line: a.Line}
		r.units = slices.Insert(r.units, i+1+k, &unit{step: exit, task: a.Whom.String()})
	}
}

// expect compares what became of a task's last step with what was expected.
func (r *run) expect(u *unit) {
	for _, a := range u.step.Share(u.share) {
		var last *unit
		for _, v := range r.units {
			if v.task == a.Whom.String() && (v.state == started || v.state == returned) {
				last = v
			}
		}
		is := "has not started"
		switch {
		case last == nil:
		case last.state == started && !r.sub.Status(last.call).Own:
			is = "blocked"
		case last.state == started:
			is = "in its own I/O"
		case last.status.Err != nil:
			is = "failed"
		default:
			is = "returned"
		}
		if want := a.Expected(); is != want {
			r.findings = append(r.findings, target.Finding{At: r.sub.Now(),
				Text: fmt.Sprintf("line %d expects that %s %s; it %s", a.Line, a.Whom, verbOf(want), verbOf(is))})
		}
	}
}

func verbOf(state string) string {
	if state == "blocked" || state == "in its own I/O" {
		return "is " + state
	}
	return state
}
