package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/vfs"
)

// An outcome is what becomes of an inode with a pinned page that is to be evicted.
type outcome struct {
	place   place         // where the inode is when the evictor comes back
	waited  time.Duration // how long that took
	torn    int64         // Stats.EvictedPinned
	foreign bool          // the device then wrote into another file
}

// A place is where an inode can be.
type place string

const (
	gone   place = "gone"
	kept   place = "cached and idle"
	inUse  place = "in use"
	leaves place = "being evicted"
)

// pinHeld is how long the device holds the page.
const pinHeld = 500 * time.Millisecond

var (
	waits   = outcome{place: gone, waited: pinHeld}
	tears   = outcome{place: gone, torn: 1}
	reuses  = outcome{place: gone, torn: 1, foreign: true}
	overdue = outcome{place: gone, waited: 100 * time.Millisecond, torn: 1}
)

// An occasion is how it comes to be evicted.
type occasion struct {
	name     string
	unlinked bool
	leave    func(e *engine.Engine, t *vfs.Task, in *vfs.Inode)
}

var occasions = [...]occasion{
	{"last iput, unlinked", true, func(e *engine.Engine, t *vfs.Task, in *vfs.Inode) {
		e.Iput(t, in)
	}},
	{"last iput, not to be kept", false, func(e *engine.Engine, t *vfs.Task, in *vfs.Inode) {
		in.DontCache()
		e.Iput(t, in)
	}},
	{"reclaim", false, func(e *engine.Engine, t *vfs.Task, in *vfs.Inode) {
		e.Iput(t, in)
		e.BeginReclaim(t)
		e.PruneICache(t, 1)
		e.EndReclaim(t)
	}},
	{"unmount", false, func(e *engine.Engine, t *vfs.Task, in *vfs.Inode) {
		e.Iput(t, in)
		e.EvictInodes(t, nil)
	}},
}

// outcomes are what each policy does on each occasion.
var outcomes = map[string][len(occasions)]outcome{
	"none":          {reuses, tears, tears, tears},
	"dma-pin-only":  {reuses, tears, tears, tears},
	"unconditional": {waits, waits, waits, waits},
	"break-ignored": {waits, waits, waits, waits},
	"busy-drop":     {{place: kept}, waits, tears, {place: kept}},
	"per-entry":     {waits, waits, waits, waits},
	"writeback":     {reuses, waits, {place: inUse}, {place: inUse}},
	"locked-final":  {waits, waits, waits, waits},
	"dax-only":      {waits, waits, waits, waits},
	"always-call":   {waits, waits, waits, waits},
	"inode-ref":     {{place: inUse}, {place: inUse}, {place: inUse}, {place: inUse}},
	"striped-ref":   {{place: inUse}, {place: inUse}, {place: inUse}, {place: inUse}},
	"vma-pin":       {{place: inUse}, {place: inUse}, {place: inUse}, {place: inUse}},
	"layout-lease":  {waits, waits, waits, waits},
	"refuse":        {waits, waits, waits, waits},
	"notify-revoke": {waits, waits, waits, waits},
	"defer":         {{place: leaves}, {place: leaves}, {place: leaves}, {place: leaves}},
	"defer-aside":   {{place: leaves}, {place: leaves}, {place: leaves}, {place: leaves}},
	"quarantine":    {tears, tears, tears, tears},
	"nowait-retry":  {waits, waits, waits, waits},
	"bounded-wait":  {overdue, overdue, tears, overdue},
}

// TestEvictionOfPinned holds every policy to what it says it does.
func TestEvictionOfPinned(t *testing.T) {
	for _, p := range layout.All {
		for i, o := range occasions {
			t.Run(p.Name()+"/"+o.name, func(t *testing.T) {
				want, listed := outcomes[p.Name()]
				if !listed {
					t.Fatal("nobody wrote down what it should do")
				}
				if p.Name() == "nowait-retry" { // in a bubble, who spins stops the clock
					tr := evictPinned(t, p, o, 20*time.Millisecond)
					if tr.waited < 20*time.Millisecond || tr.stats.BreakTries < 2 {
						t.Errorf("waited %v with %d tries", tr.waited, tr.stats.BreakTries)
					}
					tr.waited = pinHeld
					tr.expect(t, want[i])
					return
				}
				synctest.Test(t, func(t *testing.T) { evictPinned(t, p, o, pinHeld).expect(t, want[i]) })
			})
		}
	}
}

