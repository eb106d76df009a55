package enginetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"daxbench/engine/enginetest"
	"daxbench/engine/internal/sync"
)

// scenes of one kind or another, each with what Explore must say of it.
var scenes = []struct {
	name string
	make func() enginetest.Scene
	ends bool   // by deadlines
	err  string // how the error begins; empty: none in any schedule
}{
	{name: "nothing to do", make: func() enginetest.Scene { return enginetest.Scene{Check: fine} }},
	{name: "two counters", make: func() enginetest.Scene {
		var x sync.Uint32
		return enginetest.Scene{Tasks: []func(){count(&x), count(&x)}, Check: func() error { return want(&x, 2) }}
	}},
	{name: "lost update", make: func() enginetest.Scene {
		var x sync.Uint32
		lose := func() { x.Store(x.Load() + 1) }
		return enginetest.Scene{Tasks: []func(){lose, lose}, Check: func() error { return want(&x, 2) }}
	}, err: "x is 1, want 2"},
	{name: "ABBA", make: func() enginetest.Scene {
		var a, b sync.Mutex
		n := 0 // guarded by both
		both := func(a, b *sync.Mutex) func() {
			return func() { a.Lock(); b.Lock(); n++; b.Unlock(); a.Unlock() }
		}
		return enginetest.Scene{Tasks: []func(){both(&a, &b), both(&b, &a)}, Check: fine}
	}, err: "deadlock: every unfinished task is blocked"},
	{name: "a task that does not end", make: func() enginetest.Scene {
		return enginetest.Scene{Tasks: []func(){func() { spin() }}, Check: fine}
	}, err: "livelock: no end after 20000 steps"},
	{name: "a check that does not end", make: func() enginetest.Scene {
		return enginetest.Scene{Check: func() error { spin(); return nil }}
	}, err: "check: livelock: no end after 20000 steps"},
	{name: "a check that waits", make: func() enginetest.Scene {
		waits := sync.NewWaitTable(1)
		return enginetest.Scene{Check: func() error {
			_, err := waits.Sleep(context.Background(), waits.Arm(1))
			return err
		}}
	}, err: "check: panic: blocked, with nobody left to wait for"},
	{name: "a check that panics", make: func() enginetest.Scene {
		return enginetest.Scene{Check: func() error { panic("boom") }}
	}, err: "check: panic: boom"},
	{name: "a task that panics", make: func() enginetest.Scene {
		return enginetest.Scene{Tasks: []func(){func() {}, func() { panic("boom") }}, Check: fine}
	}, err: "task 1: panic: boom"},
	{name: "a wait with a deadline", make: waitForAnHour, ends: true},
	{name: "a wait that only its deadline ends", make: waitForAnHour, err: "deadlock: every unfinished task is blocked"},
}

func waitForAnHour() enginetest.Scene {
	waits := sync.NewWaitTable(1)
	return enginetest.Scene{Tasks: []func(){func() {
		_, err := waits.SleepUntil(context.Background(), waits.Arm(1), sync.Now().Add(time.Hour))
		if !errors.Is(err, sync.ErrDeadline) {
			panic(fmt.Sprint("the sleep ended with ", err))
		}
	}}, Check: fine}
}

func fine() error { return nil }

func count(x *sync.Uint32) func() { return func() { x.Add(1) } }

func want(x *sync.Uint32, want uint32) error {
	if got := x.Load(); got != want {
		return fmt.Errorf("x is %d, want %d", got, want)
	}
	return nil
}

func spin() {
	for {
		sync.Pause()
	}
}

func TestExplore(t *testing.T) {
	for _, tt := range scenes {
		t.Run(tt.name, func(t *testing.T) {
			e := enginetest.Explore(enginetest.Bound{Schedules: 1000, Preemptions: -1, Deadlines: tt.ends}, tt.make)
			switch {
			case tt.err == "" && (e.Err != nil || !e.Exhausted):
				t.Errorf("error %v, exhausted %t", e.Err, e.Exhausted)
			case tt.err != "" && (e.Err == nil || !strings.HasPrefix(e.Err.Error(), tt.err)):
				t.Errorf("error %v, want %s", e.Err, tt.err)
			}
			if !sync.Free() {
				t.Fatal("the scheduler is still installed")
			}
		})
	}
}

// TestExploreBound wants the bounds kept, and the trace of what is bad.
func TestExploreBound(t *testing.T) {
	counters, losers := scenes[1].make, scenes[2].make
	for _, tt := range []struct {
		name      string
		make      func() enginetest.Scene
		bound     enginetest.Bound
		schedules int
		exhausted bool
		trace     string
	}{
		{"all", counters, enginetest.Bound{Schedules: 100, Preemptions: -1}, 6, true, "[]"}, // 4 over 2
		{"as many as there are", counters, enginetest.Bound{Schedules: 6, Preemptions: -1}, 6, true, "[]"},
		{"some", counters, enginetest.Bound{Schedules: 5, Preemptions: -1}, 5, false, "[]"},
		{"no preemption", losers, enginetest.Bound{Schedules: 100}, 2, true, "[]"},
		{"one preemption", losers, enginetest.Bound{Schedules: 100, Preemptions: 1}, 2, false, "[0 0 1 1 1 0]"},
	} {
		e := enginetest.Explore(tt.bound, tt.make)
		if e.Schedules != tt.schedules || e.Exhausted != tt.exhausted || fmt.Sprint(e.Trace) != tt.trace {
			t.Errorf("%s: %d schedules, exhausted %t, trace %v; want %d, %t, %s", tt.name, e.Schedules, e.Exhausted, e.Trace, tt.schedules, tt.exhausted, tt.trace)
		}
	}
}

// TestExploreWantsDeterminism gives it a scene that changes from run to run.
func TestExploreWantsDeterminism(t *testing.T) {
	defer func() {
		if r := recover(); !strings.Contains(fmt.Sprint(r), "not deterministic") {
			t.Errorf("recovered %v", r)
		}
	}()
	n := 0
	enginetest.Explore(enginetest.Bound{Schedules: 100, Preemptions: -1}, func() enginetest.Scene {
		n++
		var x sync.Uint32
		return enginetest.Scene{Tasks: []func(){count(&x), count(&x), count(&x)}[:2+n%2], Check: fine}
	})
	t.Error("Explore returned")
}
