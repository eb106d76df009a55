package gallery

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

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
	if len(sources) > 1 {
		sources = held(t, "", sources...)
	}
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
	if made["versus"] == 0 {
		t.Errorf("no chart of two runs: %v", made)
	}
}

// TestRulesCanFail shows the rules one picture of each fault.
func TestRulesCanFail(t *testing.T) {
	good := func() Picture {
		return Picture{Group: Everything, Chart: &chart.Chart{ID: "ratios-x", Title: "Cost", Note: "n=6 rounds.", X: chart.Axis{Title: "ratio"},
			Y: chart.Axis{Scale: chart.Rows, Names: []string{"a"}}, Series: []chart.Series{{Name: "a", Pieces: [][]chart.Point{{{X: 1}}}}}}}
	}
	k, _ := Lookup("ratios")
	if f := faults(k, 1, []Picture{good()}); len(f) != 0 {
		t.Fatalf("nothing is wrong: %q", f)
	}
	for name, spoil := range map[string]func(p *Picture){
		"empty":       func(p *Picture) { p.Series = nil },
		"space":       func(p *Picture) { p.ID = "ratios-a b" },
		"other kind":  func(p *Picture) { p.ID = "ratio-x" },
		"no title":    func(p *Picture) { p.Title = "" },
		"no axis":     func(p *Picture) { p.X.Title = "" },
		"no Y":        func(p *Picture) { p.Y = chart.Axis{} },
		"no n":        func(p *Picture) { p.Note = "Medians of rounds." },
		"no sentence": func(p *Picture) { p.Note = "n=6" },
		"group":       func(p *Picture) { p.Group = 0 },
		"no name":     func(p *Picture) { p.Series[0].Name = "" },
		"long name":   func(p *Picture) { p.Series[0].Name = strings.Repeat("a", 1000) },
		"row":         func(p *Picture) { p.Series[0].Pieces[0][0].Y = 1 },
		"rows":        func(p *Picture) { p.Y.Names = make([]string, maxRows+1) },
	} {
		p := good()
		spoil(&p)
		if f := faults(k, 1, []Picture{p}); len(f) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
	}
	if f := faults(k, 1, []Picture{good(), good()}); len(f) != 1 {
		t.Errorf("two of one name: %q", f)
	}
}

// rename gives the cells of a run names that no file of results could have; several differ in what an identifier leaves out.
func rename(run *folder.Run) {
	furnish(run)
	values := []string{"a b", "a-b", "A_B", "<script>", "\u202e", strings.Repeat("x", 10000), "µs", "", "a\u0301\u0301\u0301\u0301", "\xff"}
	policies := map[string]string{"none": "\x1b[31m", "dax-only": "../..", "always-call": "", "unconditional": strings.Repeat("</script>", 1000)}
	for i, c := range run.Cells {
		c.Params = slices.Clone(c.Params)
		c.Params[0].Value, c.Policy = values[i/len(policies)], policies[c.Policy]
		c.Workload = "\x00\n-" + c.Workload
		c.Name = c.Workload + c.Params[0].Value
	}
}

// hostile are runs that nobody would want to draw.
func hostile() map[string]*reportstest.Spec {
	hung := storm(2, "none", "dax", numbers(2), "none", "dax-only")
	for i := range hung.Cells {
		hung.Cells[i].Hung = []int{1, 2}
	}
	many := storm(1, "none", "dax", numbers(2), numbers(40)...)
	return map[string]*reportstest.Spec{
		"labels":         reportstest.Hostile(),
		"one round":      reportstest.Short(1),
		"one policy":     storm(6, "none", "dax", numbers(3), "none"),
		"no reference":   storm(6, "quarantine", "dax", numbers(3), "none", "dax-only"),
		"a hundred":      storm(1, "none", "dax", numbers(100), "none", "dax-only"),
		"no operation":   hung,
		"forty policies": many,
		"nothing":        {Rounds: 1},
	}
}

