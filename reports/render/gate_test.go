package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"

	"daxbench/reports/gate"
)

// renderGate writes a report in a format.
func renderGate(t *testing.T, format string, r *gate.Report, o Options) string {
	t.Helper()
	f, ok := LookupGate(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var b bytes.Buffer
	if err := f.Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldenGate(t *testing.T) {
	for _, c := range []struct {
		file, format string
		report       *gate.Report
		o            Options
	}{
		{"gate60.golden", "text", gateExample(), Options{Width: 60}},
		{"gate80.golden", "text", gateExample(), Options{Width: 80}},
		{"gate120.golden", "text", gateExample(), Options{Width: 120}},
		{"gate160.golden", "text", gateExample(), Options{Width: 160}},
		{"gate_verbose100.golden", "text", gateExample(), Options{Width: 100, Verbose: true}},
		{"gate_colour120.golden", "text", gateExample(), Options{Width: 120, Colour: true}},
		{"gate_green120.golden", "text", gateGreen(), Options{Width: 120}},
		{"gate_void100.golden", "text", gateVoid(), Options{Width: 100}},
		{"gate_stored80.golden", "text", gateStored(), Options{Width: 80}},
		{"gate_stored.markdown.golden", "markdown", gateStored(), Options{}},
		{"gate.markdown.golden", "markdown", gateExample(), Options{}},
		{"gate.junit.golden", "junit", gateExample(), Options{}},
		{"gate.github.golden", "github", gateExample(), Options{}},
		{"gate.json.golden", "json", gateExample(), Options{}},
	} {
		t.Run(c.file, func(t *testing.T) { golden(t, c.file, renderGate(t, c.format, c.report, c.o)) })
	}
}

// TestGateWidth holds that no line is wider than the terminal, but for commands and paths, which are whole; and that
// colour changes nothing but the colour.
func TestGateWidth(t *testing.T) {
	for name, r := range map[string]*gate.Report{
		"example": gateExample(), "green": gateGreen(), "void": gateVoid(), "stored": gateStored(), "hostile": gateHostile(), "empty": {},
	} {
		whole := map[string]bool{clean(r.Command, maxCommand): true}
		for _, c := range r.Cells {
			for _, s := range append([]string{c.Repeat}, c.Profiles...) {
				whole[clean(s, maxCommand)] = true
			}
		}
		step := 1
		if name == "hostile" {
			step = 17 // it is long
		}
		for width := 1; width <= 200; width += step {
			for _, verbose := range []bool{false, true} {
				plain := renderGate(t, "text", r, Options{Width: width, Verbose: verbose})
				for l := range strings.Lines(plain) {
					l = strings.TrimSuffix(l, "\n")
					bare := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(l), "repeat"), "profile"))
					if width >= 40 && columns(l) > width && !whole[bare] {
						t.Fatalf("%s: %d columns at width %d:\n%s", name, columns(l), width, l)
					}
					if l != strings.TrimRight(l, " ") {
						t.Fatalf("%s: spaces at the end of %q", name, l)
					}
				}
				coloured := renderGate(t, "text", r, Options{Width: width, Verbose: verbose, Colour: true})
				if trailing(escapes.ReplaceAllString(coloured, "")) != plain {
					t.Fatalf("%s: colour changes more than the colour at width %d", name, width)
				}
			}
		}
	}
}

// trailing takes the spaces from the ends of lines.
func trailing(s string) string {
	var b strings.Builder
	for l := range strings.Lines(s) {
		b.WriteString(strings.TrimRight(l, " \n") + "\n")
	}
	return b.String()
}

// TestGateCommandsStayWhole: a command that is broken over lines cannot be copied.
func TestGateCommandsStayWhole(t *testing.T) {
	r := gateExample()
	for width := 40; width <= 200; width += 20 {
		s := renderGate(t, "text", r, Options{Width: width})
		for _, c := range r.Cells {
			for _, want := range append([]string{c.Repeat, r.Command}, c.Profiles...) {
				if !strings.Contains(s, want) {
					t.Errorf("width %d: %q is not whole", width, want)
				}
			}
		}
	}
}

