package render

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/reports/kernels"
	"daxbench/reports/report"
	"daxbench/reports/reportstest"
)

// matrixOf writes and reads what scenarios came to on kernels.
func matrixOf(t *testing.T, s *reportstest.KernelsSpec) *kernels.Matrix {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	m, err := kernels.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Sources[0].Dir = "kernels" // which differs each time
	return m
}

// fewKernels is two kernels, with a control, and three scenarios.
func fewKernels() *reportstest.KernelsSpec {
	s := reportstest.Kernels()
	s.Releases, s.FS, s.Scenarios = reportstest.Releases[1:3], []string{"xfs", "xfs-nodax"}, 3
	return s
}

func TestKernelsGolden(t *testing.T) {
	p := report.OfKernels(matrixOf(t, fewKernels()), "few")
	var b bytes.Buffer
	if err := PageMarkdown(&b, p, HTMLOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "kernels.markdown.golden", b.String())
	page := htmlOf(t, p)
	from, to := strings.Index(page, `<section aria-labelledby="kernels">`), strings.Index(page, `<section aria-labelledby="summary">`)
	golden(t, "kernels.html.golden", page[from:to])
}

// TestKernelsHold wants whole pages sound, whatever is in the file, and small: five kernels with three file systems each.
func TestKernelsHold(t *testing.T) {
	all := matrixOf(t, reportstest.Kernels())
	beside := examplePage()
	beside.AddKernels(all)
	for name, p := range map[string]*report.Page{
		"all": report.OfKernels(all, "all"), "hostile": report.OfKernels(matrixOf(t, reportstest.HostileKernels()), nastyStrings[0]),
		"nasty": report.OfKernels(nastyKernels(), nastyStrings[1]), "beside a run": beside, "nothing": report.OfKernels(&kernels.Matrix{}, ""),
	} {
		page := htmlOf(t, p)
		for _, problem := range problems(page) {
			t.Errorf("%s: %s", name, problem)
		}
		if most := map[bool]int{false: 1 << 20, true: 3 << 20}[name == "nasty"]; len(page) > most { // there no two cells are alike
			t.Errorf("%s: the page has %d bytes", name, len(page))
		}
		if t.Failed() {
			os.WriteFile(filepath.Join(t.ArtifactDir(), "page.html"), []byte(page), 0o666)
		}
	}
}

// nastyKernels is a matrix with nothing but nastyStrings.
func nastyKernels() *kernels.Matrix {
	m := &kernels.Matrix{Notes: nastyStrings}
	for i, s := range nastyStrings {
		m.Sources = append(m.Sources, kernels.Source{Dir: s, Tool: s, Commit: s, Command: nastyStrings, Date: s})
		m.Columns = append(m.Columns, kernels.Column{Label: s, Group: s, Name: s, Source: i, Kernel: kernels.Kernel{
			Release: s, Version: s, FS: s, Name: s, Mount: s, DAX: i%2 > 0, Preset: s, Clock: s, Machine: s, Package: s, Config: map[string]string{s: s}, Missing: nastyStrings,
		}})
	}
	for i, s := range nastyStrings {
		r := kernels.Row{Number: i, Name: s, Title: s, Probes: "U", Steps: nastyStrings}
		for k, t := range nastyStrings {
			r.Cells = append(r.Cells, kernels.Cell{
				Kind: kernels.Kind((i + k) % 9), Word: t, Letters: "U", Run: t, Sentence: t, Log: nastyStrings[:2], Lines: nastyStrings[:3], Replay: t,
				Stalls: []kernels.Stall{{Task: t, Action: t, State: t, Kill: t, Ended: t, Stack: nastyStrings}},
			})
		}
		m.Rows = append(m.Rows, r)
	}
	return m
}

// TestKernelCells wants each kind told by a sign, a word and a class, none like another.
func TestKernelCells(t *testing.T) {
	seen := make(map[string]bool)
	for _, tt := range []struct {
		cell kernels.Cell
		want string // class, sign, word, small
	}{
		{kernels.Cell{Kind: kernels.Violated, Word: "foreign data", Log: []string{"WARNING"}}, "loss|✗|foreign data|warning"},
		{kernels.Cell{Kind: kernels.Hung, Word: "hangs D", Stalls: []kernels.Stall{{State: "D"}}}, "hang|∞|hangs\u00a0D|bystander"},
		{kernels.Cell{Kind: kernels.Blocked, Word: "waits S", Stalls: []kernels.Stall{{State: "S", Step: 2}}}, "delay|!|waits\u00a0S|"},
		{kernels.Cell{Kind: kernels.Refused, Word: "refused"}, "refused|⊘|refused|"},
		{kernels.Cell{Kind: kernels.Parked, Word: "put aside"}, "refused|…|put aside|"},
		{kernels.Cell{Kind: kernels.Safe, Word: "safe"}, "kept|✓|safe|"},
		{kernels.Cell{Kind: kernels.Lost, Word: "no verdict"}, "notfound|?|no verdict|"},
		{kernels.Cell{Kind: kernels.NotApplicable, Word: "—"}, "unknown|–|n/a|"},
		{kernels.Cell{}, "unknown|–|not played|"},
	} {
		m := &kernels.Matrix{Columns: []kernels.Column{{Label: "6.1 xfs"}}}
		c := newKernelCell(m, &kernels.Row{Cells: []kernels.Cell{tt.cell}}, 0)
		if got := strings.Join([]string{c.Class, c.Sign, c.Word, c.Brief}, "|"); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.cell, got, tt.want)
		}
		if seen[c.Sign+c.Word] {
			t.Errorf("%s %s is another kind's", c.Sign, c.Word)
		}
		seen[c.Sign+c.Word] = true
	}
	for _, o := range outcomes {
		if kind := o.kind.String(); kind == "" || o.Text == "" || o.Class == "" {
			t.Errorf("%+v is not told", o)
		}
	}
}

