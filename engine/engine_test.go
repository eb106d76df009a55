package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/lease"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// open returns an engine on memory of its own.
func open(t testing.TB, c engine.Config) *engine.Engine {
	t.Helper()
	if c.Policy == nil {
		c.Policy = policy(t, "dax-only")
	}
	c.Seed = 1
	r, err := pmem.Open(pmem.Options{Size: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	e, err := engine.Open(r, c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func policy(t testing.TB, name string) layout.Policy {
	t.Helper()
	p, err := layout.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t testing.TB, e *engine.Engine) {
	t.Helper()
	if err := e.Check(); err != nil {
		t.Error(err)
	}
}

// forEachPolicy runs a test once per policy of the default.
func forEachPolicy(t *testing.T, f func(*testing.T, layout.Policy)) {
	for _, p := range layout.Default {
		t.Run(p.Name(), func(t *testing.T) { f(t, p) })
	}
}

// TestLifeOfAFile is the same for every policy as long as nothing is pinned.
func TestLifeOfAFile(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		for _, dax := range []bool{false, true} {
			e := open(t, engine.Config{Policy: p, Cache: vfs.Options{CacheInodes: 8, CachePages: 16, Stripes: 2}})
			task := vfs.NewTask(t.Context())
			free := e.FS().FreeBlockCount()
			in := must(e.Create(task, vfs.NewFile{Pages: 3, DAX: dax}))
			ino := in.Ino()
			if err := e.Fault(task, in, 0, 3); err != nil {
				t.Fatal(err)
			}
			page := make([]byte, 4096)
			page[4095] = 42
			if err := e.WritePage(task, in, 2, page); err != nil {
				t.Fatal(err)
			}
			e.Iput(task, in)
			if n := e.PruneICache(task, 8); n != 1 {
				t.Fatalf("pruned %d inodes, want 1", n)
			}
			in = must(e.Iget(task, ino))
			if task.Stats.Misses != 1 || in.Pages() != 3 || in.Nlink() != 1 || in.IsDAX() != dax {
				t.Errorf("read back: %d misses, %d pages, %d links, dax %t", task.Stats.Misses, in.Pages(), in.Nlink(), in.IsDAX())
			}
			if _, err := e.Pin(task, in, 2); !errors.Is(err, vfs.ErrNotMapped) {
				t.Errorf("pin of a page that was not faulted in: %v", err)
			}
			if err := e.Fault(task, in, 2, 1); err != nil {
				t.Fatal(err)
			}
			pin := must(e.Pin(task, in, 2))
			if b := e.PinBytes(pin); b[4095] != 42 {
				t.Errorf("the byte written is %d after eviction, want 42", b[4095])
			}
			e.Unpin(pin)
			if err := e.Truncate(task, in, 1); err != nil {
				t.Fatal(err)
			}
			if err := e.Truncate(task, in, 6); err != nil {
				t.Fatal(err)
			}
			if got := e.FS().FreeBlockCount(); got != free-6 {
				t.Errorf("%d blocks free, want %d", got, free-6)
			}
			if err := e.Unlink(task, in); err != nil {
				t.Fatal(err)
			}
			e.Iput(task, in)
			if _, err := e.Iget(task, ino); !errors.Is(err, vfs.ErrNotExist) {
				t.Errorf("Iget of an unlinked file: %v", err)
			}
			if got := e.FS().FreeBlockCount(); got != free {
				t.Errorf("%d blocks free at the end, %d at the start", got, free)
			}
			check(t, e)
		}
	})
}

// TestPinnedUnlink is the hazard itself: a pin outlives the file, the block is
// the next one given out, and the device writes.
func TestPinnedUnlink(t *testing.T) {
	const hold = time.Second
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Policy: p})
			task := vfs.NewTask(t.Context())
			victim := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
			must(0, e.Fault(task, victim, 0, 1))
			pin := must(e.Pin(task, victim, 0))
			must(0, e.Unlink(task, victim))
			own := true
			var device sync.WaitGroup
			device.Go(func() {
				time.Sleep(hold)
				own = e.DeviceWrite(pin)
				e.Unpin(pin)
			})
			start := time.Now()
			e.Iput(task, victim)
			waited := time.Since(start)
			next := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
			must(0, e.Fault(task, next, 0, 1))
			device.Wait()
			foreign := e.ForeignWrites(next)
			switch {
			case p.Safe() && (waited != hold || !own || foreign != 0 || task.Stats.EvictedPinned != 0):
				t.Errorf("waited %v, want %v; own write %t, foreign writes %d, %+v", waited, hold, own, foreign, task.Stats)
			case !p.Safe() && (waited != 0 || own || foreign != 1 || task.Stats.EvictedPinned != 1 || task.Stats.FreedPinned != 1):
				t.Errorf("the oracle missed it: waited %v; own write %t, foreign writes %d, %+v", waited, own, foreign, task.Stats)
			}
			e.Iput(task, next)
			check(t, e)
		})
	})
}

