package compare_test

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/reportstest"
)

// TestZeroNeedsALook holds that zero violations are claimed only where an oracle looked in every round.
func TestZeroNeedsALook(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	if s := texts(compare.Sentences(policies(t, run))); !strings.Contains(s, "Of 3,600 device writes that were looked at, during 240,000 operations, none landed in a block that was no longer its file's.") {
		t.Errorf("looked, and found nothing:\n%s", s)
	}
	for name, counters := range map[string]map[string]int64{
		"no counters":                 nil,
		"nothing to look at":          {"looked": 0},
		"a zero without a look":       {"looked": 0, "violations": 0},
		"a zero that rests on what?":  {"violations": 0},
		"looked, but nothing counted": {"looked": 300},
	} {
		for _, c := range run.Cells {
			c.Rounds[3].Counters = counters
		}
		table := policies(t, run)
		if r := row(t, table, "none"); r.Looked || r.Clean() || r.Writes != 5*300 || r.LookedOps != 5*20000 {
			t.Errorf("%s: clean, though a round was not looked at: %+v", name, r.Safety)
		}
		if s := texts(compare.Sentences(table)); strings.Contains(s, "looked at") {
			t.Errorf("%s: claims what nobody looked for:\n%s", name, s)
		}
	}
	// What one policy was not looked at for does not count for the others.
	for i := range run.Cells[0].Rounds {
		run.Cells[1].Rounds[i].Counters = map[string]int64{"looked": 300, "violations": 0}
	}
	if s := texts(compare.Sentences(policies(t, run))); !strings.Contains(s, "Of 1,800 device writes that were looked at, during 120,000 operations,") {
		t.Errorf("one policy of two:\n%s", s)
	}
}

// TestLosses: what an eviction took from those who relied on it is said, and zeros are not.
func TestLosses(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	if s := texts(compare.Sentences(policies(t, run))); strings.Contains(s, "pinned") || strings.Contains(s, "recall") {
		t.Errorf("nothing was lost:\n%s", s)
	}
	for _, c := range run.Cells {
		for i := range c.Rounds {
			n := c.Rounds[i].Counters
			if c.Policy == "none" {
				n["evicted_pinned"], n["parked"] = 200, int64(10*i)
			} else {
				n["leases_abandoned"] = 42000
			}
		}
	}
	table := policies(t, run)
	for _, want := range []compare.Sentence{
		{Topic: compare.Harm, Text: "Under none 1,200 inodes were evicted with a page pinned, by a pin that now has no file or had lost it before."},
		{Topic: compare.Harm, Text: "Under dax-only 252,000 layout leases were taken away without a recall."},
		// Not 150, the sum: the inodes that are parked at the end of a round are not those of another round.
		{Topic: compare.Harm, Text: "Under none 50 idle inodes could not be found by reclaim at the end of a round, because they have DAX entries."},
	} {
		if got := compare.Sentences(table); !slices.Contains(got, want) {
			t.Errorf("%s\nlacks\n%s", texts(got), want.Text)
		}
	}
	if row(t, table, "none").Clean() || row(t, table, "dax-only").Clean() {
		t.Error("a policy that lost something is clean")
	}
}

// TestManyLose: what happened under many policies is said once.
func TestManyLose(t *testing.T) {
	costs := make(map[string][]float64)
	for _, name := range []string{"dax-only", "a", "b", "c", "d", "e"} {
		costs[name] = base
	}
	run := cells("ns/op", costs)
	for _, c := range run.Cells {
		if c.Policy != "dax-only" {
			for i := range c.Rounds {
				c.Rounds[i].Counters["evicted_pinned"] = 1000 * int64(c.Policy[0]-'a'+1)
			}
		}
	}
	want := "Under every policy but dax-only 6,000 to 30,000 inodes were evicted with a page pinned"
	if s := texts(compare.Sentences(policies(t, run))); strings.Count(s, "evicted") != 1 || !strings.Contains(s, want) {
		t.Errorf("%s\nlacks\n%s", s, want)
	}
}

// TestSafetyComesFirst holds that no price stands before what went wrong, in whichever group.
func TestSafetyComesFirst(t *testing.T) {
	price, groups := false, map[int]bool{}
	for _, s := range compare.Sentences(policies(t, read(t, reportstest.Example()))) {
		price = price || !s.Topic.OfSafety()
		if price && s.Topic.OfSafety() {
			t.Errorf("after a price: %s", s.Text)
		}
		groups[s.Group] = groups[s.Group] || s.Topic.OfSafety()
	}
	if !groups[2] || !groups[3] {
		t.Errorf("groups with sentences on safety: %v", groups)
	}
}

// TestLateIO: pins that are held for longer than was asked for are doubtful, in the worst of the rounds.
func TestLateIO(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	for _, c := range run.Cells {
		for i := range c.Rounds {
			c.Rounds[i].Counters["device_late_p50_ns"] = 50_000
			if c.Policy == "none" {
				c.Rounds[i].Counters["device_late_p50_ns"] = []int64{2000, 90_000, 330_000, 70_000, 0, 0}[i]
			}
		}
	}
	table := policies(t, run)
	if w := row(t, table, "none").Warnings; !slices.Contains(w, "I/O ended 330 µs late (median): the device shared the processors with the workers") {
		t.Errorf("330 µs: %q", w)
	}
	if w := row(t, table, "dax-only").Warnings; len(w) > 0 {
		t.Errorf("50 µs: %q", w)
	}
}
