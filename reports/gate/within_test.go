package gate

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// ran writes a run of three policies and reads it. change may alter the cells.
func ran(t *testing.T, seed uint64, rounds int, change func(s *reportstest.Spec)) *folder.Run {
	t.Helper()
	s := &reportstest.Spec{Rounds: rounds, Seed: seed}
	s.Manifest.Status, s.Manifest.Plan.Reference = statusFinished, "dax-only"
	s.Manifest.Environment = map[string]any{"cpu": "EPYC"}
	for _, policy := range []string{"none", "always-call", "dax-only", "unconditional"} {
		for _, workload := range []string{"evict-storm", "pin-mix"} {
			s.Cells = append(s.Cells, reportstest.Cell{
				Workload: workload, Params: reportstest.Params("workers=2"), Policy: policy, Ops: 100_000, Spread: 0.004,
				Metrics: map[string]float64{"ns/op": 60}, Each: map[string]int64{"looked": 1000},
			})
		}
	}
	if change != nil {
		change(s)
	}
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// dearer makes a policy of evict-storm dearer.
func dearer(factor float64, policies ...string) func(*reportstest.Spec) {
	return func(s *reportstest.Spec) {
		for i := range s.Cells {
			if c := &s.Cells[i]; c.Workload == "evict-storm" && slices.Contains(policies, c.Policy) {
				c.Metrics["ns/op"] *= factor
			}
		}
	}
}

func TestWithin(t *testing.T) {
	cell := func(policy string) func(*reportstest.Spec) (at int) {
		return func(s *reportstest.Spec) int {
			return slices.IndexFunc(s.Cells, func(c reportstest.Cell) bool { return c.Policy == policy })
		}
	}
	unconditional := cell("unconditional")
	for _, c := range []struct {
		name   string
		rounds int
		change func(*reportstest.Spec)
		want   Verdict
		says   string
	}{
		{"the same", 12, nil, Pass, "6 cells passed"},
		{"everything slower", 12, dearer(3, "none", "always-call", "dax-only", "unconditional"), Pass, ""}, // what it cannot see
		{"one dearer", 12, dearer(1.05, "unconditional"), Regressed, "1 of 6 cells regressed: EvictStorm/workers=2/policy=unconditional"},
		{"one cheaper", 12, dearer(0.9, "unconditional"), Improved, "1 of 6 cells improved"},
		{"the reference dearer", 12, dearer(1.1, "dax-only"), NoVerdict, "it may be the reference that became dearer"},
		{"five rounds", 5, nil, NoVerdict, "each needs 6"},
		{"missing", 12, func(s *reportstest.Spec) { s.Cells = slices.Delete(s.Cells, unconditional(s), unconditional(s)+1) }, NoVerdict,
			"the head run does not have it"},
		{"new", 12, func(s *reportstest.Spec) {
			c := s.Cells[unconditional(s)]
			c.Policy = "brand-new"
			s.Cells = append(s.Cells, c)
		}, NoVerdict, "the base run does not have it"},
		{"no reference", 12, func(s *reportstest.Spec) { s.Manifest.Plan.Reference = "nobody" }, NoVerdict, "no reference policy"},
		{"another reference", 12, func(s *reportstest.Spec) { s.Manifest.Plan.Reference = "none" }, NoVerdict, "the references differ"},
		{"interrupted", 12, func(s *reportstest.Spec) { s.Manifest.Status = "interrupted" }, NoVerdict, "head interrupted"},
		{"hung", 12, func(s *reportstest.Spec) { s.Cells[unconditional(s)].Hung = []int{3} }, Regressed, "ended as hung in round 3"},
		{"the reference hung", 12, func(s *reportstest.Spec) { s.Cells[cell("dax-only")(s)].Hung = []int{3} }, Regressed, "policy=dax-only"},
		{"violations", 12, func(s *reportstest.Spec) {
			s.Cells[unconditional(s)].Counters = map[string]int64{"violations": 2}
		}, Regressed, "2 violations"},
		{"nobody looked", 12, func(s *reportstest.Spec) { s.Cells[unconditional(s)].Each = nil }, NoVerdict, "only one of the runs looked"},
		{"another figure", 12, func(s *reportstest.Spec) {
			for i := range s.Cells {
				s.Cells[i].Metrics["ns/evict"] = 30
			}
		}, NoVerdict, "the figures differ"},
		{"absurd", 12, func(s *reportstest.Spec) {
			s.Cells[unconditional(s)].Metrics["ns/op"], s.Cells[cell("dax-only")(s)].Metrics["ns/op"] = 1e300, 1e-300
		}, NoVerdict, "are no measurement"},
		{"nothing", 12, func(s *reportstest.Spec) { s.Cells = nil }, NoVerdict, "the head run does not have it"},
	} {
		base, head := ran(t, 1, c.rounds, nil), ran(t, 2, c.rounds, c.change)
		r, err := Within(base, head, Default())
		if err != nil {
			t.Fatal(err)
		}
		said := r.Summary
		for _, cell := range r.Cells {
			said += "\n" + cell.Why
		}
		if r.Verdict != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s: want %s because %q, got %s", c.name, c.want, c.says, tell(r))
		}
	}
	empty := ran(t, 1, 12, func(s *reportstest.Spec) { s.Cells = nil })
	if r, err := Within(empty, empty, Default()); err != nil || r.Verdict != NoVerdict {
		t.Errorf("two empty runs: %v %s", err, tell(r))
	}
}

