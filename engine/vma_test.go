package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// TestVMAHoldsItsFile: an unlinked file that nobody has open lives as long as it
// is mapped, and goes with the last VMA.
func TestVMAHoldsItsFile(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	free := e.FS().FreeBlockCount()
	in := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
	a, b := must(e.Map(task, in, 0, 4)), must(e.Map(task, in, 2, 100))
	must(0, e.Unlink(task, in))
	e.Iput(task, in)
	must(0, a.Fault(task, 0, 4))
	if err := b.Fault(task, 1, 1); !errors.Is(err, vfs.ErrNotMapped) {
		t.Errorf("fault before the VMA: %v", err)
	}
	if err := a.Fault(task, 3, 2); !errors.Is(err, vfs.ErrNotMapped) {
		t.Errorf("fault behind the VMA: %v", err)
	}
	if err := b.Fault(task, 3, 2); !errors.Is(err, vfs.ErrBeyondEnd) {
		t.Errorf("fault behind the file: %v", err)
	}
	must(0, b.Fault(task, 2, 2))
	for range 2 { // the second one does nothing
		e.Munmap(task, a)
	}
	if task.Stats.Evictions != 0 || e.Usage().InUse != 1 {
		t.Errorf("gone while it was mapped: %+v", e.Usage())
	}
	e.Unpin(must(e.Pin(task, b.Inode(), 0))) // the entries are the file's, not a VMA's
	e.Munmap(task, b)
	if task.Stats.Freed != 1 || e.FS().FreeBlockCount() != free {
		t.Errorf("not freed with the last VMA: %+v", task.Stats)
	}
	check(t, e)
}

// TestMappingsCount lets mappings of every kind come and go under both ways to
// count references. One that was not taken back would keep a page from being at
// rest for ever, and so its file from being evicted.
func TestMappingsCount(t *testing.T) {
	for _, counts := range []page.Refcount{page.Base1, page.Base0, page.Base0Maps} {
		e := open(t, engine.Config{Cache: vfs.Options{Refcount: counts, HangLimit: time.Second}})
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 200, DAX: true}))
		a, b := must(e.Map(task, in, 0, 200)), must(e.Map(task, in, 70, 100))
		for range 3 { // what has a page table entry already is not counted again
			must(0, a.Fault(task, 60, 10))
			must(0, b.Fault(task, 70, 60))
			must(0, a.Fault(task, 100, 100))
		}
		if n := e.PinnedPages(); n != 0 {
			t.Errorf("refcount %d: %d pages are pinned by mappings", counts, n)
		}
		must(0, e.Punch(task, in, 90, 20)) // takes it from both
		must(0, b.Fault(task, 70, 20))
		must(0, e.Truncate(task, in, 80))
		must(0, e.Truncate(task, in, 150))
		must(0, a.Fault(task, 0, 150))
		e.Munmap(task, b)
		in.DontCache()
		p := must(e.Pin(task, in, 149))
		e.Munmap(task, must(e.Map(task, in, 0, 1)))
		e.Unpin(p)
		e.Iput(task, in)
		e.Munmap(task, a)
		if task.Stats.Evictions != 1 || task.Err() != nil {
			t.Errorf("refcount %d: %d evictions, %v", counts, task.Stats.Evictions, task.Err())
		}
		check(t, e)
	}
}

// TestPinHoldsVMA: with that rule munmap of a pinned file leaves it mapped, and
// alive, until its last pin goes.
func TestPinHoldsVMA(t *testing.T) {
	for _, mapped := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			rules := vfs.Rules{PinHolds: vfs.HoldsVMA}
			e := openRuled(t, policy(t, "none"), rules, vfs.Options{Scan: vfs.MappedOnly, HangLimit: time.Minute})
			task := vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
			var vmas []*vfs.VMA
			if mapped {
				vmas = []*vfs.VMA{must(e.Map(task, in, 0, 2)), must(e.Map(task, in, 0, 2))}
				must(0, vmas[0].Fault(task, 0, 2))
			} else {
				must(0, e.Fault(task, in, 0, 2))
			}
			p, q := must(e.Pin(task, in, 0)), must(e.Pin(task, in, 1))
			for _, v := range vmas {
				e.Munmap(task, v)
			}
			// It is still mapped, so a scan that wants a VMA sees the pins.
			time.AfterFunc(time.Second, func() { e.Unpin(q) })
			start := time.Now()
			must(0, e.Truncate(task, in, 1))
			if took := time.Since(start); took != time.Second {
				t.Errorf("mapped %t: truncated after %v, want 1s", mapped, took)
			}
			synctest.Wait() // the unpin drops what the pin held after its page
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
			e.RunWorker(task)
			if e.Usage().Cached != 1 || !e.DeviceWrite(p) {
				t.Errorf("mapped %t: the file went under its pin", mapped)
			}
			e.Unpin(p)
			e.RunWorker(task)
			if e.Usage().Cached != 0 || task.Stats.FreedPinned != 0 {
				t.Errorf("mapped %t: the last pin left %+v; %+v", mapped, e.Usage(), task.Stats)
			}
			check(t, e)
		})
	}
}

// TestDirtyTags: a store tags its page, a device does not, Sync and eviction
// take the tags off.
func TestDirtyTags(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	in := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
	must(0, e.Fault(task, in, 0, 3))
	want := func(when string, dirty ...bool) {
		t.Helper()
		for i, d := range dirty {
			if in.Dirty(uint32(i)) != d {
				t.Errorf("%s: page %d dirty: %t, want %t", when, i, !d, d)
			}
		}
	}
	must(0, e.WritePage(task, in, 1, make([]byte, 4096)))
	p := must(e.Pin(task, in, 0))
	e.DeviceWrite(p)
	e.Unpin(p)
	want("after the writes", false, true, false, false)
	e.MarkDirty(in, 2)
	e.MarkDirty(in, 3) // not mapped
	e.MarkDirty(in, 99)
	want("after MarkDirty", false, true, true, false)
	if e.Unpin(must(e.Pin(task, in, 1))); !in.Dirty(1) {
		t.Error("a pin cleaned its page")
	}
	must(0, e.Sync(task, in))
	want("after Sync", false, false, false, false)
	e.MarkDirty(in, 0)
	must(0, e.Truncate(task, in, 0))
	must(0, e.Truncate(task, in, 4))
	must(0, e.Fault(task, in, 0, 4))
	want("anew", false, false, false, false)
	e.Iput(task, in)
	check(t, e)
}
