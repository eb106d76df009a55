package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"daxbench/reports/reportstest"
	"daxbench/reports/versus"
)

// store is a benchmark file of some other project, before or after a change: one benchmark is slower, one faster, one is
// gone, one was run three times only, one begins to allocate.
func store(after bool) string {
	var b strings.Builder
	b.WriteString("goos: linux\ngoarch: amd64\npkg: example.org/store\ncpu: AMD EPYC\n" +
		"Unit p99-ns/op better=lower\nUnit p99.9-ns/op better=lower\n")
	seed := uint64(1)
	if after {
		seed = 2
	}
	rng := rand.New(rand.NewPCG(8, seed))
	for _, m := range []struct {
		name         string
		nanos, after float64
		n            int
		allocs       [2]int
	}{
		{"Get/size=64/mode=warm", 61.2, 1, 10, [2]int{0, 2}},
		{"Get/size=4096/mode=warm", 812, 1.12, 10, [2]int{3, 3}},
		{"Get/size=64/mode=cold", 1530, 0.85, 10, [2]int{3, 3}},
		{"Put/size=64", 95, 1, 3, [2]int{3, 3}},
		{"Put/size=4096", 1220, 0, 10, [2]int{3, 3}},
		{"Scan/rows=1000000/order=descending/filter=prefix", 8.8e6, 2.4, 10, [2]int{3, 3}},
	} {
		factor, allocs := 1.0, m.allocs[0]
		if after {
			factor, allocs = m.after, m.allocs[1]
		}
		for range m.n {
			v := m.nanos * factor * math.Exp(0.02*rng.NormFloat64())
			if v > 0 {
				fmt.Fprintf(&b, "Benchmark%s-8\t%d\t%.4g ns/op\t%.6g ops/s\t%.4g p99-ns/op\t%.4g p99.9-ns/op\t64 B/op\t%d allocs/op\n", m.name,
					int(1e9/v)+1, v, 1e9/v, 4.1*v*math.Exp(0.05*rng.NormFloat64()), 17*v*math.Exp(0.1*rng.NormFloat64()), allocs)
			}
		}
	}
	return b.String() + "PASS\nok  \texample.org/store\t12.3s\n"
}

// compared compares files under short names.
func compared(t *testing.T, o versus.Options, files ...[2]string) *versus.Report {
	t.Helper()
	dir := t.TempDir()
	var inputs []string
	for _, f := range files {
		path := filepath.Join(dir, fmt.Sprint(len(inputs)))
		if err := os.WriteFile(path, []byte(f[1]), 0o666); err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, f[0]+"="+path)
	}
	rep, err := versus.Compare(o, inputs)
	if err != nil {
		t.Fatal(err)
	}
	rep.Command = "daxbench compare before.txt after.txt"
	for i := range rep.Inputs {
		rep.Inputs[i].Path = rep.Inputs[i].Label
	}
	return rep
}

// stores compares the two files of the store.
func stores(t *testing.T) *versus.Report {
	return compared(t, versus.Defaults(), [2]string{"before.txt", store(false)}, [2]string{"after.txt", store(true)})
}

