package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// TestOrder: between two processes of a group come those of the others, extra ones stand right after each of the usual, and none
// has the number of another.
func TestOrder(t *testing.T) {
	groups := []cells.Group{{Name: "a", Extra: 2}, {Name: "b"}, {Name: "c", Extra: 1}, {Name: "d", Once: true}}
	for blocks, want := range map[int]string{
		2: "a0 b0 c0 d0 a1 b1 c1",
		6: "a0 b0 c0 d0 a6 c6 a12 a1 b1 c1 a7 c7 a13 a2 b2 c2 a8 c8 a14 a3 b3 c3 a9 c9 a15 a4 b4 c4 a10 c10 a16 a5 b5 c5 a11 c11 a17",
	} {
		var ran []string
		run := func(_ context.Context, group string, number int) (map[string]table.Sample, error) {
			ran = append(ran, fmt.Sprint(group, number))
			return map[string]table.Sample{group: {Value: 1}}, nil
		}
		r := &Report{Blocks: blocks, Rounds: 30, Samples: map[string][]table.Sample{}}
		if err := r.measure(t.Context(), options{blocks: blocks}, groups, run, io.Discard); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ran, " "); got != want {
			t.Errorf("%d blocks: %s, want %s", blocks, got, want)
		}
		if text := r.processes(); strings.Contains(text, "18 of each group") != (blocks == 6) || !strings.Contains(text, "; 1 of what takes long") {
			t.Errorf("%d blocks: %q", blocks, text)
		}
	}
}

// TestOnceMore: a process that fails for reasons of the machine is tried once more, no other is, and the report says so.
func TestOnceMore(t *testing.T) {
	wrong := errors.New("a lookup that found nothing")
	for _, tt := range []struct {
		fails []error
		want  error
		calls int
	}{
		{[]error{errMachine}, nil, 2},
		{[]error{errMachine, errMachine}, errMachine, 2},
		{[]error{errMachine, wrong}, wrong, 2},
		{[]error{wrong}, wrong, 1},
	} {
		calls := 0
		run := func(context.Context, string, int) (map[string]table.Sample, error) {
			if calls++; calls <= len(tt.fails) {
				return nil, fmt.Errorf("peers: %w", tt.fails[calls-1])
			}
			return map[string]table.Sample{"a": {Value: 1}}, nil
		}
		r := &Report{Blocks: 1, Samples: map[string][]table.Sample{}}
		err := r.measure(t.Context(), options{blocks: 1}, []cells.Group{{Name: "a"}}, run, io.Discard)
		if !errors.Is(err, tt.want) || calls != tt.calls || (err == nil) != (len(r.Samples["a"]) == 1) {
			t.Errorf("%v: %v after %d calls, %v", tt.fails, err, calls, r.Samples)
		}
		if again := slices.Contains(tt.fails, errMachine); again != strings.Contains(r.processes(), "1 tried once more") {
			t.Errorf("%v: %q", tt.fails, r.processes())
		}
	}
}

// TestWhoIsToBlame for a process that ended badly: only one that says so, or was killed, is tried again.
func TestWhoIsToBlame(t *testing.T) {
	for script, want := range map[string]bool{
		fmt.Sprint("exit ", exitAgain): true, "kill -KILL $$": true, fmt.Sprint("exit ", exitFailed): false, "exit 2": false, "kill -TERM $$": false,
	} {
		if err := childError(exec.Command("sh", "-c", script).Run()); err == nil || errors.Is(err, errMachine) != want {
			t.Errorf("%s: %v", script, err)
		}
	}
	if !ofMachine(fmt.Errorf("hit: %w", turns.ErrCollected)) || ofMachine(errors.New("a lookup that found nothing")) {
		t.Error("who is to blame is mistaken")
	}
}
