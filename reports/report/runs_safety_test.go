package report

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/gallery"
	"daxbench/reports/reportstest"
	"daxbench/reports/safety"
)

// violating is the example with so many violations of a policy under unlink-storm.
func violating(policy string, n int64) *reportstest.Spec {
	s := reportstest.Example()
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Workload == "unlink-storm" && c.Policy == policy {
			c.Counters = map[string]int64{"violations": n}
		}
	}
	return s
}

// TestRunsSafetyFirst: the first sentence of a comparison is of the policy that lets writes through in one run and not in the
// other, in how many of how many that were looked at; then come policies that do so in both.
func TestRunsSafetyFirst(t *testing.T) {
	p := held(t, "dax-only", reportstest.Example(), violating("dax-only", 3000))
	for i, want := range []string{
		"Under dax-only device writes landed in blocks that were no longer their file's: 3,000 of 1.32 M in new; none of 1.32 M in old.",
		"Under none device writes landed in blocks that were no longer their file's: 1,234 of 1.32 M in old and 1,234 of 1.32 M in new.",
		"Under unconditional operations or rounds hung: 1 in old and 1 in new.",
		"Under always-call and unconditional no such write was found in any run, of at least 900,000 that were looked at in each.",
	} {
		if p.Verdict[i].Text != want || !p.Verdict[i].Topic.OfSafety() {
			t.Errorf("sentence %d: %+v, want %q", i, p.Verdict[i], want)
		}
	}
	if p.Overview[0].ID != "violations" {
		t.Fatalf("first comes %s", p.Overview[0].ID)
	}
	table := p.Overview[0].Tables[0]
	i := slices.IndexFunc(table.Rows, func(r []Value) bool { return r[0].Text == "dax-only" && r[1].Text == "new" })
	if i < 0 || table.Rows[i][2].Text != "3,000" || table.Rows[i][2].Tone != Bad || table.Rows[i][3].Text != "1.32 M" {
		t.Errorf("rows %v", table.Rows)
	}
	last := table.Rows[i][len(table.Columns)-1].Text
	if !strings.HasPrefix(last, "unlink-storm · hold=100µs") {
		t.Errorf("where: %q", last)
	}
	if clean := table.Rows[i-1]; clean[1].Text != "old" || clean[2].Text != "0" || clean[2].Tone != Good {
		t.Errorf("of the run before: %v", clean)
	}
}

// TestRunsWithoutViolations: zeros are said where somebody looked, and only there.
func TestRunsWithoutViolations(t *testing.T) {
	p := held(t, "dax-only", violating("none", 0), violating("none", 0))
	if s := p.Verdict[1]; s.Topic != compare.Safe || !strings.HasPrefix(s.Text, "Under 4 policies no device write landed in a block that") {
		t.Errorf("%+v", p.Verdict)
	}
	blind := reportstest.Example()
	blind.Cells = blind.Cells[:8] // the evict storms, where there is nothing to look at
	p = held(t, "dax-only", blind, blind)
	for _, s := range p.Verdict {
		if s.Topic.OfSafety() {
			t.Errorf("nobody looked, but: %s", s.Text)
		}
	}
	if slices.ContainsFunc(p.Overview, func(s Section) bool { return s.ID == "violations" }) {
		t.Error("a table of nothing")
	}
	half := held(t, "dax-only", blind, violating("dax-only", 7))
	if !strings.Contains(half.text(), ": 7 of 1.32 M in new; in old nobody looked.") {
		t.Error(half.text())
	}
	if strings.Contains(half.text(), "in any run") {
		t.Errorf("in one run nobody looked, but: %s", half.text())
	}
}

// TestRunsLitmus: what litmus found beside a run stands in a section of its own; that a policy breaks what it does not declare is
// said first, and what it declares and nothing showed is not called kept.
func TestRunsLitmus(t *testing.T) {
	m := &safety.Matrix{Hazards: []safety.Hazard{{Letter: "U", Name: "use", Data: true, Harm: "reused"}, {Letter: "R", Name: "reclaim"}}, Rows: []safety.Row{
		{Policy: "none", Cells: []safety.Cell{{Mark: safety.Broken, Declared: true, Brief: "2 of 3"}, {Mark: safety.NotFound, Declared: true}}},
		{Policy: "dax-only", Cells: []safety.Cell{{Mark: safety.Broken}, {Mark: safety.Kept, Brief: "4 of 4"}}},
		{Policy: "unconditional", Cells: []safety.Cell{{}, {Mark: safety.Broken, Declared: true}}},
		{Policy: "always-call", Cells: []safety.Cell{{}, {Mark: safety.NotFound}}},
	}, Notes: []string{"4 scenarios of litmus"}}
	var said []string
	for _, s := range undeclared(m, "new") {
		said = append(said, s.Text)
	}
	if len(said) != 1 || said[0] != "In new litmus or verify show that dax-only breaks what it does not declare: use." {
		t.Errorf("%q", said)
	}
	s := foundSection(m, "new", newNames())
	for policy, want := range map[string][2]string{
		"none": {"✗ reused, 2 of 3", "○ not shown"}, "dax-only": {"✗ reused, not declared", "✓ kept"},
		"always-call": {"–", "○ not found"}, "unconditional": {"–", "! broken"},
	} {
		if got := [2]string{s.Tables[0].cell(policy, "use"), s.Tables[0].cell(policy, "reclaim")}; got != want {
			t.Errorf("%s: %q, want %q", policy, got, want)
		}
	}
	if s.ID != "safety-new" || !slices.Equal(s.Footnotes, m.Notes) {
		t.Errorf("%+v", s)
	}
}

// TestRunsSafetyOfAnother wants it said first if what litmus looked at is not what a run measured, and of which run.
func TestRunsSafetyOfAnother(t *testing.T) {
	src := source(t, reportstest.Example())
	own := safety.Source{Command: "litmus", Tool: src.Run.Manifest.Tool, Commit: src.Run.Manifest.Commit}
	other := own
	other.Kernel = "6.19"
	matrix := func(s safety.Source) *safety.Matrix {
		return &safety.Matrix{Hazards: make([]safety.Hazard, 1), Rows: []safety.Row{{Policy: "none", Cells: make([]safety.Cell, 1)}}, Sources: []safety.Source{s}}
	}
	p := &Page{Warnings: []string{"the machine was busy"}}
	p.safety([]*gallery.Source{src, src}, []string{"old", "new"}, []*safety.Matrix{matrix(own), matrix(other)}, newNames())
	if len(p.Warnings) != 2 || !strings.HasPrefix(p.Warnings[0], "new: Safety: litmus kept to the rules of Linux 6.19") {
		t.Errorf("%q", p.Warnings)
	}
}