// TestHangLimit gives up a wait that nobody will end and says what it was for.
func TestHangLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{})
		limit := errors.New("hang limit")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, limit)
		defer cancel()
		task := vfs.NewTask(ctx)
		in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
		ino := in.Ino()
		must(0, e.Fault(task, in, 0, 1))
		must(e.Pin(task, in, 0))
		must(0, e.Unlink(task, in))
		e.Iput(task, in)
		var hung *vfs.HungError
		if err := task.Err(); !errors.As(err, &hung) || !errors.Is(err, limit) || hung.Ino != ino || hung.Pins != 1 || hung.After != time.Minute {
			t.Errorf("err = %v", err)
		}
		if e.Check() == nil {
			t.Error("Check passes an engine with a pinned page and an inode stuck in eviction")
		}
	})
}

// TestHangLimitOfOneWait bounds each wait, not their sum: the second of two pins
// that are dropped one after the other may take as long again.
func TestHangLimitOfOneWait(t *testing.T) {
	for _, tt := range []struct {
		hold time.Duration // of each pin
		hung bool
	}{{50 * time.Second, false}, {70 * time.Second, true}} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Cache: vfs.Options{HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
			must(0, e.Fault(task, in, 0, 2))
			for i := range 2 {
				pin := must(e.Pin(task, in, uint32(i)))
				time.AfterFunc(time.Duration(i+1)*tt.hold, func() { e.Unpin(pin) })
			}
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
			var hung *vfs.HungError
			if errors.As(task.Err(), &hung) != tt.hung || tt.hung && hung.After != time.Minute {
				t.Errorf("pins of %v: %v", tt.hold, task.Err())
			}
			time.Sleep(5 * time.Minute) // let the devices end
		})
	}
}

// TestLookupWaitsForEviction shows the collateral: who looks up an inode that
// waits for a pin, waits too, and then finds it anew.
func TestLookupWaitsForEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{})
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
		ino := in.Ino()
		must(0, e.Fault(task, in, 0, 1))
		pin := must(e.Pin(task, in, 0))
		in.DontCache()
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				time.Sleep(time.Second)
				other := vfs.NewTask(t.Context())
				again := must(e.Iget(other, ino))
				if s := other.Stats; s.FreeingWaits != 1 || s.FreeingWait != time.Second || s.Hits+s.Misses != 1 {
					t.Errorf("lookup %d: %+v", i, s)
				}
				e.Iput(other, again)
			})
		}
		wg.Go(func() {
			time.Sleep(2 * time.Second)
			e.Unpin(pin)
		})
		e.Iput(task, in)
		wg.Wait()
		if task.Stats.PinWait != 2*time.Second {
			t.Errorf("evictor: %+v", task.Stats)
		}
		check(t, e)
	})
}

