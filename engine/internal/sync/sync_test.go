//lint:file-ignore SA2001 pairs of Lock and Unlock with nothing in between are what is counted and timed here

package sync_test

import (
	"context"
	"errors"
	"runtime"
	gosync "sync"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/internal/sync"
)

// TestRWSemExcludes lets readers and writers at one counter pair that only a
// writer may see unequal.
func TestRWSemExcludes(t *testing.T) {
	waits := sync.NewWaitTable(4)
	s := new(sync.RWSem)
	var a, b, torn int
	var wg gosync.WaitGroup
	const writers, readers, rounds = 3, 3, 2000
	for range writers {
		wg.Go(func() {
			for i := range rounds {
				if i%3 == 0 {
					for !s.TryLock() {
						runtime.Gosched()
					}
				} else {
					s.Lock(waits)
				}
				a++
				runtime.Gosched()
				b++
				s.Unlock(waits)
			}
		})
	}
	for range readers {
		wg.Go(func() {
			for i := range rounds {
				if i%3 == 0 {
					for !s.TryRLock() {
						runtime.Gosched()
					}
				} else {
					s.RLock(waits)
				}
				if a != b {
					torn++ // racy only if the semaphore is broken
				}
				s.RUnlock(waits)
			}
		})
	}
	wg.Wait()
	if a != writers*rounds || b != a || torn != 0 {
		t.Errorf("a = %d, b = %d, torn reads = %d; want %d, %[1]d, 0", a, b, torn, writers*rounds)
	}
}

// TestRWSemWriterIsNotStarved keeps the semaphore read-held by overlapping
// readers and expects a writer to get in all the same.
func TestRWSemWriterIsNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sync.RWSem)
		waits := sync.NewWaitTable(1)
		stop := make(chan struct{})
		var wg gosync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				for {
					select {
					case <-stop:
						return
					default:
					}
					s.RLock(waits)
					time.Sleep(10 * time.Millisecond)
					s.RUnlock(waits)
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		start := time.Now()
		s.Lock(waits)
		if waited := time.Since(start); waited > 20*time.Millisecond {
			t.Errorf("the writer waited %v behind readers who hold for 10ms", waited)
		}
		s.Unlock(waits)
		close(stop)
		wg.Wait()
	})
}

func TestWaitTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := sync.NewWaitTable(1) // one queue: all keys collide
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		results := make(chan error, 3)
		sleep := func(key uint64, ctx context.Context) {
			w := waits.Arm(key)
			s, err := waits.Sleep(ctx, w)
			if s.Total != time.Second {
				t.Errorf("key %d slept %v, want 1s", key, s.Total)
			}
			results <- err
		}
		go sleep(1, t.Context())
		go sleep(1, t.Context())
		time.Sleep(time.Second)
		if n := waits.Wake(2); n != 0 {
			t.Errorf("Wake(2) woke %d waiters for key 1", n)
		}
		if n := waits.Wake(1); n != 2 {
			t.Errorf("Wake(1) woke %d, want 2", n)
		}
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		go sleep(3, ctx)
		time.Sleep(time.Second)
		cancel(gone)
		if err := <-results; err != gone {
			t.Errorf("a cancelled sleep returned %v, want its cause", err)
		}
		if n := waits.Wake(3); n != 0 {
			t.Errorf("the cancelled waiter is still queued (%d)", n)
		}
	})
}

// TestWakeBeforeSleepIsKept is the window between test and sleep.
func TestWakeBeforeSleepIsKept(t *testing.T) {
	waits := sync.NewWaitTable(2)
	w := waits.Arm(7)
	waits.Wake(7)
	if _, err := waits.Sleep(t.Context(), w); err != nil {
		t.Error(err)
	}
	w = waits.Arm(7)
	waits.Wake(7)
	waits.Disarm(w) // the token must not stay for the next user of the waiter
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := waits.Sleep(ctx, waits.Arm(7)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an old wake-up ended a new sleep: %v", err)
	}
}

type countingScheduler struct{ yields, blocks int }

func (c *countingScheduler) Yield()         { c.yields++ }
func (c *countingScheduler) Pause()         {}
func (c *countingScheduler) Now() time.Time { return time.Now() }
func (c *countingScheduler) Block(ready func() bool, _ time.Time) {
	c.blocks++
	for !ready() {
		runtime.Gosched()
	}
}

// TestYieldPoints counts what a scheduler sees of each kind of operation.
func TestYieldPoints(t *testing.T) {
	var c countingScheduler
	var x sync.Uint32
	var y sync.Uint64
	var m sync.Mutex
	s := new(sync.RWSem)
	waits := sync.NewWaitTable(1)
	for _, tt := range []struct {
		name string
		op   func()
		want int
	}{
		{"load", func() { x.Load() }, 1},
		{"add", func() { y.Add(1) }, 1},
		{"store", func() { x.Store(1) }, 1},
		{"mutex", func() { m.Lock(); m.Unlock() }, 2},
		{"write semaphore", func() { s.Lock(waits); s.Unlock(waits) }, 3},
		{"read semaphore", func() { s.RLock(waits); s.RUnlock(waits) }, 4},
	} {
		c = countingScheduler{}
		restore := sync.Use(&c)
		tt.op()
		restore()
		if c.yields != tt.want {
			t.Errorf("%s: %d yield points, want %d", tt.name, c.yields, tt.want)
		}
	}
	x.Load()
	if c.yields != 4 {
		t.Error("the scheduler was called after it had been taken away")
	}
}

func BenchmarkLock(b *testing.B) {
	waits := sync.NewWaitTable(1)
	b.Run("lock=mutex", func(b *testing.B) {
		var m sync.Mutex
		for b.Loop() {
			m.Lock()
			m.Unlock()
		}
	})
	b.Run("lock=rwsem-write", func(b *testing.B) {
		s := new(sync.RWSem)
		for b.Loop() {
			s.Lock(waits)
			s.Unlock(waits)
		}
	})
	b.Run("lock=std-rwmutex-write", func(b *testing.B) {
		var m gosync.RWMutex
		for b.Loop() {
			m.Lock()
			m.Unlock()
		}
	})
}
