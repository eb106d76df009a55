package report

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// TestLostRoundsAreSaidAtOnce: cells that hung, failed, measured nothing or did not run in a round stand in the first warnings of
// a page, by their kind and with the rounds; a run that lacks nothing has no such warning.
func TestLostRoundsAreSaidAtOnce(t *testing.T) {
	whole := reportstest.Example()
	for i := range whole.Cells {
		whole.Cells[i].Hung = nil
	}
	for _, w := range page(t, source(t, whole)).Warnings {
		if strings.Contains(w, "cell") {
			t.Errorf("nothing is lost: %q", w)
		}
	}
	src := source(t, whole)
	at := func(i int) *folder.Cell { return src.Run.Cells[i] }
	for _, i := range []int{0, 1, 2, 3} {
		at(i).Rounds = slices.Clone(at(i).Rounds)
	}
	at(0).Rounds[3].Values, at(0).Rounds[3].Record = folder.Values{}, nil // came to its end
	at(1).Rounds[1].Values, at(1).Rounds[1].Outcome = folder.Values{}, "failed"
	at(1).Rounds[4].Values, at(1).Rounds[4].Outcome = folder.Values{}, "failed"
	at(2).Rounds[0].Values, at(2).Rounds[0].Outcome = folder.Values{}, "hung"
	at(2).Rounds[0].Record = nil
	at(1).Rounds[1].Record, at(1).Rounds[4].Record = nil, nil
	at(3).Rounds = at(3).Rounds[:5]
	src.Run.Damage = []string{"results.txt was cut off"}
	want := []string{
		"results.txt was cut off",
		"1 cell hung: evict-storm, dax=0, workers=2 under dax-only in round 1",
		"1 cell failed: evict-storm, dax=0, workers=2 under always-call in rounds 2 and 5",
		"1 cell came to the end of a round without a figure: evict-storm, dax=0, workers=2 under none in round 4",
		"1 cell did not run in a round that others ran in: evict-storm, dax=0, workers=2 under unconditional in round 6",
	}
	if got := page(t, src).Warnings; len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("%q", got)
	}
}
