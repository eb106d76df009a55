package verify

import (
	"errors"
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/verify/model"
)

func TestStatus(t *testing.T) {
	none, one := 0, 1
	for _, tt := range []struct {
		v    Verdict
		all  bool
		want Status
	}{
		{Verdict{Violated: true, Expected: true, Schedules: 1}, true, AsDeclared},
		{Verdict{Violated: true, Schedules: 1}, true, Unexpected},
		{Verdict{Violated: true, Schedules: 1}, false, Unexpected},
		{Verdict{Schedules: Decisive}, true, AsDeclared},
		{Verdict{Schedules: Decisive - 1}, true, Undecided},
		{Verdict{Schedules: Decisive, Few: true}, true, Undecided},
		{Verdict{Expected: true, Schedules: Decisive, Few: true}, true, Undecided},
		{Verdict{Schedules: 3, Exhausted: true, Bound: &one}, true, AsDeclared},
		{Verdict{Schedules: 3, Exhausted: true, Bound: &none}, true, Undecided},
		{Verdict{Schedules: Decisive, Bound: &none}, true, Undecided},
		{Verdict{Violated: true, Schedules: 3, Bound: &none}, true, Unexpected},
		{Verdict{Expected: true, Schedules: Decisive}, true, Missing},
		{Verdict{Expected: true, Schedules: Decisive - 1}, true, Undecided},
		{Verdict{Expected: true, Schedules: Decisive}, false, AsDeclared},
		{Verdict{}, true, Undecided},
		{Verdict{}, false, Undecided},
	} {
		if got := tt.v.Status(tt.all); got != tt.want {
			t.Errorf("%+v, all %t: %v, want %v", tt.v, tt.all, got, tt.want)
		}
	}
}

// lying is a policy that declares something else than it does.
type lying struct {
	layout.Policy
	violates string
}

func (l lying) Expect() layout.Expect { return layout.Expect{Violates: l.violates} }

// TestPlan searches a policy that tells the truth, one that conceals something,
// and one that boasts.
func TestPlan(t *testing.T) {
	controlled(t)
	if testing.Short() {
		t.Skip("short: three searches of every shape")
	}
	none := lookUp(t, layout.Lookup, "none")
	for _, tt := range []struct {
		violates string
		want     Status
	}{
		{none.Expect().Violates, AsDeclared},
		{"P1e P1u", Unexpected},
		{none.Expect().Violates + " P5", Missing},
	} {
		plan := &Plan{Policies: []layout.Policy{lying{none, tt.violates}}, Shapes: All, Schedules: Decisive}
		calls := 0
		res, err := plan.Run(t.Context(), &Pool{}, func(done, all, schedules int) { calls++ })
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Worst(); got != tt.want || calls < len(All) {
			t.Errorf("declared %q: %v after %d searches, want %v: %+v", tt.violates, got, calls, tt.want, res.Verdicts)
		}
		if err := plan.Tell(t.Context(), &Pool{}, res, func(v *Verdict) bool { return v.Property == "P1r" }); err != nil {
			t.Fatal(err)
		}
		if v := res.Find("none", "P1r"); v.Violation.Story == nil {
			t.Errorf("P1r is not told: %+v", v)
		}
	}
}

// TestNothing: no schedules, no verdict.
func TestNothing(t *testing.T) {
	controlled(t)
	plan := &Plan{Policies: []layout.Policy{lookUp(t, layout.Lookup, "none")}, Shapes: All}
	res, err := plan.Run(t.Context(), &Pool{}, nil)
	if err != nil || res.Worst() != Undecided {
		t.Errorf("%v %+v", err, res)
	}
}

// timid is a policy that declares no invariant broken.
type timid struct{ layout.Policy }

func (p timid) Expect() layout.Expect {
	e := p.Policy.Expect()
	e.Breaks = ""
	return e
}

// TestUndeclared: what is broken besides properties has to be declared, too.
func TestUndeclared(t *testing.T) {
	controlled(t)
	policy := lookUp(t, layout.Lookup, "locked-final")
	for _, tt := range []struct {
		policy layout.Policy
		want   string
	}{{policy, ""}, {timid{policy}, "KH"}} {
		plan := &Plan{Policies: []layout.Policy{tt.policy}, Shapes: []*Shape{unlink, memory}, Schedules: Decisive}
		res, err := plan.Run(t.Context(), &Pool{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, u := range res.Undeclared {
			got += u.Invariants
		}
		if got != tt.want || (res.Worst() == Unexpected) != (tt.want != "") {
			t.Errorf("undeclared %q, want %q; %v: %+v", got, tt.want, res.Worst(), res.Undeclared)
		}
	}
}

// TestTellsOfBrokenEngine: a schedule that cannot be told does not pass for one
// that ended differently, and the others are told.
func TestTellsOfBrokenEngine(t *testing.T) {
	controlled(t)
	broken := &Shape{Name: "breaks when told", Shows: properties("P1e"), set: func(*stage) { panic("no") }}
	defer func(all []*Shape) { All = all }(All)
	All = append(All[:len(All):len(All)], broken)
	plan := &Plan{Policies: []layout.Policy{lookUp(t, layout.Lookup, "none")}, Shapes: []*Shape{unlink}, Schedules: Decisive}
	res, err := plan.Run(t.Context(), &Pool{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Find("none", "P1e").Shape = broken.Name
	err = plan.Tell(t.Context(), &Pool{}, res, func(*Verdict) bool { return true })
	if err == nil || errors.Is(err, ErrNotDeterministic) || !strings.Contains(err.Error(), "policy none, shape "+broken.Name) {
		t.Errorf("error %v", err)
	}
	if res.Find("none", "P1e").Violation.Story != nil || res.Find("none", "P1r").Violation.Story == nil {
		t.Errorf("told: %+v", res.Verdicts)
	}
}

func TestCrossCheck(t *testing.T) {
	res := &Result{Verdicts: []Verdict{
		{Policy: "dax-only", Property: "P2", Searches: 1, Violated: true, Shape: "self"},
		{Policy: "dax-only", Property: "P1r", Searches: 1, Violated: true, Shape: "unlink", Violation: &Violation{}},
		{Policy: "dax-only", Property: "P3", Searches: 1, Schedules: Decisive},
		{Policy: "dax-only", Property: "P4", Searches: 1, Schedules: Decisive},
		{Policy: "dax-only", Property: "P5", Searches: 1, Schedules: 1},
		{Policy: "dax-only", Property: "P7"},
		{Policy: "of nobody", Property: "P7", Searches: 1, Violated: true},
	}}
	found := func(list ...model.Property) map[model.Property]*model.Result {
		m := map[model.Property]*model.Result{}
		for _, p := range list {
			m[p] = &model.Result{Set: "some"}
		}
		return m
	}
	agree, undecided, got := CrossCheck(res, []model.Row{{Policy: "dax-only", Exhausted: true, Found: found(model.P2s, model.P3, model.P7)}})
	if agree != 2 || undecided != 1 || len(got) != 2 || got[0].Property != "P1r" || got[0].Model || got[1].Property != "P3" || !got[1].Model {
		t.Errorf("%d %d %v", agree, undecided, got)
	}
	agree, undecided, got = CrossCheck(res, []model.Row{{Policy: "dax-only", Found: found(model.P2s, model.P3)}})
	if agree != 1 || undecided != 3 || len(got) != 1 || got[0].Property != "P3" {
		t.Errorf("a model that is not exhausted: %d %d %v", agree, undecided, got)
	}
}
