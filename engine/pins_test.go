package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/lease"
	"daxbench/engine/vfs"
)

// ruled is a policy with other rules than its own.
type ruled struct {
	layout.Policy
	rules vfs.Rules
}

func (r ruled) Rules() vfs.Rules { return r.rules }

// leaseBreaker breaks leases at eviction, then waits for the pins that are left.
type leaseBreaker struct{ layout.Policy }

func (leaseBreaker) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if err := in.BreakLeases(t); err != nil {
		return err
	}
	return in.BreakLayoutFinal(t)
}

// openRuled returns an engine with the given policy's way to evict, and other rules.
func openRuled(t testing.TB, p layout.Policy, r vfs.Rules, o vfs.Options) *engine.Engine {
	t.Helper()
	o.Rules = r
	return open(t, engine.Config{Policy: ruled{p, r}, Cache: o})
}

// holds are the rules by which a pin keeps the inode.
var holds = map[string]vfs.Rules{
	"inode":         {PinHolds: vfs.HoldsInode},
	"striped inode": {PinHolds: vfs.HoldsInodeStriped},
	"VMA":           {PinHolds: vfs.HoldsVMA},
}

// pinnedFile makes a DAX file of four pages and pins the given ones, each by
// another task.
func pinnedFile(t testing.TB, e *engine.Engine, pages ...uint32) (*vfs.Inode, []vfs.Pin) {
	task := vfs.NewTask(t.Context())
	in := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
	must(0, e.Fault(task, in, 0, 4))
	var pins []vfs.Pin
	for _, i := range pages {
		pins = append(pins, e.Mark(must(e.Pin(vfs.NewTask(t.Context()), in, i))))
	}
	e.Release(task)
	return in, pins
}

// TestPinKeepsItsInode: with nobody who waits at eviction, a file that is
// unlinked and closed lives until its last pin is dropped and the worker has
// been there.
func TestPinKeepsItsInode(t *testing.T) {
	for name, r := range holds {
		t.Run(name, func(t *testing.T) {
			e := openRuled(t, policy(t, "none"), r, vfs.Options{})
			task := vfs.NewTask(t.Context())
			if !e.NeedsWorker() {
				t.Error("nobody would serve the worker")
			}
			free := e.FS().FreeBlockCount()
			in, pins := pinnedFile(t, e, 0, 1, 1, 3)
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
			for len(pins) > 0 {
				if u := e.Usage(); u.InUse != 1 || e.FS().FreeBlockCount() == free {
					t.Fatalf("%d pins are left: %+v, %d blocks free of %d", len(pins), u, e.FS().FreeBlockCount(), free)
				}
				if !e.DeviceWrite(pins[0]) {
					t.Error("a device wrote into another file's page")
				}
				if n := e.RunWorker(task); n != 0 {
					t.Errorf("the worker did something for %d inodes", n)
				}
				e.Unpin(pins[0])
				pins = pins[1:]
			}
			if u := e.Usage(); u.InUse != 1 || e.WorkerIdle() {
				t.Errorf("the last unpin did the worker's work: %+v", u)
			}
			if n := e.RunWorker(task); n != 1 || !e.WorkerIdle() || e.Usage().Cached != 0 || e.FS().FreeBlockCount() != free {
				t.Errorf("the worker took up %d inodes and left %+v, %d blocks free of %d", n, e.Usage(), e.FS().FreeBlockCount(), free)
			}
			check(t, e)
		})
	}
	t.Run("nothing", func(t *testing.T) {
		e := open(t, engine.Config{Policy: policy(t, "none")})
		task := vfs.NewTask(t.Context())
		in, pins := pinnedFile(t, e, 0)
		must(0, e.Unlink(task, in))
		e.Iput(task, in)
		if e.NeedsWorker() || e.Usage().Cached != 0 {
			t.Errorf("%+v", e.Usage())
		}
		if task.Stats.FreedPinned != 1 {
			t.Errorf("%d pages were freed while pinned, want 1: the test above proves nothing", task.Stats.FreedPinned)
		}
		e.Unpin(pins[0])
		check(t, e)
	})
}

