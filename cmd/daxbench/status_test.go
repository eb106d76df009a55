package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
	"daxbench/workloads/record"
)

func TestStatusOf(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "run.json", Err: syscall.ENOSPC}
	for _, c := range []struct {
		err  error
		want int
	}{
		{usagef("unknown"), 2},
		{fmt.Errorf("x: %w", pmem.ErrNotRegion), 2},
		{fmt.Errorf("x: %w", pmem.ErrTooSmall), 2},
		{fmt.Errorf("x %w", record.ErrOccupied), 2},
		{usageError{full}, 2},
		{fmt.Errorf("x: %w", full), 4},
		{fmt.Errorf("x: %w", &pmem.FaultError{}), 4},
		{fmt.Errorf("x: %w: %w", pmem.ErrNoSpace, syscall.ENOSPC), 4},
		{fmt.Errorf("x %w", record.ErrDamaged), 4},
		{signalError{syscall.SIGTERM}, 143},
		{fmt.Errorf("x: %w", signalError{syscall.SIGTERM}), 143},
		{errors.Join(signalError{syscall.SIGINT}), 130},
		{errors.Join(signalError{syscall.SIGINT}, full), 4}, // the graver one
		{errors.Join(errors.Join(full, signalError{syscall.SIGINT}), nil), 4},
		{errors.Join(&pmem.FaultError{}, signalError{syscall.SIGINT}), 4},
		{errors.Join(errors.New("panic: a broken invariant"), signalError{syscall.SIGINT}), 1},
		{&badAnswer{"violation"}, 1},
		{&undecided{"no ns/evict"}, 3},
		{&nothingError{"every cell failed"}, 4},
		{fmt.Errorf("x: %w", media.ErrNoSpace), 2},
		{fmt.Errorf("x: %w", media.ErrNoInodes), 2},
		{fmt.Errorf("x: %w", vfs.ErrCacheFull), 2},
		{fmt.Errorf("panic: %v", vfs.ErrCacheFull), 1}, // not the storm's size, but a broken invariant
		{fmt.Errorf("x %w", record.ErrNotFolder), 2},
		{errors.New("panic: a broken invariant"), 1},
	} {
		if got := statusOf(c.err); got != c.want {
			t.Errorf("%v: status %d, want %d", c.err, got, c.want)
		}
	}
}

// TestAnswer says which outcomes are bad: a violation is, unless the policy never claimed to be safe.
func TestAnswer(t *testing.T) {
	for _, c := range []struct{ policy, outcome, want string }{
		{"none", driver.OK, ""},
		{"none", driver.Violation, ""},
		{"dax-only", driver.OK, ""},
		{"dax-only", driver.Violation, "violation in round 3"},
		{"retired", driver.Violation, "violation in round 3"}, // of an older version: nobody vouches for it
		{"none", driver.Hung, "hung in round 3"},
		{"none", driver.Failed, "failed in round 3"},
	} {
		cell := record.Record{Round: 3, Name: "A/policy=" + c.policy, Workload: "a", Policy: c.policy, Outcome: c.outcome}
		if c.outcome == driver.OK || c.outcome == driver.Violation {
			cell.Metrics = map[string]float64{"ns/evict": 1}
		}
		err := answer(cell)
		var bad *badAnswer
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %s: %v, want %q", c.policy, c.outcome, err, c.want)
		}
	}
}

// answer is that of a run of storm a, which is about evictions.
func answer(cells ...record.Record) error {
	s := session{folder: &record.Folder{Manifest: record.Manifest{
		Plan: record.Plan{Groups: []record.Group{{Workload: "a", Primary: "ns/evict"}}}, Cells: cells,
	}}}
	return s.answer()
}