// TestKernelsFindings: cells in which the same happened share a finding, which has each sentence that differs, and the links lead
// there; what differs in a stack stands by itself.
func TestKernelsFindings(t *testing.T) {
	s := reportstest.Kernels()
	s.Scenarios = 1
	s.Cell = func(i, k int, c map[string]any) {
		if i == 6 { // 6.16 xfs
			c["stalls"].([]any)[0].(map[string]any)["stack"] = []string{"schedule", "something_else"}
		}
	}
	b := viewer{ids: taken{}}
	v := b.kernels(matrixOf(t, s))
	row := v.Groups[0].Rows[0]
	var heads []string
	for _, f := range row.Findings {
		heads = append(heads, f.Head+" "+f.Text)
	}
	want := []string{"6.1 and 6.12 foreign data", "6.16 xfs hangs\u00a0D: T2 waits in unlink for as long as nobody reads the pipe",
		"6.16 ext4, and 6.18 and 7.3 hangs\u00a0D: T2 waits in unlink for as long as nobody reads the pipe", "6.1, 6.12, 6.16, 6.18 and 7.3 with xfs-nodax safe"}
	if !slices.Equal(heads, want) {
		t.Errorf("%q", heads)
	}
	freed := &row.Findings[0]
	if len(freed.Each) != 4 || !regexp.MustCompile(`^6\.12 xfs: block \d+ of F was given`).MatchString(freed.Each[2]) || freed.Log == nil || freed.Quiet || freed.Replay == "" {
		t.Errorf("%+v", freed)
	}
	if stack := row.Findings[1].Stalls[0].Stack; !slices.Equal(stack, []string{"schedule", "something_else"}) {
		t.Errorf("%q", stack)
	}
	hrefs := map[string]int{}
	for _, c := range row.Cells {
		hrefs[c.Href]++
	}
	if len(hrefs) != 4 || hrefs[freed.ID] != 4 || hrefs[row.Findings[3].ID] != 5 || !row.Findings[3].Quiet {
		t.Errorf("%v", hrefs)
	}
	if want := "✗ 6.1 and 6.12; ∞ 6.16 xfs; ∞ 6.16 ext4, and 6.18 and 7.3"; row.Summary != want {
		t.Errorf("%s", row.Summary)
	}
	if len(v.Spans) != 5 || v.Spans[1].Title != "6.12" || v.Spans[1].N != 3 || !v.Spans[1].Edge || v.Spans[0].Edge || !v.Columns[3].Edge || !row.Cells[3].Edge || row.Cells[4].Edge {
		t.Errorf("%+v", v.Spans)
	}
}

func TestStallView(t *testing.T) {
	for want, s := range map[string]kernels.Stall{
		"Task T2, in unlink F (step 6): state D for 1.50 s; ended by release p; SIGKILL was ignored.": {
			Task: "T2", Action: "unlink F", Step: 6, State: "D", For: 1500 * time.Millisecond, Ended: "release p", Kill: "ignored"},
		"A bystander, in create a file: state S for 200 ms; it did not end; SIGKILL ended it.": {
			Task: "B", Action: "create a file", State: "S", For: 200 * time.Millisecond, Kill: "dies"},
		"Task T1, in read p (step 2): state D for 1.00 ms, for I/O of its own; ended by release p; SIGKILL was not tried.": {
			Task: "T1", Action: "read p", Step: 2, State: "D", For: time.Millisecond, Own: true, Ended: "release p"},
		"Task T, in create N (step 3): state S for 362 ms; ended by itself; SIGKILL was not tried.": {
			Task: "T", Action: "create N", Step: 3, State: "S", For: 362 * time.Millisecond, Ended: "by itself"},
		"Task T, in a call that is not known (step 1): state unknown for 0 ns; it did not end; SIGKILL was not tried.": {Task: "T", Step: 1},
	} {
		if got := newStallView(&s).Text; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// TestKernelsVerdict: without a run the sentences are the verdict of the page; beside one they stand in their own section.
func TestKernelsVerdict(t *testing.T) {
	m := matrixOf(t, fewKernels())
	v := newPageView(report.OfKernels(m, ""), HTMLOptions{})
	if len(v.Verdict) == 0 || v.Verdict[0].Tag != "Data loss" || v.Kernels.Sentences != nil {
		t.Errorf("%+v", v.Verdict)
	}
	p := examplePage()
	p.AddKernels(m)
	v = newPageView(p, HTMLOptions{})
	if len(v.Verdict) != len(p.Verdict) || len(v.Kernels.Sentences) == 0 {
		t.Errorf("%+v", v.Verdict)
	}
}