// TestHandedOverLinkedInode comes onto the LRU, and not before.
func TestHandedOverLinkedInode(t *testing.T) {
	for name, r := range holds {
		t.Run(name, func(t *testing.T) {
			e := openRuled(t, policy(t, "none"), r, vfs.Options{})
			task := vfs.NewTask(t.Context())
			in, pins := pinnedFile(t, e, 2)
			ino := in.Ino()
			e.Iput(task, in)
			if n := e.PruneICache(task, 8); n != 0 {
				t.Error("a pinned inode was reclaimed")
			}
			e.Unpin(pins[0])
			// Somebody else comes and goes, and may not hand it over once more.
			in = must(e.Iget(task, ino))
			pin := must(e.Pin(task, in, 1))
			e.Iput(task, in)
			e.Unpin(pin)
			if u := e.Usage(); u.InUse != 1 || u.OnLRU != 0 {
				t.Errorf("before the worker: %+v", u)
			}
			if n := e.RunWorker(task); n != 1 {
				t.Errorf("the worker took up %d inodes, want 1", n)
			}
			if u := e.Usage(); u.InUse != 0 || u.OnLRU != 1 || u.Parked != 0 {
				t.Errorf("after it: %+v", u)
			}
			if n := e.PruneICache(task, 8) + e.PruneICache(task, 8); n != 1 {
				t.Errorf("reclaim took %d inodes, want 1", n)
			}
			check(t, e)
		})
	}
}

// TestPageCachePinsKeepNothing: what the rules say is about storage.
func TestPageCachePinsKeepNothing(t *testing.T) {
	for name, r := range holds {
		r.NeedLease, r.RefuseUnbounded = true, true
		e := openRuled(t, policy(t, "none"), r, vfs.Options{})
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 1}))
		must(0, e.Fault(task, in, 0, 1))
		pin := must(e.PinFor(task, in, 0, vfs.How{Unbounded: true}))
		if !in.Leases().Empty() {
			t.Errorf("%s: a lease was taken", name)
		}
		must(0, e.Unlink(task, in))
		e.Iput(task, in)
		if u := e.Usage(); u.Cached != 0 {
			t.Errorf("%s: %+v", name, u)
		}
		e.Unpin(pin)
		check(t, e)
	}
}

// TestUnboundedPins are refused on DAX files, if the rules say so.
func TestUnboundedPins(t *testing.T) {
	var told []vfs.EventKind
	for _, tt := range []struct {
		rules vfs.Rules
		how   vfs.How
		want  error
		event vfs.EventKind
	}{
		{vfs.Rules{}, vfs.How{Kind: vfs.FollGet, Unbounded: true}, nil, vfs.Pinned},
		{vfs.Rules{RefuseUnbounded: true}, vfs.How{Kind: vfs.FollGet, Unbounded: true}, vfs.ErrUnbounded, vfs.PinRefused},
		{vfs.Rules{RefuseUnbounded: true}, vfs.How{Unbounded: true}, vfs.ErrUnbounded, vfs.PinRefused},
		{vfs.Rules{RefuseUnbounded: true}, vfs.How{Kind: vfs.FollGet}, nil, vfs.Pinned},
		{vfs.Rules{RefuseUnbounded: true}, vfs.How{}, nil, vfs.Pinned},
	} {
		for _, watched := range []bool{false, true} {
			var o vfs.Options
			if watched {
				told = nil
				o.Watch = func(e vfs.Event) { told = append(told, e.Kind) }
			}
			e := openRuled(t, policy(t, "dax-only"), tt.rules, o)
			task := vfs.NewTask(t.Context())
			in, _ := pinnedFile(t, e)
			pin, err := e.PinFor(task, in, 2, tt.how)
			if !errors.Is(err, tt.want) {
				t.Errorf("%+v, %+v: %v, want %v", tt.rules, tt.how, err, tt.want)
			}
			if err == nil {
				e.Unpin(pin)
			}
			if watched && !slices.Contains(told, tt.event) {
				t.Errorf("%+v, %+v: told %v, want %v", tt.rules, tt.how, told, tt.event)
			}
			if _, err := e.PinFor(task, in, 9, tt.how); !errors.Is(err, vfs.ErrNotMapped) {
				t.Errorf("%+v, %+v, not mapped: %v", tt.rules, tt.how, err)
			}
			e.Iput(task, in)
			check(t, e)
		}
	}
}