// TestHeadOfLine unmounts with one pinned inode among many.
func TestHeadOfLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{})
		task := vfs.NewTask(t.Context())
		var pin vfs.Pin
		for i := range 20 {
			in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
			must(0, e.Fault(task, in, 0, 1))
			if i == 0 {
				pin = must(e.Pin(task, in, 0))
			}
			e.Iput(task, in)
		}
		busy := must(e.Create(task, vfs.NewFile{}))
		time.AfterFunc(time.Second, func() { e.Unpin(pin) })
		late := 0
		start := time.Now()
		evicted, inUse := e.EvictInodes(task, func(vfs.Ino) {
			if time.Since(start) >= time.Second {
				late++
			}
		})
		if evicted != 20 || inUse != 1 || late == 0 {
			t.Errorf("evicted %d, in use %d, held up %d", evicted, inUse, late)
		}
		e.Iput(task, busy)
		check(t, e)
	})
}

func TestLRURule(t *testing.T) {
	for _, tt := range []struct {
		rule   vfs.LRURule
		fault  [2]uint32 // first page, how many
		pruned int
		parked int
	}{
		{vfs.EntriesIgnored, [2]uint32{0, 2}, 1, 0},
		{vfs.EntriesKeepOff, [2]uint32{0, 0}, 1, 0},
		{vfs.EntriesKeepOff, [2]uint32{0, 2}, 0, 1},
		{vfs.EntriesKeepOff, [2]uint32{1, 1}, 0, 1},
		{vfs.EntriesKeepOff, [2]uint32{0, 1}, 0, 0}, // on the list, but never freed from it
	} {
		e := open(t, engine.Config{Cache: vfs.Options{LRU: tt.rule}})
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
		must(0, e.Fault(task, in, tt.fault[0], tt.fault[1]))
		e.Iput(task, in)
		pruned := e.PruneICache(task, 10)
		if u := e.Usage(); pruned != tt.pruned || u.Parked != tt.parked {
			t.Errorf("rule %d, entries %v: pruned %d, %+v; want %d, %d parked", tt.rule, tt.fault, pruned, u, tt.pruned, tt.parked)
		}
		check(t, e)
	}
}

// TestSecondChance uses one inode between two rounds of pruning.
func TestSecondChance(t *testing.T) {
	e := open(t, engine.Config{Cache: vfs.Options{Stripes: 1}})
	task := vfs.NewTask(t.Context())
	var inos []vfs.Ino
	for range 3 {
		in := must(e.Create(task, vfs.NewFile{}))
		inos = append(inos, in.Ino())
		e.Iput(task, in)
	}
	e.Iput(task, must(e.Iget(task, inos[0])))
	if n := e.PruneICache(task, 2); n != 2 {
		t.Fatalf("pruned %d", n)
	}
	task.Stats = vfs.Stats{}
	for _, ino := range inos {
		e.Iput(task, must(e.Iget(task, ino)))
	}
	if task.Stats.Hits != 1 || task.Stats.Misses != 2 {
		t.Errorf("%+v: the inode that was used should be the one that stayed", task.Stats)
	}
}

func TestCacheLimit(t *testing.T) {
	e := open(t, engine.Config{Inodes: 400, Cache: vfs.Options{CacheInodes: 64, Stripes: 4, ReclaimBatch: 8}})
	task := vfs.NewTask(t.Context())
	for range 200 {
		e.Iput(task, must(e.Create(task, vfs.NewFile{})))
		if u := e.Usage(); u.Cached > 64 {
			t.Fatalf("%d inodes cached, the limit is 64", u.Cached)
		}
	}
	if task.Stats.Reclaims == 0 || task.Stats.ReclaimTime == 0 || task.Stats.Reclaimed < 136 {
		t.Errorf("%+v", task.Stats)
	}
	var held []*vfs.Inode
	for {
		in, err := e.Create(task, vfs.NewFile{})
		if err != nil {
			if !errors.Is(err, vfs.ErrCacheFull) || len(held) != 64 {
				t.Errorf("%d in use: %v", len(held), err)
			}
			break
		}
		held = append(held, in)
	}
	for _, in := range held {
		e.Iput(task, in)
	}
	check(t, e)
}

