package sched_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/internal/sched"
	"daxbench/engine/internal/sync"
)

// newWorld returns a World that the test's end kills.
func newWorld(t testing.TB, s sched.Strategy, o sched.Options) *sched.World {
	w := sched.New(s, o)
	t.Cleanup(w.Kill)
	return w
}

// sleeper is a wait table with a task's most common way to use it.
type sleeper struct {
	t     testing.TB
	waits *sync.WaitTable
}

func newSleeper(t testing.TB) sleeper { return sleeper{t, sync.NewWaitTable(1)} }

// sleep sleeps for d, or until key 1 is woken if that is sooner.
func (s sleeper) sleep(d time.Duration) error {
	_, err := s.waits.SleepUntil(s.t.Context(), s.waits.Arm(1), sync.Now().Add(d))
	return err
}

func (s sleeper) sleepForEver() { s.waits.Sleep(s.t.Context(), s.waits.Arm(1)) }

func TestEnds(t *testing.T) {
	boom := errors.New("boom")
	var x sync.Uint32
	var w *sched.World
	for _, tt := range []struct {
		name    string
		tasks   []func(sleeper)
		timers  sched.Timers
		end     sched.End
		steps   int
		blocked []sched.TaskID
		err     string
		is      error
	}{
		{name: "no task"},
		{name: "done", tasks: []func(sleeper){func(sleeper) { x.Load() }, func(sleeper) {}}, steps: 3},
		{name: "a wait that ends by its deadline", tasks: []func(sleeper){func(s sleeper) {
			if err := s.sleep(time.Hour); !errors.Is(err, sync.ErrDeadline) {
				panic(err)
			}
		}}, steps: 6}, // Arm: lock, unlock; sleep; Disarm: lock, unlock
		{name: "deadlock", tasks: []func(sleeper){func(sleeper) {}, sleeper.sleepForEver},
			end: sched.Deadlock, steps: 4, blocked: []sched.TaskID{1}, err: "deadlock: every unfinished task is blocked"},
		{name: "a wait that would end by its deadline", tasks: []func(sleeper){func(s sleeper) { s.sleep(time.Hour) }}, timers: sched.Never,
			end: sched.Deadlock, steps: 3, blocked: []sched.TaskID{0}, err: "deadlock: every unfinished task is blocked"},
		{name: "livelock", tasks: []func(sleeper){func(sleeper) {
			for {
				x.Load()
			}
		}}, end: sched.Livelock, steps: 100, err: "livelock: no end after 100 steps"},
		{name: "one that spins for ever", tasks: []func(sleeper){func(sleeper) {
			for {
				sync.Pause()
			}
		}, sleeper.sleepForEver}, end: sched.Livelock, steps: 100, blocked: []sched.TaskID{1}, err: "livelock: no end after 100 steps"},
		{name: "panic", tasks: []func(sleeper){func(sleeper) { x.Load(); panic(boom) }, sleeper.sleepForEver},
			end: sched.Panic, steps: 2, err: "t0: task 0: panic: boom", is: boom},
		{name: "runtime error", tasks: []func(sleeper){func(sleeper) { *(*int)(nil) = 1 }},
			end: sched.Panic, steps: 1, err: "t0: task 0: panic: runtime error: invalid memory address or nil pointer dereference"},
		{name: "fail", tasks: []func(sleeper){func(sleeper) { w.Fail(boom); w.Fail(nil); x.Load(); panic("this is a step too many") }},
			end: sched.Failed, steps: 1, err: "boom", is: boom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSleeper(t)
			w = newWorld(t, sched.InOrder(), sched.Options{MaxSteps: 100, Timers: tt.timers})
			for i, fn := range tt.tasks {
				w.Go(fmt.Sprint("t", i), func() { fn(s) })
			}
			r := w.Run()
			if r.End != tt.end || r.Steps != tt.steps || len(r.Trace) != tt.steps || !slices.Equal(r.Blocked, tt.blocked) {
				t.Errorf("%v after %d steps %v, blocked %v; want %v, %d, %v", r.End, r.Steps, r.Trace, r.Blocked, tt.end, tt.steps, tt.blocked)
			}
			if got := fmt.Sprint(r.Err); r.Err == nil && tt.err != "" || r.Err != nil && got != tt.err || tt.is != nil && !errors.Is(r.Err, tt.is) {
				t.Errorf("error %v, want %q", r.Err, tt.err)
			}
			if wantStack := strings.Contains(tt.err, "runtime error"); wantStack != strings.Contains(string(r.Stack), "TestEnds") {
				t.Errorf("stack %q", r.Stack)
			}
		})
	}
}

