package litmus

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/target"
)

// A Column is what scenarios are run on: a policy and how to make subjects with
// it.
type Column struct {
	target.Maker
	ID       string            // "P7"
	Declared string            // letters of the invariants that the policy says it breaks
	MayHang  bool              // it says that tasks can wait for ever, too
	Why      map[string]string // with which sentence it says so, by letter or property
}

// A Matrix is what became of scenarios under policies.
type Matrix struct {
	Scenarios []Entry
	Rows      []Row
	// Full says that these are all registered scenarios, as they are registered.
	Full bool
	// Kernel is what the subject was made like; empty: as it is by itself. What
	// policies declare is meant for that.
	Kernel string
}

// A Row is a policy.
type Row struct {
	Policy   string
	ID       string
	Declared string
	MayHang  bool
	Why      map[string]string
	Cells    []Cell // in the order of Matrix.Scenarios
}

// A Mark says what a row knows of an invariant.
type Mark uint8

// The marks.
const (
	Unprobed Mark = iota // no scenario that could be run probes it
	Kept
	Broken
)

// Play runs all scenarios on all columns. The error is a subject's, or the cause
// why ctx is done.
func Play(ctx context.Context, columns []Column, scenarios []Entry) (*Matrix, error) {
	m := &Matrix{Scenarios: scenarios}
	for _, c := range columns {
		row := Row{Policy: c.Policy(), ID: c.ID, Declared: c.Declared, MayHang: c.MayHang, Why: c.Why}
		for _, s := range scenarios {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			cell, err := Run(c.Maker, s)
			if err != nil {
				return nil, err
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	return m, nil
}

// Charged reports whether what a scenario finds is held against the policy.
func Charged(s *target.Scenario) bool { return s.Blames.Key == "" }

// Broken returns the letters of the invariants that row i shows broken.
func (m *Matrix) Broken(i int) string {
	broken := ""
	for k, c := range m.Rows[i].Cells {
		if Charged(m.Scenarios[k].Scenario) {
			broken = target.Union(broken, c.Outcome.Broken)
		}
	}
	return broken
}

// Mark returns what row i knows of an invariant. If it is broken, where: in the
// first scenario that is about it, or if none is, in the first of all.
func (m *Matrix) Mark(i int, invariant string) (mark Mark, where Entry) {
	about := false
	for k, c := range m.Rows[i].Cells {
		s := m.Scenarios[k]
		probes := strings.Contains(s.Probes, invariant)
		switch {
		case !Charged(s.Scenario) || c.Outcome.Kind == target.NotApplicable:
		case strings.Contains(c.Outcome.Broken, invariant):
			if mark != Broken || probes && !about {
				mark, where, about = Broken, s, probes
			}
		case mark == Unprobed && probes:
			mark = Kept
		}
	}
	return mark, where
}

// Differs says what is not as row i's policy declares, or nothing. Of some of
// the scenarios only what is broken without having been declared can be said.
func (m *Matrix) Differs(i int) string {
	broken, declared := m.Broken(i), m.Rows[i].Declared
	var parts []string
	if more := minus(broken, declared); more != "" {
		parts = append(parts, fmt.Sprintf("%s broken, which it does not declare", letters(more)))
	}
	if less := minus(declared, broken); less != "" && m.Full {
		parts = append(parts, fmt.Sprintf("%s declared, but no scenario shows it", letters(less)))
	}
	if in := m.hangs(i); in != "" && !m.Rows[i].MayHang {
		parts = append(parts, fmt.Sprintf("somebody hangs, which it does not declare (P2); see scenario %s", in))
	}
	return strings.Join(parts, "; ")
}

// hangs lists the scenarios in which somebody hangs under row i's policy, whatever
// else is broken there.
func (m *Matrix) hangs(i int) string {
	var in []string
	for k, c := range m.Rows[i].Cells {
		if Charged(m.Scenarios[k].Scenario) && slices.ContainsFunc(c.Runs, func(r Result) bool { return r.Hangs }) {
			in = append(in, m.Scenarios[k].tag())
		}
	}
	return strings.Join(in, ", ")
}

// minus returns the letters of a that are not in b.
func minus(a, b string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(b, r) {
			return -1
		}
		return r
	}, a)
}

// Differences says, a sentence each, which policies did not do what they declare.
func (m *Matrix) Differences() (list []string) {
	for i, r := range m.Rows {
		if d := m.Differs(i); d != "" {
			list = append(list, r.Policy+": "+d)
		}
	}
	return list
}

// Problems says, a sentence each, what is not as it should be: differences, unless
// the subject was made like some kernel, whose own faults show; steps that
// failed, and expectations of a scenario that were not met.
func (m *Matrix) Problems() (list []string) {
	if m.Kernel == "" {
		list = m.Differences()
	}
	for k, s := range m.Scenarios {
		said := make(map[string][]string) // policies, by what happened under them
		var texts []string
		for _, r := range m.Rows {
			for _, text := range r.Cells[k].Outcome.Complaints() {
				if said[text] == nil {
					texts = append(texts, text)
				}
				said[text] = append(said[text], r.Policy)
			}
		}
		for _, text := range texts {
			list = append(list, fmt.Sprintf("%s, under %s: %s", s.Name, strings.Join(said[text], ", "), text))
		}
	}
	return list
}

// AsDeclared reports whether there are none.
func (m *Matrix) AsDeclared() bool { return len(m.Problems()) == 0 }