func TestHostile(t *testing.T) {
	for name, spec := range hostile() {
		t.Run(name, func(t *testing.T) {
			bare := written(t, spec, nil)
			full := written(t, spec, furnish)
			run(t, bare, bare)
			made := run(t, full, bare, full)
			t.Log(made)
			for _, k := range All {
				if k.Scope == OfGroup && made[k.Name] > maxGroups*maxPolicies {
					t.Errorf("%s: %d pictures", k.Name, made[k.Name])
				}
			}
		})
	}
}

// TestText looks for what a terminal or a page would obey.
func TestText(t *testing.T) {
	src := written(t, storm(2, "", "dax", numbers(10), "none", "dax-only", "always-call", "unconditional"), rename)
	run(t, src, src)
	for _, k := range All {
		pictures, err := k.Make([]*Source{src, src})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pictures {
			texts := slices.Concat([]string{p.Title, p.Note, p.X.Title, p.Y.Title}, p.Y.Names, p.Y.Said)
			for _, h := range p.Y.Heads {
				texts = append(texts, h.Name)
			}
			for _, s := range p.Series {
				texts = append(texts, s.Name)
			}
			for _, text := range texts {
				if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || len([]rune(text)) > 1000 {
					t.Errorf("%s: %.200q", p.ID, text)
				}
			}
		}
	}
}

// TestLarge has 10,000 cells: what is made of them is bounded, and says what it leaves out.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 cells")
	}
	src := written(t, storm(1, "none", "dax", numbers(2500), "none", "dax-only", "always-call", "unconditional"), func(run *folder.Run) {
		text, o := encoded([]int64{100, 200}), overTimeOf(rand.New(rand.NewPCG(1, 1)), 1)
		for i := range run.Manifest.Cells {
			run.Manifest.Cells[i].Histograms, run.Manifest.Cells[i].OverTime = map[string]string{opHistogram: strings.Clone(text)}, o
		}
	})
	made := run(t, src, src)
	for name, most := range map[string]int{"ratios": 2, "throughput": 2, "sweep": 1, "heat": 4 * maxGroups, "waits": maxGroups, "versus": 2 + maxChanged} {
		if made[name] > most {
			t.Errorf("%s: %d pictures, at most %d", name, made[name], most)
		}
	}
	for _, name := range []string{"heat", "waits"} {
		pictures := only(t, name, src)
		if note := pictures[len(pictures)-1].Note; !strings.Contains(note, "2,436 are left out.") {
			t.Errorf("%s: %s", name, note)
		}
	}
}

// TestShown: of too many groups those are shown that differ most, and one whose chart is asked for by name.
func TestShown(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(100), "none", "dax-only"), furnish)
	for i := range src.Table.Groups {
		for k := range src.Table.Groups[i].Rows {
			r := &src.Table.Groups[i].Rows[k]
			r.Safety = compare.Safety{}
			if r.Verdict.Judgement != compare.Reference {
				r.Verdict.Judgement, r.Ratio.N, r.Ratio.Value = compare.Dearer, 6, 1+float64(i)/100 // the last differ most
			}
		}
	}
	shown := src.Shown()
	if len(shown) != maxGroups || shown[0] != 36 || shown[63] != 99 {
		t.Errorf("%d groups are shown, from %d to %d", len(shown), shown[0], shown[len(shown)-1])
	}
	for name, want := range map[string]bool{"latency-" + src.groups()[7].id: true, "heat-" + src.groups()[7].id + "-none": true, "latency": false, "latency-7": false} {
		src.Charts = []string{name}
		if shown := src.Shown(); (shown[0] == 7) != want || len(shown) > maxGroups+1 {
			t.Errorf("with %s asked for, %d groups are shown, from %d", name, len(shown), shown[0])
		}
	}
}

// BenchmarkDefault makes all pictures of a run of the size of the default matrix: 13 groups, four policies, six rounds.
func BenchmarkDefault(b *testing.B) {
	src := written(b, storm(6, "none", "dax", numbers(13), "none", "dax-only", "always-call", "unconditional"), furnish)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range src.Run.Manifest.Cells {
		src.Run.Manifest.Cells[i].Histograms[opHistogram] = encoded(latenciesOf(rng, 20000, 300))
	}
	for b.Loop() {
		for _, k := range All {
			if _, err := k.Make([]*Source{src}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
