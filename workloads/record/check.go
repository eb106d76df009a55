package record

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daxbench/workloads/driver"
)

// outcomes are those that a cell can have.
var outcomes = []string{driver.OK, driver.Hung, driver.Violation, driver.Failed}

// check returns what makes a manifest one that no run can have written: it was edited, or rotted. Rounds that are
// continued pair up with those before them only if those are whole.
func (m *Manifest) check() error {
	switch {
	case m.Schema != Schema:
		return fmt.Errorf("it has schema %d, this daxbench writes %d", m.Schema, Schema)
	case m.Environment == nil:
		return errors.New("it has no environment")
	case m.Harness == nil:
		return errors.New("it has no harness")
	case m.Seed != m.Request.Seed:
		return fmt.Errorf("its seed is %d, but seed %d was asked for", m.Seed, m.Request.Seed)
	case m.Plan.Rounds < 1 || m.Plan.Rounds != m.Request.Rounds:
		return fmt.Errorf("its plan has %d rounds, but %d were asked for", m.Plan.Rounds, m.Request.Rounds)
	}
	planned, err := m.Plan.cells()
	if err != nil {
		return err
	}
	return m.checkRounds(planned)
}

// checkRounds wants whole rounds, numbered from 1 and in order: the k-th line of a cell in results.txt is round k.
func (m *Manifest) checkRounds(planned map[string]Record) error {
	last := 0
	seen := make(map[string]bool) // in round last
	whole := func() error {
		for _, name := range slices.Sorted(maps.Keys(planned)) {
			if last > 0 && !seen[name] {
				return fmt.Errorf("round %d lacks the cell %s", last, name)
			}
		}
		return nil
	}
	for i := range m.Cells {
		r := &m.Cells[i]
		if r.Round < 1 {
			return fmt.Errorf("it has a cell in round %d: %s", r.Round, r.Name)
		}
		if r.Round != last {
			switch {
			case r.Round < last:
				return fmt.Errorf("round %d stands behind round %d", r.Round, last)
			case r.Round > last+1:
				return fmt.Errorf("round %d is missing", last+1)
			case r.Round > m.Plan.Rounds:
				return fmt.Errorf("round %d is one more than were planned", r.Round)
			}
			if err := whole(); err != nil {
				return err
			}
			last = r.Round
			clear(seen)
		}
		want, ok := planned[r.Name]
		switch {
		case !ok:
			return fmt.Errorf("round %d has a cell that was not planned: %q", r.Round, r.Name)
		case seen[r.Name]:
			return fmt.Errorf("round %d has the cell %s twice", r.Round, r.Name)
		case r.Workload != want.Workload || r.Policy != want.Policy || !slices.Equal(r.Params, want.Params):
			return fmt.Errorf("round %d: the cell %s is of %s under %s with %v", r.Round, r.Name, r.Workload, r.Policy, r.Params)
		case !slices.Contains(outcomes, r.Outcome):
			return fmt.Errorf("round %d: the cell %s has the outcome %q", r.Round, r.Name, r.Outcome)
		}
		seen[r.Name] = true
	}
	return whole()
}

// cells returns what the records of one round say of themselves, by name.
func (p *Plan) cells() (map[string]Record, error) {
	planned := make(map[string]Record)
	for _, g := range p.Groups {
		if slices.Contains(strings.Split(g.Workload, "-"), "") {
			return nil, fmt.Errorf("its plan has a group of %q, which can be no workload", g.Workload)
		}
		group := driver.Group{Workload: &driver.Workload{Name: g.Workload}, Shown: g.Params}
		for _, policy := range g.Policies {
			planned[group.Name(policy)] = Record{Workload: g.Workload, Params: g.Params, Policy: policy}
		}
	}
	if len(planned) == 0 {
		return nil, errors.New("its plan has no cells")
	}
	return planned, nil
}
