package safety_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/safety"
)

// TestBrief wants in few words in how many scenarios a mark was seen.
func TestBrief(t *testing.T) {
	const p = `{"policy":"p", "id":"P1", "declares":[]}`
	for want, m := range map[string]*safety.Matrix{
		"":                read(t, litmus(row("p", "P1", `{"hazard":"U", "mark":"not probed"}`)), ""),
		"2 of 3":          read(t, litmus(row("p", "P1", brokenU)), ""),
		"3 of 3":          read(t, litmus(row("p", "P1", keptU)), ""),
		"3 of 12":         read(t, litmus(row("p", "P1", strings.Replace(keptU, `"probed":3`, `"probed":3, "left":9`, 1))), ""),
		"2 others":        read(t, litmus(row("p", "P1", `{"hazard":"U", "mark":"broken", "elsewhere":2, "probed":3}`)), ""),
		"a schedule":      read(t, litmus(row("p", "P1", keptU)), verify(p, verdict("p", "P1r", "U", "U", violated))),
		"5,000 schedules": read(t, "", verify(p, verdict("p", "P1r", "U", "", enough))),
		"1 of 1":          read(t, litmus(row("p", "P1", `{"hazard":"U", "mark":"kept", "probed":1}`)), verify(p, verdict("p", "P1r", "U", "", enough))),
	} {
		if c := cellOf(t, m, "p", "U"); c.Brief != want {
			t.Errorf("%q of %+v, want %q", c.Brief, c, want)
		}
	}
}

// TestSources wants said where each file comes from, and hazards that lose data first.
func TestSources(t *testing.T) {
	data := strings.Replace(verify(`{"policy":"p"}`, ""), `"letter":"R"`, `"data":true, "harm":"late", "letter":"R"`, 1)
	m := read(t, strings.Replace(litmus(""), `"kernel":""`, `"kernel":"6.19"`, 1), "")
	if want := (safety.Source{Command: "litmus", Tool: "daxbench", Commit: "abc", Date: "2026-11-26T00:00:00Z", Kernel: "6.19"}); !slices.Equal(m.Sources, []safety.Source{want}) {
		t.Errorf("%+v", m.Sources)
	}
	m = read(t, "", data)
	if h := m.Hazards[0]; h.Letter != "R" || !h.Data || h.Harm != "late" || m.Sources[0].Command != "verify" {
		t.Errorf("%+v of %+v", m.Hazards, m.Sources)
	}
}

// TestSentences wants the gravest first, and nothing that the cells do not carry.
func TestSentences(t *testing.T) {
	hazards := []safety.Hazard{{Name: "use", Data: true}, {Name: "tie", Data: true}, {Name: "reclaim"}}
	broken, declared := safety.Cell{Mark: safety.Broken}, safety.Cell{Mark: safety.Broken, Declared: true}
	kept, found, unshown := safety.Cell{Mark: safety.Kept}, safety.Cell{Mark: safety.NotFound}, safety.Cell{Mark: safety.NotFound, Declared: true}
	r := func(policy string, cells ...safety.Cell) safety.Row { return safety.Row{Policy: policy, Cells: cells} }
	measured := func(r safety.Row) safety.Row { r.Measured = true; return r }
	many := make([]safety.Row, 12)
	for i := range many {
		many[i] = r(fmt.Sprintf("p%d", i), kept, kept, declared)
	}
	for _, tt := range []struct {
		name string
		rows []safety.Row
		want []string
	}{
		{"nothing", nil, nil},
		{"the usual", []safety.Row{r("none", declared, declared, kept), r("wait", kept, kept, declared), r("ask", kept, kept, declared)}, []string{
			"0 Data can be lost under none: use, tie.", "1 Somebody waits or may hang under wait and ask: reclaim.",
			"2 No data was lost under wait and ask, in all scenarios that are about it."}},
		{"not as declared", []safety.Row{r("liar", broken, kept, broken)}, []string{
			"0 Data can be lost under liar: use (not declared).", "1 Somebody waits or may hang under liar: reclaim (not declared)."}},
		{"some scenarios only", []safety.Row{r("wait", kept, found, unshown)}, []string{
			"3 Not shown, though declared broken, under wait: reclaim.", "3 Looked for in part, and not found, under wait: tie."}},
		{"nobody looked", []safety.Row{r("wait", safety.Cell{}, safety.Cell{}, safety.Cell{}), r("ask", kept, kept, safety.Cell{})}, []string{
			"2 No data was lost under ask, in all scenarios that are about it.", "3 Nobody looked at wait.", "3 Not looked at under ask: reclaim."}},
		{"the run has some of them", []safety.Row{r("none", declared, declared, kept), measured(r("wait", kept, kept, kept))}, []string{
			"2 No data was lost under wait, in all scenarios that are about it."}},
		{"many", many, []string{
			"1 Somebody waits or may hang under p0, p1, p2, p3, p4 and 7 others: reclaim.",
			"2 No data was lost under p0, p1, p2, p3, p4 and 7 others, in all scenarios that are about it."}},
	} {
		m := &safety.Matrix{Hazards: hazards, Rows: tt.rows}
		var got []string
		for _, s := range m.Sentences() {
			got = append(got, fmt.Sprintf("%d %s", s.Tone, s.Text))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}
