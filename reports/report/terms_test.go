package report

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// worded is the example, of a run that says what its names stand for.
func worded() *reportstest.Spec {
	term := func(name, about string) folder.Term { return folder.Term{Name: name, About: about} }
	s := reportstest.Example()
	s.Manifest.Plan.Words = folder.Words{
		Policies: []folder.Term{term("unconditional", "lock and wait on every inode"), term("dax-only", "wait on DAX inodes"), term("never-run", "nothing")},
		Storms: []folder.Storm{{Term: term("evict-storm", "look inodes up"), Params: []folder.Knob{
			{Term: term("dax", "percentage of the files that are DAX"), Default: "50"}, {Term: term("hold", "how long a pin is kept"), Default: "exp:100us"},
		}}},
		Params: []folder.Term{term("workers", "threads that work at once")},
	}
	return s
}

// TestNamesAreExplained: the page says what the policies of the run do, in the order of its tables and no others, and of a storm
// what it does, what the parameters are that stand in its title, and which it ran with besides.
func TestNamesAreExplained(t *testing.T) {
	p := page(t, source(t, worded()))
	var names []string
	for _, c := range p.Compared {
		names = append(names, c.Name+": "+c.About)
	}
	if got, want := strings.Join(names, "; "), "dax-only: wait on DAX inodes; unconditional: lock and wait on every inode"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, s := range p.Groups {
		want, named, fixed := "", []Term(nil), 0
		if strings.HasPrefix(s.Title, "evict-storm") {
			want, fixed = "Look inodes up.", 1
			named = []Term{{Name: "dax", About: "percentage of the files that are DAX"}, {Name: "workers", About: "threads that work at once"}}
		}
		if s.Does != want || !slices.Equal(s.Named, named) || len(s.Fixed) != fixed || fixed > 0 && s.Fixed[0] != (Term{Name: "hold=exp:100us", About: "how long a pin is kept"}) {
			t.Errorf("%s: %q, %v, %v", s.Title, s.Does, s.Named, s.Fixed)
		}
	}
	if len(p.Words) != 3 {
		t.Errorf("pins, evictions and broken layouts: %v", p.Words)
	}
}

// TestOldRunsExplainNothing: of a run that does not say what its names stand for, nothing is made up.
func TestOldRunsExplainNothing(t *testing.T) {
	p := page(t, source(t, reportstest.Example()))
	if len(p.Compared) > 0 {
		t.Errorf("%v", p.Compared)
	}
	for _, s := range p.Groups {
		if s.Does != "" || len(s.Named)+len(s.Fixed) > 0 {
			t.Errorf("%s: %q, %v", s.Title, s.Does, s.Fixed)
		}
	}
}

// TestTitle: what was compared, where and when is the title, and what the folder is called stands small beside it.
func TestTitle(t *testing.T) {
	p := page(t, source(t, reportstest.Example()))
	if want := "Breaking layouts at inode eviction: 4 policies under 4 storms, AMD EPYC, 22 November 2026"; p.Title != want || p.Name != "example" {
		t.Errorf("%q, %q, want %q", p.Title, p.Name, want)
	}
	two := reportstest.Example()
	two.Cells = two.Cells[2:4]
	two.Manifest.Started, two.Manifest.Environment = "", nil
	if got := page(t, source(t, two)).Title; got != "Breaking layouts at inode eviction: dax-only and unconditional under evict-storm, AMD EPYC" {
		t.Errorf("%q", got)
	}
}
