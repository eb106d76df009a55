package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/reports/folder"
)

// A child is a daxbench in a process of its own.
type child struct {
	*exec.Cmd
	out, err safeBuffer
}

// A safeBuffer is written by one goroutine and read by another.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// launch starts daxbench and makes sure that it ends.
func launch(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command("daxbench", args...)}
	c.launch(t)
	return c
}

func (c *child) launch(t *testing.T) {
	t.Helper()
	c.Stdout, c.Stderr = &c.out, &c.err
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			c.Process.Kill()
			c.Wait()
		}
	})
}

// until waits for a text on standard error.
func (c *child) until(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(c.err.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in a minute:\n%s", text, c.err.String())
		}
	}
}

// ends waits for the child and wants an exit status, and no crash.
func (c *child) ends(t *testing.T, status int) {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != status {
		t.Fatalf("exit status %d, want %d:\n%s%s", got, status, c.out.String(), c.err.String())
	}
	for _, crash := range []string{"goroutine ", "panic:", "SIGBUS", "fatal error"} {
		if strings.Contains(c.err.String(), crash) {
			t.Errorf("standard error holds %q:\n%s", crash, c.err.String())
		}
	}
}

// readRun reads a folder that must be whole.
func readRun(t *testing.T, dir, status string) *folder.Run {
	t.Helper()
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Warnings) > 0 {
		t.Errorf("warnings of the reader: %q", run.Warnings)
	}
	if run.Manifest.Status != status {
		t.Errorf("status %q, want %q", run.Manifest.Status, status)
	}
	return run
}

// wantRounds checks that every cell has the same rounds, from 1 on, with figures that are those of run.json.
func wantRounds(t *testing.T, run *folder.Run, cells, rounds int) {
	t.Helper()
	if len(run.Cells) != cells {
		t.Fatalf("%d cells, want %d", len(run.Cells), cells)
	}
	metrics := make(map[string]map[int]map[string]float64)
	for _, r := range run.Manifest.Cells {
		if metrics[r.Name] == nil {
			metrics[r.Name] = make(map[int]map[string]float64)
		}
		metrics[r.Name][r.Round] = r.Metrics
	}
	for _, c := range run.Cells {
		if len(c.Rounds) != rounds {
			t.Errorf("%s has %d rounds, want %d", c.Name, len(c.Rounds), rounds)
		}
		for i, r := range c.Rounds {
			want, values := metrics[c.Name][r.Number], maps.Collect(r.Values.All())
			if r.Number != i+1 || len(values) == 0 || len(want) != len(values) {
				t.Errorf("%s: round %d is number %d, with %v of %v", c.Name, i+1, r.Number, values, want)
			}
			for u, v := range values {
				if want[u] != v {
					t.Errorf("%s: round %d: %v %s in results.txt, %v in run.json", c.Name, r.Number, v, u, want[u])
				}
			}
		}
	}
}

// TestRoundTrip holds what record writes against what reports read.
func TestRoundTrip(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	launch(t, "run", "-workload", "nop,unmount-storm", "-set", "inodes=256,dax=0,50", "-policy", "none,unconditional",
		"-duration", "3ms", "-rounds", "3", "-seed", "18446744073709551615", "-o", out).ends(t, 0)
	run := readRun(t, out, "finished")
	wantRounds(t, run, 6, 3)
	m := run.Manifest
	if m.Seed != 1<<64-1 || m.Plan.Reference != "none" || m.Plan.Rounds != 3 || len(m.Plan.Groups) != 3 || m.Elapsed() <= 0 {
		t.Errorf("seed %d, plan %+v, elapsed %v", m.Seed, m.Plan, m.Elapsed())
	}
	if m.Fact("cpu") == "" || m.Fact("kernel") == "" || m.Harness["ns/op"] <= 0 || m.Harness["clock-ns"] <= 0 {
		t.Errorf("environment %v, harness %v", m.Environment, m.Harness)
	}
	if run.Better("ns/evict") != -1 || run.Better("ops/s") != 1 {
		t.Error("Unit lines are missing")
	}
}

