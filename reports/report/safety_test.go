package report

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
	"daxbench/reports/safety"
)

// TestSafetyHasARowPerPolicy wants all policies of the run in the matrix, and what was read left as it was.
func TestSafetyHasARowPerPolicy(t *testing.T) {
	src := source(t, reportstest.Example())
	first := src.Run.Manifest.Plan.Groups[0].Policies[0]
	m := &safety.Matrix{Hazards: make([]safety.Hazard, 2), Rows: []safety.Row{
		{Policy: first, Cells: make([]safety.Cell, 2)}, {Policy: "stranger", Cells: make([]safety.Cell, 2)}}}
	p, err := OfRun(src, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Safety.Rows {
		planned := slices.ContainsFunc(src.Run.Manifest.Plan.Groups, func(g folder.PlanGroup) bool { return slices.Contains(g.Policies, r.Policy) })
		if r.Measured != planned || len(r.Cells) != 2 {
			t.Errorf("%+v; in the plan: %t", r, planned)
		}
	}
	for _, g := range src.Run.Manifest.Plan.Groups {
		for _, policy := range g.Policies {
			if !slices.ContainsFunc(p.Safety.Rows, func(r safety.Row) bool { return r.Policy == policy }) {
				t.Errorf("no row for %s", policy)
			}
		}
	}
	if len(m.Rows) != 2 || m.Rows[0].Measured {
		t.Errorf("what was read has changed: %+v", m.Rows)
	}
}

// TestSafetyOfAnother wants doubts where what was looked at is not what was measured, and none where it is.
func TestSafetyOfAnother(t *testing.T) {
	params := func(kernel string) []folder.PlanGroup {
		return []folder.PlanGroup{{Params: []folder.Param{{Key: "kernel", Value: kernel}}}}
	}
	own := []folder.PlanGroup{{Params: []folder.Param{{Key: "dax", Value: "0"}}}, {}}
	const today, long = "2026-11-26T01:00:00Z", "2019-01-02T01:00:00Z"
	for name, tt := range map[string]struct {
		run  folder.Manifest
		look safety.Source
		want []string
	}{
		"the same":           {folder.Manifest{Commit: "abc", Tool: "d", Started: today, Plan: folder.Plan{Groups: own}}, safety.Source{Commit: "abc", Tool: "d", Date: long}, nil},
		"the same kernel":    {folder.Manifest{Commit: "abc", Plan: folder.Plan{Groups: params("6.0")}}, safety.Source{Commit: "abc", Kernel: "6.0"}, nil},
		"another commit":     {folder.Manifest{Commit: "abc", Plan: folder.Plan{Groups: own}}, safety.Source{Commit: "abc-dirty"}, []string{"is of commit abc-dirty, the run of commit abc;"}},
		"an unknown commit":  {folder.Manifest{Commit: "abc", Plan: folder.Plan{Groups: own}}, safety.Source{}, []string{"is of commit unknown, the run of commit abc;"}},
		"another program":    {folder.Manifest{Commit: "abc", Tool: "d 1", Plan: folder.Plan{Groups: own}}, safety.Source{Commit: "abc", Tool: "d 2"}, []string{"was played by d 2, the run was made by d 1;"}},
		"nobody knows, long": {folder.Manifest{Started: today, Plan: folder.Plan{Groups: own}}, safety.Source{Date: long}, []string{"was played on 2 January 2019, the run began on 26 November 2026, and neither says"}},
		"nobody knows":       {folder.Manifest{Started: today, Plan: folder.Plan{Groups: own}}, safety.Source{Date: today}, nil},
		"another kernel": {folder.Manifest{Plan: folder.Plan{Groups: own}}, safety.Source{Kernel: "6.19"},
			[]string{"kept to the rules of Linux 6.19, the run to those of the engine itself;"}},
		"several kernels": {folder.Manifest{Plan: folder.Plan{Groups: slices.Concat(params("6.0"), params("6.19"))}}, safety.Source{Kernel: "6.19"},
			[]string{"the run to those of Linux 6.0 and Linux 6.19;"}},
		"a commit and a kernel": {folder.Manifest{Commit: "abc", Plan: folder.Plan{Groups: own}}, safety.Source{Commit: "d", Kernel: "6.0"}, []string{"is of commit d", "Linux 6.0"}},
		"a long name":           {folder.Manifest{Plan: folder.Plan{Groups: own}}, safety.Source{Commit: strings.Repeat("x", 1<<20)}, []string{"commit xxx"}},
	} {
		tt.look.Command = "litmus"
		got := mismatches(&tt.run, []safety.Source{tt.look})
		if len(got) != len(tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(got[i], "Safety: litmus ") || !strings.Contains(got[i], want) || len(got[i]) > 4*maxString {
				t.Errorf("%s: %.300q, want %q", name, got[i], want)
			}
		}
	}
}