// TestCountDMAOnly: a busy test sees pins of the one kind only.
func TestCountDMAOnly(t *testing.T) {
	for _, tt := range []struct {
		rules vfs.Rules
		kind  vfs.Foll
		freed int64
	}{
		{vfs.Rules{}, vfs.FollGet, 0},
		{vfs.Rules{}, vfs.FollPin, 0},
		{vfs.Rules{CountDMAOnly: true}, vfs.FollGet, 1},
		{vfs.Rules{CountDMAOnly: true}, vfs.FollPin, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := openRuled(t, policy(t, "dax-only"), tt.rules, vfs.Options{})
			task := vfs.NewTask(t.Context())
			in, _ := pinnedFile(t, e)
			pin := must(e.PinFor(task, in, 1, vfs.How{Kind: tt.kind}))
			must(0, e.WritePage(task, in, 1, make([]byte, 4096)))
			must(0, e.Unlink(task, in))
			go func() {
				time.Sleep(time.Second)
				e.Unpin(pin)
			}()
			start := time.Now()
			e.Iput(task, in)
			if waited := time.Since(start) == time.Second; waited != (tt.freed == 0) || task.Stats.FreedPinned != tt.freed {
				t.Errorf("%+v, kind %d: waited %t, %d pages freed while pinned", tt.rules, tt.kind, waited, task.Stats.FreedPinned)
			}
			time.Sleep(2 * time.Second)
			check(t, e)
		})
	}
}

// TestFence: a pin that needs a lease is taken away at the deadline, by whoever
// wants the blocks, and does no harm from then on.
func TestFence(t *testing.T) {
	const deadline = time.Minute
	for _, tt := range []struct {
		name   string
		io     time.Duration // how long the device takes
		policy layout.Policy
		waited time.Duration
		fenced int64
	}{
		{"in time", time.Second, leaseBreaker{policy(t, "none")}, time.Second, 0},
		{"too late", time.Hour, leaseBreaker{policy(t, "none")}, deadline, 1},
		{"not asked", time.Hour, policy(t, "none"), 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []vfs.EventKind
				var mu sync.Mutex
				e := openRuled(t, tt.policy, vfs.Rules{NeedLease: true}, vfs.Options{RecallDeadline: deadline, Watch: func(ev vfs.Event) {
					mu.Lock()
					told = append(told, ev.Kind)
					mu.Unlock()
				}})
				task := vfs.NewTask(t.Context())
				in, pins := pinnedFile(t, e, 1)
				if n := in.Leases().Len(); n != 1 {
					t.Fatalf("%d leases for one pin", n)
				}
				must(0, e.Unlink(task, in))
				done := make(chan struct{})
				go func() {
					time.Sleep(tt.io)
					if !e.DeviceWrite(pins[0]) || !e.DeviceRead(pins[0]) {
						t.Error("a device was in another file's page")
					}
					e.Unpin(pins[0])
					close(done)
				}()
				start := time.Now()
				e.Iput(task, in)
				if d := time.Since(start); d != tt.waited || task.Stats.Fenced != tt.fenced {
					t.Errorf("the last iput took %v and fenced %d, want %v and %d", d, task.Stats.Fenced, tt.waited, tt.fenced)
				}
				if tt.io > deadline {
					if n := e.PinnedPages(); n != 0 {
						t.Errorf("%d pages are pinned after the fence", n)
					}
				}
				// The next owner of the block.
				next := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
				must(0, e.Fault(task, next, 0, 4))
				before := slices.Clone(e.PinBytes(pins[0]))
				<-done
				if !bytes.Equal(before, e.PinBytes(pins[0])) || e.ForeignWrites(next) != 0 {
					t.Error("a fenced device wrote")
				}
				want := []vfs.EventKind{vfs.LeaseGranted, vfs.Pinned, vfs.LeaseFenced, vfs.Unpinned, vfs.DMAFenced}
				if tt.io < deadline {
					want = []vfs.EventKind{vfs.LeaseGranted, vfs.Pinned, vfs.DeviceWrote, vfs.DeviceRead, vfs.Unpinned, vfs.LeaseEnded}
				}
				for _, k := range want {
					if !slices.Contains(told, k) {
						t.Errorf("event %d was not told", k)
					}
				}
				e.Iput(task, next)
				check(t, e)
			})
		})
	}
}

// keeper is a lease holder who does not answer recalls.
type keeper struct{ lease.Lease }

func (*keeper) Recall(*lease.Lease) {}