// TestHarnessCost wants every run to say what the harness costs, before its first round and when it is continued.
func TestHarnessCost(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	c := launch(t, "run", "-workload", "unmount-storm", "-set", "inodes=256,dax=50", "-policy", "none", "-duration", "60ms", "-rounds", "100", "-o", out)
	c.until(t, "round 1 of 100 took")
	c.Process.Signal(syscall.SIGINT)
	c.ends(t, 130)
	first := readRun(t, out, "interrupted").Manifest.Harness
	if first["ns/op"] <= 0 || first["clock-ns"] <= 0 || first["timed-ns"] <= 0 || !strings.Contains(c.out.String(), "an empty operation takes") {
		t.Errorf("harness %v\n%s", first, c.out.String())
	}
	again := launch(t, "run", "-resume", out)
	again.until(t, "round 3 of 100 took")
	again.Process.Signal(syscall.SIGINT)
	again.ends(t, 130)
	if now := readRun(t, out, "interrupted").Manifest.Harness; now["ns/op"] != first["ns/op"] || now["timed-ns"] != first["timed-ns"] {
		t.Errorf("%v, and continued with %v", first, now)
	}
}

// TestInterrupt stops a run in the middle of a round, looks at what is left, and continues it.
func TestInterrupt(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			c := launch(t, "run", "-workload", "nop,unmount-storm", "-set", "inodes=256,dax=50", "-policy", "none,dax-only",
				"-duration", "60ms", "-rounds", "3", "-o", out)
			c.until(t, "round 1 of 3 took")
			time.Sleep(50 * time.Millisecond) // a round takes five times as long
			c.Process.Signal(signal)
			c.ends(t, 128+int(signal))
			if !strings.Contains(c.err.String(), "continue with: daxbench run -resume "+out) || !strings.Contains(c.out.String(), "1 of 3 rounds") {
				t.Errorf("%s%s", c.out.String(), c.err.String())
			}
			wantRounds(t, readRun(t, out, "interrupted"), 4, 1)
			stat(t, out)
			wantReport(t, out, "the run was interrupted")

			again := launch(t, "run", "-resume", out)
			again.ends(t, 0)
			if strings.Contains(again.err.String(), "round 1 of 3 took") {
				t.Errorf("round 1 was run again:\n%s", again.err.String())
			}
			run := readRun(t, out, "finished")
			wantRounds(t, run, 4, 3)
			text := ""
			for _, w := range run.Manifest.Warnings {
				text += w.Text + "\n"
			}
			if !strings.Contains(text, "continued after 1 of 3 rounds") {
				t.Errorf("warnings:\n%s", text)
			}
			stat(t, out)
			wantReport(t, out, "continued after 1 of 3 rounds")
		})
	}
}

// wantReport wants the report of a run beside its results, with a text in it, and each of its charts.
func wantReport(t *testing.T, out, text string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(out, reportPage))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), text) || !strings.Contains(string(page), "</html>") {
		t.Errorf("the report does not say %q", text)
	}
	if charts, _ := filepath.Glob(filepath.Join(out, chartFolder, "*.png")); len(charts) == 0 {
		t.Error("the report has no charts")
	}
}

// stat has benchstat read the results.
func stat(t *testing.T, out string) {
	t.Helper()
	text, err := exec.Command(benchstat(t), "-col", "/policy", filepath.Join(out, folder.ResultsName)).CombinedOutput()
	if err != nil || !strings.Contains(string(text), "sec/evict") || strings.Contains(string(text), "results.txt:") {
		t.Errorf("benchstat: %v\n%s", err, text)
	}
}

