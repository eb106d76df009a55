package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// judged is a group of one row beside its reference.
func judged(j Judgement, ratio float64, params ...folder.Param) Group {
	return Group{Workload: "storm", Params: params, Unit: "ns/op", Reference: "dax-only", Better: -1, Rows: []Row{
		{Policy: "dax-only", Verdict: Verdict{Judgement: Reference}},
		{Policy: "other", Verdict: Verdict{Judgement: j}, Ratio: stats.Estimate{Value: ratio, Lo: ratio, Hi: ratio, N: 6}},
	}}
}

func TestForemost(t *testing.T) {
	table := &Table{Groups: []Group{
		judged(Same, 1.001), judged(Undecided, 1.2), judged(Dearer, 1.3), judged(Cheaper, 0.5), judged(NoValue, 1),
		judged(Dearer, 1.1), judged(Same, 1.01), judged(Undecided, 0.7),
	}}
	table.Groups[6].Rows[0].Violations = 1 // of the reference, too, it is the first thing to know
	for _, tt := range []struct {
		n    int
		want []int
	}{
		{0, []int{}}, {1, []int{6}}, {2, []int{3, 6}}, {3, []int{2, 3, 6}}, {4, []int{2, 3, 5, 6}}, {5, []int{2, 3, 5, 6, 7}},
		{6, []int{1, 2, 3, 5, 6, 7}}, {7, []int{0, 1, 2, 3, 5, 6, 7}}, {8, []int{0, 1, 2, 3, 4, 5, 6, 7}}, {99, []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		if got := table.Foremost(tt.n); !slices.Equal(got, tt.want) {
			t.Errorf("the foremost %d are %v, want %v", tt.n, got, tt.want)
		}
	}
}

func TestDiffering(t *testing.T) {
	param := func(k, v string) folder.Param { return folder.Param{Key: k, Value: v} }
	table := &Table{Groups: []Group{
		judged(Same, 1, param("dax", "0"), param("workers", "2")),
		judged(Same, 1, param("dax", "50"), param("workers", "2"), param("cut", "5")),
		{Workload: "other", Params: []folder.Param{param("dax", "9"), param("workers", "4")}},
	}}
	differing := table.Differing()
	for i, want := range []string{"[{dax 0}]", "[{dax 50} {cut 5}]", "[]"} {
		if got := fmt.Sprint(differing(&table.Groups[i])); got != want {
			t.Errorf("group %d: %s, want %s", i, got, want)
		}
	}
}

// TestSummaryOfMany: a sentence about thousands of groups stays one that somebody reads, and is made without looking at every
// group for each of them: that would take a minute here.
func TestSummaryOfMany(t *testing.T) {
	const n = 200_000
	table := &Table{Groups: make([]Group, n)}
	for i := range table.Groups {
		j, ratio := Dearer, 1.5+float64(n-i)/n
		if i%2 == 0 {
			j, ratio = Same, 1
		}
		table.Groups[i] = judged(j, ratio, folder.Param{Key: "dax", Value: "0"}, folder.Param{Key: "files", Value: fmt.Sprint(i)}, folder.Param{Key: "workers", Value: "2"})
	}
	all := Summary(table)
	if len(all) == 0 || len(all) > maxSummary {
		t.Fatalf("%d sentences", len(all))
	}
	text := all[0].Text
	if len(text) > 1000 || !strings.Contains(text, "and 99,994 others") || !strings.Contains(text, "(storm, files=1)") {
		t.Errorf("%d bytes: %.400s", len(text), text)
	}
}