// TestLeaseAtEviction breaks an outstanding lease or not, by policy.
func TestLeaseAtEviction(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Policy: p})
			task := vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 1}))
			var l lease.Lease
			must(0, in.Leases().Grant(&l, returnAfter(time.Second/2)))
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
			s := task.Stats
			if p.Name() == "unconditional" {
				if s.Recalls != 1 || s.RecallWait != time.Second/2 || s.LeasesAbandoned != 0 {
					t.Errorf("%+v", s)
				}
			} else if s.Recalls != 0 || s.LeasesAbandoned != 1 || !l.Fenced() {
				t.Errorf("%+v", s)
			}
			check(t, e)
		})
	})
}

type returnAfter time.Duration

func (d returnAfter) Recall(l *lease.Lease) { time.AfterFunc(time.Duration(d), func() { l.Return() }) }

// TestTruncateWaitsForPins lets a pin holder fault and pin another page while a
// truncater waits for its first: it must get it, or neither would go on.
func TestTruncateWaitsForPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{})
		task, other := vfs.NewTask(t.Context()), vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
		must(0, e.Fault(task, in, 0, 4))
		first := must(e.Pin(other, in, 3))
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Second)
			second := must(e.Pin(other, in, 2))
			time.Sleep(time.Second)
			e.Unpin(first)
			e.Unpin(second)
		})
		start := time.Now()
		if err := e.Truncate(task, in, 2); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("truncate took %v, want 2s", d)
		}
		wg.Wait()
		if _, err := e.Pin(other, in, 2); !errors.Is(err, vfs.ErrNotMapped) {
			t.Errorf("pin of a truncated page: %v", err)
		}
		e.Unpin(must(e.Pin(other, in, 1)))
		e.Iput(task, in)
		check(t, e)
	})
}

// TestCachedPageOutlivesTruncation is the other kind of mapping: the pin keeps
// its page, and nobody waits.
func TestCachedPageOutlivesTruncation(t *testing.T) {
	e := open(t, engine.Config{Policy: policy(t, "unconditional"), Cache: vfs.Options{CachePages: 4}})
	task := vfs.NewTask(t.Context())
	in := must(e.Create(task, vfs.NewFile{Pages: 1}))
	must(0, e.Fault(task, in, 0, 1))
	pin := must(e.PinLongterm(task, in, 0))
	must(0, e.Truncate(task, in, 0))
	must(0, e.Unlink(task, in))
	e.Iput(task, in)
	if e.CachedPages() != 1 || task.Stats.PinWaits != 0 {
		t.Errorf("%d pages in use, %+v; want the pinned one, and no wait", e.CachedPages(), task.Stats)
	}
	e.Unpin(pin)
	if e.CachedPages() != 0 {
		t.Error("the page is not free after the last pin")
	}
	dax := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
	if _, err := e.PinLongterm(task, dax, 0); err != vfs.ErrLongterm {
		t.Errorf("long-term pin on DAX: %v", err)
	}
	e.Iput(task, dax)
	check(t, e)
}

// TestStress runs every operation from several goroutines on few inodes and a
// small cache, then checks. With -race it is the race test of the engine.
func TestStress(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		const files, goroutines, ops = 24, 4, 3000
		e := open(t, engine.Config{Policy: p, Cache: vfs.Options{CacheInodes: 40, Stripes: 2, ReclaimBatch: 4, CachePages: 64}})
		setup := vfs.NewTask(t.Context())
		var inos []vfs.Ino
		for i := range files {
			in := must(e.Create(setup, vfs.NewFile{Pages: 4, DAX: i%2 == 0}))
			inos = append(inos, in.Ino())
			e.Iput(setup, in)
		}
		e.Release(setup)
		var sum vfs.Stats
		var mu sync.Mutex
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(7, uint64(g)))
				task := vfs.NewTask(t.Context())
				var pins []vfs.Pin
				for range ops {
					stressOp(t, e, task, rng, inos, &pins)
					if rng.IntN(8) == 0 {
						runtime.Gosched()
					}
				}
				for _, pin := range pins {
					e.Unpin(pin)
				}
				if err := task.Err(); err != nil {
					t.Error(err)
				}
				e.Release(task)
				mu.Lock()
				sum.Add(&task.Stats)
				mu.Unlock()
			})
		}
		wg.Wait()
		t.Logf("%+v", sum)
		if p.Safe() && (sum.EvictedPinned != 0 || sum.FreedPinned != 0) {
			t.Errorf("pinned pages were torn down: %+v", sum)
		}
		check(t, e)
	})
}

