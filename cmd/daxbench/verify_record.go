package main

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/layout"
	"daxbench/engine/verify"
	"daxbench/reports/safety"
	"daxbench/workloads/litmus"
)

// verifyRecord is verify.json: what a report needs to know of what verify found. It has no times, so that a repeated run
// writes the same.
type verifyRecord struct {
	madeBy
	Kernel    string            `json:"kernel"`
	Whole     bool              `json:"whole"`           // every shape was searched, with the switches that the policies speak of
	Bound     *int              `json:"bound,omitempty"` // on preemptions, of a search for all schedules
	Decisive  int               `json:"decisive"`        // schedules of a shape that it takes to say that nothing was found
	Schedules int               `json:"schedules"`       // that were played, of all shapes under all policies
	Shapes    int               `json:"shapes"`          // that were searched
	Small     *smallShapes      `json:"small,omitempty"`
	Hazards   []litmus.Hazard   `json:"hazards"`
	Policies  []recordedPolicy  `json:"policies"`
	Verdicts  []recordedVerdict `json:"verdicts"`
	Also      []recordedFinding `json:"also,omitempty"` // what breaks hazards without being a property
	WhatIfs   []recordedWhatIf  `json:"what_ifs,omitempty"`
	Model     *recordedModel    `json:"model,omitempty"`
}

// smallShapes are those of which every schedule with one preemption at most was played besides.
type smallShapes struct {
	Shapes    []string `json:"shapes"`
	Schedules int      `json:"schedules"`
}

type recordedPolicy struct {
	Policy   string   `json:"policy"`
	ID       string   `json:"id,omitempty"`
	Declares []string `json:"declares"` // letters of the hazards that it says it has
}

// recordedVerdict is what the schedules say of a property under a policy.
type recordedVerdict struct {
	Policy    string          `json:"policy"`
	Property  layout.Property `json:"property"`
	About     string          `json:"about"`
	Looked    []string        `json:"looked"`          // hazards that a search for it looks at, too
	Shown     []string        `json:"shown,omitempty"` // hazards that what was found shows
	Declared  bool            `json:"declared"`
	Violated  bool            `json:"violated"`
	Status    string          `json:"status"`
	Exhausted bool            `json:"exhausted"`
	Decisive  bool            `json:"decisive"` // enough was played to say that nothing was found
	Schedules int             `json:"schedules"`
	recordedFound
}

// recordedFound is a schedule that shows something, if there is one.
type recordedFound struct {
	Shape  string   `json:"shape,omitempty"`
	Text   string   `json:"text,omitempty"`
	Lines  []string `json:"lines,omitempty"` // step by step
	Replay string   `json:"replay,omitempty"`
}

type recordedFinding struct {
	Policy  string   `json:"policy"`
	Hazards []string `json:"hazards"`
	recordedFound
}

// recordedWhatIf is what a shape shows that is held against no policy.
type recordedWhatIf struct {
	Shape    string `json:"shape"`
	About    string `json:"about"`
	Why      string `json:"why"` // it is held against none
	Violated string `json:"violated"`
}

type recordedModel struct {
	States    int           `json:"states"`
	Depth     int           `json:"depth"`
	Exhausted bool          `json:"exhausted"`
	Agree     int           `json:"agree"`     // verdicts that the schedules and the model share
	Undecided int           `json:"undecided"` // of which one of them has not seen enough
	Disagree  []string      `json:"disagree,omitempty"`
	Rows      []recordedRow `json:"rows"`
}

type recordedRow struct {
	Policy    string            `json:"policy"`
	States    int               `json:"states"`
	Exhausted bool              `json:"exhausted"`
	Violates  []layout.Property `json:"violates"`
}

