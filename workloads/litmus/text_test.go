package litmus

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/engine/target"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// example is a matrix of three policies that were made up, and three scenarios.
func example(t *testing.T) *Matrix {
	t.Helper()
	first := scenario(t, unlink, "shows: A device writes late.", "origin: somebody")
	second := scenario(t, unlink+"kswapd: shrink $n\n", "param: n=3 few", "set: memory=4", "run: a lru=any", "run: b lru=shrinkable", "run: c")
	second.Number, second.Scenario.Name = 12, "second-of-three"
	third := scenario(t, unlink, "blames: hash=global", "set: hash=global")
	third.Number, third.Scenario.Name = 3, "what-if"
	waits := fakeMaker{name: "waits", blocks: map[string]string{"T2: close F": "p"},
		finds: map[string][]target.Finding{"T2: close F": {{Invariants: "H", Text: "the eviction of G is held up behind that of F, which waits for the pins on block 12 of F", At: time.Second}}}}
	frees := fakeMaker{name: "frees-at-once", why: map[string]string{"lru": "no memory is modelled"},
		finds: map[string][]target.Finding{"dev: dma-write p": {{Invariants: "U", Property: "P1r", Text: "dev wrote into block 12"}, {Invariants: "A", Text: "the pin lost its inode"}}}}
	asks := fakeMaker{name: "asks", fails: map[string]error{"T1: pin F 0 as p by io_uring": &target.Refusal{Errno: "EOPNOTSUPP", Why: "unbounded"}}}
	m, err := Play(t.Context(), []Column{
		{&waits, "P7", "H", true, map[string]string{"H": "Who is behind waits along."}},
		{&frees, "P0", "UAL", false, nil}, {&asks, "P11", "", false, nil},
	}, []Entry{first, second, third})
	if err != nil {
		t.Fatal(err)
	}
	m.Full = true
	return m
}

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -update rewrites it. Got:\n%s", path, got)
	}
}

func TestGolden(t *testing.T) {
	m := example(t)
	for _, g := range []struct {
		name  string
		write func(*bytes.Buffer) error
	}{
		{"matrix80.txt", func(b *bytes.Buffer) error { return m.Text(b, Look{Width: 80}) }},
		{"matrix45.txt", func(b *bytes.Buffer) error { return m.Text(b, Look{Width: 45}) }},
		{"matrix-colour.txt", func(b *bytes.Buffer) error { return m.Text(b, Look{Width: 120, Colour: true}) }},
		{"stories80.txt", func(b *bytes.Buffer) error { return m.Stories(b, Look{Width: 80}) }},
		{"matrix.json", func(b *bytes.Buffer) error { return m.JSON(b, true) }},
	} {
		var b bytes.Buffer
		if err := g.write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, g.name, b.Bytes())
	}
}

// TestWidth has no line wider than the terminal, down to one too narrow for anything.
func TestWidth(t *testing.T) {
	m := example(t)
	for _, width := range []int{60, 80, 100, 120, 200} {
		var b bytes.Buffer
		m.Text(&b, Look{Width: width, Colour: true})
		m.Stories(&b, Look{Width: width})
		for line := range strings.Lines(b.String()) {
			if n := text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns for a terminal of %d: %q", n, width, line)
			}
		}
	}
}

func TestDiffers(t *testing.T) {
	m := example(t)
	for i, want := range []string{"", "L declared, but no scenario shows it", ""} {
		if got := m.Differs(i); got != want {
			t.Errorf("%s: %q, want %q", m.Rows[i].Policy, got, want)
		}
	}
	if m.AsDeclared() {
		t.Error("L was declared and not shown")
	}
	m.Full = false
	if m.Differs(1) != "" || !m.AsDeclared() {
		t.Error("of some of the scenarios it cannot be said that something does not show")
	}
	m.Rows[1].Declared = "A"
	if got := m.Differs(1); got != "U broken, which it does not declare" || m.AsDeclared() {
		t.Errorf("%q", got)
	}
	m.Kernel = "6.0"
	if len(m.Differences()) != 1 || !m.AsDeclared() {
		t.Error("a kernel's faults are held against a policy, or not told")
	}
	m.Kernel = ""
	m.Rows[1].Declared = "UA"
	m.Rows[0].Cells[0].Outcome.Breaks(target.Finding{Text: "line 3 expects"})
	if m.AsDeclared() {
		t.Error("an expectation that was not met is not noticed")
	}
}

// TestHangs has a hang held against a policy that does not declare it, whatever is
// worse in that cell, unless a setting is to blame.
func TestHangs(t *testing.T) {
	m := example(t)
	m.Rows[2].Cells[2].Runs[0].Hangs = true
	m.Rows[0].Cells[1].Runs[2].Hangs = true
	if got := m.Differs(0) + m.Differs(2); got != "" {
		t.Errorf("declared, and blamed on a setting: %q", got)
	}
	m.Rows[2].Cells[1].Runs[2].Hangs = true
	if got, want := m.Differs(2), "somebody hangs, which it does not declare (P2); see scenario 12"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWorkIsToldApart has cells with different work not be told as one.
func TestWorkIsToldApart(t *testing.T) {
	m := example(t)
	m.Rows[1] = m.Rows[0]
	if n := len(m.groups(0)); n != 2 {
		t.Fatalf("%d groups", n)
	}
	m.Rows[1].Cells = slices.Clone(m.Rows[1].Cells)
	m.Rows[1].Cells[0].Runs = []Result{m.Rows[1].Cells[0].Runs[0]}
	m.Rows[1].Cells[0].Runs[0].Work = 9
	if n := len(m.groups(0)); n != 3 {
		t.Errorf("%d groups, want one for each amount of work", n)
	}
}

// TestWhatIfs has findings that a setting is to blame for kept apart.
func TestWhatIfs(t *testing.T) {
	m := example(t)
	for i := range m.Rows {
		m.Rows[i].Cells[2].Outcome.Breaks(target.Finding{Invariants: "W", Text: "asleep"})
		if strings.Contains(m.Broken(i), "W") {
			t.Errorf("%s is blamed", m.Rows[i].Policy)
		}
	}
}

func TestJSONReads(t *testing.T) {
	var b bytes.Buffer
	if err := example(t).JSON(&b, false); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Policies []struct {
			Broken     string
			Invariants map[string]string
			Cells      []Cell
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	p := doc.Policies[1]
	if p.Broken != "UA" || p.Invariants["U"] != "broken" || p.Invariants["K"] != "not probed" || p.Cells[0].Outcome.Kind != target.Violated {
		t.Errorf("%+v", p)
	}
}