// stressOp does one random operation. A goroutine that holds pins neither
// truncates nor drops a last reference: it could wait for itself.
func stressOp(t *testing.T, e *engine.Engine, task *vfs.Task, rng *rand.Rand, inos []vfs.Ino, pins *[]vfs.Pin) {
	if len(*pins) > 0 && rng.IntN(2) == 0 {
		for _, pin := range *pins {
			e.DeviceWrite(pin)
			e.Unpin(pin)
		}
		*pins = (*pins)[:0]
	}
	free := len(*pins) == 0
	switch op := rng.IntN(10); {
	case op < 4 && free:
		in := must(e.Iget(task, inos[rng.IntN(len(inos))]))
		if err := e.Fault(task, in, 0, in.Pages()); err != nil && !errors.Is(err, vfs.ErrBeyondEnd) { // truncated meanwhile
			t.Error(err)
		}
		if pin, err := e.Pin(task, in, uint32(rng.IntN(4))); err == nil {
			*pins = append(*pins, pin)
		}
		// Safe: reclaim by others may wait for the pin, this goroutine does not before it unpins.
		if in.IsDAX() {
			for _, pin := range *pins {
				e.Unpin(pin)
			}
			*pins = (*pins)[:0]
		}
		e.Iput(task, in)
	case op < 6 && free:
		in := must(e.Iget(task, inos[rng.IntN(len(inos))]))
		size := in.Pages()
		if err := e.Truncate(task, in, 2+2*uint32(rng.IntN(2))); err != nil {
			t.Errorf("truncate from %d: %v", size, err)
		}
		if n := e.ForeignWrites(in); n != 0 {
			t.Errorf("%d foreign writes", n)
		}
		e.Iput(task, in)
	case op < 8 && free:
		in := must(e.Create(task, vfs.NewFile{Pages: 1 + uint32(rng.IntN(3)), DAX: rng.IntN(2) == 0}))
		must(0, e.Fault(task, in, 0, 1))
		must(0, e.Unlink(task, in))
		e.Iput(task, in)
	case op == 8 && free:
		e.PruneICache(task, 4)
	default:
		if free {
			e.Iput(task, must(e.Iget(task, inos[rng.IntN(len(inos))])))
		}
	}
}

// TestBlockThatCameBack lets a device cheat: it drops its pin and writes all
// the same, after the block has gone by truncation and come back to the same
// file. The owner is the same; the claim is not.
func TestBlockThatCameBack(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
	must(0, e.Fault(task, in, 0, 1))
	pin := must(e.Pin(task, in, 0))
	marked := e.Mark(pin)
	if !e.DeviceWrite(pin) || !e.DeviceWrite(marked) {
		t.Error("a write into the file's own block is called foreign")
	}
	e.Unpin(pin)
	must(0, e.Truncate(task, in, 0))
	if e.DeviceWrite(marked) {
		t.Error("a write into a block that is free is called the file's own")
	}
	must(0, e.Truncate(task, in, 1))
	must(0, e.Fault(task, in, 0, 1))
	if again := must(e.Pin(task, in, 0)); e.Mark(again) == marked || !e.DeviceWrite(e.Mark(again)) {
		t.Error("the block was not claimed anew")
	} else {
		e.Unpin(again)
	}
	if e.DeviceWrite(marked) {
		t.Error("a write into a block that went away and came back is called the file's own")
	}
	e.Iput(task, in)
	check(t, e)
}