// record leaves what was found in the folder that was named.
func (f *verifyFlags) record(p verifyPage, res *verify.Result, m *explored) error {
	n, _, _ := res.Speed()
	rec := verifyRecord{madeBy: newMadeBy(), Kernel: f.kernel, Whole: res.Whole, Bound: p.plan.DFS, Decisive: verify.Decisive,
		Schedules: n, Shapes: len(p.plan.Shapes), Hazards: litmus.Hazards(), Model: m.record()}
	if shapes, n := res.Small(); len(shapes) > 0 && p.plan.DFS == nil {
		rec.Small = &smallShapes{shapes, n}
	}
	for _, policy := range p.plan.Policies {
		rec.Policies = append(rec.Policies, declares(policy))
	}
	for i := range res.Verdicts {
		rec.Verdicts = append(rec.Verdicts, p.recordVerdict(&res.Verdicts[i], res.Whole))
	}
	for _, o := range firstOthers(res) {
		rec.Also = append(rec.Also, recordedFinding{o.rep.Policy, hazardsIn(o.v.Invariants), p.found(o.rep.Policy, o.rep.Shape, o.v)})
	}
	for _, shape := range p.plan.Shapes {
		if violated := p.violatedIn(res, shape); shape.WhatIf != "" && len(violated) > 0 {
			rec.WhatIfs = append(rec.WhatIfs, recordedWhatIf{shape.Name, shape.About, shape.WhatIf, strings.Join(violated, "; ")})
		}
	}
	return writeRecord(f.out, safety.VerifyName, rec)
}

// declares says which hazards a policy has by its own account.
func declares(p layout.Policy) recordedPolicy {
	r := recordedPolicy{Policy: p.Name(), ID: p.ID(), Declares: hazardsIn(p.Expect().Breaks)}
	if p.Expect().ViolatesProperty(layout.Deadlock) {
		r.Declares = append(r.Declares, string(layout.Deadlock))
	}
	return r
}

// hazardsIn are the hazards of a list such as "UA".
func hazardsIn(invariants string) []string {
	return append([]string{}, strings.Split(invariants, "")...)
}

// recordVerdict puts one verdict down.
func (p verifyPage) recordVerdict(v *verify.Verdict, whole bool) recordedVerdict {
	r := recordedVerdict{Policy: v.Policy, Property: v.Property, About: v.Property.Meaning(), Looked: lookedWith(v.Property), Shown: shownBy(v), Declared: v.Expected,
		Violated: v.Violated, Status: v.Status(whole).String(), Exhausted: v.Exhausted, Decisive: v.Decisive(), Schedules: v.Schedules}
	if v.Violated {
		r.recordedFound = p.found(v.Policy, v.Shape, v.Violation)
	}
	return r
}

// lookedWith are the hazards that a search for a property looks at, too.
func lookedWith(x layout.Property) []string {
	list := hazardsIn(x.Invariants())
	if x == layout.Deadlock {
		list = append(list, string(x))
	}
	return list
}

// shownBy are the hazards that a violation shows: what the finding says and no more. One that has a cause leaves it to that. That
// memory is unplugged under a pin shows none: no eviction has to do with it, and no policy prevents it.
func shownBy(v *verify.Verdict) []string {
	if !v.Violated || v.Violation.Cause != "" || v.Property == "P1u" {
		return nil
	}
	list := hazardsIn(v.Violation.Invariants)
	if v.Property.Family() == layout.Deadlock {
		list = append(list, string(layout.Deadlock))
	}
	return list
}

// found puts a schedule down that shows something.
func (p verifyPage) found(policy, shape string, v *verify.Violation) recordedFound {
	room := 0
	for _, l := range v.Story {
		room = max(room, len(l.Who))
	}
	f := recordedFound{Shape: shape, Text: v.Text, Replay: p.replayOf(policy, shape, v)}
	for _, l := range v.Story {
		here := " "
		if l.Here {
			here = "*"
		}
		f.Lines = append(f.Lines, fmt.Sprintf("%s %-*s  %s", here, room, l.Who, l.What))
	}
	return f
}

// record puts the model down; nil if it was not asked.
func (m *explored) record() *recordedModel {
	if m == nil {
		return nil
	}
	rec := &recordedModel{States: m.States, Depth: m.Depth, Exhausted: m.Exhausted, Agree: m.Agree, Undecided: m.Undecided}
	for _, d := range m.Disagree {
		rec.Disagree = append(rec.Disagree, d.String())
	}
	for i := range m.rows {
		row := recordedRow{Policy: m.rows[i].Policy, States: m.rows[i].States, Exhausted: m.rows[i].Exhausted, Violates: []layout.Property{}}
		row.Violates = append(row.Violates, slices.DeleteFunc(slices.Clone(layout.Properties), func(x layout.Property) bool {
			_, _, shown := verify.ModelShows(&m.rows[i], x)
			return !shown
		})...)
		rec.Rows = append(rec.Rows, row)
	}
	return rec
}
