package kernels_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
)

// read reads what a spec writes.
func read(t *testing.T, s *reportstest.KernelsSpec) *kernels.Matrix {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "of "+strings.Join(s.FS, " "))
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	m, err := kernels.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small is two kernels with one file system each, and few scenarios.
func small(scenarios int, cell func(i, k int, c map[string]any)) *reportstest.KernelsSpec {
	s := reportstest.Kernels()
	s.Releases, s.FS, s.Scenarios, s.Cell = reportstest.Releases[1:3], []string{"xfs"}, scenarios, cell
	return s
}

func TestRead(t *testing.T) {
	m := read(t, reportstest.Kernels())
	if len(m.Columns) != 15 || len(m.Rows) != 36 || len(m.Notes) != 0 {
		t.Fatalf("%d columns, %d rows, %q", len(m.Columns), len(m.Rows), m.Notes)
	}
	c := m.Columns[7]
	if c.Label != "6.16 ext4" || c.Group != "6.16" || c.Name != "ext4" || !c.Kernel.Final || c.Kernel.Proof() != "DAX: statx, queue/dax, MAP_SYNC" {
		t.Errorf("%+v", c)
	}
	if p := m.Columns[8].Kernel.Proof(); p != "no DAX, a control (queue/dax)" {
		t.Error(p)
	}
	freed, waits := &m.Rows[0].Cells[0], &m.Rows[0].Cells[6]
	if !freed.Freed() || freed.Waits() || freed.Word != "foreign data" || !strings.HasPrefix(freed.Sentence, "block ") || len(freed.Log) != 1 || freed.Replay == "" || len(freed.Lines) < 5 {
		t.Errorf("%+v", freed)
	}
	if waits.Freed() || !waits.Waits() || !waits.Unkillable() || !waits.Harmed() || waits.Kind != kernels.Hung || len(waits.Stalls[0].Stack) != 10 {
		t.Errorf("%+v", waits)
	}
	if s := m.Sources[0]; s.Tool != "daxbench 0.1.0" || s.Commit != "3f2a9c1" || len(s.Command) == 0 {
		t.Errorf("%+v", s)
	}
}

func TestReadNone(t *testing.T) {
	if m, err := kernels.Read(t.TempDir()); m != nil || err != nil {
		t.Errorf("%v, %v", m, err)
	}
}

// TestReadRefuses wants what cannot be told apart or cannot be refused, by the name of the file.
func TestReadRefuses(t *testing.T) {
	at := func(doc map[string]any, path ...any) any {
		var v any = doc
		for _, p := range path {
			switch p := p.(type) {
			case string:
				v = v.(map[string]any)[p]
			case int:
				v = v.([]any)[p]
			}
		}
		return v
	}
	cell := func(doc map[string]any) map[string]any {
		return at(doc, "columns", 1, "cells", 0).(map[string]any)
	}
	for says, change := range map[string]func(doc map[string]any){
		"unknown schema version":   func(doc map[string]any) { doc["schema"] = 2 },
		`there is no field "schem`: func(doc map[string]any) { delete(doc, "schema") },
		`the scenario "" stands`:   func(doc map[string]any) { at(doc, "scenarios", 0).(map[string]any)["name"] = "" },
		"stands twice, or has no name": func(doc map[string]any) {
			list := at(doc, "scenarios").([]any)
			list[1] = list[0]
		},
		`the column "6.12 xfs" stands twice`: func(doc map[string]any) { at(doc, "columns", 1).(map[string]any)["label"] = "6.12 xfs" },
		"has 3 cells for 2 scenarios": func(doc map[string]any) {
			c := at(doc, "columns", 0).(map[string]any)
			c["cells"] = append(c["cells"].([]any), cell(doc))
		},
		`"fine" is no outcome`:       func(doc map[string]any) { cell(doc)["outcome"] = map[string]any{"kind": "fine"} },
		`"no verdict" is no outcome`: func(doc map[string]any) { cell(doc)["outcome"] = map[string]any{"kind": "no verdict"} },
		`"Z" are no invariants`:      func(doc map[string]any) { cell(doc)["outcome"] = map[string]any{"kind": "violation", "broken": "Z"} },
		"a wait of -1ns cannot be":   func(doc map[string]any) { cell(doc)["outcome"] = map[string]any{"kind": "hung", "for_ns": -1} },
		"is nothing that SIGKILL":    func(doc map[string]any) { cell(doc)["stalls"] = []any{map[string]any{"kill": "laughs"}} },
		"in line -1 cannot be":       func(doc map[string]any) { cell(doc)["stalls"] = []any{map[string]any{"step": -1}} },
		"are more than the 64": func(doc map[string]any) {
			doc["columns"] = slices.Repeat([]any{at(doc, "columns", 0)}, 65)
		},
		"are more than the 1000": func(doc map[string]any) {
			doc["scenarios"] = slices.Repeat([]any{at(doc, "scenarios", 0)}, 1001)
		},
	} {
		s := small(2, nil)
		s.Change = change
		dir := t.TempDir()
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		m, err := kernels.Read(dir)
		if m != nil || err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), filepath.Join(dir, kernels.Name)) {
			t.Errorf("%s: %v", says, err)
		}
		if strings.Contains(says, "schem") && !errors.Is(err, kernels.ErrSchema) {
			t.Errorf("%v is no ErrSchema", err)
		}
	}
}

