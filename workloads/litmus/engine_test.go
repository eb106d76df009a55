package litmus

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// play runs scenarios on engines with policies.
func play(t *testing.T, policies []layout.Policy, kernel vfs.Preset) *Matrix {
	t.Helper()
	columns, closeAll := Engines(policies, kernel)
	defer closeAll()
	m, err := Play(t.Context(), columns, All())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// full is the matrix of all registered scenarios.
var full = sync.OnceValue(func() *Matrix {
	columns, closeAll := Engines(layout.All, vfs.Preset{})
	defer closeAll()
	m, err := Play(context.Background(), columns, All())
	if err != nil {
		panic(err)
	}
	m.Full = true
	return m
})

// TestEachPolicyBreaksWhatItDeclares is what daxbench litmus exits with.
func TestEachPolicyBreaksWhatItDeclares(t *testing.T) {
	if testing.Short() {
		t.Skip("short: all policies on all scenarios")
	}
	m := full()
	for _, p := range m.Problems() {
		t.Error(p)
	}
	var b bytes.Buffer
	if err := m.Text(&b, Look{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, "engine80.txt", b.Bytes())
}

// some are policies of each kind: one waits, one does not, one has a worker.
var some = []layout.Policy{must(layout.Lookup("none")), must(layout.Lookup("dax-only")), must(layout.Lookup("defer")), must(layout.Lookup("inode-ref"))}

// TestRunsRepeat runs all scenarios twice; stories must be the same to the letter.
func TestRunsRepeat(t *testing.T) {
	var first []byte
	for range 2 {
		m := play(t, some, vfs.Preset{})
		for i := range m.Rows {
			for k := range m.Rows[i].Cells {
				for r := range m.Rows[i].Cells[k].Runs {
					m.Rows[i].Cells[k].Runs[r].Work = 0 // waiters share queues by their addresses
				}
			}
		}
		text, err := json.Marshal(m.Rows)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		} else if !bytes.Equal(first, text) {
			t.Error("a second run differs")
		}
	}
}

// costs are scenarios whose probes are broken by bugs, not by policies.
var costs = []string{"lost-wake"}

// TestEveryScenarioShowsSomething has each scenario break something that it
// probes, under some policy. One that cannot is no use.
func TestEveryScenarioShowsSomething(t *testing.T) {
	if testing.Short() {
		t.Skip("short: all policies on all scenarios")
	}
	m := full()
	for k, e := range m.Scenarios {
		shown := ""
		possible := false
		for _, r := range m.Rows {
			shown = target.Union(shown, r.Cells[k].Outcome.Broken)
			possible = possible || r.Cells[k].Outcome.Kind != target.NotApplicable
		}
		if possible && !strings.ContainsAny(shown, e.Probes) && !slices.Contains(costs, e.Name) {
			t.Errorf("%s probes %s and shows %q", e.Name, e.Probes, shown)
		}
	}
}

// TestSeeScenario has the scenario that the table points to be about the
// invariant that is broken.
func TestSeeScenario(t *testing.T) {
	if testing.Short() {
		t.Skip("short: all policies on all scenarios")
	}
	m := full()
	for i, r := range m.Rows {
		for _, inv := range target.Invariants {
			if mark, where := m.Mark(i, string(inv)); mark == Broken && !strings.ContainsRune(where.Probes, inv) {
				t.Errorf("%s breaks %c in %s, which is about %s: no scenario that is about it shows that", r.Policy, inv, where.Name, where.Probes)
			} else if mark == Unprobed {
				t.Errorf("no scenario probes %c under %s", inv, r.Policy)
			}
		}
	}
}

// TestWhatIfsAreToBlame runs those without the setting that is to blame, on what
// the kernel does: nothing is broken then.
func TestWhatIfsAreToBlame(t *testing.T) {
	var with, without []Entry
	for _, e := range All() {
		if Charged(e.Scenario) {
			continue
		}
		s := *e.Scenario
		faulty := func(set target.Setting) bool { return slices.Contains(faults, set.String()) }
		s.Set = slices.DeleteFunc(slices.Clone(s.Set), faulty)
		s.Runs = slices.Clone(s.Runs)
		for i := range s.Runs {
			s.Runs[i].Set = slices.DeleteFunc(slices.Clone(s.Runs[i].Set), faulty)
		}
		if !slices.Contains(faults, e.Blames.String()) {
			t.Errorf("%s blames %s, which this test does not know", e.Name, e.Blames)
		}
		with, without = append(with, e), append(without, Entry{e.Number, &s})
	}
	columns, closeAll := Engines([]layout.Policy{must(layout.Lookup("dax-only"))}, vfs.Preset{})
	defer closeAll()
	for i := range with {
		faulty, mended := must(Run(columns[0].Maker, with[i])), must(Run(columns[0].Maker, without[i]))
		switch {
		case faulty.Outcome.Kind == target.NotApplicable:
		case !strings.ContainsAny(faulty.Outcome.Broken, with[i].Probes):
			t.Errorf("%s: with %s it shows %v", with[i].Name, with[i].Blames, faulty.Outcome)
		case mended.Outcome.Broken != "" && with[i].Blames.Key != "cow": // no kernel has that mended
			t.Errorf("%s: without %s it still shows %v", with[i].Name, with[i].Blames, mended.Outcome)
		}
	}
}

// faults are the settings that are to blame for something.
var faults = []string{"scan=mapped-only", "locked=skip", "pause=skip", "refcount=0", "cow=unchecked", "isolate=stay", "fs=forgets"}

// TestKernels runs all on the presets. A kernel's faults show besides what the
// policies declare, so only the harness is looked at.
func TestKernels(t *testing.T) {
	for _, kernel := range vfs.Presets {
		m := play(t, some, kernel)
		for _, r := range m.Rows {
			for _, c := range r.Cells {
				if list := c.Outcome.Complaints(); len(list) > 0 {
					t.Errorf("kernel %s, %s: %q", kernel.Name, r.Policy, list)
				}
				if c.Scenario == "reclaim-self-deadlock" {
					old, young := c.Runs[0].Outcome.Kind != target.NotApplicable, c.Runs[1].Outcome.Kind != target.NotApplicable
					if any := kernel.LRU() == vfs.EntriesIgnored; old != any || young == any {
						t.Errorf("kernel %s: run old is run: %t, new: %t", kernel.Name, old, young)
					}
				}
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
