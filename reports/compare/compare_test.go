package compare_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// read writes a spec and reads it back.
func read(t *testing.T, s *reportstest.Spec) *folder.Run {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// policies compares a run with its own reference.
func policies(t *testing.T, run *folder.Run) *compare.Table {
	t.Helper()
	table, err := compare.Policies(run, "")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// cells makes a run of one group: per policy the costs per round. NaN means that the round has no value.
func cells(unit string, costs map[string][]float64) *folder.Run {
	run := &folder.Run{Manifest: folder.Manifest{Status: "finished", Plan: folder.Plan{
		Reference: "dax-only",
		Groups:    []folder.PlanGroup{{Workload: "evict-storm", Policies: []string{"none", "dax-only", "unconditional"}, Primary: unit}},
	}}}
	for policy, values := range costs {
		c := &folder.Cell{Key: folder.Key{Workload: "evict-storm", Policy: policy}, Name: "EvictStorm/policy=" + policy}
		for i, v := range values {
			r := folder.Round{Number: i + 1, Ops: 20000, Outcome: "ok", Counters: map[string]int64{"looked": 300, "violations": 0}}
			if !math.IsNaN(v) {
				r.Values.Set(unit, v)
			}
			c.Rounds = append(c.Rounds, r)
		}
		run.Cells = append(run.Cells, c)
	}
	return run
}

// row finds a policy in the first group.
func row(t *testing.T, table *compare.Table, policy string) *compare.Row {
	t.Helper()
	for i := range table.Groups[0].Rows {
		if r := &table.Groups[0].Rows[i]; r.Policy == policy {
			return r
		}
	}
	t.Fatalf("no row for %s", policy)
	return nil
}

// times multiplies.
func times(values []float64, factors ...float64) []float64 {
	out := slices.Clone(values)
	for i := range out {
		out[i] *= factors[i%len(factors)]
	}
	return out
}

var base = []float64{50, 80, 55, 61, 120, 49} // what the neighbours make of one and the same work

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name, unit string
		values     []float64
		want       string
	}{
		{"dearer", "ns/op", times(base, 1.5, 1.6, 1.55), "dearer"},
		{"cheaper", "ns/op", times(base, 0.5, 0.6, 0.55), "cheaper"},
		{"a lower rate is dearer", "ops/s", times(base, 0.5, 0.6, 0.55), "dearer"},
		{"a higher rate is cheaper", "ops/s", times(base, 1.5, 1.6, 1.55), "cheaper"},
		{"same", "ns/op", times(base, 1.004, 0.997), "same within ±1 %"},
		{"same in a wider margin", "ns/op", times(base, 1.04, 0.96, 1), "same within ±5 %"},
		{"a proven but tiny difference", "ns/op", times(base, 1.004, 1.006), "same within ±1 %"},
		{"a wide interval is not a same", "ns/op", times(base, 1.2, 0.8), "undecided"},
		{"open downwards", "ns/op", times(base, 1.004, 0.9), "undecided"},
		{"open upwards", "ns/op", times(base, 0.996, 1.1), "undecided"},
		{"clear of 1 by too little", "ns/op", times(base, 1.004, 1.03, 1.03, 1.03, 1.03, 1.03), "undecided"},
		{"the same on the other side", "ns/op", times(base, 1/1.004, 1/1.03, 1/1.03, 1/1.03, 1/1.03, 1/1.03), "undecided"},
		{"and as a rate", "ops/s", times(base, 1/1.004, 1/1.03, 1/1.03, 1/1.03, 1/1.03, 1/1.03), "undecided"},
		{"clear of 1 by enough", "ns/op", times(base, 1.006, 1.03, 1.03, 1.03, 1.03, 1.03), "dearer"},
		{"clear of 1 by enough below", "ns/op", times(base, 1/1.006, 1/1.03, 1/1.03, 1/1.03, 1/1.03, 1/1.03), "cheaper"},
		{"within 3 % on both sides", "ns/op", times(base, 0.996, 1.02), "same within ±2 %"},
		{"all but one", "ns/op", times(base, 1.2, 1.2, 1.2, 1.2, 1.2, 0.99), "undecided"},
		{"five rounds", "ns/op", times(base, 2)[:5], "n too small"},
		{"a round without a value", "ns/op", times(base, 2, 2, math.NaN(), 2, 2, 2), "n too small"},
		{"no value", "ns/op", times(base, math.NaN()), "no value"},
	} {
		table := policies(t, cells(c.unit, map[string][]float64{"dax-only": base, "none": c.values}))
		if got := row(t, table, "none").Verdict.String(); got != c.want {
			t.Errorf("%s: %s, want %s (%+v)", c.name, got, c.want, row(t, table, "none").Ratio)
		}
		if got := row(t, table, "dax-only").Verdict.String(); got != "reference" {
			t.Errorf("%s: the reference is %s", c.name, got)
		}
	}
}

