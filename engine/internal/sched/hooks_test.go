package sched_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"daxbench/engine/internal/sched"
	"daxbench/engine/internal/sync"
)

// TestOnStep compares what the hook sees with the trace; its yield points are
// not steps.
func TestOnStep(t *testing.T) {
	var x sync.Uint32
	var seen []sched.TaskID
	w := newWorld(t, sched.Random(3), sched.Options{OnStep: func(id sched.TaskID) {
		if x.Load(); x.Load() > 4 {
			panic("x is counted twice")
		}
		seen = append(seen, id)
	}})
	for range 2 {
		w.Go("", func() { x.Add(1); x.Add(1) })
	}
	if r := w.Run(); r.Steps != 6 || !slices.Equal(seen, r.Trace) {
		t.Errorf("saw %v, trace %v", seen, r.Trace)
	}
}

// TestOnStepFails ends a run from the hook, before the step that it was told of.
func TestOnStepFails(t *testing.T) {
	var w *sched.World
	var x sync.Uint32
	w = newWorld(t, sched.InOrder(), sched.Options{OnStep: func(sched.TaskID) {
		if x.Load() == 2 {
			w.Fail(errors.New("x is 2"))
		}
	}})
	w.Go("", func() { x.Add(1); x.Add(1); x.Add(1) })
	if r := w.Run(); r.End != sched.Failed || r.Steps != 4 || x.Load() != 2 {
		t.Errorf("%v after %d steps, x = %d", r.End, r.Steps, x.Load())
	}
}

// TestHookPanics expects a hook's panic out of Run, and not as a task's.
func TestHookPanics(t *testing.T) {
	for at := range 4 { // the first and the last choice are made outside of tasks, the others within
		w := newWorld(t, sched.InOrder(), sched.Options{OnStep: func(sched.TaskID) {
			if at--; at < 0 {
				panic("hook")
			}
		}})
		var x sync.Uint32
		w.Go("", func() { sync.Pause(); x.Load(); t.Error("a task went on after the hook's panic") })
		w.Go("", func() { x.Load() })
		func() {
			defer func() {
				if r := recover(); r != "hook" {
					t.Errorf("recovered %v", r)
				}
			}()
			r := w.Run()
			t.Errorf("Run returned %v", r.Err)
		}()
		if !sync.Free() {
			t.Fatal("the scheduler is still installed")
		}
		at = 1 << 30
		w.Reset(sched.InOrder())
		w.Go("", func() { x.Load() })
		if r := w.Run(); r.End != sched.Done || r.Steps != 2 {
			t.Errorf("the next run ends %v after %d steps", r.End, r.Steps)
		}
	}
}

// TestDo looks at what tasks left in the middle of something.
func TestDo(t *testing.T) {
	s := newSleeper(t)
	var mu sync.Mutex
	var x sync.Uint32
	w := newWorld(t, sched.InOrder(), sched.Options{MaxSteps: 50})
	w.Go("", func() { mu.Lock(); x.Store(7); s.sleepForEver() })
	if err := w.Do(func() { x.Store(1) }); err != nil {
		t.Error(err)
	}
	w.Settle()
	start := w.Now()
	for _, tt := range []struct {
		name, want string
		fn         func()
	}{
		{"read", "<nil>", func() { must(x.Load() == 7 && w.Current() == sched.NoTask) }},
		{"sleep", "<nil>", func() { s.sleep(time.Minute); must(w.Now().Sub(start) == time.Minute) }},
		{"a held lock", "panic: blocked, with nobody left to wait for", func() { mu.Lock() }},
		{"sleep for ever", "panic: blocked, with nobody left to wait for", s.sleepForEver},
		{"spin", "livelock: no end after 50 steps", func() {
			for {
				sync.Pause()
			}
		}},
		{"panic", "panic: at the disco", func() { panic("at the disco") }},
		{"fail", "failed", func() { w.Fail(errors.New("failed")) }},
		{"go on after that", "<nil>", func() { x.Load() }},
	} {
		if err := w.Do(tt.fn); fmt.Sprint(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	if w.Steps() != 5 {
		t.Errorf("%d steps, want only the task's 5", w.Steps())
	}
}

func must(ok bool) {
	if !ok {
		panic("a condition does not hold")
	}
}