// runs compares two runs, and their policies with one of them.
func runs(t *testing.T) *versus.Report {
	t.Helper()
	dir := t.TempDir()
	second := reportstest.Example()
	second.Seed, second.Manifest.Seed, second.Manifest.Commit = 2, 2, "77ab012"
	second.Manifest.Environment["kernel"] = "6.19.0"
	for i := range second.Cells {
		if second.Cells[i].Policy == "unconditional" {
			second.Cells[i].Metrics["ns/evict"] *= 1.3
		}
	}
	for name, s := range map[string]*reportstest.Spec{"old": reportstest.Example(), "new": second} {
		if err := s.Write(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	o := versus.Defaults()
	o.Reference = "dax-only"
	rep, err := versus.Compare(o, []string{"old=" + filepath.Join(dir, "old"), "new=" + filepath.Join(dir, "new")})
	if err != nil {
		t.Fatal(err)
	}
	rep.Command = "daxbench compare -reference dax-only old new"
	for i := range rep.Inputs {
		rep.Inputs[i].Path = rep.Inputs[i].Label
	}
	return rep
}

// beside writes a report in a format.
func beside(t *testing.T, format string, r *versus.Report, o VersusOptions) string {
	t.Helper()
	f, ok := LookupVersus(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var b bytes.Buffer
	if err := f.Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wide(width int) VersusOptions { return VersusOptions{Options: Options{Width: width}} }

func TestVersusGolden(t *testing.T) {
	store, run := stores(t), runs(t)
	for _, c := range []struct {
		file, format string
		report       *versus.Report
		o            VersusOptions
	}{
		{"versus60.golden", "text", store, wide(60)},
		{"versus80.golden", "text", store, wide(80)},
		{"versus120.golden", "text", store, wide(120)},
		{"versus200.golden", "text", store, wide(200)},
		{"versus_run120.golden", "text", run, wide(120)},
		{"versus_all100.golden", "text", store, VersusOptions{Options: Options{Width: 100, Colour: true}, All: true}},
		{"versus.mail.golden", "mail", store, VersusOptions{}},
		{"versus_run.mail.golden", "mail", run, VersusOptions{}},
		{"versus.markdown.golden", "markdown", store, VersusOptions{}},
		{"versus.csv.golden", "csv", store, VersusOptions{}},
		{"versus.json.golden", "json", store, VersusOptions{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			golden(t, c.file, beside(t, c.format, c.report, c.o))
		})
	}
}

// nasty is a file whose every string is hostile.
func nasty() string {
	var b strings.Builder
	b.WriteString("goos: \x1b[31mred\x1b[0m\npkg: <script>alert(1)</script>\ncpu: \u202etxet\n")
	long := strings.Repeat("very-long-name/", 3000)
	for _, name := range []string{"=cmd|calc", "+1", "-1x", "@SUM(A1)", "\x1b[2J", "<script>", "|pipe|", "\u202eabc", "\u200bx\u061cy", "東京=µ", "`tick`", "\xff\xfe", "---FAIL", "[a](http://x)", long} {
		for i := range 6 {
			fmt.Fprintf(&b, "Benchmark%s 1 %d ns/op %d =unit %d <b>/s\n", name, i+100, i+5, i+7)
		}
	}
	return b.String()
}

func hostileReport(t *testing.T) *versus.Report {
	r := compared(t, versus.Defaults(), [2]string{"@old\x1b[1m", nasty()}, [2]string{"<b>new\u202e", nasty()})
	r.Command = "daxbench compare \x1b[31m --- \n---\nFrom: x"
	return r
}

func TestVersusHostile(t *testing.T) {
	r := hostileReport(t)
	for _, f := range AllVersus() {
		got := beside(t, f.Name, r, VersusOptions{All: true})
		for _, c := range got {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("%s: %q reaches the terminal", f.Name, c)
				break
			}
		}
		if f.Name != "json" && len(got) > 1<<20 {
			t.Errorf("%s: %d bytes", f.Name, len(got))
		}
		if !strings.Contains(got, "x1b") && !strings.Contains(got, "u001b") {
			t.Errorf("%s: the escape is not visible", f.Name)
		}
	}
	markdown := beside(t, "markdown", r, VersusOptions{All: true})
	if strings.Contains(markdown, "<script>") || strings.Contains(markdown, "<b>") || strings.Contains(markdown, "](http") {
		t.Errorf("HTML or a link reaches the page:\n%s", markdown)
	}
	lines, err := csv.NewReader(strings.NewReader(beside(t, "csv", r, VersusOptions{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`^[-+][0-9.]+(e[-+]?[0-9]+)?%?$`)
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !number.MatchString(cell) {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
	var back any
	if err := json.Unmarshal([]byte(beside(t, "json", r, VersusOptions{})), &back); err != nil {
		t.Error(err)
	}
}

// TestMail holds what mail and commit messages ask of a text.
func TestMail(t *testing.T) {
	for name, r := range map[string]*versus.Report{"store": stores(t), "run": runs(t), "hostile": hostileReport(t)} {
		for _, all := range []bool{false, true} {
			got := beside(t, "mail", r, VersusOptions{All: all})
			for i, l := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
				if len(l) > 75 {
					t.Errorf("%s: line %d has %d bytes:\n%s", name, i+1, len(l), l)
				}
				for _, c := range l {
					if c < ' ' || c > '~' {
						t.Errorf("%s: %q in %q", name, c, l)
					}
				}
				// What git mailinfo takes for the beginning of the patch, and git commit for a comment.
				for _, bad := range []string{"---", "diff -", "Index: ", "#", ">From", "From "} {
					if strings.HasPrefix(l, bad) {
						t.Errorf("%s: line %d begins with %q", name, i+1, bad)
					}
				}
			}
			if !strings.HasPrefix(got, "Compared with: daxbench compare") || !strings.Contains(got, "Machine: ") {
				t.Errorf("%s: no command or no machine:\n%s", name, got)
			}
		}
	}
}

// TestVersusWidth renders at every width and holds that no line is wider, from the width on at which the columns that are
// never dropped fit.
func TestVersusWidth(t *testing.T) {
	three := compared(t, versus.Defaults(), [2]string{"a", store(false)}, [2]string{"b", store(true)}, [2]string{"c", store(true)})
	for name, r := range map[string]*versus.Report{"store": stores(t), "run": runs(t), "three": three, "hostile": hostileReport(t)} {
		for width := 20; width <= 240; width += 4 {
			plain := beside(t, "text", r, wide(width))
			for l := range strings.Lines(plain) {
				l = strings.TrimSuffix(l, "\n")
				if width >= 64 && columns(l) > width {
					t.Fatalf("%s: %d columns at width %d:\n%s", name, columns(l), width, l)
				}
				if l != strings.TrimRight(l, " ") {
					t.Fatalf("%s: spaces at the end of %q", name, l)
				}
			}
			o := wide(width)
			o.Colour = true
			if coloured := beside(t, "text", r, o); escapes.ReplaceAllString(coloured, "") != plain {
				t.Fatalf("%s: colour changes more than the colour at width %d", name, width)
			}
		}
	}
}

// TestVersusWiderShowsMore holds that a wider terminal never shows fewer columns, and that the change is always there.
func TestVersusWiderShowsMore(t *testing.T) {
	r := stores(t)
	last := 0
	for width := 60; width <= 220; width += 4 {
		text := beside(t, "text", r, wide(width))
		table := text[:strings.Index(text, "geomean")]
		heads := 0
		for _, head := range []string{"interval %", "p, n", "verdict", "p99 ", "p99.9", "ops/s", " → "} {
			if strings.Contains(table+" ", head) {
				heads++
			}
		}
		if heads < last || !strings.Contains(table, "+140") && !strings.Contains(table, "+13") {
			t.Errorf("width %d shows %d of %d columns:\n%s", width, heads, last, table)
		}
		last = heads
	}
	if last != 7 {
		t.Errorf("220 columns show %d of 7", last)
	}
}

func TestVersusFormats(t *testing.T) {
	for i, f := range AllVersus() {
		if i > 0 && AllVersus()[i-1].Name >= f.Name {
			t.Errorf("%s is not in order", f.Name)
		}
		if got, ok := LookupVersus(f.Name); !ok || got.Name != f.Name || f.About == "" || !strings.HasPrefix(f.Ext, ".") || f.Write == nil {
			t.Errorf("%s: %+v, %v", f.Name, got, ok)
		}
		if err := f.Write(full{}, stores(t), VersusOptions{}); !errors.Is(err, errFull) {
			t.Errorf("%s: the error of the writer is lost: %v", f.Name, err)
		}
	}
	if _, ok := LookupVersus("texts"); ok {
		t.Error("found a format that is not there")
	}
}

func TestShortNames(t *testing.T) {
	short, common := shortNames([]string{"A/x=1/y=2/k-8", "B/y=2/x=3/k-8"})
	if fmt.Sprint(short) != "[A/x=1/k B/x=3/k]" || common != "y=2 GOMAXPROCS=8" {
		t.Errorf("%v, %q", short, common)
	}
	if short, common := shortNames([]string{"A/x=1-8"}); short[0] != "A/x=1-8" || common != "" {
		t.Errorf("%v, %q", short, common)
	}
	names := []string{strings.Repeat("a", 30) + "1" + strings.Repeat("b", 30), strings.Repeat("a", 30) + "2" + strings.Repeat("b", 30)}
	cut := elide(names, 20, "…")
	if cut[0] == cut[1] || columns(cut[0]) > 20 || columns(cut[1]) > 20 || !strings.HasPrefix(cut[1], "aaaa") || !strings.HasSuffix(cut[0], "bbbb") {
		t.Errorf("%q", cut)
	}
	if got := withoutKeys([]string{"A/x=1/policy=none", "A/x=2/policy=none"}, 10); fmt.Sprint(got) != "[A/1/none A/2/none]" {
		t.Errorf("%v", got)
	}
	if got := withoutKeys([]string{"A/x=1/policy=none"}, 10); got != nil {
		t.Errorf("one name lost its keys: %v", got)
	}
	if got := withoutKeys([]string{"A/x=1/long=name", "A/y=1/long=name"}, 10); got != nil {
		t.Errorf("names that would be equal: %v", got)
	}
	for _, c := range []struct{ in, want []string }{
		{[]string{"/tmp/a/results.txt", "/tmp/b/results.txt"}, []string{"a", "b"}},
		{[]string{"old.txt", "new.txt"}, []string{"old.txt", "new.txt"}},
		{[]string{"x/y/z.txt"}, []string{"z.txt"}},
		{[]string{"runs/1/", "runs/2/"}, []string{"1", "2"}},
		{[]string{"a/a", "a"}, []string{"a/a", "a"}},
	} {
		if got := shortLabels(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.in, got, c.want)
		}
	}
}

// policies compares the policies of one run.
func policies(t *testing.T, filter string) *versus.Report {
	t.Helper()
	dir := t.TempDir()
	if err := reportstest.Example().Write(dir); err != nil {
		t.Fatal(err)
	}
	o := versus.Defaults()
	o.Col, o.Filter = "/policy", filter
	rep, err := versus.Compare(o, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestVersusSaysWhatIsLeftOut holds that a column that goes is named, goes everywhere at once, and takes along what only it
// needed: footnotes, and words of the legend.
func TestVersusSaysWhatIsLeftOut(t *testing.T) {
	narrow, broad := beside(t, "text", stores(t), wide(64)), beside(t, "text", stores(t), wide(240))
	for _, c := range []struct {
		text        string
		broad, slim bool
	}{
		{"left out at this width: range (±), interval, p", false, true},
		{"need >= 6 samples for confidence interval", true, false},
		{"interval of the shift", true, false},
		{"~ where none was found", true, true},
	} {
		flat := strings.Join(strings.Fields(narrow), " ")
		if strings.Contains(strings.Join(strings.Fields(broad), " "), c.text) != c.broad || strings.Contains(flat, c.text) != c.slim {
			t.Errorf("%q:\n%s\n%s", c.text, broad, narrow)
		}
	}
	three := policies(t, "*")
	for width := 60; width < 300; width += 10 {
		for table := range strings.SplitSeq(beside(t, "text", three, wide(width)), "\n\n") {
			head, _, _ := strings.Cut(table, "─")
			if n, m := strings.Count(head, "change"), strings.Count(head, "interval %"); m > 0 && m != n-strings.Count(head, "p99") {
				t.Fatalf("%d intervals of %d changes at width %d:\n%s", m, n, width, head)
			}
			whose := regexp.MustCompile("verdict (always-call|dax-only|unconditional)")
			if n := strings.Count(head, "verdict"); n > 1 && n != len(whose.FindAllString(head, -1)) {
				t.Fatalf("whose verdicts at width %d:\n%s", width, head)
			}
		}
	}
}

// TestGeomeanChange holds that the change of a geomean is one only with an interval that says so.
func TestGeomeanChange(t *testing.T) {
	file := func(factors ...float64) string {
		var b strings.Builder
		for i, f := range factors {
			for k := range 6 {
				fmt.Fprintf(&b, "BenchmarkB%d 1 %g ns/op\n", i, f*float64(100+k))
			}
		}
		return b.String()
	}
	line := func(o VersusOptions, format string, factors ...float64) (geomean, all string) {
		all = beside(t, format, compared(t, versus.Defaults(), [2]string{"a", file(1, 1, 1)}, [2]string{"b", file(factors...)}), o)
		for l := range strings.Lines(all) {
			if strings.Contains(l, "geomean ") && geomean == "" {
				geomean = l
			}
		}
		return geomean, all
	}
	if got, _ := line(wide(100), "text", 1.4, 0.9, 1.2); !regexp.MustCompile(`~ +\[-34, \+100\]`).MatchString(got) {
		t.Errorf("the interval contains no change: %s", got)
	}
	if got, _ := line(wide(100), "text", 1.2, 1.21, 1.19); !strings.Contains(got, "+20.00%  [+") {
		t.Errorf("the interval excludes no change: %s", got)
	}
	if got, all := line(wide(36), "text", 1.2, 1.21, 1.19); !strings.Contains(got, "+20.00%") || !strings.Contains(all, "interval of the geomean's change:") {
		t.Errorf("no interval of the change:\n%s", all)
	}
	if got, _ := line(VersusOptions{}, "markdown", 1.4, 0.9, 1.2); !regexp.MustCompile(`\\~ \| +\[-34, \+100\]`).MatchString(got) {
		t.Errorf("in Markdown: %s", got)
	}
	if got, all := line(wide(100), "text", 1.2); !strings.Contains(got, "+20.00%") || !strings.Contains(all, "has no interval") {
		t.Errorf("one benchmark:\n%s", all)
	}
}

// TestPairedReading holds that a change that is not that of the medians beside it is said to be none, and no other is.
func TestPairedReading(t *testing.T) {
	const reading = "which need not be the ratio of the two medians"
	for _, format := range []string{"text", "mail", "markdown"} {
		if got := beside(t, format, policies(t, "*"), wide(160)); !strings.Contains(strings.Join(strings.Fields(got), " "), reading) {
			t.Errorf("%s:\n%s", format, got)
		}
		if got := beside(t, format, stores(t), wide(160)); strings.Contains(strings.Join(strings.Fields(got), " "), reading) {
			t.Errorf("%s of unpaired samples:\n%s", format, got)
		}
	}
}

// TestMailOfRuns holds that a mail says how each run was made, also if that is little.
func TestMailOfRuns(t *testing.T) {
	r := runs(t)
	got := beside(t, "mail", r, VersusOptions{})
	if !strings.Contains(got, "\nold: daxbench run --rounds 6\n  daxbench 0.1.0, commit 3f2a9c1, seed 1, 6 rounds, 2026-11-22\n") {
		t.Errorf("how the run was made is missing:\n%s", got)
	}
	r.Inputs[0].Commit, r.Inputs[0].Command, r.Inputs[0].Started = "", nil, ""
	got = beside(t, "mail", r, VersusOptions{})
	if !strings.Contains(got, "\nold: command unknown\n  daxbench 0.1.0, commit unknown, seed 1, 6 rounds\n") {
		t.Errorf("what is not known is not said:\n%s", got)
	}
}
