package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/internal/bug"
	"daxbench/engine/lease"
	"daxbench/engine/vfs"
)

// recallDeadline is the engine's default.
const recallDeadline = time.Second

// A recall is a situation with a layout lease that comes back early, late or
// never, and the bugs with which it ends otherwise. It runs on a fake clock, so
// times are exact.
type recall struct {
	name    string
	catches []bug.Bug
	run     func(*leased) error
}

// leased is a file of four mapped pages with a lease on it.
type leased struct {
	t    *testing.T
	e    *engine.Engine
	in   *vfs.Inode
	task *vfs.Task // has a reference to in
	l    lease.Lease
}

// slowly takes so long to ask; the answer comes after half of that.
type slowly time.Duration

func (d slowly) Recall(l *lease.Lease) {
	returnAfter(d / 2).Recall(l)
	time.Sleep(time.Duration(d))
}

// never does not answer.
const never = returnAfter(1<<63 - 1)

var recalls = []recall{
	{
		name:    "a truncater waits for the answer",
		catches: []bug.Bug{bug.LeaseReturnNoWake, bug.TruncateSkipsLeases},
		run: func(f *leased) error {
			f.grant(returnAfter(300 * time.Millisecond))
			f.truncate(f.task, 1)
			return f.want(f.task, 300*time.Millisecond, vfs.Stats{Recalls: 1}, 1)
		},
	}, {
		name:    "a truncater fences a holder that does not answer",
		catches: []bug.Bug{bug.TruncateSkipsLeases},
		run: func(f *leased) error {
			f.grant(returnAfter(recallDeadline + 1))
			f.truncate(f.task, 1)
			if !f.l.Fenced() {
				return errors.New("blocks were freed, and the lease is not fenced")
			}
			err := f.want(f.task, recallDeadline, vfs.Stats{Recalls: 1, Fenced: 1}, 1)
			time.Sleep(recallDeadline)
			synctest.Wait()
			if !f.l.Fenced() || f.in.Leases().Len() != 0 {
				return errors.New("the answer after the fence was taken")
			}
			return err
		},
	}, {
		name:    "a truncater finds the file shorter after a recall",
		catches: []bug.Bug{bug.LeaseReturnNoWake, bug.TruncateSkipsLeases, bug.TruncateTrustsSize},
		run: func(f *leased) error {
			f.grant(slowly(500 * time.Millisecond)) // the answer is there before the question is over
			slow, fast := f.newTask(), f.newTask()
			f.together(
				func() { f.truncate(slow, 2) },
				func() { time.Sleep(100 * time.Millisecond); f.truncate(fast, 1) },
			)
			if free := f.e.FS().FreeBlockCount(); free+2 != f.total() {
				return fmt.Errorf("%d of %d blocks are free, the file has %d", free, f.total(), f.in.Pages())
			}
			slow.Stats.Add(&fast.Stats)
			return f.want(slow, 150*time.Millisecond, vfs.Stats{Recalls: 1}, 2)
		},
	}, {
		name:    "two truncaters and a holder that does not answer",
		catches: []bug.Bug{bug.TruncateSkipsLeases},
		run: func(f *leased) error {
			f.grant(never)
			a, b := f.newTask(), f.newTask()
			f.together(
				func() { f.truncate(a, 2) },
				func() { time.Sleep(recallDeadline / 2); f.truncate(b, 2) },
			)
			a.Stats.Add(&b.Stats)
			return f.want(a, recallDeadline+recallDeadline/2, vfs.Stats{Recalls: 1, Fenced: 1}, 2)
		},
	}, {
		name:    "a truncater that gives up leaves the file to the next",
		catches: []bug.Bug{bug.LeaseReturnNoWake, bug.TruncateSkipsLeases},
		run: func(f *leased) error {
			f.grant(returnAfter(300 * time.Millisecond))
			ctx, cancel := context.WithTimeout(f.t.Context(), 100*time.Millisecond)
			defer cancel()
			hasty := vfs.NewTask(ctx)
			var hung *vfs.HungError
			if err := f.e.Truncate(hasty, f.in, 0); !errors.As(err, &hung) || hung.After != 100*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("Truncate: %v, want a wait of 100ms for leases that was given up", err)
			}
			if f.in.Pages() != 4 || !f.l.Outstanding() {
				return fmt.Errorf("%d pages, lease outstanding %t: want what was", f.in.Pages(), f.l.Outstanding())
			}
			f.truncate(f.task, 1)
			return f.want(f.task, 200*time.Millisecond, vfs.Stats{}, 1) // it was recalled already
		},
	}, {
		name:    "a truncater whose time is over asks, but does not wait",
		catches: []bug.Bug{bug.TruncateSkipsLeases},
		run: func(f *leased) error {
			f.grant(returnAfter(300 * time.Millisecond))
			ctx, cancel := context.WithCancel(f.t.Context())
			cancel()
			hasty := vfs.NewTask(ctx)
			if err := f.e.Truncate(hasty, f.in, 0); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Truncate: %v", err)
			}
			return f.want(hasty, 0, vfs.Stats{Recalls: 1}, 4)
		},
	}, {
		name:    "nobody but truncaters waits for a recall",
		catches: []bug.Bug{bug.TruncateSkipsLeases},
		run: func(f *leased) error {
			f.grant(never)
			var waited time.Duration
			var err error
			f.together(
				func() { f.truncate(f.task, 1) },
				func() {
					time.Sleep(recallDeadline / 2)
					start, other := time.Now(), f.newTask()
					err = f.e.Fault(other, f.in, 0, 4) // the truncater has unmapped it
					if err == nil {
						f.e.Unpin(must(f.e.Pin(other, f.in, 3)))
						err = f.e.Unlink(other, f.in)
					}
					waited = time.Since(start)
				},
			)
			if err != nil || waited != 0 {
				return fmt.Errorf("a fault, a pin and an unlink took %v: %w", waited, err)
			}
			return f.want(f.task, recallDeadline, vfs.Stats{Recalls: 1, Fenced: 1}, 1)
		},
	},
}

