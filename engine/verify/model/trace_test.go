package model

import (
	"strings"
	"testing"
)

// TestTraces: each trace was made again when it was told. It is told in words
// for every step, and it is as short as the depth of the search allows.
func TestTraces(t *testing.T) {
	n := 0
	for _, r := range everything(t) {
		for p, trace := range r.Found {
			n++
			if len(trace) == 0 {
				t.Errorf("%s in %s: %s has no steps", r.Policy, r.Set, p)
			}
			for _, s := range trace {
				if s.Text == "" || strings.Contains(s.Text, "makes step") {
					t.Errorf("%s in %s: %s: a step of %s without words: %q", r.Policy, r.Set, p, s.Task, s.Text)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("%d traces", n)
	}
}

// TestShortest finds violations once more, by going deeper and deeper.
func TestShortest(t *testing.T) {
	for _, tt := range []struct {
		policy, set string
		finds       Property
		bit         int
	}{
		{"none", "unlink", P1r, violatesP1r},
		{"unconditional", "memory", P2b, violatesP2b},
		{"dax-only", "unplug", P1u, violatesP1u},
	} {
		s, err := LookupSet(tt.set)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = s.withPinners(1); err != nil {
			t.Fatal(err)
		}
		m := newMachine(policy(t, tt.policy), &s, NoMutant)
		depth := 1
		for !m.within(depth, tt.bit, map[state]int{}) {
			depth++
		}
		if got := len(explore(t, m.pol, s, Options{}).Found[tt.finds]); got != depth {
			t.Errorf("%s in %s: %s in %d steps; it can be had in %d", tt.policy, tt.set, tt.finds, got, depth)
		}
	}
}

// within says whether the property can be violated within n steps from here.
func (m *machine) within(n, property int, tried map[state]int) bool {
	if n <= tried[m.state] {
		return false
	}
	tried[m.state] = n
	here := m.state
	for t := range m.nt {
		for way := range m.ways(t) {
			m.state, m.hit = here, 0
			if m.step(t, way) && (m.hit>>property&1 == 1 || m.within(n-1, property, tried)) {
				m.state = here
				return true
			}
		}
		m.state = here
	}
	return false
}

// TestBrokenTracePanics: a trace that leads elsewhere is not shown.
func TestBrokenTracePanics(t *testing.T) {
	s := parse(t, "O Open A; Iput A")
	var e explorer
	if _, err := e.explore(Perfect, s, Options{}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a trace to nothing was told")
		}
	}()
	e.trace(newMachine(Perfect, &s, NoMutant), sighting{node: 1}, 1<<violatesP3)
}
