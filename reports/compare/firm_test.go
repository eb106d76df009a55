package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
)

// long are rounds that are repeated often.
func long(values []float64, rounds int) (out []float64) {
	for i := range rounds {
		out = append(out, values[i%len(values)])
	}
	return out
}

// TestFirm holds how many rounds on one side decide one comparison, and how many one of 39: 2·(1/2)^n times their number must
// be at most 5 %.
func TestFirm(t *testing.T) {
	for _, tt := range []struct {
		rounds, groups int
		factors        []float64
		want           bool
	}{
		{5, 1, []float64{2}, false}, {6, 1, []float64{2}, true}, {6, 1, []float64{0.5}, true}, {6, 1, []float64{2, 0.9}, false},
		{6, 2, []float64{2}, false}, {7, 2, []float64{2}, true},
		{10, 39, []float64{2}, false}, {11, 39, []float64{2}, true}, {11, 39, []float64{0.5}, true},
		{11, 39, []float64{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0.9}, false},
		{12, 1, []float64{1}, false},
	} {
		costs := long(base, tt.rounds)
		run := cells("ns/op", map[string][]float64{"dax-only": costs, "none": times(costs, tt.factors...)})
		plan := &run.Manifest.Plan
		for i := 1; i < tt.groups; i++ { // others, in which there is nothing to find
			other := cells("ns/op", map[string][]float64{"dax-only": costs, "none": times(costs, 1.1, 0.9)})
			name := fmt.Sprintf("other-%d", i)
			plan.Groups = append(plan.Groups, folder.PlanGroup{Workload: name, Policies: []string{"none", "dax-only"}, Primary: "ns/op"})
			for _, c := range other.Cells {
				c.Workload = name
				run.Cells = append(run.Cells, c)
			}
		}
		table := policies(t, run)
		if got := row(t, table, "none").Firm; got != tt.want {
			t.Errorf("%d rounds times %v, of %d comparisons: firm %v", tt.rounds, tt.factors, tt.groups, got)
		}
		for i := range table.Groups[1:] {
			for _, r := range table.Groups[i+1].Rows {
				if r.Firm {
					t.Errorf("%d rounds by chance up and down are firm", tt.rounds)
				}
			}
		}
		difference := tt.rounds >= 6 && len(tt.factors) == 1 && tt.factors[0] != 1
		if said := texts(compare.Summary(table)); difference && strings.Contains(said, "may be chance") == tt.want {
			t.Errorf("%d rounds times %v, of %d comparisons: %s", tt.rounds, tt.factors, tt.groups, said)
		}
	}
}

// TestQuantilesOfAllRounds holds that a quantile which only some rounds have is none: these are others than those of the policy
// that it would be compared with.
func TestQuantilesOfAllRounds(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	for _, c := range run.Cells {
		for i := range c.Rounds {
			c.Rounds[i].Values.Set("p99.9-ns", 1000)
			c.Rounds[i].Values.Set("p50-ns", 10)
		}
		c.Rounds = append(c.Rounds, folder.Round{Number: 7, Outcome: "hung"}) // has no figure at all, and so no quantile
	}
	if r := row(t, policies(t, run), "none"); r.P999 != 1000 || r.P50 != 10 {
		t.Errorf("six of six rounds: p50 %v, p99.9 %v", r.P50, r.P999)
	}
	for _, c := range run.Cells {
		if c.Policy == "none" {
			c.Rounds[3].Values.Set("p99.9-ns", 0)
		}
	}
	table := policies(t, run)
	if r := row(t, table, "none"); r.P999 != 0 || r.P50 != 10 {
		t.Errorf("five of six rounds: p50 %v, p99.9 %v", r.P50, r.P999)
	}
	if r := row(t, table, "dax-only"); r.P999 != 1000 {
		t.Errorf("the other policy has %v", r.P999)
	}
}