// TestWithinSaysWhatItCannotFind: with 6 rounds and 6 cells no p survives Holm's method.
func TestWithinSaysWhatItCannotFind(t *testing.T) {
	r, err := Within(ran(t, 1, 6, nil), ran(t, 2, 6, dearer(2, "unconditional")), Default())
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != NoVerdict || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "nothing can be called regressed") {
		t.Errorf("%q %s", r.Warnings, tell(r))
	}
}

// TestWithinHolm: of many cells one is below alpha by chance; together none must be.
func TestWithinHolm(t *testing.T) {
	alarms := 0
	for seed := range uint64(60) {
		r, err := Within(ran(t, 2*seed, 8, nil), ran(t, 2*seed+1, 8, nil), Default())
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict == Regressed || r.Verdict == Improved {
			alarms++
		}
	}
	if alarms > 4 { // of 60 at 1 %, 5 or more happen once in 2000 times
		t.Errorf("%d false alarms in 60", alarms)
	}
}

func TestTrend(t *testing.T) {
	base, head := ran(t, 1, 8, nil), ran(t, 2, 8, dearer(3, "dax-only"))
	r := &Report{Way: wayBaseline, Verdict: Pass}
	r.AddTrend(base, head, nil)
	if len(r.Trend) != 8 || r.Verdict != Pass {
		t.Fatalf("%+v", r)
	}
	for _, m := range r.Trend {
		want := 1.0
		if strings.HasPrefix(m.Name, "EvictStorm") && strings.HasSuffix(m.Name, "dax-only") {
			want = 3
		}
		if m.Role != Shown || m.Verdict != NoVerdict || m.Change.Value < 0.8*want || m.Change.Value > 1.25*want {
			t.Errorf("%+v; want ×%v", m, want)
		}
	}
	for says, add := range map[string]func(*Report){
		"another machine": func(r *Report) { r.AddTrend(base, head, errors.New("another machine")) },
		"0 workers and 3": func(r *Report) {
			r.AddTrend(base, ran(t, 2, 8, func(s *reportstest.Spec) { s.Manifest.Plan.Workers = 3 }), nil)
		},
		"head running": func(r *Report) {
			r.AddTrend(base, ran(t, 2, 8, func(s *reportstest.Spec) { s.Manifest.Status = "running" }), nil)
		},
	} {
		r := &Report{}
		if add(r); len(r.Trend) > 0 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], says) {
			t.Errorf("%s: %+v", says, r)
		}
	}
}
