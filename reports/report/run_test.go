package report

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/reportstest"
)

// source writes a run and reads it.
func source(t *testing.T, spec *reportstest.Spec) *gallery.Source {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "example")
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
	return read(t, dir)
}

// read reads the folder of a run.
func read(t *testing.T, dir string) *gallery.Source {
	t.Helper()
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	table, err := compare.Policies(run, "")
	if err != nil {
		t.Fatal(err)
	}
	return &gallery.Source{Name: filepath.Base(dir), Run: run, Table: table}
}

// page is the page of a run that nothing is wrong with.
func page(t *testing.T, src *gallery.Source) *Page {
	t.Helper()
	p, err := OfRun(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// cell finds a value by the head of its column and the beginning of its row.
func (t *Table) cell(row, head string) string {
	c := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Head == head })
	for _, r := range t.Rows {
		if c >= 0 && strings.TrimRight(r[0].Text, "¹²³⁴,") == row {
			return r[c].Text
		}
	}
	return "no such cell"
}

// TestNumbersHaveEvidence: beside each cost and each change stands an interval if there are rounds for one, and n; and they
// are those of package compare.
func TestNumbersHaveEvidence(t *testing.T) {
	src := source(t, reportstest.Example())
	p := page(t, src)
	if len(p.Groups) != len(src.Table.Groups) {
		t.Fatalf("%d sections, want %d", len(p.Groups), len(src.Table.Groups))
	}
	for i, g := range src.Table.Groups {
		table := p.Groups[i].Tables[0]
		for _, r := range g.Rows {
			if got, want := table.cell(r.Policy, "cost 95 %") != "", r.Cost.Bounded(); got != want {
				t.Errorf("%s, %s: interval of the cost: %v, want %v", g.Name(), r.Policy, got, want)
			}
			if got, want := table.cell(r.Policy, "change 95 %") != "", r.Ratio.Bounded(); got != want {
				t.Errorf("%s, %s: interval of the change: %v, want %v", g.Name(), r.Policy, got, want)
			}
			if got := table.cell(r.Policy, "verdict"); !strings.HasPrefix(got, r.Verdict.String()) {
				t.Errorf("%s, %s: verdict %q, want %q", g.Name(), r.Policy, got, r.Verdict)
			}
			if got := table.cell(r.Policy, "n"); got != map[int]string{5: "5", 6: "6"}[r.Cost.N] {
				t.Errorf("%s, %s: n %q, want %d", g.Name(), r.Policy, got, r.Cost.N)
			}
		}
	}
	for _, want := range []struct{ group, table, row, head, cell string }{
		{"unlink-storm · hold=100µs workers=2", "cost", "none", "violations", "1,234"},
		{"unlink-storm · hold=100µs workers=2", "cost", "none", "verdict", "cheaper, unsafe"},
		{"unlink-storm · hold=100µs workers=2", "cost", "dax-only", "violations", "0"},
		{"unlink-storm · hold=100µs workers=2", "cost", "dax-only", "of writes", "900,000"},
		{"unlink-storm · hold=100µs workers=2", "cost", "unconditional", "verdict", "n too small (5 of 6)"},
		{"unlink-storm · hold=100µs workers=2", "cost", "unconditional", "hung", "1"},
		{"evict-storm · dax=0 workers=2", "cost", "none", "violations", "no such cell"}, // nobody looked
		{"evict-storm · dax=0 workers=2", "more", "none", "latencies", "18,750"},
		{"lease-recall · leases=25 workers=2", "cost", "none", "leases lost", ""},
		{"lease-recall · leases=25 workers=2", "cost", "dax-only", "leases lost", "257,000"},
	} {
		i := slices.IndexFunc(p.Groups, func(s Section) bool { return s.Title == want.group })
		if i < 0 {
			t.Fatalf("no section %q", want.group)
		}
		table := p.Groups[i].Tables[map[string]int{"cost": 0, "more": 1}[want.table]]
		if got := table.cell(want.row, want.head); got != want.cell {
			t.Errorf("%s, %s, %s: %q, want %q", want.group, want.row, want.head, got, want.cell)
		}
	}
}

// TestSummary: the first table has every workload and every policy, and its signs are the verdicts.
func TestSummary(t *testing.T) {
	p := page(t, source(t, reportstest.Example()))
	table := p.Overview[0].Tables[0]
	for _, want := range []struct{ row, head, cell string }{
		{"evict-storm · dax=0", "unconditional", "▲ +58 % [+54, +61]"},
		{"evict-storm · dax=0", "always-call", "= +0.2 % [−0.6, +1.0]"},
		{"evict-storm · dax=50", "always-call", "? −1.6 % [−5.9, +2.0]"},
		{"unlink-storm", "none", "✗ ▼ −75 % [−77, −75]"},
		{"unlink-storm", "unconditional", "? +7.9 %"},
		{"truncate-race", "always-call", ""},
		{"unlink-storm", "n", "5 to 6"},
		{"evict-storm · dax=0", "n", "6"},
	} {
		if got := table.cell(want.row, want.head); got != want.cell {
			t.Errorf("%s, %s: %q, want %q", want.row, want.head, got, want.cell)
		}
	}
	if len(table.Rows) != 5 {
		t.Errorf("%d rows, want one per group", len(table.Rows))
	}
}