// TestLeaseHoldsFile: with the option, what is unlinked and closed stays while a
// lease is out; without, the lease goes with the inode.
func TestLeaseHoldsFile(t *testing.T) {
	for _, holds := range []bool{false, true} {
		e := openRuled(t, policy(t, "none"), vfs.Rules{}, vfs.Options{LeaseHoldsFile: holds})
		task := vfs.NewTask(t.Context())
		in, _ := pinnedFile(t, e)
		var k keeper
		must(0, in.Leases().Grant(&k.Lease, &k))
		must(0, e.Unlink(task, in))
		e.Iput(task, in)
		if e.NeedsWorker() != holds || k.Outstanding() != holds || (e.Usage().Cached == 1) != holds {
			t.Errorf("leases hold files: %t; outstanding %t, %+v", holds, k.Outstanding(), e.Usage())
		}
		if ok := k.Return(); ok != holds {
			t.Errorf("returned %t", ok)
		}
		if n := e.RunWorker(task); (n == 1) != holds || e.Usage().Cached != 0 {
			t.Errorf("the worker took up %d inodes and left %+v", n, e.Usage())
		}
		check(t, e)
	}
}

// serve runs a worker until the test ends, or stop is called.
func serve(t *testing.T, e *engine.Engine) (stop func() vfs.Stats) {
	ctx, cancel := context.WithCancel(t.Context())
	task := vfs.NewTask(t.Context())
	done := make(chan struct{})
	go func() {
		e.ServeWorker(ctx, task)
		close(done)
	}()
	return func() vfs.Stats {
		cancel()
		<-done
		if err := task.Err(); err != nil {
			t.Error(err)
		}
		return task.Stats
	}
}

// TestServeWorker sleeps while there is nothing to do, and ends when it is told.
func TestServeWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The hang limit is not for who has nothing to do.
		e := openRuled(t, policy(t, "none"), holds["inode"], vfs.Options{HangLimit: time.Second})
		stop := serve(t, e)
		task := vfs.NewTask(t.Context())
		for range 3 {
			in, pins := pinnedFile(t, e, 0, 1)
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
			time.Sleep(10 * time.Second)
			e.Unpin(pins[0])
			synctest.Wait()
			if e.Usage().Cached != 1 {
				t.Error("the inode went before its last pin")
			}
			e.Unpin(pins[1])
			synctest.Wait()
			if e.Usage().Cached != 0 || !e.WorkerIdle() {
				t.Errorf("the worker was not there: %+v", e.Usage())
			}
		}
		if s := e.WorkerStats(); s.Evictions != 3 {
			t.Errorf("WorkerStats has %d evictions, want 3", s.Evictions)
		}
		if s := stop(); s != e.WorkerStats() {
			t.Error("WorkerStats is not what the task counted")
		}
		check(t, e)
	})
}

// TestDeferredEvictions: nobody waits for pins at close but the worker, in
// order or past those that are still busy; who finds the queue full waits for
// room, but in reclaim.
func TestDeferredEvictions(t *testing.T) {
	for _, aside := range []bool{false, true} {
		t.Run(fmt.Sprintf("aside=%t", aside), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := openRuled(t, policy(t, "dax-only"), vfs.Rules{Defer: 2, DeferAside: aside}, vfs.Options{})
				stop := serve(t, e)
				task := vfs.NewTask(t.Context())
				drop := func(task *vfs.Task) vfs.Pin {
					in, pins := pinnedFile(t, e, 0)
					must(0, e.Unlink(task, in))
					e.Iput(task, in)
					return pins[0]
				}
				start := time.Now()
				first, second := drop(task), drop(task)
				if time.Since(start) != 0 {
					t.Error("an iput waited although there was room")
				}
				third := make(chan vfs.Pin, 1)
				go func() {
					third <- drop(vfs.NewTask(t.Context()))
					if d := time.Since(start); d != 2*time.Second {
						t.Errorf("who found the queue full waited %v, want 2s", d)
					}
				}()
				time.Sleep(time.Second)
				synctest.Wait()
				e.BeginReclaim(task)
				fourth := drop(task)
				e.EndReclaim(task)
				if time.Since(start) != time.Second {
					t.Error("a task in reclaim waited for room")
				}
				e.Unpin(second)
				synctest.Wait()
				want := map[bool]int{false: 4, true: 3}[aside]
				if u := e.Usage(); u.Freeing != want {
					t.Errorf("the second pin went: %d are being evicted, want %d", u.Freeing, want)
				}
				time.Sleep(time.Second)
				e.Unpin(first)
				synctest.Wait()
				e.Unpin(<-third)
				e.Unpin(fourth)
				synctest.Wait()
				if !e.WorkerIdle() || e.Usage().Cached != 0 {
					t.Errorf("left over: %+v", e.Usage())
				}
				if s := stop(); s.Evictions != 4 || s.FreedPinned+s.EvictedPinned != 0 {
					t.Errorf("the worker: %+v", s)
				}
				check(t, e)
			})
		})
	}
}