// A trial is what was seen of one eviction.
type trial struct {
	outcome
	stats vfs.Stats
}

func (tr trial) expect(t *testing.T, want outcome) {
	t.Helper()
	if tr.outcome != want {
		t.Errorf("got %+v\nwant %+v\n%+v", tr.outcome, want, tr.stats)
	}
	if freed := tr.stats.FreedPinned > 0; freed != want.foreign {
		t.Errorf("%d pages were freed while pinned", tr.stats.FreedPinned)
	}
}

// evictPinned lets a device hold a page of an inode while that is evicted, and
// a new file take what blocks are free then. In the end, with the pin gone, all
// must come to order.
func evictPinned(t *testing.T, p layout.Policy, o occasion, hold time.Duration) (tr trial) {
	e := open(t, engine.Config{Policy: p})
	task := vfs.NewTask(t.Context())
	stop := serve(t, e)
	free := e.FS().FreeBlockCount()
	in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
	must(0, e.Fault(task, in, 0, 2))
	pin := must(e.Pin(task, in, 1))
	if o.unlinked {
		must(0, e.Unlink(task, in))
	}
	var device sync.WaitGroup
	device.Go(func() {
		time.Sleep(hold)
		tr.foreign = !e.DeviceWrite(pin)
		e.Unpin(pin)
	})
	start := time.Now()
	o.leave(e, task, in)
	tr.waited = time.Since(start)
	tr.place = whereIs(e, pin.Owner())
	next := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
	must(0, e.Fault(task, next, 0, 2))
	device.Wait()
	if foreign := e.ForeignWrites(next) > 0; foreign != tr.foreign {
		t.Errorf("the device wrote into another file: it says %t, the file %t", tr.foreign, foreign)
	}
	must(0, e.Unlink(task, next))
	e.Iput(task, next)
	tr.stats, tr.torn = task.Stats, task.Stats.EvictedPinned
	stop()
	e.RunWorker(task)
	if _, busy := e.EvictInodes(task, nil); busy > 0 {
		t.Errorf("%d inodes are still in use", busy)
	}
	if used := free - e.FS().FreeBlockCount(); (used == 0) != o.unlinked {
		t.Errorf("%d blocks are in use at the end", used)
	}
	if err := task.Err(); err != nil {
		t.Error(err)
	}
	e.Release(task)
	check(t, e)
	return tr
}

func whereIs(e *engine.Engine, o media.Owner) place {
	at := gone
	e.Survey(func(s vfs.Surveyed) {
		switch {
		case s.Owner != o:
		case s.Freeing:
			at = leaves
		case s.Refs > 0:
			at = inUse
		default:
			at = kept
		}
	})
	return at
}

// TestNothingPinnedNothingSpecial: as long as no page is pinned all policies do
// the same on every occasion, without a wait.
func TestNothingPinnedNothingSpecial(t *testing.T) {
	for _, p := range layout.All {
		for _, o := range occasions {
			t.Run(p.Name()+"/"+o.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := open(t, engine.Config{Policy: p})
					task := vfs.NewTask(t.Context())
					for _, dax := range []bool{false, true} {
						in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: dax}))
						owner := in.Owner()
						must(0, e.Fault(task, in, 0, 2))
						e.Unpin(must(e.Pin(task, in, 0)))
						e.RunWorker(task)
						if o.unlinked {
							must(0, e.Unlink(task, in))
						}
						start := time.Now()
						o.leave(e, task, in)
						if at := whereIs(e, owner); at != gone || time.Since(start) != 0 {
							t.Errorf("dax %t: %s after %v", dax, at, time.Since(start))
						}
					}
					if s := task.Stats; s.EvictedPinned+s.KeptBusy+s.Quarantined+s.PinWaits+s.Recalls != 0 || s.Evictions != 2 {
						t.Errorf("%+v", s)
					}
					check(t, e)
				})
			})
		}
	}
}

// recorder keeps the events of a watched engine.
type recorder struct {
	mu     sync.Mutex
	events []vfs.Event // guarded by mu
}

func (r *recorder) watch(e vfs.Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
}

