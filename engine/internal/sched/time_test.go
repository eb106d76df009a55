package sched_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"daxbench/engine/internal/sched"
	"daxbench/engine/internal/sync"
)

// TestTimersFireInOrder has tasks go to sleep in another order than that of
// their deadlines, under every strategy.
func TestTimersFireInOrder(t *testing.T) {
	for _, s := range strategies {
		for seed := range uint64(20) {
			w := newWorld(t, s.new(seed), sched.Options{})
			sl := newSleeper(t)
			start := w.Now()
			var woke []time.Duration
			for _, d := range []time.Duration{30, 10, 20, 10, 0, 40} {
				w.Go("", func() {
					sl.sleep(d * time.Second)
					woke = append(woke, sync.Now().Sub(start)/time.Second)
				})
			}
			r := w.Run()
			if want := []time.Duration{0, 10, 10, 20, 30, 40}; r.Err != nil || !slices.Equal(woke, want) {
				t.Errorf("strategy %s, seed %d: woke at %d, want %d: %v", s.name, seed, woke, want, r.Err)
			}
		}
	}
}

// TestTimers lets a task with a deadline race with one that works: only where
// the clock is a task like others can the deadline win.
func TestTimers(t *testing.T) {
	for _, tt := range []struct {
		timers sched.Timers
		want   []string
	}{
		{sched.WhenIdle, []string{"woken"}},
		{sched.AnyTime, []string{"deadline reached", "woken"}},
		{sched.Never, []string{"woken"}},
	} {
		dfs := &sched.DFS{Preemptions: -1}
		w := newWorld(t, dfs, sched.Options{Timers: tt.timers})
		seen := map[string]bool{}
		clocks := 0
		for more := true; more; more = dfs.Next() {
			w.Reset(dfs)
			sl := newSleeper(t)
			armed := sl.waits.Arm(1)
			w.Go("", func() {
				if _, err := sl.waits.SleepUntil(t.Context(), armed, sync.Now().Add(time.Second)); err != nil {
					seen[err.Error()] = true
				} else {
					seen["woken"] = true
				}
			})
			w.Go("", func() { sl.waits.Wake(1) })
			r := w.Run()
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if slices.Contains(r.Trace, sched.Clock) {
				clocks++
			}
		}
		var got []string
		for s := range seen {
			got = append(got, s)
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) || (clocks > 0) != (tt.timers == sched.AnyTime) {
			t.Errorf("timers %d: %q, clock in %d traces; want %q", tt.timers, got, clocks, tt.want)
		}
	}
}

// TestSettleAndAdvance drives tasks as a litmus scenario does.
func TestSettleAndAdvance(t *testing.T) {
	w := newWorld(t, sched.InOrder(), sched.Options{})
	sl := newSleeper(t)
	start := w.Now()
	var log []string
	say := func(what string) { log = append(log, fmt.Sprintf("%v %s", w.Now().Sub(start), what)) }
	var flag sync.Uint32
	w.Go("evictor", func() { sl.sleepForEver(); say("evicted") })
	w.Go("device", func() {
		sl.sleep(3 * time.Second)
		say("half")
		sl.sleep(3 * time.Second)
		say("unpin")
		flag.Store(1)
		sl.waits.Wake(1)
	})
	w.Go("spinner", func() {
		for flag.Load() == 0 {
			sync.Pause()
		}
		say("spun")
	})
	for _, tt := range []struct {
		advance time.Duration
		left    []sched.TaskID
		log     []string
	}{
		{0, []sched.TaskID{0, 1, 2}, nil},
		{2 * time.Second, []sched.TaskID{0, 1, 2}, nil},
		{1 * time.Second, []sched.TaskID{0, 1, 2}, []string{"3s half"}},
		{6 * time.Second, nil, []string{"6s unpin", "6s spun", "6s evicted"}},
	} {
		log = nil
		left := w.Settle()
		if tt.advance > 0 {
			left = w.Advance(tt.advance)
		}
		if !slices.Equal(left, tt.left) || !slices.Equal(log, tt.log) {
			t.Errorf("after %v: left %v, log %q; want %v, %q", w.Now().Sub(start), left, log, tt.left, tt.log)
		}
		for _, id := range left {
			if !w.Blocked(id) || w.Returned(id) {
				t.Errorf("after %v: task %s is left and not blocked", w.Now().Sub(start), w.Name(id))
			}
		}
	}
	if now := w.Now().Sub(start); now != 9*time.Second || w.Err() != nil {
		t.Errorf("it is %v, want 9s: %v", now, w.Err())
	}
	w.Go("late", func() { say("late") })
	if left := w.Settle(); len(left) != 0 || !slices.Contains(log, "9s late") {
		t.Errorf("a task that was added later: left %v, log %q", left, log)
	}
}

