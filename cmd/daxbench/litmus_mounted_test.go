package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/target"
	"daxbench/workloads/litmus"
)

// onMount runs daxbench litmus in a directory, as short as it can, and returns its exit status and what it wrote.
func onMount(t *testing.T, dir string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	// A pipe holds pages everywhere, without privilege. The temporary directory may be on /, with everybody in it.
	args = append([]string{"litmus", "-target", "dir:" + dir, "-root", "-others", "-patience", "300ms", "-fill", "1M",
		"-scenario", "vmsplice-unlink,truncate-mapped-elsewhere,readdir-lockdep"}, args...)
	var out, err bytes.Buffer
	cmd := exec.Command("daxbench", args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// TestLitmusMounted plays scenarios in a temporary directory, which is the control if it is on no DAX file system.
func TestLitmusMounted(t *testing.T) {
	if testing.Short() {
		t.Skip("short: half a dozen runs, in the time of the machine")
	}
	dir, folder := t.TempDir(), t.TempDir()
	golden := filepath.Join(folder, "golden.txt")
	status, out, stderr := onMount(t, dir, "-o", folder)
	if status == statusUsage && strings.Contains(stderr, "cannot be used") {
		t.Skipf("the temporary directory is no good for it: %s", stderr)
	}
	if status != statusOK {
		t.Fatalf("exit status %d:\n%s%s", status, out, stderr)
	}
	if !strings.Contains(stderr, "All files are made below "+dir) {
		t.Errorf("it does not say what it is going to do:\n%s", stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
	k, err := litmus.ReadKernels(folder)
	if err != nil {
		t.Fatal(err)
	}
	col := &k.Columns[0]
	if col.Kernel.DAX {
		t.Skip("the temporary directory is on DAX: no control")
	}
	for n, want := range []target.Kind{target.Safe, target.Safe, target.NotApplicable} {
		if c := &col.Cells[n]; c.Outcome.Kind != want || c.Lost != "" || !strings.Contains(c.Replay, "-scenario "+k.Scenarios[n].Name) {
			t.Errorf("%s: %+v, want %v", k.Scenarios[n].Name, c, want)
		}
	}

	// What it came to is what is expected of it, until somebody expects more.
	status, out, stderr = onMount(t, dir, "-format", "expect")
	if status != statusOK || !strings.Contains(out, "readdir-lockdep            not-applicable") {
		t.Fatalf("exit status %d:\n%s%s", status, out, stderr)
	}
	for _, tt := range []struct {
		old, new string
		status   int
		says     string
	}{
		{"", "", statusOK, "3 cells are as " + golden + " expects"},
		{"vmsplice-unlink            safe", "vmsplice-unlink blocked", statusBad, "vmsplice-unlink on " + col.Label + ": expected blocked (line 3), and it is safe"},
		{"not-applicable", "blocked", statusUndecided, "readdir-lockdep on " + col.Label + ": expected blocked (line 5), and there is no verdict: line 9, create:"},
		{"readdir-lockdep            not-applicable", "unlink-under-dio safe", statusOK, "nothing was held to 1 line, such as line 5"},
	} {
		text := strings.Replace(out, tt.old, tt.new, 1)
		if tt.old != "" && text == out {
			t.Fatalf("there is no %q in\n%s", tt.old, out)
		}
		if err := os.WriteFile(golden, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if status, _, stderr := onMount(t, dir, "-expect", golden); status != tt.status || !strings.Contains(stderr, tt.says) {
			t.Errorf("%q for %q: exit status %d, want %d and %q:\n%s", tt.new, tt.old, status, tt.status, tt.says, stderr)
		}
	}

	cmd := exec.Command("daxbench", "litmus", "-against", folder)
	text, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != statusUndecided || !strings.Contains(string(text), "without DAX") {
		t.Errorf("the engine is compared with a control: %s", text)
	}
}