// TestGateWorstFirst holds that in each format a reader comes upon what regressed before what has no verdict, and upon
// that before what passed.
func TestGateWorstFirst(t *testing.T) {
	order := []string{"lookup-storm", "unlink-storm", "lease-recall", "remount-storm"}
	r := gateExample()
	r.Summary = "told elsewhere"
	for _, format := range []string{"text", "markdown"} {
		s, last := renderGate(t, format, r, Options{Width: 120}), -1
		for _, name := range order {
			at := strings.Index(s, name)
			if at <= last {
				t.Errorf("%s: %s stands at %d, and what should stand before it at %d", format, name, at, last)
			}
			last = at
		}
	}
	names := []string{}
	for _, c := range worst(r.Cells) {
		names = append(names, c.Verdict.String())
	}
	if got := strings.Join(names, ", "); got != "regressed, regressed, regressed, no verdict, no verdict, improved, pass" {
		t.Error(got)
	}
}

// TestGateNeverGreen holds for every verdict that a report of it, also with no cell and with cells that passed, is shown
// as a success where it is one and nowhere else.
func TestGateNeverGreen(t *testing.T) {
	passed := gateGreen().Cells
	for v := gate.Pass; v <= gate.Regressed; v++ {
		for name, cells := range map[string][]gate.Cell{
			"none": nil, "itself": {{Name: "a", Verdict: v}}, "passed": passed, "both": append([]gate.Cell{{Name: "a", Verdict: v}}, passed...),
		} {
			r := &gate.Report{Way: "within", Verdict: v, Summary: "so it is", Cells: cells}
			want := (v == gate.Pass || v == gate.Improved) && len(cells) > 0
			var suites struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Errors   int `xml:"errors,attr"`
			}
			if err := xml.Unmarshal([]byte(renderGate(t, "junit", r, Options{})), &suites); err != nil {
				t.Fatal(err)
			}
			if got := suites.Tests > 0 && suites.Failures+suites.Errors == 0; got != want {
				t.Errorf("junit, %v, cells %s: success is %v, want %v", v, name, got, want)
			}
			commands := renderGate(t, "github", r, Options{})
			if got := !strings.Contains(commands, "::error ") && !strings.Contains(commands, "::warning "); got != (v == gate.Pass || v == gate.Improved) {
				t.Errorf("github, %v, cells %s:\n%s", v, name, commands)
			}
			for _, format := range []string{"text", "markdown", "github", "junit", "json"} {
				if s := renderGate(t, format, r, Options{}); !strings.Contains(s, v.String()) {
					t.Errorf("%s does not say %q:\n%s", format, v, s)
				}
			}
		}
	}
}

// TestGateControlsInJUnit: a control that moved is an error although each cell passed, whichever way it moved.
func TestGateControlsInJUnit(t *testing.T) {
	for v := gate.Pass; v <= gate.Regressed; v++ {
		r := gateGreen()
		r.Controls[0].Verdict = v
		held := !strings.Contains(renderGate(t, "junit", r, Options{}), "<error")
		if held != (v == gate.Pass) {
			t.Errorf("a control with %v: held is %v", v, held)
		}
		if ok, s := controlsSentence(r); ok != (v == gate.Pass) {
			t.Errorf("a control with %v: %s", v, s)
		}
	}
}

// TestGateHostile holds per format that what stands in names reaches neither a terminal, a page nor a parser.
func TestGateHostile(t *testing.T) {
	r := gateHostile()
	for _, f := range GateFormats() {
		s := renderGate(t, f.Name, r, Options{Width: 100, Verbose: true})
		for _, c := range s {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("%s: %q comes through", f.Name, c)
			}
		}
		if !strings.Contains(s, `x1b`) && !strings.Contains(s, `u001b`) {
			t.Errorf("%s: what does not print is not visible", f.Name)
		}
		for _, no := range []string{"NaN", "Inf"} {
			if strings.Contains(s, no) {
				t.Errorf("%s: a number that is none is shown as %s", f.Name, no)
			}
		}
	}
}

