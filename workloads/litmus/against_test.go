package litmus

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/enginetest"
	"daxbench/engine/layout"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// likeEngine is a kernel that comes to what the engine does: those scenarios, under a preset and a policy.
func likeEngine(t *testing.T, preset, policy string, names ...string) *Kernels {
	t.Helper()
	columns, closeAll := Engines([]layout.Policy{must(layout.Lookup(policy))}, must(vfs.LookupPreset(preset)))
	defer closeAll()
	k := new(Kernels)
	col := KernelColumn{Kernel: elder}
	if policy != "none" {
		col.Kernel = young
	}
	col.Label = col.Kernel.Label()
	for _, name := range names {
		e := must(Lookup(name))
		e.Scenario = e.AsKernel()
		c, err := Run(columns[0].Maker, e)
		if err != nil {
			t.Fatal(err)
		}
		k.Scenarios = append(k.Scenarios, newKernelScenario(e))
		col.Cells = append(col.Cells, KernelCell{Outcome: c.Outcome, Word: c.Runs[0].word()})
	}
	k.Columns = []KernelColumn{col}
	return k
}

// TestAgainst has a kernel that is the engine agree, and one that is not differ, in kind or in what is broken.
func TestAgainst(t *testing.T) {
	names := []string{"unlink-under-dio", "munmap-then-truncate", "rename-over", "shrink-dax-entries"}
	k := JoinKernels(nil, []*Kernels{likeEngine(t, "6.0", "none", names...), likeEngine(t, "6.19", "dax-only", names...)})
	a := must(Against(t.Context(), k, nil))
	if compared, same := a.Compared(); compared != 8 || same != 8 || len(a.Differences(false)) > 0 {
		t.Fatalf("%d of %d: %+v", same, compared, a.Differences(false))
	}
	if kind := a.Cells[0][1].Model.Kind; kind != target.Violated {
		t.Errorf("a kernel of the mapped-only scan truncates: %v", kind)
	}
	if kind := a.Cells[1][1].Model.Kind; kind != target.Blocked {
		t.Errorf("a kernel that scans everything truncates: %v", kind)
	}

	k.Columns[0].Cells[0].Outcome = target.Outcome{Kind: target.Safe}                                // better than the engine
	k.Columns[0].Cells[2].Outcome = target.Outcome{Kind: target.Violated, Broken: "A", Why: "so"}    // of another letter
	k.Columns[1].Cells[0].Outcome = target.Outcome{Kind: target.Violated, Broken: "U", Why: "worse"} // than the engine
	k.Columns[1].Cells[3] = lostCell("nobody knows")
	known := []Departure{
		{Scenario: "unlink-under-dio", Preset: "6.0", Kernel: "safe", Model: "violation U", Reason: "It is known."},
		{Scenario: "unlink-under-dio", Preset: "6.19", Kernel: "hung", Model: "blocked", Reason: "It is another difference that is known."},
		{Scenario: "rename-over", Preset: "6.19", Kernel: "safe", Model: "blocked", Reason: "It was so once."},
		{Scenario: "rename-over", Series: "6.2", Kernel: "safe", Model: "blocked", Reason: "Nobody asked that kernel."},
		{Scenario: "umount-remount", Kernel: "safe", Model: "blocked", Reason: "Nobody asked."},
	}
	a = must(Against(t.Context(), k, known))
	if compared, same := a.Compared(); compared != 7 || same != 4 {
		t.Errorf("%d of %d", same, compared)
	}
	open, explained := a.Differences(false), a.Differences(true)
	if len(open) != 2 || open[0].Scenario != "unlink-under-dio" || open[0].Columns[0] != "7.3 ext4" || open[1].Scenario != "rename-over" {
		t.Errorf("open: %+v", open)
	}
	if len(explained) != 1 || explained[0].Departure.Reason != "It is known." {
		t.Errorf("explained: %+v", explained)
	}
	if len(a.Gone) != 2 || a.Gone[0].Reason != known[1].Reason || a.Gone[1].Reason != known[2].Reason {
		t.Errorf("gone: %+v", a.Gone)
	}
	var b bytes.Buffer
	if err := a.Text(&b, Look{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden(t, "against100.txt", b.Bytes())
	b.Reset()
	if err := a.Stories(&b, Look{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the engine like 6.0 under none", "the engine like 6.19 under dax-only", ": worse.", "close F"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the stories do not tell %q:\n%s", want, b.String())
		}
	}
}

// TestAgainstNothing has cells that cannot be compared say why.
func TestAgainstNothing(t *testing.T) {
	fresh := func() *Kernels { return likeEngine(t, "6.0", "none", "unlink-under-dio") }
	for want, change := range map[string]func(*Kernels){
		"the control, without DAX":       func(k *Kernels) { k.Columns[0].Kernel.DAX = false },
		`unknown kernel "2.6"`:           func(k *Kernels) { k.Columns[0].Kernel.Preset = "2.6" },
		"is not registered":              func(k *Kernels) { k.Scenarios[0].Name = "of-my-own" },
		"has other steps now":            func(k *Kernels) { k.Scenarios[0].Steps[0] = "T1: create F pages=7" },
		"no verdict: the child died":     func(k *Kernels) { k.Columns[0].Cells[0] = lostCell("the child died") },
		"no verdict: line 3, lease: why": func(k *Kernels) { k.Columns[0].Cells[0].Outcome = target.Outcome{Why: "line 3, lease: why"} },
		"the kernel has crashed": func(k *Kernels) {
			k.Columns[0].Cells[0].Outcome.Findings = []target.Finding{{Property: target.Crashed}}
		},
		"not all went as the scenario has it: line 9 failed": func(k *Kernels) {
			k.Columns[0].Cells[0].Outcome.Findings = []target.Finding{{Text: "line 9 failed"}}
		},
		"was not played on the kernel": func(k *Kernels) { k.Columns[0].Cells[0] = KernelCell{} },
	} {
		k := fresh()
		change(k)
		a := must(Against(t.Context(), k, nil))
		if compared, _ := a.Compared(); compared != 0 || !strings.Contains(a.Cells[0][0].Why, want) {
			t.Errorf("%d compared: %q, want %q", compared, a.Cells[0][0].Why, want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errFake)
	if _, err := Against(ctx, fresh(), nil); !errors.Is(err, errFake) {
		t.Errorf("%v", err)
	}
}

// TestAgainstRecorded has the engine agree with the kernels that were recorded, but for the departures, and each of those occur.
func TestAgainstRecorded(t *testing.T) {
	names, err := filepath.Glob("../../baselines/kernels/*/*/" + KernelsName)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("no kernels are recorded in baselines/kernels")
	}
	var list []*Kernels
	for _, name := range names {
		list = append(list, must(ReadKernels(filepath.Dir(name))))
	}
	a := must(Against(t.Context(), JoinKernels(nil, list), Departures))
	if compared, _ := a.Compared(); compared == 0 {
		t.Error("nothing could be compared")
	}
	for _, d := range a.Differences(false) {
		t.Errorf("%s on %q: the kernel came to %v, the engine like %s to %v", d.Scenario, d.Columns, d.Kernel, d.Engine, d.Model)
	}
	for _, d := range a.Gone {
		t.Errorf("%s does not occur any more", d.where())
	}
}

// TestDepartures has each name a scenario, outcomes and a reason, and none stand twice.
func TestDepartures(t *testing.T) {
	seen := make(map[Departure]bool)
	last := 0
	for _, d := range Departures {
		e, err := Lookup(d.Scenario)
		if err != nil || !strings.HasSuffix(d.Reason, ".") {
			t.Errorf("%s: %v, %q", d.Scenario, err, d.Reason)
			continue
		}
		if e.Number < last {
			t.Errorf("%s stands behind a later scenario", d.Scenario)
		}
		last = e.Number
		if d.Preset != "" && d.Preset != "6.0" && d.Preset != "6.19" {
			t.Errorf("%s: %q is the preset of no kernel", d.Scenario, d.Preset)
		}
		d.Reason = ""
		if seen[d] || d.Kernel == d.Model {
			t.Errorf("%+v stands twice, or is no difference", d)
		}
		seen[d] = true
	}
	const begin, end = "<!-- departures: go test ./workloads/litmus -run Departures -update -->\n", "<!-- end of departures -->\n"
	enginetest.Generated(t, "../../engine/README.md", begin, end, departureTable(Departures), *update)
}

// departureTable is what engine/README.md shows.
func departureTable(list []Departure) string {
	if len(list) == 0 {
		return "\nNo difference is known.\n\n"
	}
	var b strings.Builder
	b.WriteString("\n| scenario | kernels | file system | the kernel | the engine | why |\n|---|---|---|---|---|---|\n")
	for _, d := range list {
		kernels := cmp.Or(d.Series, map[string]string{"": "all", "6.0": "up to 6.14", "6.19": "from 6.15 on"}[d.Preset])
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", d.Scenario, kernels, cmp.Or(d.FS, "all"), d.Kernel, d.Model, d.Reason)
	}
	b.WriteString("\n")
	return b.String()
}

// TestAgainstSeesAsOutside has what nobody outside need see make no difference: that a page has lost its inode. Where the kernel
// has warned of it, it does.
func TestAgainstSeesAsOutside(t *testing.T) {
	k := likeEngine(t, "6.0", "none", "umount-pinned")
	c := &k.Columns[0].Cells[0]
	if c.Outcome.Kind != target.Violated || c.Outcome.Broken != "A" {
		t.Fatalf("%+v", c.Outcome)
	}
	if a := must(Against(t.Context(), k, nil)); !a.Cells[0][0].Same || inShort(&a.Cells[0][0].Model) != "violation A" {
		t.Errorf("%+v", a.Cells[0][0])
	}
	k.Columns[0].Kernel = young // whose engine waits, and forgets nothing
	if a := must(Against(t.Context(), k, nil)); a.Cells[0][0].Same || a.Cells[0][0].Model.Kind != target.Blocked {
		t.Errorf("%+v", a.Cells[0][0])
	}
	k.Columns[0].Kernel = elder
	c.Outcome = target.Outcome{Kind: target.Safe}
	if a := must(Against(t.Context(), k, nil)); !a.Cells[0][0].Same {
		t.Errorf("%+v", a.Cells[0][0])
	}
	c.Outcome.Kind = target.Blocked
	if a := must(Against(t.Context(), k, nil)); a.Cells[0][0].Same {
		t.Errorf("%+v", a.Cells[0][0])
	}
}