// TestShape: identifiers are unique and can stand in links and names of files, every row of a table has all columns, and the
// same run gives the same page.
func TestShape(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	for name, spec := range map[string]*reportstest.Spec{"example": reportstest.Example(), "hostile": reportstest.Hostile(), "short": reportstest.Short(2)} {
		p := page(t, source(t, spec))
		seen := make(map[string]bool)
		take := func(kind, s string) {
			if !id.MatchString(s) || len(s) > 150 || seen[kind+s] {
				t.Errorf("%s: %s %q is taken, or is no identifier", name, kind, s)
			}
			seen[kind+s] = true
		}
		for _, s := range slices.Concat(p.Overview, p.Groups) {
			take("", s.ID)
			for _, table := range s.Tables {
				take("", table.ID)
				for _, row := range table.Rows {
					if len(row) != len(table.Columns) {
						t.Errorf("%s: a row of %s has %d values in %d columns", name, table.ID, len(row), len(table.Columns))
					}
				}
			}
		}
		for _, c := range p.Charts() {
			take("chart ", c.ID)
			if err := c.Check(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, ok := gallery.Lookup(p.Kind(c)); !ok {
				t.Errorf("%s: chart %s is of the kind %q", name, c.ID, p.Kind(c))
			}
		}
	}
}

// TestInterrupted: the page of a run that did not come to its end says so before anything else, and how it goes on.
func TestInterrupted(t *testing.T) {
	p := page(t, source(t, reportstest.Short(2)))
	if len(p.Warnings) == 0 || !strings.Contains(p.Warnings[0], "the run was interrupted") {
		t.Errorf("warnings: %q", p.Warnings)
	}
	if !slices.ContainsFunc(p.Origin, func(f Fact) bool {
		return f.Name == "continue" && strings.HasPrefix(f.Value, "daxbench run -resume ")
	}) {
		t.Errorf("how it goes on is not said: %v", p.Origin)
	}
	for _, v := range p.Verdict {
		if v.Topic == compare.Price || v.Topic == compare.Level {
			t.Errorf("two rounds decide nothing, but: %s", v.Text)
		}
	}
}

// TestLacksCharts: a histogram that is none costs the page its charts, and says so, and not its numbers.
func TestLacksCharts(t *testing.T) {
	src := source(t, reportstest.Example())
	for i := range src.Run.Manifest.Cells {
		src.Run.Manifest.Cells[i].Histograms = map[string]string{"op": "HISTFAAA not base64"}
	}
	p, err := OfRun(src, nil)
	if !errors.Is(err, ErrCharts) {
		t.Fatalf("error %v", err)
	}
	if !slices.ContainsFunc(p.Warnings, func(s string) bool { return strings.HasPrefix(s, "The charts of latency are missing: ") }) {
		t.Errorf("warnings: %q", p.Warnings)
	}
	if len(p.Groups) != 5 || len(p.Groups[0].Tables) != 2 {
		t.Error("numbers are missing too")
	}
}

// TestHugeLabels: strings of a megabyte do not make pages of gigabytes.
func TestHugeLabels(t *testing.T) {
	spec := reportstest.Hostile()
	huge := strings.Repeat("é", 1<<19)
	spec.Cells[1].Policy += strings.Repeat("é", 15_000) // lines of results end at 64 KB
	spec.Manifest.Tool, spec.Manifest.Warnings[0].Text = huge, huge
	spec.Manifest.Command = []string{"run", huge}
	p := page(t, source(t, spec))
	for _, s := range slices.Concat(p.Warnings, p.Facts, p.Reading, []string{p.Title, p.Lead}) {
		if len(s) > 3000 {
			t.Errorf("%d bytes: %.80s…", len(s), s)
		}
	}
	for _, f := range p.Origin {
		if len(f.Value) > 3000 {
			t.Errorf("%s: %d bytes", f.Name, len(f.Value))
		}
	}
	for _, s := range slices.Concat(p.Overview, p.Groups) {
		for _, table := range s.Tables {
			for _, row := range table.Rows {
				if n := len(row[0].Text) + len(row[0].CSV); n > 1000 {
					t.Errorf("%s: %d bytes", table.ID, n)
				}
			}
		}
	}
}

// TestRepeat: the command that repeats a run names its commit and its seed, and no folder that is there already.
func TestRepeat(t *testing.T) {
	for _, tt := range []struct {
		commit string
		words  []string
		want   string
	}{
		{"3f2a9c1", []string{"run", "-rounds", "6"}, "git checkout 3f2a9c1 && go run ./cmd/daxbench run -rounds 6 -seed 7"},
		{"3f2a9c1", []string{"run", "-seed", "7", "-o", "x y"}, "git checkout 3f2a9c1 && go run ./cmd/daxbench run -seed 7"},
		{"3f2a9c1", []string{"run", "--o=x", "--seed=7"}, "git checkout 3f2a9c1 && go run ./cmd/daxbench run --seed=7"},
		{"3f2a9c1-dirty", []string{"run"}, "git checkout 3f2a9c1 && go run ./cmd/daxbench run -seed 7  (there were uncommitted changes)"},
		{"", []string{"run", "-set", "hold=exp:5us; rm"}, "daxbench run -set 'hold=exp:5us; rm' -seed 7  (of which commit is not known)"},
		{"x;reboot", []string{"run"}, "git checkout 'x;reboot' && go run ./cmd/daxbench run -seed 7"},
		{"3f2a9c1", nil, ""},
	} {
		if got := Repeat(&folder.Manifest{Commit: tt.commit, Command: tt.words, Seed: 7}); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestFiles: the page of a folder links the raw files that are there, and no others.
func TestFiles(t *testing.T) {
	src := source(t, reportstest.Example())
	for _, name := range []string{"litmus.json", "report.html", "notes.doc"} {
		if err := os.WriteFile(filepath.Join(src.Run.Dir, name), []byte("{}"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, f := range page(t, src).Files {
		names = append(names, f.Path)
	}
	if got, want := strings.Join(names, " "), "results.txt run.json litmus.json"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