func TestGateHostileMarkdown(t *testing.T) {
	s := renderGate(t, "markdown", gateHostile(), Options{Verbose: true})
	fence, cells, tables := "", -1, 0
	for l := range strings.Lines(s) {
		l = strings.TrimSuffix(l, "\n")
		switch {
		case fence != "":
			if l == fence {
				fence = ""
			}
		case strings.HasPrefix(l, "```"):
			fence = l
		case strings.Contains(l, "<script") || strings.Contains(strings.ReplaceAll(l, "\\`", ""), "`"):
			t.Errorf("HTML or code reaches the page: %s", l)
		case strings.HasPrefix(l, "|"):
			n := strings.Count(strings.ReplaceAll(l, `\|`, ""), "|")
			if cells >= 0 && n != cells {
				t.Errorf("a row of %d cells among rows of %d: %s", n, cells, l)
			}
			if cells < 0 {
				tables++
			}
			cells = n
		default:
			cells = -1
		}
	}
	if fence != "" || tables != 2 {
		t.Errorf("a block of code that does not end with %q, or %d tables", fence, tables)
	}
}

func TestGateHostileJUnit(t *testing.T) {
	s := renderGate(t, "junit", gateHostile(), Options{})
	dec := xml.NewDecoder(strings.NewReader(s))
	known := map[string]bool{
		"testsuites": true, "testsuite": true, "testcase": true, "properties": true, "property": true, "failure": true, "error": true, "system-out": true,
	}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && !known[e.Name.Local] {
			t.Errorf("an element <%s>", e.Name.Local)
		}
	}
}

// TestGateHostileGitHub: each line is one command of ours, and none of them says more than its text.
func TestGateHostileGitHub(t *testing.T) {
	for l := range strings.Lines(renderGate(t, "github", gateHostile(), Options{})) {
		command, ok := strings.CutPrefix(strings.TrimSuffix(l, "\n"), "::")
		head, message, ok2 := strings.Cut(command, "::")
		kind, title, ok3 := strings.Cut(head, " title=")
		if !ok || !ok2 || !ok3 || kind != "error" && kind != "warning" && kind != "notice" || strings.ContainsAny(title, ",:") {
			t.Errorf("not a command: %q", l)
		}
		for _, text := range []string{title, message} {
			for _, part := range strings.Split(text, "%")[1:] {
				if len(part) < 2 || !strings.Contains("25 0A 3A 2C", part[:2]) {
					t.Errorf("a percent sign that means nothing: %q", text)
				}
			}
		}
	}
	for in, want := range map[string]string{"50 %": "50 %25", "a\r\nb": "a%0D%0Ab", "%0A": "%250A", "a:b,c": "a:b,c"} {
		if got := escapeData(in); got != want {
			t.Errorf("escapeData(%q) = %q, want %q", in, got, want)
		}
	}
	if got := escapeProperty("a:b,c%\n"); got != "a%3Ab%2Cc%25%0A" {
		t.Errorf("escapeProperty: %q", got)
	}
}

// TestGateGitHubCuts: GitHub shows ten errors; they are the worst ten, and the others are counted.
func TestGateGitHubCuts(t *testing.T) {
	r := &gate.Report{Way: "within", Verdict: gate.Regressed}
	for i := range 25 {
		m := measured("cpu", 100, 1.02+float64(i)/100, 1.01, 1.5, 0.001, gate.Regressed)
		r.Cells = append(r.Cells, gate.Cell{Name: fmt.Sprintf("c%02d", i), Verdict: gate.Regressed, Measures: []gate.Measure{m}})
		r.Cells = append(r.Cells, gate.Cell{Name: fmt.Sprintf("n%02d", i), Verdict: gate.NoVerdict})
	}
	s := renderGate(t, "github", r, Options{})
	for kind, want := range map[string]int{"::error ": 10, "::warning ": 10, "::notice ": 2} {
		if got := strings.Count(s, kind); got != want {
			t.Errorf("%d times %s, want %d:\n%s", got, kind, want, s)
		}
	}
	for i := range 25 {
		if got := strings.Contains(s, fmt.Sprintf("c%02d", i)); got != (i >= 15) {
			t.Errorf("cell %d is shown: %v", i, got)
		}
	}
	if !strings.Contains(s, "15 further errors and 15 further warnings are not shown here") {
		t.Errorf("what is cut is not counted:\n%s", s)
	}
}

