package render

import (
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/reportstest"
	"daxbench/reports/stats"
)

// TestLegendCountsIntervals: who reads forty intervals must be told that one of
// them is likely to be wrong.
func TestLegendCountsIntervals(t *testing.T) {
	row := compare.Row{Ratio: stats.Estimate{Value: 1.1, Lo: 1, Hi: 1.2, N: 6, Confidence: 0.96875}}
	few := &compare.Table{Groups: []compare.Group{{Reference: "dax-only", Rows: []compare.Row{row, row, row}}}}
	many := &compare.Table{}
	for range 13 {
		many.Groups = append(many.Groups, few.Groups...)
	}
	if s := legend(few); strings.Contains(s, "by chance") {
		t.Errorf("three intervals: %s", s)
	}
	if s := legend(many); !strings.Contains(s, "of these 39, about 2 will miss by chance") {
		t.Errorf("39 intervals: %s", s)
	}
}

// TestLooked: zero violations come with what they rest on, and where nobody looked nothing is said.
func TestLooked(t *testing.T) {
	row := func(writes, ops uint64, all bool) compare.Row {
		return compare.Row{Ops: 1e5, Safety: compare.Safety{Writes: writes, LookedOps: ops, Looked: all}}
	}
	harm := row(500, 9000, true)
	harm.Violations = 1
	for _, c := range []struct {
		rows []compare.Row
		want string
	}{
		{[]compare.Row{row(0, 0, false), row(0, 0, false)}, ""},
		{[]compare.Row{row(700, 8000, true)}, "violations: 0 found in 700 device writes that were looked at, during 8,000 operations"},
		{[]compare.Row{row(700, 8000, true), row(500, 9000, true)},
			"violations: 0 found in at least 500 device writes that were looked at, during at least 8,000 operations per policy"},
		{[]compare.Row{row(700, 8000, true), row(500, 9000, false)}, "violations: 0 found, but not every round was looked at"},
		{[]compare.Row{row(0, 0, false), row(500, 9000, true)}, "violations: 0 found, but not every round was looked at"},
		{[]compare.Row{row(700, 8000, true), harm}, ""},
	} {
		if got := looked(&compare.Group{Rows: c.rows}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestTimed: how a group was timed stands below its table in each format, and nothing where the run does not say it.
func TestTimed(t *testing.T) {
	for _, f := range All() {
		table := written(t, reportstest.Example())
		if s, want := render(t, f.Name, table, Options{}), "timed: whole slices; one operation in 64 on its own\n"; strings.Count(s, want) != 2 {
			t.Errorf("%s: not twice %q:\n%s", f.Name, want, s)
		}
		for i := range table.Groups {
			table.Groups[i].Timing = ""
		}
		if s := render(t, f.Name, table, Options{}); strings.Contains(s, "timed:") {
			t.Errorf("%s: says what the run does not:\n%s", f.Name, s)
		}
	}
}

// TestMarkdownFootnotes holds that the footnotes of a group are one paragraph.
func TestMarkdownFootnotes(t *testing.T) {
	rows := []compare.Row{{Policy: "none", Warnings: []string{"a", "b"}}, {Policy: "dax-only", Warnings: []string{"c_d"}}}
	table := &compare.Table{Groups: []compare.Group{{Workload: "nop", Unit: "ns/op", Rows: rows}}}
	if s := render(t, "markdown", table, Options{}); !strings.Contains(s, "\n\n¹ a · ² b · ³ c\\_d\n") {
		t.Errorf("%s", s)
	}
}

// TestConclusionsInParts holds that the last section of a terminal's page names a group in bold above its sentences, and
// again where the prices begin.
func TestConclusionsInParts(t *testing.T) {
	s := render(t, "text", written(t, reportstest.Example()), Options{Width: 100, Colour: true})
	_, s, ok := strings.Cut(s, "What this run says")
	if !ok {
		t.Fatal("no conclusions")
	}
	if n := strings.Count(s, paint(true).on("lease-recall", bold)+"  "+paint(true).on("leases=25 workers=2", faint)); n != 2 {
		t.Errorf("lease-recall is named %d times, want 2:\n%s", n, s)
	}
	if safety, price := strings.LastIndex(s, "✗"), strings.Index(s, "≠"); safety > price || safety < 0 {
		t.Errorf("a price stands before what went wrong:\n%s", s)
	}
}

// TestLegendExplainsNearMisses: who sees "undecided" beside an interval that leaves out 0 must be told why.
func TestLegendExplainsNearMisses(t *testing.T) {
	for _, c := range []struct {
		lo        float64
		judgement compare.Judgement
		want      bool
	}{{0.998, compare.Undecided, false}, {1.002, compare.Undecided, true}, {1.01, compare.Dearer, false}} {
		row := compare.Row{Ratio: stats.Estimate{Value: 1.03, Lo: c.lo, Hi: 1.08, N: 6, Confidence: 0.96875}}
		row.Verdict.Judgement = c.judgement
		s := legend(&compare.Table{Groups: []compare.Group{{Reference: "dax-only", Rows: []compare.Row{row}}}})
		if strings.Contains(s, "A change below 1 %, or one whose interval comes closer to 0 than 0.5 %, decides nothing.") != c.want {
			t.Errorf("from %v: %s", c.lo, s)
		}
	}
}
