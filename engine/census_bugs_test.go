package engine_test

import (
	"slices"
	"testing"
	"time"

	"daxbench/engine/enginetest"
	"daxbench/engine/internal/bug"
	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/census"
	"daxbench/workloads/driver"
)

// TestCensusSeesPlantedBugs: a bug in the engine changes what is counted, or breaks what the policy promises. It needs an
// engine with bugs in it: without the tag daxbug it builds one and runs itself there.
func TestCensusSeesPlantedBugs(t *testing.T) {
	if !bug.Built {
		enginetest.PlantElsewhere(t, "^TestCensusSeesPlantedBugs$")
		return
	}
	for _, tt := range []struct {
		bug   bug.Bug
		storm string
		set   map[string][]string
		unit  string // that changes; "": the cell is bad
	}{
		{bug.BreakSeesOnePage, "unlink-storm", map[string][]string{"dax": {"100"}, "pin": {"100"}, "hold": {"fixed:2ms"}}, ""},
		{bug.UnlinkedOntoLRU, "unlink-storm", map[string][]string{"dax": {"100"}, "open": {"4"}}, "freed"},
		{bug.TruncateSkipsPins, "truncate-race", map[string][]string{"files": {"4"}, "hold": {"fixed:2ms"}}, ""},
	} {
		t.Run(tt.bug.String(), func(t *testing.T) {
			sound := counted(t, tt.storm, tt.set)
			if sound.Bad != "" {
				t.Fatalf("without a bug: %s", sound.Bad)
			}
			defer bug.Plant(tt.bug)()
			broken := counted(t, tt.storm, tt.set)
			before, _ := sound.Get(tt.unit)
			after, exact := broken.Get(tt.unit)
			switch {
			case tt.unit == "" && broken.Bad == "":
				t.Errorf("nothing is bad: %+v", broken)
			case tt.unit != "" && exact && before == after:
				t.Errorf("%v %s, with the bug and without", before, tt.unit)
			case slices.Equal(sound.Values, broken.Values) && sound.Bad == broken.Bad:
				t.Error("the census is the same")
			}
			t.Logf("%s: %v, then %v; %q", tt.unit, before, after, broken.Bad)
		})
	}
}

// counted takes the census of one cell under dax-only.
func counted(t *testing.T, storm string, set map[string][]string) census.Count {
	t.Helper()
	wl, err := workloads.Lookup(storm)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := layout.Lookup("dax-only")
	if err != nil {
		t.Fatal(err)
	}
	p, err := driver.NewPlan(driver.Request{
		Workloads: []*driver.Workload{wl}, Policies: []layout.Policy{policy}, Set: set,
		Rounds: 1, Duration: time.Second, Workers: []int{1}, Seed: 1, HangLimit: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := census.Take(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}
