package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"daxbench/workloads/record"
)

// TestMountedInterrupt stops a run on a mounted file system: nothing of it stays there, and it can be continued.
func TestMountedInterrupt(t *testing.T) {
	mnt, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	cmd := exec.Command("daxbench", "run", "-target", "dir:"+mnt, "-root", "-others", "-workload", "create-evict-churn",
		"-duration", "50ms", "-rounds", "500", "-workers", "1", "-o", out)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "round 1 of 500") {
			if list, err := os.ReadDir(mnt); err != nil || len(list) != 1 {
				t.Errorf("while it runs there is %v, %v", list, err)
			}
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("%v: want status 130\n%s", err, &said)
	}
	if list, err := os.ReadDir(mnt); err != nil || len(list) > 0 {
		t.Errorf("left behind: %v, %v\n%s", list, err, &said)
	}
	f, err := record.Resume(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Status != record.Interrupted || f.Rounds() < 1 {
		t.Errorf("%s after %d rounds", f.Status, f.Rounds())
	}
}
