package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daxbench/engine/verify"
)

// TestVerifyInterrupted wants a signal to end verify, and its workers with it.
func TestVerifyInterrupted(t *testing.T) {
	c := launch(t, "verify", "-schedules", "1000000")
	children := func() (pids []string) {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", c.Process.Pid))
		if len(lists) == 0 {
			t.Skip("this kernel does not list children")
		}
		for _, name := range lists {
			list, _ := os.ReadFile(name) // the thread may be gone
			pids = append(pids, strings.Fields(string(list))...)
		}
		return pids
	}
	var workers []string
	for deadline := time.Now().Add(time.Minute); len(workers) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no worker in a minute: %s", c.err.String())
		}
		workers = children()
	}
	c.Process.Signal(syscall.SIGINT)
	c.ends(t, 130)
	for _, pid := range workers {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(n, 0); err == nil {
			t.Errorf("worker %d is still there", n)
		}
	}
}

// TestMarks holds every mark of the matrix to what the legend says of it.
func TestMarks(t *testing.T) {
	for _, tt := range []struct {
		v     verify.Verdict
		whole bool
		want  string
	}{
		{verify.Verdict{Violated: true, Expected: true, Schedules: 5}, true, markViolated},
		{verify.Verdict{Violated: true, Schedules: 5}, true, markUnexpected},
		{verify.Verdict{Schedules: verify.Decisive}, true, markNoneFound},
		{verify.Verdict{Schedules: 5, Exhausted: true}, true, markExhausted},
		{verify.Verdict{Schedules: 5}, true, markUndecided},
		{verify.Verdict{Expected: true, Schedules: verify.Decisive}, true, markMissing},
		{verify.Verdict{Expected: true, Schedules: verify.Decisive}, false, markElsewhere},
	} {
		if got := mark(&tt.v, tt.whole); got != tt.want {
			t.Errorf("%+v, whole %t: %q, want %q", tt.v, tt.whole, got, tt.want)
		}
	}
}

// TestVerifyStatus makes exit statuses of results.
func TestVerifyStatus(t *testing.T) {
	enough := verify.Decisive
	for name, tt := range map[string]struct {
		res  verify.Result
		want int
	}{
		"as declared":  {verify.Result{Whole: true, Verdicts: []verify.Verdict{{Violated: true, Expected: true}, {Schedules: enough}}}, statusOK},
		"not declared": {verify.Result{Whole: true, Verdicts: []verify.Verdict{{Violated: true}, {}}}, statusBad},
		"missing":      {verify.Result{Whole: true, Verdicts: []verify.Verdict{{Expected: true, Schedules: enough}}}, statusBad},
		"too few":      {verify.Result{Whole: true, Verdicts: []verify.Verdict{{Schedules: enough - 1}}}, statusUndecided},
		"nothing":      {verify.Result{Whole: true}, statusUndecided},
		"undeclared":   {verify.Result{Undeclared: []verify.Undeclared{{Policy: "none", Invariants: "K"}}, Verdicts: []verify.Verdict{{Schedules: enough}}}, statusBad},
		"broken":       {verify.Result{Reports: []verify.Report{{Broken: &verify.Violation{Text: "panic"}}}, Verdicts: []verify.Verdict{{Schedules: enough}}}, statusBad},
	} {
		got := statusOK
		if err := verdictOf(&tt.res); err != nil {
			got = statusOf(err)
		}
		if got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	differ := &explored{Disagree: []verify.Disagreement{{Policy: "none", Property: "P3"}}}
	if got := statusOf(differ.verdict()); got != statusBad {
		t.Errorf("a model that says something else: %d", got)
	}
	open := &explored{Undecided: 1}
	if got := statusOf(open.verdict()); got != statusUndecided {
		t.Errorf("a model that was not explored: %d", got)
	}
	if got := statusOf(graver(open.verdict(), differ.verdict())); got != statusBad {
		t.Errorf("undecided and bad: %d", got)
	}
}

// TestVerifyBarIsQuiet where there is no terminal.
func TestVerifyBarIsQuiet(t *testing.T) {
	var out bytes.Buffer
	b := newVerifyBar(&out)
	b.set(1, 2, 3)
	b.end()
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}