func TestRecalls(t *testing.T) {
	for _, r := range recalls {
		t.Run(r.name, func(t *testing.T) {
			if err := r.play(t); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPlantedBugsInRecalls is the proof that each of recalls can fail.
func TestPlantedBugsInRecalls(t *testing.T) {
	if !bug.Built {
		t.Skip("TestPlantedBugs runs this with the tag daxbug")
	}
	for _, r := range recalls {
		if len(r.catches) == 0 {
			t.Errorf("%q catches no bug", r.name)
		}
		for _, b := range r.catches {
			t.Run(fmt.Sprintf("%v/%s", b, r.name), func(t *testing.T) {
				defer bug.Plant(b)()
				err := r.play(t)
				if err == nil {
					t.Error("the broken engine passed")
				}
				t.Log(err)
			})
		}
	}
}

// play runs r on an engine of its own, and lets all holders answer.
func (r *recall) play(t *testing.T) (err error) {
	synctest.Test(t, func(t *testing.T) {
		f := &leased{t: t, e: open(t, engine.Config{}), task: vfs.NewTask(t.Context())}
		f.in = must(f.e.Create(f.task, vfs.NewFile{Pages: 4, DAX: true}))
		must(0, f.e.Fault(f.task, f.in, 0, 4))
		defer func() { // a broken engine may have lost what it checks
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		err = r.run(f)
		time.Sleep(time.Minute)
		if f.l.Outstanding() {
			f.l.Return()
		}
		f.e.Iput(f.task, f.in)
		err = errors.Join(err, f.e.Check())
	})
	return err
}

func (f *leased) newTask() *vfs.Task { return vfs.NewTask(f.t.Context()) }

func (f *leased) grant(h lease.Holder) { must(0, f.in.Leases().Grant(&f.l, h)) }

func (f *leased) truncate(task *vfs.Task, pages uint32) {
	must(0, f.e.Truncate(task, f.in, pages))
}

// total returns how many blocks there are for files.
func (f *leased) total() uint32 { return f.e.FS().BlockCount() - f.e.FS().DataStart() }

func (f *leased) together(tasks ...func()) {
	var wg sync.WaitGroup
	for _, task := range tasks {
		wg.Go(task)
	}
	wg.Wait()
}

// want compares what a task did for leases, and the size of the file.
func (f *leased) want(task *vfs.Task, wait time.Duration, s vfs.Stats, pages uint32) error {
	if got := task.Stats; got.RecallWait != wait || got.Recalls != s.Recalls || got.Fenced != s.Fenced || got.PinWaits != 0 {
		return fmt.Errorf("waited %v for leases, recalled %d, fenced %d, waited for %d pins; want %v, %d, %d, 0",
			got.RecallWait, got.Recalls, got.Fenced, got.PinWaits, wait, s.Recalls, s.Fenced)
	}
	if f.in.Pages() != pages {
		return fmt.Errorf("%d pages, want %d", f.in.Pages(), pages)
	}
	return nil
}

// TestEvictionFences has a policy that recalls leases at eviction meet a holder
// that does not answer: each inode that is torn down waits for the whole
// deadline, one after the other.
func TestEvictionFences(t *testing.T) {
	const files = 3
	for _, tt := range []struct {
		name   string
		unlink bool
		evict  func(*engine.Engine, *vfs.Task)
	}{
		{"unmount", false, func(e *engine.Engine, task *vfs.Task) { e.EvictInodes(task, nil) }},
		{"reclaim", false, func(e *engine.Engine, task *vfs.Task) { e.PruneICache(task, files) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Policy: policy(t, "unconditional")})
				task, leases := vfs.NewTask(t.Context()), make([]lease.Lease, files)
				for i := range leases {
					in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
					must(0, in.Leases().Grant(&leases[i], never))
					e.Iput(task, in)
				}
				tt.evict(e, task)
				s := task.Stats
				if s.Evictions != files || s.Recalls != files || s.Fenced != files || s.RecallWait != files*recallDeadline || s.LeasesAbandoned != 0 {
					t.Errorf("%+v; want %d evictions, each a deadline late", s, files)
				}
				for i := range leases {
					if !leases[i].Fenced() {
						t.Errorf("lease %d is not fenced", i)
					}
				}
				check(t, e)
			})
		})
	}
}
