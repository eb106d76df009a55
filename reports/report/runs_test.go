package report

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/gallery"
	"daxbench/reports/reportstest"
	"daxbench/reports/versus"
)

// held makes the page of two runs.
func held(t *testing.T, reference string, specs ...*reportstest.Spec) *Page {
	t.Helper()
	var sources []*gallery.Source
	var args []string
	for i, spec := range specs {
		label := []string{"old", "new", "newer"}[i]
		dir := filepath.Join(t.TempDir(), label)
		if err := spec.Write(dir); err != nil {
			t.Fatal(err)
		}
		sources, args = append(sources, read(t, dir)), append(args, label+"="+dir)
	}
	o := versus.Defaults()
	o.Reference = reference
	v, err := versus.Compare(o, args)
	if err != nil {
		t.Fatal(err)
	}
	p, err := OfRuns(sources, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// text is what a page says first.
func (p *Page) text() string {
	var words []string
	for _, s := range p.Verdict {
		words = append(words, s.Text)
	}
	return strings.Join(words, " ")
}

// TestRunsSayWhatChanged: a policy that became dearer by half is named, with its interval; with the same runs nothing is.
func TestRunsSayWhatChanged(t *testing.T) {
	slower := reportstest.Example()
	slower.Seed = 2
	for _, unit := range []string{"ns/evict", "ns/op"} {
		slower.Cells[1].Metrics[unit] *= 1.5 // evict-storm dax=0, always-call
	}
	p := held(t, "dax-only", reportstest.Example(), slower)
	for _, want := range []string{"ratios to dax-only were compared", "The worst change is that of evict-storm · dax=0 workers=2, always-call: +5", "(n=6 and 6)"} {
		if !strings.Contains(p.text(), want) {
			t.Errorf("%q is not in: %s", want, p.text())
		}
	}
	if len(p.Groups) == 0 || !strings.HasSuffix(p.Groups[0].Title, " in relation to dax-only") {
		t.Fatal("the page does not begin with the ratios")
	}
	table := p.Groups[0].Tables[0]
	found := false
	for _, row := range table.Rows {
		if row[0].Text == "evict-storm · dax=0 workers=2" && row[1].Text == "always-call" {
			found = true
			if row[4].Tone != Bad || !strings.HasPrefix(row[4].Text, "+5") || row[5].Text == "" || row[7].Text != "worse" || row[8].Text != "6" {
				t.Errorf("row %v", row)
			}
		}
	}
	if !found {
		t.Errorf("no row of what changed in %v", table.Rows)
	}
	same := held(t, "dax-only", reportstest.Example(), reportstest.Example())
	if !strings.Contains(same.text(), "no difference was found") {
		t.Errorf("the same run twice: %s", same.text())
	}
}

// TestRunsWithoutReference: without a reference values are compared, and three runs have two columns of changes.
func TestRunsWithoutReference(t *testing.T) {
	p := held(t, "", reportstest.Example(), reportstest.Example(), reportstest.Short(2))
	if !strings.Contains(p.text(), "values were compared") {
		t.Error(p.text())
	}
	changes := 0
	for _, c := range p.Groups[0].Tables[0].Columns {
		if c.Head == "change" {
			changes++
		}
	}
	if changes != 2 {
		t.Errorf("%d columns of changes, want 2", changes)
	}
	if !strings.Contains(strings.Join(p.Facts, "\n"), "newer: daxbench 0.1.0 · 3f2a9c1 · interrupted") {
		t.Errorf("facts: %q", p.Facts)
	}
}

// TestRunsWithNothingInCommon: a run of too few rounds decides nothing, whatever the others have.
func TestRunsWithNothingInCommon(t *testing.T) {
	p := held(t, "dax-only", reportstest.Short(1), reportstest.Example())
	for _, s := range p.Verdict {
		if s.Topic == compare.Price || s.Topic == compare.Level {
			t.Errorf("one round decides nothing, but: %s", s.Text)
		}
	}
	if last := p.Verdict[len(p.Verdict)-1]; last.Topic != compare.Unknown || !strings.Contains(last.Text, "Nothing can be said") {
		t.Errorf("%+v", p.Verdict)
	}
}

// TestRunsTopicHasEvidence: that no difference was found is no sameness: most of what was compared must be shown to be the same.
func TestRunsTopicHasEvidence(t *testing.T) {
	report := func(same, open int) *versus.Report {
		table := versus.Table{Unit: "sec/op", Role: versus.Primary, Columns: []string{"old", "new"}}
		for i := range same + open {
			c := &versus.Change{Verdict: versus.Undecided}
			if i < same {
				c.Verdict = versus.Same
			}
			table.Rows = append(table.Rows, versus.Row{Name: "X", Cells: []versus.Cell{{}, {Change: c}}})
		}
		return &versus.Report{Alpha: 0.05, Tables: []versus.Table{table}, Inputs: make([]versus.Input, 2)}
	}
	for _, tt := range []struct {
		same, open int
		want       compare.Topic
	}{{3, 63, compare.Unknown}, {0, 1, compare.Unknown}, {2, 2, compare.Unknown}, {3, 2, compare.Level}} {
		if got := runsVerdict(report(tt.same, tt.open), nil)[0]; got.Topic != tt.want || !strings.Contains(got.Text, "no difference was found") {
			t.Errorf("%d the same, %d undecided: %+v", tt.same, tt.open, got)
		}
	}
}

// past is a history of n records, whose level doubles in the middle if it changes.
func past(n int, changes bool) Past {
	p := Past{Machine: "box", Name: "evict-storm dax=0", Unit: "ns/evict", Better: -1}
	l := PastLine{Line: chart.Line{Name: "dax-only", Stretches: make([]chart.Stretch, 1)}}
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	st := &l.Stretches[0]
	for i := range n {
		v := 50 + float64(i%2)
		if changes && i >= n/2 {
			v *= 2
		}
		st.Records = append(st.Records, chart.Record{When: day.AddDate(0, 0, i), Value: v, Lo: v - 1, Hi: v + 1})
	}
	if changes {
		st.Changes, st.Ratios = []int{n / 2}, []float64{2}
		l.Changes = []PastChange{{Since: "2026-11-09 (abc1234)", Before: 50.5, After: 101, P: 0.001}}
	}
	p.Lines = []PastLine{l}
	return p
}

// TestHistory: a change point is said in words, at the top and with its workload; where there are too few records nothing
// is said to be unchanged.
func TestHistory(t *testing.T) {
	for _, tt := range []struct {
		past Past
		want string
		says compare.Topic
	}{
		{past(16, true), "evict-storm dax=0 on box: dax-only rose by ×2.00 since 2026-11-09 (abc1234) (median 50.5 ns before, 101 ns after, p=0.001).", compare.Price},
		{past(16, false), "No level changed for good", compare.Level},
		{past(4, false), "undecided: a change point takes 11 records that compare, and the longest series has 4", compare.Unknown},
	} {
		p := OfHistory(&History{Title: "History", Least: 11, Alpha: 0.01, List: []Past{tt.past}})
		if len(p.Verdict) != 1 || !strings.Contains(p.Verdict[0].Text, tt.want) || p.Verdict[0].Topic != tt.says {
			t.Errorf("%+v, want %q", p.Verdict, tt.want)
		}
		if len(p.Charts()) != 1 || len(p.Groups[0].Tables[0].Rows) != tt.past.Lines[0].length() {
			t.Errorf("%d charts, %d rows", len(p.Charts()), len(p.Groups[0].Tables[0].Rows))
		}
	}
	ratios := past(4, false)
	ratios.Against = "none"
	p := OfHistory(&History{Least: 11, List: []Past{ratios}})
	if c := p.Charts()[0]; len(c.Series) != 2 || c.Series[1].Name != "none" || c.Series[1].Pieces[0][0].Y != 1 {
		t.Errorf("the policy that ratios are to is not drawn at 1: %+v", c.Series)
	}
	if n := len(p.Groups[0].Tables[0].Rows); n != 4 {
		t.Errorf("%d rows of 4 records", n)
	}
	broken := past(16, false)
	broken.Lines[0].Stretches[0].Records[3].Value = math.NaN()
	if p := OfHistory(&History{Least: 11, List: []Past{broken}}); len(p.Charts()) != 0 {
		t.Error("NaN is drawn")
	}
}

// TestUnity wants the line at 1 to reach from the first record of all lines to the last.
func TestUnity(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 7, d, 0, 0, 0, 0, time.UTC) }
	line := func(days ...int) (l chart.Line) {
		for _, d := range days {
			l.Stretches = append(l.Stretches, chart.Stretch{Records: []chart.Record{{When: day(d), Value: 2}}})
		}
		return l
	}
	got := unity("none", []chart.Line{line(3, 5), line(2, 4), line(9)})
	want := []chart.Record{{When: day(2), Value: 1}, {When: day(9), Value: 1}}
	if got.Name != "none" || len(got.Stretches) != 1 || !slices.Equal(got.Stretches[0].Records, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestIntervalsSort wants every column whose cells are intervals to be numeric and to sort by their lower ends, on pages of
// one run and of several.
func TestIntervalsSort(t *testing.T) {
	checked := 0
	for _, p := range []*Page{page(t, source(t, reportstest.Example())), held(t, "dax-only", reportstest.Example(), reportstest.Example()), held(t, "", reportstest.Example())} {
		for _, s := range p.Groups {
			for _, table := range s.Tables {
				checked += intervals(t, table)
			}
		}
	}
	if checked < 50 {
		t.Errorf("%d intervals seen", checked)
	}
	text := &Table{Columns: []Column{{Head: "change 95 %"}}, Rows: [][]Value{{textValue("[−1, +2]")}}}
	if faultOf(text.Columns[0], text.Rows[0][0]) == "" {
		t.Error("an interval that sorts as text is fine")
	}
}

// intervals checks those of a table, and counts them.
func intervals(t *testing.T, table *Table) (n int) {
	for _, row := range table.Rows {
		for i, v := range row {
			if strings.HasPrefix(v.Text, "[") {
				n++
				if fault := faultOf(table.Columns[i], v); fault != "" {
					t.Errorf("%s, %s: %s %s", table.ID, table.Columns[i].Head, v.Text, fault)
				}
			}
		}
	}
	return n
}

// faultOf is what is wrong with an interval in a column.
func faultOf(c Column, v Value) string {
	low, _, ok := strings.Cut(v.CSV, " to ")
	switch {
	case !c.Numeric:
		return "sorts as text"
	case !ok || low != float(v.Sort):
		return fmt.Sprintf("sorts by %v and is copied as %q", v.Sort, v.CSV)
	}
	return ""
}