// TestSwap holds that turning the comparison round turns dearer and cheaper round and leaves everything else.
func TestSwap(t *testing.T) {
	mirror := map[string]string{"dearer": "cheaper", "cheaper": "dearer"}
	for _, f := range [][]float64{{1.5, 1.6}, {0.7}, {1.004, 0.997}, {1.3, 0.9}, {1.048}, {1.02, 1.001}, {1.03, 1.004}, {1.03, 1.006}, {0.9995, 1.02}, {1.0095, 1.012}} {
		run := cells("ns/op", map[string][]float64{"dax-only": base, "none": times(base, f...)})
		there := policies(t, run)
		back, err := compare.Policies(run, "none")
		if err != nil {
			t.Fatal(err)
		}
		a, b := row(t, there, "none").Verdict.String(), row(t, back, "dax-only").Verdict.String()
		if m, ok := mirror[a]; ok {
			a = m
		}
		if a != b {
			t.Errorf("factors %v: %s there, %s back", f, row(t, there, "none").Verdict, b)
		}
	}
}

func TestRounds(t *testing.T) {
	values := times(base, 2)
	values[2] = math.NaN()
	table := policies(t, cells("ns/op", map[string][]float64{"dax-only": base, "none": values}))
	r := row(t, table, "none")
	if r.Ratio.N != 5 || r.Ratio.Value != 2 { // paired by round, not by position
		t.Errorf("ratio %+v", r.Ratio)
	}
	if w := strings.Join(r.Warnings, "\n"); !strings.Contains(w, "has no ns/op in round 3; its numbers are those of the other 5") {
		t.Errorf("warnings %q", w)
	}
	values = slices.Clone(base)
	values[0] *= 10
	r = row(t, policies(t, cells("ns/op", map[string][]float64{"dax-only": values, "none": values})), "none")
	if w := strings.Join(r.Warnings, "\n"); !strings.Contains(w, "a factor of 10.2 apart") {
		t.Errorf("warnings %q", w)
	}
}

func TestReference(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"none": base, "unconditional": base})
	if _, err := compare.Policies(run, "dax-onyl"); !errors.Is(err, compare.ErrNoReference) {
		t.Errorf("a reference that is not there: %v", err)
	}
	table := policies(t, run)
	if r := row(t, table, "none"); r.Ratio.N != 0 || r.Verdict.Judgement != compare.NoValue || r.Cost.Value != 58 {
		t.Errorf("without a reference: %+v", r)
	}
	if w := strings.Join(table.Warnings, "\n"); !strings.Contains(w, "evict-storm has no reference policy") {
		t.Errorf("warnings %q", w)
	}
	for _, s := range compare.Sentences(table) {
		if s.Topic != compare.Safe {
			t.Errorf("a conclusion without a comparison: %s", s.Text)
		}
	}
}

