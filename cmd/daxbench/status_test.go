package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"daxbench/engine/pmem"
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
		{errors.Join(signalError{syscall.SIGINT}, full), 130},
		{signalError{syscall.SIGTERM}, 143},
		{&badAnswer{"violation"}, 1},
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
		s := session{folder: &record.Folder{Manifest: record.Manifest{Cells: []record.Record{
			{Round: 3, Name: "A/policy=" + c.policy, Policy: c.policy, Outcome: c.outcome},
		}}}}
		err := s.answer()
		var bad *badAnswer
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %s: %v, want %q", c.policy, c.outcome, err, c.want)
		}
	}
}