// TestGateMarkdownFits: a summary that is too long shows nothing at all, so it is cut, the best cells first, and counted.
func TestGateMarkdownFits(t *testing.T) {
	r := gateExample()
	cell := r.Cells[2]
	cell.Why = strings.Repeat("because <of> it ", 30)
	r.Cells = r.Cells[:1]
	r.Cells[0].Name = "the-best"
	for i := range 3000 {
		cell.Name = fmt.Sprintf("evict-storm/n=%04d/%s", i, strings.Repeat("x", 200))
		r.Cells = append(r.Cells, cell)
	}
	s := renderGate(t, "markdown", r, Options{})
	if len(s) > maxSummary || len(s) < maxSummary/2 {
		t.Errorf("%d bytes of %d", len(s), maxSummary)
	}
	if strings.Contains(s, "the-best") || !strings.Contains(s, "n=0000") {
		t.Error("the worst were cut before the best")
	}
	for _, want := range []string{"lines of the table left out", "cells' details left out", "The rule", "the controls held"} {
		if !strings.Contains(strings.ReplaceAll(s, "and the rule", "The rule"), want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Count(s, "<details>") != strings.Count(s, "</details>") {
		t.Error("a fold that is not closed")
	}
}

// TestGateJSON holds that the JSON is what the report says, and null where it says no number.
func TestGateJSON(t *testing.T) {
	var got struct {
		Schema  int
		Verdict string
		Cells   []struct {
			Name     string
			Verdict  string
			Measures []struct {
				Name      string
				Role      string
				Base      *float64
				Change    struct{ Value, Lo, Hi *float64 }
				Smallest  *float64
				Tolerance *float64
			}
		}
		Controls []json.RawMessage
	}
	read := func(r *gate.Report) {
		t.Helper()
		got.Cells, got.Controls = nil, nil
		dec := json.NewDecoder(strings.NewReader(renderGate(t, "json", r, Options{})))
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if dec.More() {
			t.Error("more than one value")
		}
	}
	r := gateExample()
	read(r)
	if got.Schema != gateSchema || got.Verdict != "regressed" || len(got.Cells) != len(r.Cells) || len(got.Controls) != 2 {
		t.Errorf("%+v", got)
	}
	for i, c := range got.Cells {
		if c.Name != r.Cells[i].Name || c.Verdict != r.Cells[i].Verdict.String() || len(c.Measures) != len(r.Cells[i].Measures) {
			t.Errorf("cell %d: %+v", i, c)
		}
	}
	if m, want := got.Cells[2].Measures[2], r.Cells[2].Measures[2]; m.Role != "convicts" || *m.Base != want.Base || *m.Change.Hi != want.Change.Hi || *m.Tolerance != want.Tolerance {
		t.Errorf("%+v", m)
	}
	r = gateHostile()
	read(r)
	if got.Cells[0].Name == "" || strings.ToValidUTF8(evil, "\ufffd") != got.Cells[1].Name {
		t.Errorf("a name was changed: %q", got.Cells[1].Name)
	}
	if m := got.Cells[1].Measures[0]; m.Base != nil || m.Change.Lo != nil || m.Smallest != nil || m.Tolerance != nil {
		t.Errorf("a number where there is none: %+v", m)
	}
	read(&gate.Report{})
	if got.Cells == nil || got.Controls == nil {
		t.Error("null for a list without elements")
	}
}

func TestGateFormats(t *testing.T) {
	for i, f := range GateFormats() {
		if i > 0 && GateFormats()[i-1].Name >= f.Name {
			t.Errorf("%s is not in order", f.Name)
		}
		if got, ok := LookupGate(f.Name); !ok || got.Name != f.Name || f.About == "" || !strings.HasPrefix(f.Ext, ".") || f.Write == nil {
			t.Errorf("%s: %+v, %v", f.Name, got, ok)
		}
		if err := f.Write(full{}, &gate.Report{}, Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: the error of the writer is lost: %v", f.Name, err)
		}
	}
	if _, ok := LookupGate("html"); ok {
		t.Error("found a format that is not there")
	}
}
