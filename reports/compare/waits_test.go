package compare_test

import (
	"math"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
)

// waited gives each round of a policy the same longest waits, and a tail.
func waited(run *folder.Run, policy string, p999 float64, waits ...folder.Wait) {
	for _, c := range run.Cells {
		if c.Policy != policy {
			continue
		}
		for i := range c.Rounds {
			c.Rounds[i].Record = &folder.Record{Waits: waits}
			c.Rounds[i].Values.Set("p99.9-ns", p999)
			if len(waits) > 0 {
				c.Rounds[i].Values.Set("blocked-ns/op", 500)
			}
		}
	}
}

// wait is one for a pin that was due, was dropped and woke the waiter at these ns, of so many.
func wait(due, until, ns int64) folder.Wait {
	return folder.Wait{For: "pin", Nanos: ns, Wake: max(0, ns-until), Pin: &folder.Pin{Due: due, Until: until}}
}

func TestLongWaits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		waits []folder.Wait
		want  compare.LongWaits // of one round
	}{
		{"on time", []folder.Wait{wait(1000, 1000, 1000)}, compare.LongWaits{N: 1, Nanos: 1000}},
		{"a late device", []folder.Wait{wait(180, 11480, 12000)}, compare.LongWaits{N: 1, Nanos: 12000, Late: 11300, Wake: 520}},
		{"due before the wait began", []folder.Wait{wait(-500, 400, 400)}, compare.LongWaits{N: 1, Nanos: 400, Late: 400}},
		{"dropped before it", []folder.Wait{wait(-500, -20, 300)}, compare.LongWaits{N: 1, Nanos: 300, Wake: 300}},
		{"early", []folder.Wait{wait(900, 700, 800)}, compare.LongWaits{N: 1, Nanos: 800, Wake: 100}},
		{"two", []folder.Wait{wait(100, 100, 100), wait(0, 50, 100)}, compare.LongWaits{N: 2, Nanos: 200, Late: 50, Wake: 50}},
		{"for what is not known", []folder.Wait{{For: "pin", Nanos: 1000, Wake: 900}}, compare.LongWaits{}},
		{"for a lease", []folder.Wait{{For: "lease", Nanos: 1000, Pin: &folder.Pin{Until: 1000}}}, compare.LongWaits{}},
		{"times that cannot be", []folder.Wait{wait(math.MinInt64, math.MaxInt64, 10), wait(math.MaxInt64, math.MinInt64, 10), wait(0, 0, -7)},
			compare.LongWaits{N: 2, Nanos: 20, Late: 10, Wake: 10}},
	} {
		run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
		waited(run, "dax-only", 1000, tt.waits...)
		want := compare.LongWaits{N: 6 * tt.want.N, Nanos: 6 * tt.want.Nanos, Late: 6 * tt.want.Late, Wake: 6 * tt.want.Wake}
		r := row(t, policies(t, run), "dax-only")
		if r.ForPins != want {
			t.Errorf("%s: %+v, want %+v", tt.name, r.ForPins, want)
		}
		if tt.name == "for a lease" && r.ForLease.Late != 6000 {
			t.Errorf("%s: %+v", tt.name, r.ForLease)
		}
	}
}

// TestTailOfTheHarness holds that a tail which a late device made is not said to be the policy's, neither in the verdict nor in
// the table.
func TestTailOfTheHarness(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	waited(run, "none", 1000)
	waited(run, "dax-only", 20000, wait(15000, 15000, 16000))
	verdict := func() (string, string) {
		table := policies(t, run)
		return texts(compare.Summary(table)) + "\n" + texts(compare.Sentences(table)), strings.Join(row(t, table, "dax-only").Warnings, "\n")
	}
	const harness = "is the harness's"
	if said, warned := verdict(); strings.Count(said, "20.0 µs under dax-only") != 1 || strings.Contains(said+warned, "harness") {
		t.Errorf("a device on time:\n%s\n%s", said, warned)
	}
	waited(run, "dax-only", 20000, wait(6000, 10000, 10000))
	if _, warned := verdict(); !strings.Contains(warned, "more than a third of the time of its longest waits") {
		t.Errorf("four tenths late: warnings %q", warned)
	}
	waited(run, "dax-only", 20000, wait(200, 11500, 12000))
	said, warned := verdict()
	if strings.Count(said, "Of the longest waits under dax-only 98 % "+harness) != 2 { // by Summary and by Sentences
		t.Errorf("a late device:\n%s", said)
	}
	if !strings.Contains(warned, "more than half of the time of its longest waits was the harness's") {
		t.Errorf("a late device: warnings %q", warned)
	}
}

// TestHold holds where the hold time of a group comes from.
func TestHold(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	hold := func() string { return policies(t, run).Groups[0].Hold }
	if got := hold(); got != "" {
		t.Errorf("nobody says it: %q", got)
	}
	knob := func(name, value string) folder.Knob {
		return folder.Knob{Term: folder.Term{Name: name}, Default: value}
	}
	run.Manifest.Plan.Words.Storms = []folder.Storm{
		{Term: folder.Term{Name: "other"}, Params: []folder.Knob{knob("hold", "exp:1us")}},
		{Term: folder.Term{Name: "evict-storm"}, Params: []folder.Knob{knob("pages", "1"), knob("hold", "exp:100us")}},
	}
	if got := hold(); got != "exp:100us" {
		t.Errorf("by default: %q", got)
	}
	for _, c := range run.Cells {
		c.Params = []folder.Param{{Key: "hold", Value: "fixed:20us"}}
	}
	if got := hold(); got != "fixed:20us" {
		t.Errorf("as a parameter: %q", got)
	}
	waited(run, "none", 1000)
	for value, want := range map[string]string{"fixed:20us": "Under pins of 20 µs (", "exp:1.5ms": "Under pins of 1.5 ms on average (",
		"pareto:20us^1.2": "Under pins of pareto:20us^1.2 (", "fixed:2m": "Under pins of 2m0s (", "": "Where evictions meet pins ("} {
		for _, c := range run.Cells {
			c.Params = []folder.Param{{Key: "hold", Value: value}}
		}
		run.Manifest.Plan.Words.Storms = nil
		waited(run, "dax-only", 20000, wait(15000, 15000, 16000))
		if said := texts(compare.Summary(policies(t, run))); !strings.Contains(said, want) {
			t.Errorf("%q: %s", value, said)
		}
	}
}

// TestLegendOfWaits: who sees an operation wait longer than it costs must be told how that can be.
func TestLegendOfWaits(t *testing.T) {
	for _, tt := range []struct {
		unit string
		wait float64
		want bool
	}{{"ns/op", 500, true}, {"ns/op", 5, false}, {"ns/evict", 500, false}} { // waits are per operation
		run := cells(tt.unit, map[string][]float64{"dax-only": base, "none": base})
		for i := range run.Cells[0].Rounds {
			run.Cells[0].Rounds[i].Values.Set("blocked-ns/op", tt.wait)
		}
		legend := policies(t, run).Legend(func(p string) string { return p })
		if strings.Contains(legend, "Waits are means") != tt.want {
			t.Errorf("%v ns of waits at some 60 %s: %s", tt.wait, tt.unit, legend)
		}
	}
}