// TestClockIsNotAnOrdinaryTask wants that who is woken by the clock runs before
// it moves on once more, where the strategy does not go out of its way.
func TestClockIsNotAnOrdinaryTask(t *testing.T) {
	set := func(w *sched.World) (woke []time.Duration) {
		sl := newSleeper(t)
		start := w.Now()
		for d := range 3 {
			w.Go("", func() {
				sl.sleep(time.Duration(d+1) * time.Second)
				woke = append(woke, w.Now().Sub(start)/time.Second)
			})
		}
		if r := w.Run(); r.Err != nil {
			t.Error(r.Err)
		}
		return woke
	}
	want := []time.Duration{1, 2, 3}
	if woke := set(newWorld(t, sched.InOrder(), sched.Options{Timers: sched.AnyTime})); !slices.Equal(woke, want) {
		t.Errorf("in order: woke at %d, want %d", woke, want)
	}
	dfs := new(sched.DFS)
	w := newWorld(t, dfs, sched.Options{Timers: sched.AnyTime})
	for found := false; !found; {
		w.Reset(dfs)
		found = slices.Equal(set(w), want)
		if !dfs.Next() && !found {
			t.Error("no schedule without preemptions has the tasks wake in time")
			break
		}
	}
	if w.Reset(dfs); !w.Now().Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("after Reset it is %v", w.Now())
	}
}

// TestSettleEndsOnPanic keeps a broken scenario from going on.
func TestSettleEndsOnPanic(t *testing.T) {
	w := newWorld(t, sched.InOrder(), sched.Options{})
	sl := newSleeper(t)
	w.Go("", func() { sl.sleep(time.Second); panic("boom") })
	w.Go("", func() { sl.sleep(2 * time.Second); t.Error("went on after the panic") })
	start := w.Now()
	left := w.Advance(time.Minute)
	if w.Err() == nil || !slices.Equal(left, []sched.TaskID{1}) || w.Now().Sub(start) != time.Second {
		t.Errorf("error %v, left %v at %v", w.Err(), left, w.Now().Sub(start))
	}
}

// TestSpinnersLetOthersRun has two tasks spin for a third that needs many
// steps, and sleeps in between: nobody may keep it out, and time must pass.
func TestSpinnersLetOthersRun(t *testing.T) {
	for _, s := range strategies {
		for seed := range uint64(200) {
			timers := sched.Timers(seed % 2)
			w := newWorld(t, s.new(seed/2), sched.Options{MaxSteps: 2000, Timers: timers})
			sl := newSleeper(t)
			var flag sync.Uint32
			spin := func() {
				for flag.Load() == 0 {
					sync.Pause()
				}
			}
			w.Go("", spin)
			w.Go("", spin)
			w.Go("", func() {
				sync.Pause()
				for range 100 {
					flag.Load()
				}
				sl.sleep(time.Second)
				flag.Store(1)
			})
			if r := w.Run(); r.Err != nil {
				t.Fatalf("strategy %s, seed %d, timers %d: %v", s.name, seed/2, timers, r.Err)
			} else if s.name == "pct" && r.Steps > 300 {
				t.Errorf("strategy %s, seed %d, timers %d: %d steps", s.name, seed/2, timers, r.Steps)
			}
			w.Kill()
		}
	}
}

// TestSpinnersSeeBeforeTimePasses: what a task does at a moment, a spinner sees
// at that moment, whether the task then returns, sleeps, or has others go on.
func TestSpinnersSeeBeforeTimePasses(t *testing.T) {
	for name, then := range map[string]func(*sched.World, sleeper){
		"return": func(*sched.World, sleeper) {},
		"sleep":  func(_ *sched.World, s sleeper) { s.sleep(time.Minute) },
		"go":     func(w *sched.World, s sleeper) { w.Go("", func() { s.sleep(time.Minute) }) },
	} {
		for seed := range uint64(20) {
			w := newWorld(t, sched.Random(seed), sched.Options{})
			sl := newSleeper(t)
			start := w.Now()
			var flag sync.Uint32
			w.Go("", func() {
				for flag.Load() == 0 {
					sync.Pause()
				}
				if d := w.Now().Sub(start); d != time.Second {
					panic(fmt.Sprintf("saw it after %v", d))
				}
			})
			w.Go("", func() {
				sl.sleep(time.Second)
				for range 100 { // the spinner goes round many times
					flag.Load()
				}
				flag.Store(1)
				then(w, sl)
			})
			w.Go("", func() { sl.sleep(time.Hour) })
			if r := w.Run(); r.Err != nil {
				t.Errorf("%s, seed %d: %v", name, seed, r.Err)
			}
		}
	}
}
