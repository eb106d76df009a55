package render

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"daxbench/reports/compare"
	"daxbench/reports/reportstest"
	"daxbench/reports/unit"
)

// escapes are the colours that the text format writes, and nothing else that a terminal obeys.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestWidth renders every spec at every width and holds that no line is wider, from the width on at which the columns
// that are never dropped fit.
func TestWidth(t *testing.T) {
	for name, c := range map[string]struct {
		spec  *reportstest.Spec
		least int
	}{
		"example": {reportstest.Example(), 60},
		"short":   {reportstest.Short(3), 60},
		"empty":   {reportstest.Short(0), 60},
		"hostile": {reportstest.Hostile(), 60},
	} {
		table := written(t, c.spec)
		for width := 1; width <= 200; width++ {
			plain := render(t, "text", table, Options{Width: width})
			for l := range strings.Lines(plain) {
				l = strings.TrimSuffix(l, "\n")
				if width >= c.least && columns(l) > width {
					t.Fatalf("%s: %d columns at width %d:\n%s", name, columns(l), width, l)
				}
				if l != strings.TrimRight(l, " ") {
					t.Fatalf("%s: spaces at the end of %q", name, l)
				}
			}
			coloured := render(t, "text", table, Options{Width: width, Colour: true})
			if escapes.ReplaceAllString(coloured, "") != plain {
				t.Fatalf("%s: colour changes more than the colour at width %d", name, width)
			}
		}
	}
}

// TestNarrowKeepsWhatMatters holds that a narrow terminal loses columns, never the cost, the change or the violations.
func TestNarrowKeepsWhatMatters(t *testing.T) {
	table := written(t, reportstest.Example())
	last := 0
	for _, width := range []int{60, 80, 100, 140, 180} {
		text := render(t, "text", table, Options{Width: width})
		for _, want := range []string{"cost", "change", "violations", "1,234", "hung"} {
			if !strings.Contains(text, want) {
				t.Errorf("width %d lacks %q", width, want)
			}
		}
		heads := 0
		for _, head := range []string{"interval", "verdict", "orphaned", "p50", "p99 ", "p99.9", "blocked", "recalls", "lookups wait", "operations", "evictions", "████", "p90", " max"} {
			if strings.Contains(text, head) {
				heads++
			}
		}
		if heads < last {
			t.Errorf("width %d shows fewer columns than a narrower one", width)
		}
		last = heads
	}
	if last != 14 {
		t.Errorf("180 columns show %d of 14 columns", last)
	}
	for name, text := range map[string]string{"100 columns": render(t, "text", table, Options{Width: 100}), "markdown": render(t, "markdown", table, Options{})} {
		for _, head := range []string{" p90", " max "} {
			if strings.Contains(text, head) {
				t.Errorf("%s: %s is for great widths only", name, head)
			}
		}
	}
}

func TestHostileLabels(t *testing.T) {
	table := written(t, reportstest.Hostile())
	for _, f := range All() {
		text := render(t, f.Name, table, Options{Width: 100})
		for _, r := range text {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%s: %q reaches the terminal:\n%q", f.Name, r, text)
				break
			}
		}
		for _, want := range []string{`x1b`, "red", `u202e`, "a-policy-with-a-name-th", "…", "東京"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not visible:\n%s", f.Name, want, text)
			}
		}
	}
	markdown := render(t, "markdown", table, Options{})
	if strings.Contains(markdown, "<script>") || strings.Contains(markdown, "<b>") {
		t.Errorf("HTML reaches the page:\n%s", markdown)
	}
	cells := -1
	for l := range strings.Lines(markdown) {
		if n := strings.Count(strings.ReplaceAll(l, `\|`, ""), "|"); strings.HasPrefix(l, "|") {
			if cells >= 0 && n != cells {
				t.Errorf("a row of %d cells among rows of %d:\n%s", n, cells, l)
			}
			cells = n
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"dax-only", 24, "dax-only"},
		{"hold=100µs", 24, "hold=100µs"},
		{"\x1b[31mred", 24, `\x1b[31mred`},
		{"a\nb\tc\x00", 24, `a\nb\tc\x00`},
		{"\u202eabc\u200b", 24, `\u202eabc\u200b`},
		{"\xff\xfe", 24, `\xff\xfe`},
		{"�", 24, "�"},
		{"12345678", 8, "12345678"},
		{"123456789", 8, "1234567…"},
		{"東京東京", 8, "東京東京"},
		{"東京東京東", 8, "東京東…"},
		{"e" + strings.Repeat("\u0301", 50), 8, "e\u0301\u0301\u0301"},
		{"", 8, ""},
	} {
		if got := clean(c.in, c.limit); got != c.want {
			t.Errorf("clean(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	prose := "it costs 58 % [55, 62] more than 1.20 M others within ±3 % (n=6)."
	for width := 8; width < 80; width++ {
		lines := wrap(prose, width)
		if strings.Join(lines, " ") != prose {
			t.Fatalf("width %d: %q", width, lines)
		}
		for _, l := range lines {
			for _, torn := range []string{"58", "[55,", "1.20", "±3"} {
				if strings.HasSuffix(l, " "+torn) || l == torn {
					t.Errorf("width %d: a line ends after %q", width, torn)
				}
			}
			if columns(l) > width && strings.Contains(l, " ") && len(pieces(l)) > 1 {
				t.Errorf("width %d: %q is wider and could be broken", width, l)
			}
		}
	}
}

func TestWrapCutsEndlessWords(t *testing.T) {
	if got := wrap("a "+strings.Repeat("x", 100)+" b", 10); fmt.Sprint(got) != "[a xxxxxxxxx… b]" || len(got) != 3 {
		t.Errorf("%q", got)
	}
}

func TestBar(t *testing.T) {
	for length, want := range map[float64]string{0: "", 0.001: "▏", 0.5: "▌", 1: "█", 2.25: "██▎", 8: "████████"} {
		if got := bar(length); got != want {
			t.Errorf("bar(%v) = %q, want %q", length, got, want)
		}
	}
}

func TestFootnotes(t *testing.T) {
	g := &compare.Group{Rows: []compare.Row{{Warnings: []string{"a", "b"}}, {}, {Warnings: []string{"b", "b"}}}}
	f := newFootnotes(g)
	if fmt.Sprint(f.of(0), f.of(1), f.of(2)) != "[1 2] [] [2]" {
		t.Errorf("numbers: %v %v %v", f.of(0), f.of(1), f.of(2))
	}
	for i := range 30 {
		g.Rows[1].Warnings = append(g.Rows[1].Warnings, fmt.Sprint(i))
	}
	if texts, left := newFootnotes(g).shown(); len(texts) != maxFootnotes || left != 32-maxFootnotes {
		t.Errorf("%d shown, %d left", len(texts), left)
	}
	if unit.Superscript(120) != "¹²⁰" {
		t.Error(unit.Superscript(120))
	}
}

func TestFormats(t *testing.T) {
	for i, f := range All() {
		if i > 0 && All()[i-1].Name >= f.Name {
			t.Errorf("%s is not in order", f.Name)
		}
		if got, ok := Lookup(f.Name); !ok || got.Name != f.Name || f.About == "" || !strings.HasPrefix(f.Ext, ".") || f.Write == nil {
			t.Errorf("%s: %+v, %v", f.Name, got, ok)
		}
		if err := f.Write(full{}, &compare.Table{}, Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: the error of the writer is lost: %v", f.Name, err)
		}
	}
	if _, ok := Lookup("texts"); ok {
		t.Error("found a format that is not there")
	}
}

var errFull = errors.New("disk full")

// full is a writer that fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