// heldAt returns the locks that the task of the first event of kind k holds at
// that moment.
func (r *recorder) heldAt(k vfs.EventKind) (held []vfs.LockClass, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	locks := make(map[*vfs.Task][]vfs.LockClass)
	for _, e := range r.events {
		list := locks[e.Task]
		switch e.Kind {
		case k:
			return list, true
		case vfs.LockTaken:
			locks[e.Task] = append(list, e.Class)
		case vfs.LockDropped:
			locks[e.Task] = slices.DeleteFunc(list, func(c vfs.LockClass) bool { return c == e.Class })
		}
	}
	return nil, false
}

func (r *recorder) count(match func(vfs.Event) bool) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if match(e) {
			n++
		}
	}
	return n
}

// TestLocksAtEviction: what a policy holds while it waits for a pin, and what
// locks it takes of an inode that is not DAX.
func TestLocksAtEviction(t *testing.T) {
	holding := map[string][]vfs.LockClass{"unconditional": {vfs.IOLock}, "locked-final": {vfs.IOLock}}
	taking := map[string]int{"unconditional": 2, "break-ignored": 1}
	for _, p := range layout.All {
		if outcomes[p.Name()][0] != waits || p.Name() == "nowait-retry" || p.Name() == "layout-lease" {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &recorder{}
				e := open(t, engine.Config{Policy: p, Cache: vfs.Options{Watch: r.watch}})
				task := vfs.NewTask(t.Context())
				in, pins := pinnedFile(t, e, 1)
				must(0, e.Unlink(task, in))
				go func() { time.Sleep(time.Second); e.Unpin(pins[0]) }()
				e.Iput(task, in)
				if held, waited := r.heldAt(vfs.WaitBegin); !waited || !slices.Equal(held, holding[p.Name()]) {
					t.Errorf("it waited (%t) with locks %v held, want %v", waited, held, holding[p.Name()])
				}
				in = must(e.Create(task, vfs.NewFile{Pages: 1}))
				in.DontCache()
				r.events = nil
				e.Iput(task, in)
				if n := r.count(func(e vfs.Event) bool { return e.Kind == vfs.LockTaken }); n != taking[p.Name()] {
					t.Errorf("it took %d locks of an inode that is not DAX, want %d", n, taking[p.Name()])
				}
			})
		})
	}
}

// TestPerEntryGoesInOrder: it waits for the first entry although others come
// free before, and looks at none twice.
func TestPerEntryGoesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		e := open(t, engine.Config{Policy: policy(t, "per-entry"), Cache: vfs.Options{Watch: r.watch}})
		task := vfs.NewTask(t.Context())
		in, pins := pinnedFile(t, e, 0, 2, 3)
		must(0, e.Unlink(task, in))
		go func() {
			for _, i := range []int{1, 0, 2} {
				time.Sleep(time.Second)
				e.Unpin(pins[i])
			}
		}()
		e.Iput(task, in)
		var waited []uint32
		for _, ev := range r.events {
			if ev.Kind == vfs.WaitBegin {
				waited = append(waited, uint32(ev.PFN-pins[0].PFN()))
			}
		}
		if want := []uint32{0, 3}; !slices.Equal(waited, want) {
			t.Errorf("it waited for the pages %v, want %v", waited, want)
		}
		check(t, e)
	})
}

// TestBreakIgnoredAndASignal: with a signal pending, or coming, the break ends
// and the blocks go.
func TestBreakIgnoredAndASignal(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Policy: policy(t, "break-ignored")})
			task := vfs.NewTask(t.Context())
			in, pins := pinnedFile(t, e, 1)
			must(0, e.Unlink(task, in))
			if after == 0 {
				task.Signal()
			} else {
				go func() { time.Sleep(after); task.Signal() }()
			}
			start := time.Now()
			e.Iput(task, in)
			if s := task.Stats; time.Since(start) != after || s.Interrupted != 1 || s.EvictedPinned != 1 || s.FreedPinned != 1 || task.Err() != nil || !task.Killed() {
				t.Errorf("after %v, %+v, %v", time.Since(start), s, task.Err())
			}
			e.Unpin(pins[0])
			check(t, e)
		})
	}
}

// TestSignalDoesNotEndAFinalBreak: what is uninterruptible stays so.
func TestSignalDoesNotEndAFinalBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{})
		task := vfs.NewTask(t.Context())
		in, pins := pinnedFile(t, e, 1)
		must(0, e.Unlink(task, in))
		task.Signal()
		go func() { time.Sleep(time.Second); e.Unpin(pins[0]) }()
		start := time.Now()
		e.Iput(task, in)
		if time.Since(start) != time.Second || task.Stats.EvictedPinned != 0 {
			t.Errorf("after %v, %+v", time.Since(start), task.Stats)
		}
	})
}