func TestExample(t *testing.T) {
	run := read(t, reportstest.Example())
	table := policies(t, run)
	var got []string
	for i := range table.Groups {
		g := &table.Groups[i]
		for _, r := range g.Rows {
			got = append(got, g.Name()+" "+g.Unit+" "+r.Policy)
		}
	}
	// The order is that of the plan, whatever the order of the lines.
	want := []string{
		"evict-storm, dax=0, workers=2 ns/evict none", "evict-storm, dax=0, workers=2 ns/evict always-call",
		"evict-storm, dax=0, workers=2 ns/evict dax-only", "evict-storm, dax=0, workers=2 ns/evict unconditional",
		"evict-storm, dax=50, workers=2 ns/evict none", "evict-storm, dax=50, workers=2 ns/evict always-call",
		"evict-storm, dax=50, workers=2 ns/evict dax-only", "evict-storm, dax=50, workers=2 ns/evict unconditional",
		"unlink-storm, hold=100µs, workers=2 ns/evict none", "unlink-storm, hold=100µs, workers=2 ns/evict always-call",
		"unlink-storm, hold=100µs, workers=2 ns/evict dax-only", "unlink-storm, hold=100µs, workers=2 ns/evict unconditional",
		"lease-recall, leases=25, workers=2 ns/evict none", "lease-recall, leases=25, workers=2 ns/evict dax-only",
		"lease-recall, leases=25, workers=2 ns/evict unconditional",
		"truncate-race, workers=2 ns/evict none", "truncate-race, workers=2 ns/evict dax-only",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	slices.Reverse(run.Cells)
	for i := range policies(t, run).Groups {
		for k, r := range table.Groups[i].Rows {
			if other := policies(t, run).Groups[i].Rows[k]; other.Policy != r.Policy {
				t.Errorf("cells in another order: %s where %s was", other.Policy, r.Policy)
			}
		}
	}
	unlink := &table.Groups[2]
	if r := unlink.Rows[0]; r.Violations != 1234 || !r.Looked || r.Clean() || r.Orphaned != 5120 || r.Writes != 6*150000 {
		t.Errorf("violations: %+v", r.Safety)
	}
	if r := unlink.Rows[1]; r.Violations != 0 || !r.Clean() || r.Blocked < 905 || r.Ops < 6*200000 {
		t.Errorf("always-call: %+v", r)
	}
	if r := unlink.Rows[3]; r.Hung != 1 || r.Rounds != 6 || r.Cost.N != 5 {
		t.Errorf("unconditional: %+v", r)
	}
	if w := table.Groups[1].Rows[1].Warnings; !slices.Contains(w, "one worker was 21 % slower than the other") {
		t.Errorf("the warning of a cell is not with its row: %q", w)
	}
	if r := table.Groups[0].Rows[0]; r.Looked || r.Writes != 0 || r.Clean() { // nothing is freed, so nobody looks
		t.Errorf("evict-storm: %+v", r.Safety)
	}
	if g := table.Groups[0]; g.Timing != "whole slices; one operation in 64 on its own" || table.Groups[2].Timing != "" {
		t.Errorf("timing: %q", g.Timing)
	}
	if r := table.Groups[3].Rows[2]; r.Recalls < 20.6e3 || r.Blocked > 1000 || r.P90 <= r.P50 || r.Max <= r.P999 {
		t.Errorf("lease-recall: %+v", r)
	}
	if r := table.Groups[3].Rows[1]; r.Abandoned != 257000 || r.Clean() {
		t.Errorf("leases: %+v", r.Safety)
	}
	if r := table.Groups[4].Rows[1]; r.Freeing < 31 || table.Groups[4].Rows[0].Freeing != 0 {
		t.Errorf("truncate-race: %+v", r)
	}
	if f := table.Run; f.CPU != "AMD EPYC" || f.Cores != "2" || f.Rounds != 6 || f.Elapsed.Seconds() != 118 {
		t.Errorf("facts: %+v", f)
	}
}

func texts(sentences []compare.Sentence) string {
	var out []string
	for _, s := range sentences {
		out = append(out, s.Text)
	}
	return strings.Join(out, "\n")
}

func TestSentences(t *testing.T) {
	run := cells("ns/evict", map[string][]float64{"dax-only": base, "none": times(base, 1.002, 0.999), "unconditional": times(base, 1.58, 1.55, 1.62)})
	for _, c := range run.Cells {
		for i := range c.Rounds {
			tail := 3000 * (1 + float64(i)/10)
			if c.Policy == "unconditional" {
				tail *= 4000
			}
			c.Rounds[i].Values.Set("p99.9-ns", tail)
		}
		if c.Policy == "none" {
			c.Rounds[0].Counters = map[string]int64{"looked": 3000, "violations": 1234}
			c.Rounds[1].Counters = map[string]int64{"looked": 3000, "violations": 0, "parked": 1}
			c.Rounds[2].Outcome = "hung"
		}
	}
	want := strings.Join([]string{
		"Under none 1,234 device writes landed in blocks that were no longer their file's.",
		"Under the other policies no such write was found in 1,800 device writes that were looked at, during 120,000 operations each.",
		"Under none 1 cell hung in 6 rounds.",
		"Under none 1 idle inode could not be found by reclaim at the end of a round, because it has DAX entries.",
		"Under unconditional an eviction costs 58 % [55, 62] more than under dax-only (n=6).",
		"Under none an eviction costs the same as under dax-only within ±1 % (n=6).",
		"Under unconditional p99.9 is 15.0 ms, under dax-only 3.75 µs (medians; round by round ×4,000 [4,000, 4,000], n=6).",
	}, "\n")
	if got := texts(compare.Sentences(policies(t, run))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// One policy with one round less is undecided; the other stays as it is.
	for _, c := range run.Cells {
		if c.Policy == "none" {
			c.Rounds = c.Rounds[:5]
		}
	}
	got := texts(compare.Sentences(policies(t, run)))
	for _, w := range []string{
		"Whether an eviction costs more or less under none than under dax-only is undecided: n=5, and a 95 % interval needs 6.",
		"Under unconditional an eviction costs 58 %",
	} {
		if !strings.Contains(got, w) {
			t.Errorf("five rounds of one policy:\n%s\nlacks\n%s", got, w)
		}
	}
	// With one round less everywhere nothing is decided, and that is said once.
	for _, c := range run.Cells {
		c.Rounds = c.Rounds[:5]
	}
	got = texts(compare.Sentences(policies(t, run)))
	if w := "Which policy costs more or less is undecided: n=5, and a 95 % interval needs 6."; !strings.Contains(got, w) {
		t.Errorf("five rounds:\n%s\nlacks\n%s", got, w)
	}
	if strings.Contains(got, "p99.9") || strings.Contains(got, "the same") || strings.Contains(got, "[") {
		t.Errorf("five rounds decide something:\n%s", got)
	}
}

// TestTailNeedsLatencies holds that p99.9 of few latencies, which is little more than their maximum, is not concluded from.
func TestTailNeedsLatencies(t *testing.T) {
	run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
	for _, c := range run.Cells {
		for i := range c.Rounds {
			c.Rounds[i].Values.Set("p99.9-ns", 100)
			if c.Policy == "none" {
				c.Rounds[i].Values.Set("p99.9-ns", 1000)
			}
		}
	}
	if s := texts(compare.Sentences(policies(t, run))); !strings.Contains(s, "p99.9") {
		t.Errorf("20,000 operations are enough:\n%s", s)
	}
	tail := func() bool { return strings.Contains(texts(compare.Sentences(policies(t, run))), "p99.9") }
	round := &run.Cells[0].Rounds[2]
	for recorded, want := range map[int64]bool{0: false, 312: false, 9999: false, 10000: true} {
		round.Counters["latencies"] = recorded // of 20,000 operations
		if tail() != want {
			t.Errorf("%d latencies: a sentence about the tail: %v", recorded, !want)
		}
	}
	round.Ops = 900 // and 10,000 latencies, which is absurd, but it is the latencies that count
	round.Counters["latencies"] = 10000
	if !tail() {
		t.Error("operations count, where latencies are known")
	}
	delete(round.Counters, "latencies")
	if s := texts(compare.Sentences(policies(t, run))); strings.Contains(s, "p99.9") {
		t.Errorf("900 operations are too few:\n%s", s)
	}
}

func TestInterrupted(t *testing.T) {
	table := policies(t, read(t, reportstest.Short(3)))
	if w := strings.Join(table.Warnings, "\n"); !strings.Contains(w, "the run was interrupted") {
		t.Errorf("warnings %q", w)
	}
	if f := table.Run; f.Rounds != 6 || f.Done != 3 {
		t.Errorf("%d of %d rounds, want 3 of 6", f.Done, f.Rounds)
	}
	for _, g := range table.Groups {
		for _, r := range g.Rows {
			if j := r.Verdict.Judgement; j != compare.Reference && j != compare.TooFew {
				t.Errorf("%s %s: %s after three rounds", g.Workload, r.Policy, r.Verdict)
			}
		}
	}
	empty := policies(t, read(t, reportstest.Short(0)))
	if len(empty.Groups) != 0 || !strings.Contains(strings.Join(empty.Warnings, "\n"), "no finished cell") {
		t.Errorf("an empty run: %+v", empty)
	}
}
