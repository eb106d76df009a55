package gallery

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// read is a run folder as a source.
func read(t testing.TB, dir, name string) *Source {
	t.Helper()
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return source(t, run, name)
}

// source compares a run.
func source(t testing.TB, run *folder.Run, name string) *Source {
	t.Helper()
	table, err := compare.Policies(run, "")
	if err != nil {
		t.Fatal(err)
	}
	return &Source{Name: name, Run: run, Table: table}
}

// written writes a run, lets a test change what was read of it, and compares it.
func written(t testing.TB, spec *reportstest.Spec, change func(*folder.Run)) *Source {
	t.Helper()
	dir := t.TempDir()
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(run)
	}
	return source(t, run, "written")
}

var (
	example  = filepath.Join("..", "render", "testdata", "example")
	ident    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	digit    = regexp.MustCompile(`[0-9]`)
	kindName = regexp.MustCompile(`^[a-z]+$`)
)

func TestKinds(t *testing.T) {
	for i, k := range All {
		if !kindName.MatchString(k.Name) || k.About == "" || strings.Contains(k.About, "\n") || k.Make == nil {
			t.Errorf("%d: %+v", i, k.Name)
		}
		if got, ok := Lookup(k.Name); !ok || got.About != k.About {
			t.Errorf("Lookup(%q) = %q, %v", k.Name, got.Name, ok)
		}
	}
	if _, ok := Lookup("pie"); ok {
		t.Error("there is a kind that there is not")
	}
}

// faults are what is wrong with the pictures of a kind, by the rules that hold for all of them.
func faults(k Kind, groups int, pictures []Picture) (out []string) {
	seen := make(map[string]bool)
	for _, p := range pictures {
		add := func(format string, args ...any) {
			out = append(out, fmt.Sprintf("%.60q: ", p.ID)+fmt.Sprintf(format, args...))
		}
		if err := p.Check(); err != nil {
			add("%v", err)
		}
		if !ident.MatchString(p.ID) || !strings.HasPrefix(p.ID, k.Name+"-") || len(p.ID) > 3*maxID {
			add("no name for a file of kind %q", k.Name)
		}
		if seen[p.ID] {
			add("there are two")
		}
		seen[p.ID] = true
		switch {
		case k.Scope == OfRun && p.Group != Everything, k.Scope == OfGroup && p.Group < 0, p.Group >= groups:
			add("belongs to group %d of %d", p.Group, groups)
		}
		if p.Title == "" || p.X.Title == "" || p.Y.Title == "" && p.Y.Scale != chart.Rows {
			add("titles: %q, x %q, y %q", p.Title, p.X.Title, p.Y.Title)
		}
		if !digit.MatchString(p.Note) || !strings.HasSuffix(p.Note, ".") {
			add("the note says no n, or is no sentence: %q", p.Note)
		}
		out = append(out, faultsOfSeries(p.Chart)...)
	}
	return out
}

// faultsOfSeries are names that are missing, and rows that are.
func faultsOfSeries(c *chart.Chart) (out []string) {
	row := func(at float64) {
		if at != float64(int(at)) || int(at) < 0 || int(at) >= len(c.Y.Names) {
			out = append(out, fmt.Sprintf("%s: row %v of %d", c.ID, at, len(c.Y.Names)))
		}
	}
	if len(c.Y.Names) > maxRows {
		out = append(out, fmt.Sprintf("%s: %d rows", c.ID, len(c.Y.Names)))
	}
	for _, s := range c.Series {
		if s.Name == "" || len([]rune(s.Name)) > maxName+20 {
			out = append(out, fmt.Sprintf("%s: a series is called %.99q", c.ID, s.Name))
		}
		for _, span := range s.Spans {
			row(span.Row)
		}
		for _, p := range slices.Concat(s.Pieces...) {
			if c.Y.Scale == chart.Rows {
				row(p.Y)
			}
		}
	}
	return out
}

// run makes the pictures of all kinds and holds them to the rules. It returns how many each kind made.
func run(t *testing.T, sources ...*Source) map[string]int {
	t.Helper()
	made := make(map[string]int)
	all := make(map[string]bool)
	for _, k := range All {
		pictures, err := k.Make(sources)
		if err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
		for _, f := range faults(k, len(sources[0].Table.Groups), pictures) {
			t.Error(f)
		}
		for _, p := range pictures {
			if all[p.ID] {
				t.Errorf("two kinds make %q", p.ID)
			}
			all[p.ID] = true
		}
		made[k.Name] = len(pictures)
	}
	return made
}

func TestExample(t *testing.T) {
	made := run(t, read(t, example, "old"), read(t, example, "new"))
	t.Log(made)
}