// TestNothingMeasured wants a cell that came to its end without the figure it is compared by to be called undecided, and
// not to hide a bad answer.
func TestNothingMeasured(t *testing.T) {
	cell := func(policy, outcome string, metrics map[string]float64) record.Record {
		return record.Record{Round: 2, Name: "A/policy=" + policy, Workload: "a", Policy: policy, Outcome: outcome, Metrics: metrics}
	}
	fine := cell("none", driver.OK, map[string]float64{"ns/op": 1, "ns/evict": 1})
	blank := cell("dax-only", driver.OK, map[string]float64{"ns/op": 1})
	for _, c := range []struct {
		cells  []record.Record
		status int
		want   string
	}{
		{[]record.Record{fine}, statusOK, ""},
		{[]record.Record{fine, blank, blank}, statusUndecided, "nothing was measured in some cells: A/policy=dax-only: no ns/evict in round 2"},
		{[]record.Record{cell("none", driver.Violation, nil)}, statusUndecided, "A/policy=none: no ns/evict in round 2"},
		{[]record.Record{blank, cell("none", driver.Hung, nil)}, statusBad, "A/policy=none: hung in round 2"},
	} {
		switch err := answer(c.cells...); {
		case c.status == statusOK:
			if err != nil {
				t.Error(err)
			}
		case err == nil || statusOf(err) != c.status || !strings.HasSuffix(err.Error(), c.want):
			t.Errorf("%v; want status %d and %q", err, c.status, c.want)
		}
	}
	var many []record.Record
	for i := range 8 {
		blank.Name = fmt.Sprint("A/i=", i)
		many = append(many, blank)
	}
	if err := answer(many...); err == nil || !strings.HasSuffix(err.Error(), "A/i=4: no ns/evict in round 2; and 3 more") {
		t.Error(err)
	}
}

// TestEnding says what is left of an error and of a signal that came with it.
func TestEnding(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "run.json", Err: syscall.ENOSPC}
	signal := signalError{syscall.SIGINT}
	quiet := context.Background()
	signalled, cancel := context.WithCancelCause(quiet)
	cancel(signal)
	for _, c := range []struct {
		ctx    context.Context
		err    error
		want   record.Status
		status int
		texts  []string
	}{
		{quiet, nil, record.Finished, 0, nil},
		{signalled, signal, record.Interrupted, 130, []string{"stopped by signal"}},
		{signalled, nil, record.Interrupted, 130, []string{"stopped by signal"}},
		{quiet, full, record.Failed, 4, []string{"no space left"}},
		{signalled, full, record.Failed, 4, []string{"no space left", "stopped by signal"}},
		{signalled, errors.Join(signal, full), record.Interrupted, 4, []string{"no space left", "stopped by signal"}},
		{signalled, &pmem.FaultError{Path: "region"}, record.Failed, 4, []string{"region", "stopped by signal"}},
		{quiet, fmt.Errorf("A: %w", media.ErrNoInodes), record.Failed, 2, []string{"A: no free inode", "-size", "-set"}},
		{quiet, errors.New("panic: odd"), record.Failed, 1, []string{"panic: odd"}},
	} {
		got, err := ending(c.ctx, c.err)
		status := statusOK
		if err != nil {
			status = statusOf(err)
		}
		if got != c.want || status != c.status {
			t.Errorf("%v: %s, status %d (%v); want %s, %d", c.err, got, status, err, c.want, c.status)
		}
		for _, text := range c.texts {
			if !strings.Contains(fmt.Sprint(err), text) {
				t.Errorf("%v: no word of %q", err, text)
			}
		}
	}
}

// TestMessages: of errors that were joined each has a line of its own, once; one that only mentions several stays whole.
func TestMessages(t *testing.T) {
	a, b := errors.New("a"), errors.New("b\nc")
	for _, tt := range []struct {
		err  error
		want []string
	}{
		{a, []string{"a"}}, {b, []string{"b\nc"}}, {errors.Join(a), []string{"a"}}, {errors.Join(a, errors.Join(b, a)), []string{"a", "b\nc"}},
		{fmt.Errorf("%w, %w", a, b), []string{"a, b\nc"}}, {usageError{errors.Join(a, b)}, []string{"a\nb\nc"}},
	} {
		if got := messages(tt.err); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.err, got, tt.want)
		}
	}
}
