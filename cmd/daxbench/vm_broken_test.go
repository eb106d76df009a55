package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
	"daxbench/engine/vm/line"
	"daxbench/engine/vm/vmtest"
	"daxbench/workloads/litmus"
)

// brokenGuest is what a guest says that plays the second of three scenarios when it is heard of last.
func brokenGuest(t *testing.T) []line.Frame {
	t.Helper()
	k := &litmus.Kernels{Columns: []litmus.KernelColumn{{Label: "x", Kernel: kernelfs.Kernel{Release: "6.1.0", FS: "xfs", Name: "xfs", Clock: "real"}}}}
	for i, e := range litmus.All()[:3] {
		k.Scenarios = append(k.Scenarios, litmus.KernelScenario{Number: e.Number, Name: e.Name, Title: e.Title, Probes: e.Probes})
		c := litmus.KernelCell{Word: "no verdict", Lost: []string{"", "broken off while it was played", "broken off before it was played"}[i]}
		if i == 0 {
			c = litmus.KernelCell{Word: "safe", Outcome: target.Outcome{Kind: target.Safe}, Lines: []string{"a line"}}
		}
		k.Columns[0].Cells = append(k.Columns[0].Cells, c)
	}
	by := newMadeBy()
	by.Commit = "as the guest says"
	said := vmtest.Guest(t, 0, "", "1 of 3: safe\n", nil)
	return slices.Concat(said[:1], vmtest.Parcel(t, map[string]string{litmus.KernelsName: string(vmtest.JSON(t, kernelsRecord{by, k}))}), said[1:2])
}

// brokenOff wants the one scenario that was played to its end in a folder, why the others were not, and no verdict on them.
func brokenOff(t *testing.T, dir, why string) {
	t.Helper()
	k, err := litmus.ReadKernels(dir)
	if err != nil {
		t.Fatal(err)
	}
	cells := k.Columns[0].Cells
	if !cells[0].Judged() || cells[1].Lost != "broken off while it was played: "+why || cells[2].Lost != "broken off before it was played: "+why {
		t.Errorf("%+v, want %q", cells, why)
	}
	text, _ := os.ReadFile(filepath.Join(dir, litmus.KernelsName))
	var r kernelsRecord
	if err := json.Unmarshal(text, &r); err != nil || r.Commit != "as the guest says" || r.Schema == 0 {
		t.Errorf("%+v, %v", r.madeBy, err)
	}
}

// TestVMBroken: what a guest has played before it dies or hangs is in its folder and in the table, and is no verdict.
func TestVMBroken(t *testing.T) {
	const died = "the guest died before its command had ended"
	for name, tt := range map[string]struct{ body, limit, why string }{
		"dies":         {`cat $D/frames >&4`, "1m", died},
		"panics":       {`cat $D/frames >&4; echo '[ 9.9] Kernel panic - not syncing: Fatal exception' >&3`, "1m", died + ": Kernel panic - not syncing: Fatal exception"},
		"hangs":        {`cat $D/frames >&4; sleep 100`, "3s", "the guest was stopped, no end within 3s of host time"},
		"ends of that": {`cat $D/frames $D/last >&4`, "1m", "litmus ended with status 137"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeVM(t, tt.body)
			frames := brokenGuest(t)
			// As one whose command was killed: it ends well, with what there is.
			end := line.Frame{Kind: line.Last, Payload: vmtest.JSON(t, line.End{Status: 137, Seal: line.SealOf(frames[1].Payload)})}
			whole := vmtest.Written(t, slices.Concat(frames, frames[1:2], []line.Frame{end})...)
			half := len(vmtest.Written(t, frames...))
			f.File("frames", whole[:half])
			f.File("last", whole[half:])
			f.File("expected", []byte("unlink-under-dio safe\n"))
			out := t.TempDir()
			args := []string{"vm", "-accel", "counted", "-fs", "xfs", "-o", out, "-limit", tt.limit, "-kernel", "k=" + f.Image, "--", "litmus"}
			status, stdout, stderr := daxbenchHere(t, args...)
			want := map[bool]int{true: 137, false: statusUndecided}[name == "ends of that"]
			if status != want || !strings.Contains(stderr, "1 of 3: safe") {
				t.Errorf("status %d, want %d: %s", status, want, stderr)
			}
			for _, says := range []string{"k xfs", "safe", "no verdict", tt.why} {
				if !strings.Contains(strings.Join(strings.Fields(stdout), " "), says) {
					t.Errorf("no %q in %s", says, stdout)
				}
			}
			brokenOff(t, filepath.Join(out, "k"), tt.why)
			if status, _, stderr := daxbenchHere(t, append(args, "-expect", filepath.Join(f.Dir, "expected"))...); want == statusUndecided && status != statusUntestable {
				t.Errorf("with -expect: status %d: %s", status, stderr)
			}
		})
	}
}

// TestVMBrokenBySignal: the same when the user has enough of it.
func TestVMBrokenBySignal(t *testing.T) {
	f := fakeVM(t, `cat $D/frames >&4; sleep 100`)
	f.File("frames", vmtest.Written(t, brokenGuest(t)...))
	out := t.TempDir()
	c := launch(t, "vm", "-accel", "counted", "-fs", "xfs", "-o", out, "-kernel", f.Image, "--", "litmus")
	c.until(t, "1 of 3: safe")
	c.Process.Signal(syscall.SIGINT)
	c.ends(t, 130)
	if !strings.Contains(c.out.String(), "no verdict") || !strings.Contains(c.err.String(), "litmus was broken off; what it had left is in") {
		t.Errorf("%s%s", c.out.String(), c.err.String())
	}
	brokenOff(t, filepath.Join(out, "image"), "stopped by signal: interrupt")
}
