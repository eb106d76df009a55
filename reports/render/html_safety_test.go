package render

import (
	"strings"
	"testing"

	"daxbench/reports/safety"
)

// TestSafetyCells wants data loss told from waiting, and loud what is not as declared.
func TestSafetyCells(t *testing.T) {
	data, wait := safety.Hazard{Name: "use", Harm: "reused", Data: true}, safety.Hazard{Name: "reclaim"}
	for _, tt := range []struct {
		hazard safety.Hazard
		cell   safety.Cell
		want   string // class, sign, word, in how many, loud
	}{
		{data, safety.Cell{Mark: safety.Broken, Declared: true, Brief: "2 of 3"}, "loss|✗|reused|2 of 3|"},
		{data, safety.Cell{Mark: safety.Broken, Brief: "2 of 3"}, "loss|✗|reused|2 of 3|not declared"},
		{wait, safety.Cell{Mark: safety.Broken, Declared: true, Brief: "a schedule"}, "delay|!|broken|a schedule|"},
		{data, safety.Cell{Mark: safety.Kept, Brief: "3 of 3"}, "kept|✓|kept|3 of 3|"},
		{data, safety.Cell{Mark: safety.NotFound, Brief: "1 of 3"}, "notfound|○|not found|1 of 3|"},
		{data, safety.Cell{Mark: safety.NotFound, Declared: true, Brief: "3 of 3"}, "notfound|○|not shown|3 of 3|"},
		{wait, safety.Cell{Declared: true}, "unknown|–|unseen||"},
	} {
		c := newSafetyCell(&tt.hazard, &tt.cell)
		if got := strings.Join([]string{c.Class, c.Sign, c.Word, c.Brief, c.Loud}, "|"); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.cell, got, tt.want)
		}
	}
}

// TestSafetySummaries wants said of how much nothing was broken.
func TestSafetySummaries(t *testing.T) {
	kept, broken := safety.Cell{Mark: safety.Kept}, safety.Cell{Mark: safety.Broken, Declared: true}
	for want, cells := range map[string][]safety.Cell{
		"nobody looked":      {{}, {}, {}},
		"nothing was broken": {kept, kept, kept},
		"broken: use":        {broken, kept, kept},
		"nothing was broken, in what was looked at (1 of 3)": {kept, {}, {}},
		"broken: tie, in what was looked at (2 of 3)":        {kept, broken, {}},
	} {
		b := viewer{ids: taken{}}
		r := b.safetyRow(&safety.Row{Policy: "p", Cells: cells}, []safety.Hazard{{Name: "use"}, {Name: "tie"}, {Name: "leak"}})
		if r.Summary != want {
			t.Errorf("%q, want %q", r.Summary, want)
		}
	}
}
