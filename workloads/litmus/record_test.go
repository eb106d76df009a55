package litmus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/target"
)

// played is one row of scenarios that ended as these cells say; nobody ran them.
func played(declared string, mayHang bool, scenarios []Entry, cells ...Cell) *Matrix {
	return &Matrix{Scenarios: scenarios, Rows: []Row{{Policy: "p", ID: "P1", Declared: declared, MayHang: mayHang,
		Why: map[string]string{"U": "It is free at once."}, Cells: cells}}}
}

// entry is a scenario of a name that probes something.
func entry(name, probes, blames string) Entry {
	s := &target.Scenario{Name: name, Title: "about " + name, Probes: probes}
	if blames != "" {
		s.Blames.Key, s.Blames.Value = "scan", blames
	}
	return Entry{Number: 1, Scenario: s}
}

// ended is a cell of one run for each outcome.
func ended(outcomes ...target.Outcome) (c Cell) {
	for i, o := range outcomes {
		r := Result{Run: fmt.Sprint("run", i), Outcome: o, Hangs: o.Kind == target.Hung, Story: []target.Line{
			{Task: "T1", Kind: target.Took, Text: "create F"}, {At: time.Second, Task: "device", Kind: target.Happened, Text: "writes"}, {At: time.Second, Text: "is over", Kind: target.Remarked}}}
		c.Runs = append(c.Runs, r)
		c.Outcome = c.Outcome.Worst(o)
	}
	return c
}

// broke is an outcome with one finding.
func broke(kind target.Kind, invariants, text string) (o target.Outcome) {
	o.Kind = kind
	o.Breaks(target.Finding{Invariants: invariants, Text: text})
	return o
}

var (
	safe = target.Outcome{Kind: target.Safe}
	hung = target.Outcome{Kind: target.Hung, Why: "T1 waits for itself"}
	not  = target.Outcome{Kind: target.NotApplicable}
)

// cellOf records row 0 and returns its cell of a hazard.
func cellOf(t *testing.T, m *Matrix, hazard string) RecordedCell {
	t.Helper()
	rec := m.Record(func(policy string, e Entry) string { return "play " + policy + " " + e.Name })
	i := slices.IndexFunc(rec.Policies[0].Cells, func(c RecordedCell) bool { return c.Hazard == hazard })
	if i < 0 {
		t.Fatalf("no cell of %s", hazard)
	}
	return rec.Policies[0].Cells[i]
}

// TestRecordCounts wants marks and counts, over scenarios that are held against the policy and could be run.
func TestRecordCounts(t *testing.T) {
	about, other, blamed := entry("about", "U", ""), entry("other", "H", ""), entry("blamed", "U", "mapped-only")
	for name, tt := range map[string]struct {
		scenarios []Entry
		cells     []Cell
		hazard    string
		mark      Mark
		counts    [3]int // probed, broken, elsewhere
		story     string
	}{
		"kept":                         {[]Entry{about}, []Cell{ended(safe)}, "U", Kept, [3]int{1, 0, 0}, ""},
		"not probed":                   {[]Entry{other}, []Cell{ended(safe)}, "U", Unprobed, [3]int{0, 0, 0}, ""},
		"could not be run":             {[]Entry{about}, []Cell{ended(not)}, "U", Unprobed, [3]int{0, 0, 0}, ""},
		"held against no policy":       {[]Entry{blamed}, []Cell{ended(broke(target.Safe, "U", "u"))}, "U", Unprobed, [3]int{0, 0, 0}, ""},
		"broken":                       {[]Entry{about}, []Cell{ended(safe, broke(target.Safe, "U", "u"))}, "U", Broken, [3]int{1, 1, 0}, "about"},
		"broken elsewhere only":        {[]Entry{other}, []Cell{ended(broke(target.Safe, "U", "u"))}, "U", Broken, [3]int{0, 0, 1}, "other"},
		"what is about it comes first": {[]Entry{other, about}, []Cell{ended(broke(target.Safe, "U", "u")), ended(broke(target.Safe, "U", "u"))}, "U", Broken, [3]int{1, 1, 1}, "about"},
		"a hang":                       {[]Entry{other, about}, []Cell{ended(safe), ended(hung)}, "P2", Broken, [3]int{2, 1, 0}, "about"},
		"no hang":                      {[]Entry{other, about}, []Cell{ended(safe), ended(not)}, "P2", Kept, [3]int{1, 0, 0}, ""},
	} {
		c := cellOf(t, played("U", false, tt.scenarios, tt.cells...), tt.hazard)
		if got := [3]int{c.Probed, c.Broken, c.Elsewhere}; c.Mark != tt.mark || got != tt.counts {
			t.Errorf("%s: mark %d, %v; want %d, %v", name, c.Mark, got, tt.mark, tt.counts)
		}
		switch {
		case (c.Story == nil) != (tt.story == ""):
			t.Errorf("%s: story %+v, want that of %q", name, c.Story, tt.story)
		case c.Story != nil && (c.Story.Scenario != tt.story || c.Story.Replay != "play p "+tt.story):
			t.Errorf("%s: story %+v, want that of %q", name, c.Story, tt.story)
		}
	}
}