// TestReadDamaged wants files that are no JSON, or no files, refused.
func TestReadDamaged(t *testing.T) {
	for says, damage := range map[string]func(path string) error{
		"the file ends too early": func(path string) error { return os.Truncate(path, 1000) },
		"byte 0":                  func(path string) error { return os.Truncate(path, 0) },
		"is no UTF-8":             func(path string) error { return os.WriteFile(path, []byte("{\"schema\":1,\"tool\":\"\xff\"}"), 0o666) },
		`"schema" stands twice`:   func(path string) error { return os.WriteFile(path, []byte(`{"schema":1,"schema":1}`), 0o666) },
		"is no regular file":      func(path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o666)) },
		"more than the":           func(path string) error { return os.Truncate(path, 65<<20) },
	} {
		dir := t.TempDir()
		if err := errors.Join(small(2, nil).Write(dir), damage(filepath.Join(dir, kernels.Name))); err != nil {
			t.Fatal(err)
		}
		if m, err := kernels.Read(dir); m != nil || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestKinds wants told apart what was not played, what has no verdict, and what is not applicable.
func TestKinds(t *testing.T) {
	m := read(t, small(4, func(i, k int, c map[string]any) {
		switch {
		case i == 1 && k == 0:
			c["lost"], c["word"] = "the file system is gone", "no verdict"
		case i == 1 && k == 1:
			c["outcome"], c["word"] = map[string]any{"kind": "not applicable", "why": "no reflink"}, "—"
		case i == 1 && k == 2:
			c["outcome"], c["word"], c["stalls"] = map[string]any{"kind": "not applicable", "why": "it was not played here"}, "", nil
		}
	}))
	for k, want := range []kernels.Kind{kernels.Lost, kernels.NotApplicable, kernels.Unplayed, kernels.Hung} {
		if c := m.Rows[k].Cells[1]; c.Kind != want || c.Kind.Judged() != (k == 3) || k < 3 && c.Waits() {
			t.Errorf("%d: %v, want %v", k, c.Kind, want)
		}
	}
	if c := m.Rows[0].Cells[1]; c.Sentence != "the file system is gone" {
		t.Errorf("%+v", c)
	}
	want := []string{"6.16 xfs: 1 of 4 scenarios not played.", "6.16 xfs: 1 of 4 scenarios without a verdict."}
	if !slices.Equal(m.Notes, want) {
		t.Errorf("%q", m.Notes)
	}
}

// TestOwn: who waits for I/O of their own does not wait for a pin.
func TestOwn(t *testing.T) {
	own := map[string]any{"task": "T", "action": "read", "step": 2, "state": "D", "kill": "ignored", "own": true}
	m := read(t, small(1, func(_, _ int, c map[string]any) {
		c["outcome"], c["word"], c["stalls"] = map[string]any{"kind": "safe"}, "safe", []any{own}
	}))
	if c := m.Rows[0].Cells[0]; c.Waits() || c.Unkillable() || c.Harmed() {
		t.Errorf("%+v", c)
	}
}

// TestSlow: who was slow, and held up by nobody, did not wait.
func TestSlow(t *testing.T) {
	m := read(t, small(1, func(_, _ int, c map[string]any) {
		c["stalls"] = []any{map[string]any{"task": "T", "step": 2, "state": "S", "ended": "by itself"}}
	}))
	if c := m.Rows[0].Cells[0]; !c.Freed() || c.Waits() || c.Stalls[0].End() != "ended by itself" {
		t.Errorf("%+v", c)
	}
}

// TestTimes wants times read as they are written.
func TestTimes(t *testing.T) {
	c := read(t, small(1, nil)).Rows[0].Cells[1]
	if c.For < 1500*time.Millisecond || c.For != c.Stalls[0].For || c.Stalls[0].Since != 5200*time.Microsecond {
		t.Errorf("%v %+v", c.For, c.Stalls[0])
	}
}

// TestKilled wants it said whether SIGKILL was tried.
func TestKilled(t *testing.T) {
	for kill, want := range map[string]string{"": "SIGKILL was not tried", "dies": "SIGKILL ended it", "ignored": "SIGKILL was ignored"} {
		if s := (kernels.Stall{Kill: kill}); s.Killed() != want {
			t.Errorf("%q: %s", kill, s.Killed())
		}
	}
}
