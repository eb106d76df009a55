package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"daxbench/engine/enginetest"
)

// notInvariant makes every processor one whose counter is not invariant.
var notInvariant = enginetest.Mistake{
	File: "workloads/clock/now_amd64.go",
	Old:  "edx&invariantBit == 0",
	New:  "edx&0 == 0",
}

// TestClockFallsBack: on a processor without an invariant counter everything that times says that it falls back, and to what.
func TestClockFallsBack(t *testing.T) {
	switch {
	case testing.Short():
		t.Skip("short: builds daxbench")
	case runtime.GOARCH != "amd64":
		t.Skip("no other processor's counter is read")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: ", err)
	}
	dir := t.TempDir()
	exe, out := filepath.Join(dir, "daxbench"), filepath.Join(dir, "out")
	buildDaxbench(t, exe, "-overlay", notInvariant.Overlay(t))
	const reason = "time stamp counter: not invariant on this processor"
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"env"}, []string{"clock", "monotonic", reason}},
		{[]string{"run", "-workload", "nop", "-policy", "none", "-rounds", "1", "-duration", "5ms", "-o", out}, []string{"runtime's clock", reason}},
	} {
		text, err := exec.Command(exe, tt.args...).CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v", tt.args, err)
		}
		plain := strings.Join(strings.Fields(string(text)), " ") // lines are broken anywhere
		for _, want := range tt.want {
			if !strings.Contains(plain, want) {
				t.Errorf("%q: no %q in\n%s", tt.args, want, text)
			}
		}
	}
	var run struct {
		Environment struct {
			Clock struct{ Source, Reason string }
		}
		Warnings []struct{ Text string }
	}
	data, err := os.ReadFile(filepath.Join(out, "run.json"))
	if err == nil {
		err = json.Unmarshal(data, &run)
	}
	if c := run.Environment.Clock; err != nil || c.Source != "monotonic" || c.Reason != reason {
		t.Errorf("run.json: %v, clock %+v", err, c)
	}
	warned := 0
	for _, w := range run.Warnings {
		if strings.Contains(w.Text, reason) {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("%d warnings of the clock in %+v", warned, run.Warnings)
	}
}