// TestRecordLeft wants counted what was not played of the registered scenarios, or with other parameters.
func TestRecordLeft(t *testing.T) {
	var about int
	for _, e := range All() {
		if Charged(e.Scenario) && isAbout(e, "W") {
			about++
		}
	}
	flood, err := Lookup("vmsplice-flood")
	if err != nil {
		t.Fatal(err)
	}
	other, err := flood.With(map[string]int{flood.Params[0].Name: 2})
	if err != nil {
		t.Fatal(err)
	}
	left := func(hazard string, full bool, list ...Entry) int {
		m := played("", false, list, make([]Cell, len(list))...)
		m.Full = full
		return cellOf(t, m, hazard).Left
	}
	if about == 0 || left("W", false, flood) != about || left("W", false, All()...) != 0 || left("W", true, entry("about", "U", "")) != 0 {
		t.Errorf("%d scenarios are about W; left are %d, %d, %d", about, left("W", false, flood), left("W", false, All()...), left("W", true, flood))
	}
	if as, set := left("U", false, flood), left("U", false, Entry{flood.Number, other}); as != set-1 {
		t.Errorf("%d are left besides a scenario, %d with other parameters", as, set)
	}
}

// TestRecordDeclared wants what the policy says of itself, with its sentence.
func TestRecordDeclared(t *testing.T) {
	m := played("U", true, []Entry{entry("about", "UR", "")}, ended(safe))
	for hazard, want := range map[string]bool{"U": true, "R": false, "P2": true} {
		if c := cellOf(t, m, hazard); c.Declared != want || (c.Why != "") != (hazard == "U") {
			t.Errorf("%s: %+v", hazard, c)
		}
	}
}

// TestRecordTells wants the run whose story shows what is broken, and not one that only has it from another order.
func TestRecordTells(t *testing.T) {
	untold, told := broke(target.Safe, "U", otherOrder+"u"), broke(target.Safe, "U", "it is so")
	c := cellOf(t, played("", false, []Entry{entry("about", "U", "")}, ended(untold, told)), "U")
	if c.Story.Run != "run1" || c.Story.Found != "it is so" {
		t.Errorf("%+v", c.Story)
	}
	c = cellOf(t, played("", false, []Entry{entry("about", "U", "")}, ended(safe, untold)), "U")
	if c.Story == nil || c.Story.Run != "run1" {
		t.Errorf("no story at all: %+v", c.Story)
	}
}

// TestRecordLines wants a story in columns, and below it what was found.
func TestRecordLines(t *testing.T) {
	c := cellOf(t, played("", false, []Entry{entry("about", "U", "")}, ended(broke(target.Violated, "U", "it is so"))), "U")
	want := []string{"0s  T1      create F", "1s  device    writes", "            is over", "! U: it is so"}
	if !slices.Equal(c.Story.Lines, want) {
		t.Errorf("got  %q\nwant %q", c.Story.Lines, want)
	}
	long := Result{Story: make([]target.Line, maxLines+5)}
	for range maxFindings + 3 {
		long.Outcome.Findings = append(long.Outcome.Findings, target.Finding{Invariants: "U", Text: "u"})
	}
	lines := long.lines()
	if n := len(lines); n != maxLines+1+maxFindings+1 || lines[maxLines] != "… and 5 further lines" || lines[n-1] != "! … and 3 further findings" {
		t.Errorf("%d lines, %q", n, lines[maxLines:])
	}
}

// TestRecordIsSmall wants a record of a quarter of a megabyte at most for all policies, where JSON has several: a page with a
// limit of its own holds it.
func TestRecordIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("plays all scenarios under all policies")
	}
	m := full()
	data, err := json.Marshal(m.Record(func(string, Entry) string { return "" }))
	if err != nil {
		t.Fatal(err)
	}
	var whole strings.Builder
	if err := m.JSON(&whole, true); err != nil {
		t.Fatal(err)
	}
	if len(data) > 256<<10 || whole.Len() < 4*len(data) {
		t.Errorf("%d bytes; JSON has %d", len(data), whole.Len())
	}
}
