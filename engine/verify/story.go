package verify

import (
	"fmt"
	"slices"

	"daxbench/engine/internal/sched"
	"daxbench/engine/layout"
	"daxbench/engine/oracle"
	"daxbench/engine/vfs"
)

type finding = oracle.Finding

// A Line of a story: who did what. At the one where the property was found to be
// violated, Here is set.
type Line struct {
	Who  string
	What string
	Here bool `json:",omitempty"`
}

// tellJob adds to the report the story of the job's schedule.
func (r *runner) tellJob(j Job, rep *Report) error {
	strategy, err := r.nth(j)
	if err != nil {
		return err
	}
	s := r.play(strategy, false)
	rep.Schedules, rep.Steps = 1, int64(len(s.trace))
	if s.broken != nil {
		rep.Broken = &Violation{Text: s.broken.Error(), Seed: j.Seed, DFS: j.DFS}
		return nil
	}
	var shown []layout.Property
	for _, f := range s.findings {
		if f.Property != "" && !slices.Contains(shown, f.Property) && (j.Tell == Everything || j.Tell == f.Property || j.Tell == f.Property.Family()) {
			shown = append(shown, f.Property)
		}
	}
	for _, f := range s.findings {
		if f.Property == "" && j.Tell == Everything {
			add(&rep.Other, Violation{Invariants: f.Invariants, Text: f.Text, Seed: j.Seed, DFS: j.DFS})
		}
	}
	trace := slices.Clone(s.trace)
	for _, p := range shown {
		v := r.tell(trace, p)
		v.Seed, v.DFS = j.Seed, j.DFS
		rep.Violations = append(rep.Violations, v)
	}
	return nil
}

// Everything, as Job.Tell, stands for each property that the schedule shows, and
// what it shows besides.
const Everything = layout.Property("*")

// tell shortens a trace that shows p and returns what happens in it.
func (r *runner) tell(trace []sched.TaskID, p layout.Property) Violation {
	short := sched.Shrink(trace, func(try []sched.TaskID) bool {
		r.replay.Reset(try)
		s := r.play(r.replay, false)
		_, ok := s.shows(p)
		return ok && s.broken == nil
	})
	r.replay.Reset(short)
	s := r.play(r.replay, true)
	f, _ := s.shows(p)
	return Violation{
		Property: p, Invariants: f.Invariants, Text: f.Text, Nth: 1, Times: 1,
		Switches: sched.Switches(s.trace), Story: r.story(&s, f),
	}
}

// story puts what happened up to f into words. What was found when all was over
// is its last line, of nobody.
func (r *runner) story(s *schedule, f finding) (story []Line) {
	locks := f.Property == "P4" || slices.ContainsFunc(s.lines, func(l line) bool {
		return l.event.Kind == vfs.WaitBegin && l.event.Wait == vfs.ForLock
	})
	for i, l := range s.lines {
		if l.event.Kind == vfs.NoEvent {
			story = append(story, Line{Who: l.actor.name, What: l.text})
			continue
		}
		here := l.step == f.Step && !f.AtEnd
		if here || !frames(l.event.Kind, locks) && !reclaimsNothing(s.lines, i) {
			story = append(story, Line{Who: l.actor.name, What: r.ledger.Say(l.event), Here: here})
		}
		if here {
			return story
		}
	}
	story = append(story, Line{What: fmt.Sprintf("%s: %s", ending(s.end), f.Text), Here: true})
	return story
}

// reclaimsNothing reports whether line i begins or ends a reclaim in which its
// actor did nothing. A task tries several times.
func reclaimsNothing(lines []line, i int) bool {
	l, by := lines[i], 0
	switch l.event.Kind {
	case vfs.ReclaimBegin:
		by = 1
	case vfs.ReclaimEnd:
		by = -1
	default:
		return false
	}
	for j := i + by; j >= 0 && j < len(lines); j += by {
		if lines[j].actor == l.actor && !frames(lines[j].event.Kind, false) {
			return lines[j].event.Kind == vfs.ReclaimBegin+vfs.ReclaimEnd-l.event.Kind
		}
	}
	return false
}

// frames reports whether events of a kind only frame others.
func frames(k vfs.EventKind, locks bool) bool {
	switch k {
	case vfs.MaySleep, vfs.WaitEnd, vfs.Resumed, vfs.Scanned:
		return true
	case vfs.LockTaken, vfs.LockDropped, vfs.SpinTaken, vfs.SpinDropped:
		return !locks
	}
	return false
}

func ending(e sched.End) string {
	if e == sched.Done {
		return "at rest"
	}
	return e.String()
}
