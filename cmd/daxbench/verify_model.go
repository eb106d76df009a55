package main

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/layout"
	"daxbench/engine/verify"
	"daxbench/engine/verify/model"
	"daxbench/engine/vfs"
	"daxbench/reports/unit"
)

// explored is what the abstract model says, and how it compares.
type explored struct {
	States, Transitions int
	Depth               int // of the deepest exploration
	Exhausted           bool
	CPUNanos            int64
	StatesPerCPUSecond  float64
	Agree               int // verdicts that the schedules and the model share
	Undecided           int // verdicts of which one of them has not seen enough
	Disagree            []verify.Disagreement
	Rows                []modelRow

	rows []model.Row
}

// modelRow is what the model says of one policy.
type modelRow struct {
	Policy    string
	States    int
	Exhausted bool
	Found     map[model.Property]counterexample
}

// A counterexample is a shortest trace.
type counterexample struct {
	Set   string
	Trace model.Trace
}

// explore explores the policies of the plan that the model has, and holds what it finds against the schedules.
func (f *verifyFlags) explore(plan *verify.Plan, res *verify.Result) (*explored, error) {
	var policies []model.Policy
	for _, p := range plan.Policies {
		if m, err := model.Lookup(p.Name()); err == nil {
			policies = append(policies, m)
		}
	}
	sets := setsOf(plan)
	if len(policies) == 0 || len(sets) == 0 {
		return nil, fmt.Errorf("-model: the model has none of these policies, or of these shapes")
	}
	before := verify.CPUTime()
	results, err := model.Matrix(policies, sets, model.Options{MaxStates: f.states, Pinners: f.pinners})
	if err != nil {
		return nil, err
	}
	m := &explored{Exhausted: true, CPUNanos: int64(verify.CPUTime() - before), rows: model.Rows(results)}
	for _, r := range results {
		m.States += r.States
		m.Transitions += r.Transitions
		m.Depth = max(m.Depth, r.Depth)
		m.Exhausted = m.Exhausted && r.Exhausted
	}
	m.StatesPerCPUSecond = float64(m.States) / max(float64(m.CPUNanos), 1) * 1e9
	for i := range m.rows {
		row := modelRow{Policy: m.rows[i].Policy, States: m.rows[i].States, Exhausted: m.rows[i].Exhausted, Found: map[model.Property]counterexample{}}
		for p, r := range m.rows[i].Found {
			row.Found[p] = counterexample{r.Set, r.Found[p]}
		}
		m.Rows = append(m.Rows, row)
	}
	if f.kernel == "" {
		m.Agree, m.Undecided, m.Disagree = verify.CrossCheck(res, m.rows)
	}
	return m, nil
}

// setsOf returns the sets that go with the shapes of the plan: they have the same names.
func setsOf(plan *verify.Plan) []model.Set {
	if len(plan.Shapes) == len(verify.All) {
		return model.Sets
	}
	return slices.DeleteFunc(slices.Clone(model.Sets), func(set model.Set) bool {
		return !slices.ContainsFunc(plan.Shapes, func(s *verify.Shape) bool { return s.Name == set.Name })
	})
}

// verdict is an error if the model and the schedules differ, or may.
func (m *explored) verdict() error {
	switch {
	case m == nil || len(m.Disagree)+m.Undecided == 0:
		return nil
	case len(m.Disagree) == 0:
		return &undecided{fmt.Sprintf("the model and the schedules cannot be compared on %s: too few states, or schedules", counted(m.Undecided, "verdict"))}
	}
	var list []string
	for _, d := range m.Disagree {
		list = append(list, d.Policy+" "+string(d.Property))
	}
	return &badAnswer{"the model and the schedules differ: " + strings.Join(list, ", ")}
}

// model writes what the model says.
func (p verifyPage) model(m *explored) {
	p.line("")
	p.line("The model:")
	p.matrix(layout.Properties, func(policy string, x layout.Property) string {
		for i := range m.rows {
			row := &m.rows[i]
			if row.Policy != policy {
				continue
			}
			switch _, _, found := verify.ModelShows(row, x); {
			case found:
				return markViolated
			case row.Exhausted:
				return markExhausted
			}
			return markNoneFound
		}
		return ""
	})
	p.line("")
	bound := "not exhausted"
	if m.Exhausted {
		bound = "exhausted"
	}
	p.item(0, 0, "", fmt.Sprintf("%s states, %s transitions, up to %d steps deep, %s, in %s of processor time: %s states a second and core.",
		unit.Count(m.States), unit.Count(m.Transitions), m.Depth, bound, seconds(m.CPUNanos), unit.Count(int64(m.StatesPerCPUSecond))))
	if p.plan.Kernel != "" {
		p.item(0, 0, "", "The model knows no kernels: it is not held against these schedules.")
	} else {
		text := fmt.Sprintf("The schedules and the model agree on %s.", counted(m.Agree, "verdict"))
		if m.Undecided > 0 {
			text += fmt.Sprintf(" On %s one of them has not seen enough to say.", counted(m.Undecided, "verdict"))
		}
		p.item(0, 0, "", text)
	}
	for _, policy := range p.plan.Policies {
		if policy.Rules().PinHolds == vfs.HoldsVMA {
			p.item(0, 0, "", fmt.Sprintf("The model knows no mappings: a pin of %s holds the inode there, as one of inode-ref does.", policy.Name()))
		}
	}
	for _, d := range m.Disagree {
		p.item(0, 2, "-", d.String()+".")
	}
	if p.verbose || len(p.plan.Policies) == 1 {
		p.counterexamples(m)
	}
}

// counterexamples writes the shortest trace of each violation.
func (p verifyPage) counterexamples(m *explored) {
	for _, row := range m.Rows {
		for _, x := range model.Properties {
			c, ok := row.Found[x]
			if !ok {
				continue
			}
			p.line("")
			p.item(0, 0, "", fmt.Sprintf("The model, %s, set %s, %s: %s", row.Policy, c.Set, x, x.Meaning()))
			room := 0
			for _, s := range c.Trace {
				room = max(room, len(s.Task))
			}
			for _, s := range c.Trace {
				p.item(4, room, s.Task, s.Text)
			}
		}
	}
}