// TestBusyDropForgets: nobody looks at a kept inode again when its pin has gone,
// until somebody uses it, or memory is short if reclaim may find it.
func TestBusyDropForgets(t *testing.T) {
	for _, rule := range []vfs.LRURule{vfs.EntriesIgnored, vfs.EntriesKeepOff} {
		t.Run(fmt.Sprint("LRU rule ", rule), func(t *testing.T) {
			e := open(t, engine.Config{Policy: policy(t, "busy-drop"), Cache: vfs.Options{LRU: rule}})
			task := vfs.NewTask(t.Context())
			in, pins := pinnedFile(t, e, 1)
			owner := in.Owner()
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
			if task.Stats.KeptBusy != 1 {
				t.Errorf("%+v", task.Stats)
			}
			in = must(e.Iget(task, owner.Ino)) // it is open for use
			e.Unpin(must(e.Pin(task, in, 0)))
			e.Iput(task, in)
			e.Unpin(pins[0])
			if at := whereIs(e, owner); at != kept {
				t.Errorf("with its pin gone it is %s", at)
			}
			onLRU := rule == vfs.EntriesIgnored
			if u := e.Usage(); (u.OnLRU == 1) != onLRU || (u.Parked == 1) == onLRU {
				t.Errorf("%+v", u)
			}
			if n := e.PruneICache(task, 1) + e.PruneICache(task, 1); (n == 1) != onLRU {
				t.Errorf("reclaim freed %d", n)
			}
			if !onLRU {
				e.Iput(task, must(e.Iget(task, owner.Ino)))
			}
			if at := whereIs(e, owner); at != gone {
				t.Errorf("in the end it is %s", at)
			}
			check(t, e)
		})
	}
}

// TestBusyDropTestsUnderSpin: the test is made under i_lock and may sleep there.
func TestBusyDropTestsUnderSpin(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no call that may sleep was made under i_lock")
		}
	}()
	e := open(t, engine.Config{Policy: policy(t, "busy-drop"), Cache: vfs.Options{Watch: noSleepUnderSpin()}})
	task := vfs.NewTask(t.Context())
	in, _ := pinnedFile(t, e, 1)
	must(0, e.Unlink(task, in))
	e.Iput(task, in)
}

// TestWritebackPutsItOnTheLRU once its pins are gone.
func TestWritebackPutsItOnTheLRU(t *testing.T) {
	e := open(t, engine.Config{Policy: policy(t, "writeback")})
	task := vfs.NewTask(t.Context())
	in, pins := pinnedFile(t, e, 1)
	e.Iput(task, in)
	if u := e.Usage(); u.OnLRU != 0 || u.InUse != 1 {
		t.Errorf("dirty: %+v", u)
	}
	e.Unpin(pins[0])
	e.RunWorker(task)
	if u := e.Usage(); u.OnLRU != 1 || u.InUse != 0 {
		t.Errorf("written back: %+v", u)
	}
	// Pinned by who got hold of it on the list, it is dirty again.
	in = must(e.Iget(task, pins[0].Owner().Ino))
	pin := must(e.Pin(task, in, 0))
	e.Iput(task, in)
	if n := e.PruneICache(task, 1) + e.PruneICache(task, 1); n != 0 || task.Stats.EvictedPinned != 0 {
		t.Errorf("reclaim freed %d, %+v", n, task.Stats)
	}
	e.Unpin(pin)
	e.RunWorker(task)
	if n := e.PruneICache(task, 1) + e.PruneICache(task, 1); n != 1 {
		t.Errorf("reclaim freed %d of one that is clean", n)
	}
	check(t, e)
}