// TestInterruptBeforeAnything stops a run that has no round yet.
func TestInterruptBeforeAnything(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	c := launch(t, "run", "-workload", "nop", "-duration", "1s", "-rounds", "2", "-o", out)
	c.until(t, "results go to")
	time.Sleep(200 * time.Millisecond)
	c.Process.Signal(syscall.SIGINT)
	c.ends(t, 130)
	if c.out.String() != "" || !strings.Contains(c.err.String(), "interrupted after 0 of 2 rounds") {
		t.Errorf("%s%s", c.out.String(), c.err.String())
	}
	run := readRun(t, out, "interrupted")
	if len(run.Cells) != 0 {
		t.Errorf("%d cells", len(run.Cells))
	}
}

// stubborn is a program that takes no notice of the first signal.
func stubborn() {
	ctx, _ := withSignals(context.Background())
	fmt.Fprintln(os.Stderr, "ready")
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, context.Cause(ctx))
	time.Sleep(time.Minute)
}

func TestSecondSignal(t *testing.T) {
	c := &child{Cmd: exec.Command("stubborn")}
	c.launch(t)
	c.until(t, "ready")
	c.Process.Signal(syscall.SIGINT)
	c.until(t, "stopped by signal: interrupt")
	c.Process.Signal(syscall.SIGTERM)
	c.ends(t, 128+int(syscall.SIGTERM))
}

// TestRegionShrinks takes the storage away from under a run.
func TestRegionShrinks(t *testing.T) {
	region, out := inTemp(t, "region"), filepath.Join(t.TempDir(), "out")
	c := launch(t, "run", "-workload", "unlink-storm", "-policy", "none,dax-only", "-duration", "100ms", "-rounds", "100",
		"-pmem", region, "-o", out)
	c.until(t, "round 1 of 100 took")
	if err := os.Truncate(region, 4096); err != nil {
		t.Fatal(err)
	}
	c.ends(t, 4)
	if !strings.Contains(c.err.String(), region+": no storage behind byte") || !strings.Contains(c.err.String(), "shrank") {
		t.Errorf("standard error:\n%s", c.err.String())
	}
	run := readRun(t, out, "failed")
	wantRounds(t, run, len(run.Cells), len(run.Cells[0].Rounds))
}

// tinyDisk mounts a file system of so many bytes, or skips the test.
func tinyDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("daxbench-test", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a full disk takes a mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullDiskAtStart wants a disk that cannot hold the results to be found out before anything is run.
func TestFullDiskAtStart(t *testing.T) {
	disk := tinyDisk(t, "64k")
	c := launch(t, "run", "-duration", "1s", "-o", filepath.Join(disk, "out"))
	c.ends(t, 4)
	if !strings.Contains(c.err.String(), "no space left on device") || strings.Contains(c.err.String(), "results go to") {
		t.Errorf("standard error:\n%s", c.err.String())
	}
	if _, err := os.Stat(filepath.Join(disk, "out", folder.ManifestName)); err == nil {
		t.Error("a run without rounds is left")
	}
}

// TestFullDisk fills the disk in the middle of a run.
func TestFullDisk(t *testing.T) {
	disk := tinyDisk(t, "1m")
	out := filepath.Join(disk, "out")
	c := launch(t, "run", "-workload", "unlink-storm", "-set", "dax=0", "-policy", "none,dax-only", "-duration", "50ms", "-rounds", "9", "-o", out)
	c.until(t, "round 1 of 9 took")
	f, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for _, chunk := range []int{1 << 16, 1 << 9} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, chunk))
		}
	}
	f.Close()
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	c.ends(t, 4)
	if !strings.Contains(c.err.String(), "is lost, those before it are in") || !strings.Contains(c.err.String(), "no space left on device") {
		t.Errorf("standard error:\n%s", c.err.String())
	}
	run, err := folder.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Cells) != 2 || len(run.Cells[0].Rounds) == 0 {
		t.Errorf("%d cells are left", len(run.Cells))
	}

	if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
		t.Fatal(err)
	}
	again := launch(t, "run", "-resume", out)
	again.ends(t, 0)
	wantRounds(t, readRun(t, out, "finished"), 2, 9)
}