// TestWritebackWaits: a linked inode with pinned pages is not given to reclaim
// before they are idle, and the flusher is who waits.
func TestWritebackWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := openRuled(t, policy(t, "none"), vfs.Rules{WaitInWriteback: true}, vfs.Options{})
		stop := serve(t, e)
		task := vfs.NewTask(t.Context())
		in, pins := pinnedFile(t, e, 0, 3)
		e.Iput(task, in)
		for _, p := range pins {
			time.Sleep(time.Second)
			if u := e.Usage(); u.OnLRU != 0 || e.PruneICache(task, 8) != 0 {
				t.Errorf("reclaim can have a pinned inode: %+v", u)
			}
			e.Unpin(p)
		}
		synctest.Wait()
		if u := e.Usage(); u.OnLRU != 1 || u.InUse != 0 || !e.WorkerIdle() {
			t.Errorf("after the last pin: %+v", u)
		}
		if s := stop(); s.PinWait != 2*time.Second {
			t.Errorf("the flusher waited %v for pins, want 2s", s.PinWait)
		}
		check(t, e)
	})
}

// TestRuledPinsAllocateNothing, once the pools have their size.
func TestRuledPinsAllocateNothing(t *testing.T) {
	for name, r := range ruledPins {
		e := openRuled(t, policy(t, "dax-only"), r, vfs.Options{CacheInodes: 64})
		task := vfs.NewTask(t.Context())
		life := func() {
			in := must(e.Create(task, vfs.NewFile{Pages: 3, DAX: true}))
			must(0, e.Fault(task, in, 0, 3))
			a, b := must(e.Pin(task, in, 2)), must(e.PinFor(task, in, 0, vfs.How{Kind: vfs.FollGet}))
			e.Unpin(a)
			must(0, e.Unlink(task, in))
			if r.Defer == 0 && !r.CountDMAOnly && r.PinHolds == vfs.HoldsNothing {
				e.Unpin(b)
				e.Iput(task, in)
			} else {
				e.Iput(task, in)
				e.DeviceWrite(b)
				e.Unpin(b)
			}
			e.RunWorker(task)
		}
		for range 200 {
			life()
		}
		if n := testing.AllocsPerRun(200, life); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		check(t, e)
	}
}

// ruledPins are the rules that make pins dearer.
var ruledPins = map[string]vfs.Rules{
	"bare":   {},
	"dma":    {CountDMAOnly: true},
	"inode":  {PinHolds: vfs.HoldsInode},
	"lanes":  {PinHolds: vfs.HoldsInodeStriped},
	"vma":    {PinHolds: vfs.HoldsVMA},
	"lease":  {NeedLease: true},
	"aside":  {Defer: 64, DeferAside: true},
	"refuse": {RefuseUnbounded: true},
}

// BenchmarkRuledPin is what each rule adds to a pin and its unpin: by one task,
// and by several on different pages of one file.
func BenchmarkRuledPin(b *testing.B) {
	for name, r := range ruledPins {
		e := openRuled(b, policy(b, "dax-only"), r, vfs.Options{})
		in := must(e.Create(vfs.NewTask(b.Context()), vfs.NewFile{Pages: 16, DAX: true}))
		must(0, e.Fault(vfs.NewTask(b.Context()), in, 0, 16))
		b.Run("rule="+name+"/tasks=one", func(b *testing.B) {
			task := vfs.NewTask(b.Context())
			for i := uint32(0); b.Loop(); i++ {
				p, err := e.Pin(task, in, i%16)
				if err != nil {
					b.Fatal(err)
				}
				e.Unpin(p)
			}
		})
		b.Run("rule="+name+"/tasks=all", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				task := vfs.NewTask(b.Context())
				for i := uint32(0); pb.Next(); i++ {
					p, err := e.Pin(task, in, i%16)
					if err != nil {
						b.Error(err)
						return
					}
					e.Unpin(p)
				}
			})
		})
	}
}