// TestDeferredBehindABusyOne: with one queue for all, an inode waits for the pins of
// the one before it; put aside, that one is in nobody's way.
func TestDeferredBehindABusyOne(t *testing.T) {
	for name, want := range map[string]time.Duration{"defer": time.Minute, "defer-aside": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Policy: policy(t, name)})
				defer serve(t, e)()
				task := vfs.NewTask(t.Context())
				slow, slowPins := pinnedFile(t, e, 1)
				fast, fastPins := pinnedFile(t, e, 1)
				owner := fastPins[0].Owner()
				for _, in := range []*vfs.Inode{slow, fast} {
					must(0, e.Unlink(task, in))
					e.Iput(task, in)
				}
				start := time.Now()
				go func() { time.Sleep(time.Second); e.Unpin(fastPins[0]) }()
				go func() { time.Sleep(time.Minute); e.Unpin(slowPins[0]) }()
				for whereIs(e, owner) != gone {
					time.Sleep(100 * time.Millisecond)
				}
				if took := time.Since(start).Truncate(time.Second); took != want {
					t.Errorf("it was gone after %v, want %v", took, want)
				}
				time.Sleep(time.Hour)
				check(t, e)
			})
		})
	}
}

// TestWhoIsHeldUp evicts a list whose first inode is pinned, and says who of the
// others waited: that is the stall of those who have nothing to do with the pin.
func TestWhoIsHeldUp(t *testing.T) {
	for _, p := range layout.All {
		if p.Name() == "nowait-retry" {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Policy: p, Cache: vfs.Options{Stripes: 1, InodeLists: 1}})
				task := vfs.NewTask(t.Context())
				stop := serve(t, e)
				const others = 3
				for range others { // a list of all inodes has the last first
					e.Iput(task, must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true})))
				}
				in, pins := pinnedFile(t, e, 1)
				ino := in.Ino()
				e.Iput(task, in)
				go func() { time.Sleep(pinHeld); e.Unpin(pins[0]) }()
				start, held, ended := time.Now(), time.Duration(0), 0
				e.EvictInodes(task, func(done vfs.Ino) {
					if done != ino {
						held = max(held, time.Since(start))
						ended++
					}
				})
				if want := outcomes[p.Name()][3].waited; held != want || ended != others {
					t.Errorf("%d other inodes were held up for %v, want %d for %v", ended, held, others, want)
				}
				time.Sleep(time.Minute)
				stop()
				e.RunWorker(task)
				e.EvictInodes(task, nil)
				check(t, e)
			})
		})
	}
}

// TestQuarantine: a pinned block is nobody's until its last pin has gone, its
// neighbours are free at once.
func TestQuarantine(t *testing.T) {
	r := &recorder{}
	e := open(t, engine.Config{Policy: policy(t, "quarantine"), Cache: vfs.Options{Watch: r.watch}})
	task := vfs.NewTask(t.Context())
	free := e.FS().FreeBlockCount()
	in, pins := pinnedFile(t, e, 1, 1, 2)
	must(0, e.Unlink(task, in))
	e.Iput(task, in)
	for _, want := range []uint32{2, 2, 1, 0} {
		if got := free - e.FS().FreeBlockCount(); got != want {
			t.Errorf("with %d pins %d blocks are not free, want %d", len(pins), got, want)
		}
		if len(pins) > 0 {
			e.Unpin(pins[0])
			pins = pins[1:]
		}
	}
	if task.Stats.Quarantined != 2 || task.Stats.FreedPinned != 0 {
		t.Errorf("%+v", task.Stats)
	}
	var freed, quarantined uint32
	for _, ev := range r.events {
		switch ev.Kind {
		case vfs.BlockFreed:
			freed += ev.N
		case vfs.BlockQuarantined:
			quarantined++
		}
	}
	if freed != 4 || quarantined != 2 {
		t.Errorf("%d blocks are told to be freed, %d to be in quarantine; want 4 and 2", freed, quarantined)
	}
	check(t, e)
}

// TestFencedAtTheDeadline: a lease that does not come back is fenced, and its
// device kept from the page.
func TestFencedAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{Policy: policy(t, "layout-lease"), Cache: vfs.Options{RecallDeadline: time.Second}})
		task := vfs.NewTask(t.Context())
		in, pins := pinnedFile(t, e, 1)
		must(0, e.Unlink(task, in))
		start := time.Now()
		e.Iput(task, in)
		if s := task.Stats; time.Since(start) != time.Second || s.Fenced != 1 || s.EvictedPinned+s.FreedPinned != 0 {
			t.Errorf("after %v, %+v", time.Since(start), s)
		}
		next := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
		must(0, e.Fault(task, next, 0, 4))
		e.DeviceWrite(pins[0])
		e.Unpin(pins[0])
		if n := e.ForeignWrites(next); n != 0 {
			t.Errorf("a fenced device wrote into %d pages of another file", n)
		}
		e.Iput(task, next)
		check(t, e)
	})
}
