package sched_test

import (
	"fmt"
	"slices"
	"testing"

	"daxbench/engine/internal/sched"
	"daxbench/engine/internal/sync"
)

// TestReplay takes every trace again, exactly; and the same seed gives the same
// trace, as another does not.
func TestReplay(t *testing.T) {
	for _, s := range strategies {
		for _, timers := range []sched.Timers{sched.WhenIdle, sched.AnyTime} {
			different := map[string]bool{}
			for seed := range uint64(50) {
				run := func(strategy sched.Strategy) (sched.Result, string) {
					w := newWorld(t, strategy, sched.Options{Timers: timers})
					defer w.Kill()
					lostWake(w, t, false)
					sl := newSleeper(t)
					w.Go("timer", func() { sl.sleep(1); sync.Pause(); sl.sleep(1) })
					r := w.Run()
					return r, fmt.Sprint(r.End, r.Trace, r.Blocked, w.Now())
				}
				first, want := run(s.new(seed))
				different[want] = true
				if _, got := run(s.new(seed)); got != want {
					t.Errorf("strategy %s, seed %d, again: %s, want %s", s.name, seed, got, want)
				}
				replay := sched.Replay(slices.Clone(first.Trace))
				if _, got := run(replay); got != want || replay.Err() != nil {
					t.Errorf("strategy %s, seed %d, replayed: %s, want %s: %v", s.name, seed, got, want, replay.Err())
				}
			}
			if n := len(different); n == 1 != (s.name == "in-order") {
				t.Errorf("strategy %s: %d different runs for 50 seeds", s.name, n)
			}
		}
	}
}

// TestReplayErr replays traces that are not the run's.
func TestReplayErr(t *testing.T) {
	for _, tt := range []struct {
		trace []sched.TaskID
		want  string
	}{
		{[]sched.TaskID{0, 1, 0, 1}, "<nil>"},
		{[]sched.TaskID{0, 1}, "the run went on for 2 steps after the trace's 2"},
		{[]sched.TaskID{0, 0, 0, 1, 1}, "step 2 of the trace: task 0 cannot run"},
		{[]sched.TaskID{0, 0, 1, 1, 1}, "the run ended after 4 of the trace's 5 steps"},
	} {
		r := sched.Replay(tt.trace)
		w := newWorld(t, r, sched.Options{})
		var x sync.Uint32
		for range 2 {
			w.Go("", func() { x.Load() })
		}
		if res := w.Run(); res.End != sched.Done || res.Steps != 4 || fmt.Sprint(r.Err()) != tt.want {
			t.Errorf("%v: %v after %d steps, %v; want %s", tt.trace, res.End, res.Steps, r.Err(), tt.want)
		}
	}
}

// TestShrink shrinks what random schedules found to what a person would write
// down: one switch at the wrong moment, or two.
func TestShrink(t *testing.T) {
	for _, tt := range []struct {
		name     string
		set      func(*sched.World)
		end      sched.End
		switches int // that cannot be done without
	}{
		{"lost update", lostUpdate, sched.Panic, 2},
		{"lost wake", func(w *sched.World) { lostWake(w, t, false) }, sched.Deadlock, 1},
	} {
		shrunk := 0
		for seed := uint64(0); shrunk < 20; seed++ {
			w := newWorld(t, sched.Random(seed), sched.Options{})
			tt.set(w)
			r := w.Run()
			if r.End != tt.end {
				w.Kill()
				continue
			}
			shrunk++
			calls := 0
			fails := func(trace []sched.TaskID) bool {
				calls++
				w.Reset(sched.Replay(trace))
				tt.set(w)
				return w.Run().End == tt.end
			}
			long := slices.Clone(r.Trace)
			short := sched.Shrink(long, fails)
			if !fails(short) {
				t.Errorf("%s, seed %d: %v does not fail", tt.name, seed, short)
			}
			if n := sched.Switches(short); n > tt.switches || len(short) > len(long) {
				t.Errorf("%s, seed %d: %v has %d switches, want %d", tt.name, seed, short, n, tt.switches)
			}
			if calls > 2000 {
				t.Errorf("%s, seed %d: %d replays", tt.name, seed, calls)
			}
			w.Kill()
		}
	}
}

// TestShrinkChanges has for each change a failure that takes just that one.
func TestShrinkChanges(t *testing.T) {
	count := func(trace []sched.TaskID, id sched.TaskID) (n int) {
		for _, got := range trace {
			if got == id {
				n++
			}
		}
		return n
	}
	for _, tt := range []struct {
		name        string
		trace, want []sched.TaskID
		fails       func([]sched.TaskID) bool
	}{
		{"cut", []sched.TaskID{0, 0, 0, 0, 0}, []sched.TaskID{0, 0, 0}, func(try []sched.TaskID) bool { return len(try) >= 3 }},
		{"join", []sched.TaskID{0, 1, 0, 1, 0}, []sched.TaskID{0, 0, 0, 1, 1}, func(try []sched.TaskID) bool { return len(try) == 5 && try[0] == 0 }},
		{"join the other way", []sched.TaskID{1, 0, 1, 2}, []sched.TaskID{0, 1, 1, 2}, func(try []sched.TaskID) bool { return len(try) == 4 && try[2] == 1 }},
		{"leave out", []sched.TaskID{0, 1, 2}, []sched.TaskID{0, 2}, func(try []sched.TaskID) bool { return count(try, 0) == 1 && count(try, 2) == 1 }},
		{"nothing", []sched.TaskID{0, 1}, []sched.TaskID{0, 1}, func(try []sched.TaskID) bool { return len(try) == 2 && try[0] == 0 }},
		{"all", []sched.TaskID{0, 1, 0}, nil, func([]sched.TaskID) bool { return true }},
	} {
		before := slices.Clone(tt.trace)
		if got := sched.Shrink(tt.trace, tt.fails); !slices.Equal(got, tt.want) || !slices.Equal(tt.trace, before) {
			t.Errorf("%s: %v became %v, want %v", tt.name, before, got, tt.want)
		}
	}
}