// TestTasksAddTasks has a tree of tasks grow while it runs.
func TestTasksAddTasks(t *testing.T) {
	w := newWorld(t, sched.Random(1), sched.Options{})
	var n sync.Uint32
	var grow func(depth int) func()
	grow = func(depth int) func() {
		return func() {
			self := w.Current()
			n.Add(1)
			if depth < 4 {
				w.Go("left", grow(depth+1))
				n.Load()
				w.Go("right", grow(depth+1))
			}
			if w.Current() != self || w.Returned(self) {
				t.Errorf("task %d runs as %d", self, w.Current())
			}
		}
	}
	w.Go("root", grow(0))
	if r := w.Run(); r.Err != nil || n.Load() != 31 || w.Tasks() != 31 {
		t.Errorf("%d of %d tasks ran, want 31: %v", n.Load(), w.Tasks(), r.Err)
	}
	if w.Name(0) != "root" || w.Name(2) == "root" || w.Name(sched.Clock) != "clock" || w.Name(sched.NoTask) != "nobody" || !w.Returned(30) || w.Current() != sched.NoTask {
		t.Error("names or states are wrong after the run")
	}
}

// TestKillUnwinds leaves tasks in every state, and wants their deferred
// functions run and their goroutines gone.
func TestKillUnwinds(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newSleeper(t)
	var mu sync.Mutex
	var x sync.Uint32
	unwound := 0
	w := sched.New(sched.InOrder(), sched.Options{})
	for range 3 { // the World can be used again after Kill
		unwound = 0
		w.Reset(sched.InOrder())
		for _, fn := range []func(){
			func() { mu.Lock(); defer mu.Unlock(); s.sleepForEver() },
			func() { mu.Lock() },
			func() {
				defer func() { x.Load(); x.Load() }() // dies at the first
				s.sleep(time.Hour)
			},
			func() {
				for {
					func() {
						defer func() { recover() }() // whoever swallows the unwinding meets it again
						sync.Pause()
					}()
					sync.Pause()
				}
			},
			func() {},
		} {
			w.Go("", func() { defer func() { unwound++ }(); fn() })
		}
		if left := w.Settle(); !slices.Equal(left, []sched.TaskID{0, 1, 2, 3}) {
			t.Errorf("%v have not returned, want the first four", left)
		}
		w.Go("has not begun", func() { t.Error("Kill began a task") })
		w.Kill()
		if unwound != 5 || !mu.TryLock() {
			t.Fatalf("%d of 5 tasks unwound, or the lock is still held", unwound)
		}
		mu.Unlock()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, had %d", runtime.NumGoroutine(), before)
}

// TestGoexit lets a task end its goroutine, as t.FailNow does: the caller of
// Run ends likewise, the others are unwound, and the World can be used again.
func TestGoexit(t *testing.T) {
	w := newWorld(t, sched.InOrder(), sched.Options{})
	var x sync.Uint32
	unwound, ended := false, make(chan bool)
	go func() {
		defer close(ended)
		defer w.Kill()
		w.Go("", func() { defer func() { unwound = true }(); sync.Pause(); x.Load() })
		w.Go("", func() { x.Load(); runtime.Goexit() })
		w.Run()
		t.Error("Run returned")
	}()
	<-ended
	if !unwound || !sync.Free() {
		t.Errorf("unwound: %t, scheduler gone: %t", unwound, sync.Free())
	}
	w.Reset(sched.InOrder())
	w.Go("", func() { x.Load() })
	if r := w.Run(); r.End != sched.Done || r.Steps != 2 {
		t.Errorf("then a run ends %v after %d steps", r.End, r.Steps)
	}
}

// TestResetAllocatesNothing is what makes short runs cheap.
func TestResetAllocatesNothing(t *testing.T) {
	random, pct := sched.Random(0), sched.PCT(0, 3, 20)
	w := newWorld(t, random, sched.Options{})
	var x sync.Uint32
	count := func() { x.Add(1); sync.Pause(); x.Add(1) }
	seed := uint64(0)
	run := func() {
		seed++
		random.Reset(seed)
		pct.Reset(seed)
		for _, s := range []sched.Strategy{random, pct} {
			w.Reset(s)
			for range 4 {
				w.Go("count", count)
			}
			w.Run()
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("%v allocations per run", n)
	}
}
