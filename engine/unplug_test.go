package engine_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// TestUnplugWaits has an idle file with a pinned page, dirty or clean, when the
// device goes. When does the memory go, with and without a notice before?
func TestUnplugWaits(t *testing.T) {
	for _, tt := range []struct {
		policy string
		notify bool
		dirty  bool
		want   time.Duration
	}{
		{policy: "dax-only", want: time.Second},
		{policy: "dax-only", dirty: true, want: time.Second},
		{policy: "dax-only", notify: true, dirty: true, want: time.Second},
		{policy: "dax-only", notify: true, want: 0}, // a clean entry goes, and its pin is forgotten
		{policy: "none", want: 0},
		{policy: "none", notify: true, dirty: true, want: 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := openRuled(t, policy(t, tt.policy), vfs.Rules{Notify: tt.notify}, vfs.Options{HangLimit: time.Minute})
			task := vfs.NewTask(t.Context())
			in := daxFile(t, e, task, 2)
			if tt.dirty {
				e.MarkDirty(in, 1)
			}
			p := must(e.Pin(task, in, 1))
			e.Iput(task, in)
			wrote := make(chan bool, 1)
			time.AfterFunc(time.Second, func() {
				wrote <- e.DeviceWrite(p)
				e.Unpin(p)
			})
			start := time.Now()
			must(0, e.Unplug(task))
			if took := time.Since(start); took != tt.want || !e.Gone() {
				t.Errorf("%+v: the memory went after %v, want %v", tt, took, tt.want)
			}
			if own := <-wrote; own != (tt.want > 0) {
				t.Errorf("%+v: the device had its memory: %t", tt, own)
			}
			synctest.Wait()
			check(t, e)
		})
	}
}

// TestGoneMemoryIsNotTouched: a device that goes on after an unplug reaches
// nothing, and nothing new begins.
func TestGoneMemoryIsNotTouched(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	in := daxFile(t, e, task, 2)
	other := daxFile(t, e, task, 2)
	cached := must(e.Create(task, vfs.NewFile{Pages: 1}))
	must(0, e.Fault(task, cached, 0, 1))
	must(0, e.WritePage(task, cached, 0, make([]byte, 4096)))
	ino := must(e.Create(task, vfs.NewFile{})).Ino()
	gone := must(e.Iget(task, ino))
	gone.DontCache()
	e.Iput(task, gone)
	e.Iput(task, gone)
	p, q := e.Mark(must(e.Pin(task, in, 0))), must(e.Pin(task, cached, 0))
	must(0, e.Unlink(task, in))
	must(0, e.Unplug(task)) // all are in use, so all stay
	before := slices.Clone(e.FS().Region().Bytes())
	if e.DeviceWrite(p) || e.DeviceRead(p) {
		t.Error("memory that is gone was the device's own")
	}
	if !e.DeviceWrite(q) {
		t.Error("the page cache is not on the device")
	}
	if e.Mark(p) != p {
		t.Error("Mark looked")
	}
	for name, err := range map[string]error{
		"fault":    e.Fault(task, in, 0, 1),
		"create":   errOf(e.Create(task, vfs.NewFile{})),
		"iget":     errOf(e.Iget(task, ino)),
		"unlink":   e.Unlink(task, other),
		"truncate": e.Truncate(task, in, 0),
		"punch":    e.Punch(task, in, 0, 1),
		"reflink":  e.Reflink(task, in, 0, other, 0, 1),
		"copy":     e.CowWrite(task, in, 0),
		"set DAX":  e.SetDAX(task, in, false),
		"map":      errOf(e.Map(task, in, 0, 1)),
	} {
		if !errors.Is(err, vfs.ErrShutdown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e.Unpin(p)
	e.Unpin(q)
	e.Iput(task, in) // unlinked, and yet nothing is freed
	cached.DontCache()
	e.Iput(task, cached) // dirty, and yet nothing is written back
	e.Iput(task, other)
	if !slices.Equal(before, e.FS().Region().Bytes()) {
		t.Error("the region was written to after it was gone")
	}
	check(t, e)
	if r := must(e.FS().Check()); r.Orphans != 1 {
		t.Errorf("%d orphans for the next mount, want 1", r.Orphans)
	}
}

func errOf[T any](_ T, err error) error { return err }

// TestNoticeRevokes: a notice takes the file from its mappers, whose references
// go, and leaves the pins; nobody can pin anew, and a munmap that comes too late
// does nothing.
func TestNoticeRevokes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := openRuled(t, policy(t, "dax-only"), vfs.Rules{Notify: true}, vfs.Options{Refcount: page.Base0, HangLimit: time.Minute})
		task := vfs.NewTask(t.Context())
		mapped, used := daxFile(t, e, task, 2), daxFile(t, e, task, 2)
		v, w := must(e.Map(task, mapped, 0, 2)), must(e.Map(task, used, 0, 2))
		must(0, v.Fault(task, 0, 2))
		must(0, w.Fault(task, 0, 2))
		e.MarkDirty(mapped, 1)
		e.MarkDirty(used, 1)
		p := must(e.Pin(task, mapped, 1))
		e.Iput(task, mapped)
		time.AfterFunc(time.Second, func() { e.Unpin(p) })
		other := vfs.NewTask(t.Context())
		start := time.Now()
		must(0, e.Unplug(other))
		if took := time.Since(start); took != time.Second {
			t.Errorf("the memory went after %v, want 1s", took)
		}
		e.Munmap(task, v)
		e.Munmap(task, w)
		if u := e.Usage(); u.Cached != 1 || u.InUse != 1 {
			t.Errorf("one file is still open, want that one left: %+v", u)
		}
		for index, dirty := range []bool{false, true} {
			if used.Dirty(uint32(index)) != dirty {
				t.Errorf("page %d of a file in use: dirty entries stay, clean ones go", index)
			}
			if _, err := e.Pin(task, used, uint32(index)); !errors.Is(err, vfs.ErrShutdown) {
				t.Errorf("pin of page %d after the notice: %v", index, err)
			}
		}
		e.Iput(task, used)
		check(t, e)
	})
}

// TestUnplugTells has the events of an unplug in order: the freeze is over before
// anything is evicted, that happens under s_umount, and then the memory goes.
func TestUnplugTells(t *testing.T) {
	var got []vfs.Event
	e := openRuled(t, policy(t, "dax-only"), vfs.Rules{Notify: true}, vfs.Options{Watch: func(ev vfs.Event) { got = append(got, ev) }})
	task := vfs.NewTask(t.Context())
	in := daxFile(t, e, task, 1)
	e.Iput(task, in)
	got = nil
	must(0, e.Unplug(task))
	want := []vfs.Event{
		{Kind: vfs.LockTaken, Class: vfs.FreezeLock},
		{Kind: vfs.LockTaken, Class: vfs.LayoutLock},
		{Kind: vfs.LockDropped, Class: vfs.LayoutLock},
		{Kind: vfs.LockDropped, Class: vfs.FreezeLock},
		{Kind: vfs.Idled},
		{Kind: vfs.LockTaken, Class: vfs.SBLock},
		{Kind: vfs.EvictBegin},
		{Kind: vfs.EvictEnd},
		{Kind: vfs.LockDropped, Class: vfs.SBLock},
		{Kind: vfs.DeviceGone},
	}
	i := 0
	for _, ev := range got {
		if ev.Kind == vfs.MaySleep || ev.Kind == vfs.Scanned {
			continue
		}
		if ev.Task != task {
			t.Errorf("%+v is told of another task", ev)
		}
		if i >= len(want) || want[i].Kind != ev.Kind || want[i].Class != ev.Class {
			t.Fatalf("event %d is %+v, want %+v", i, ev, want[min(i, len(want)-1)])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d events, want %d", i, len(want))
	}
}

// TestMemoryFailure is litmus 19: who is told of poison in a page? The file that
// is in the cache and has an entry for it, also while it is being evicted; nobody
// once it is torn down, pinned or not.
func TestMemoryFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			policy string
			found  bool // while the last Iput is under way, or after it
		}{{"none", false}, {"quarantine", false}, {"dax-only", true}} {
			e := open(t, engine.Config{Policy: policy(t, tt.policy), Cache: vfs.Options{HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			in := daxFile(t, e, task, 3)
			ino, p := in.Ino(), must(e.Pin(task, in, 1))
			pfn := p.PFN()
			if got, err := e.MemoryFailure(pfn); got != ino || err != nil {
				t.Errorf("%s: %d, %v", tt.policy, got, err)
			}
			if got, err := e.MemoryFailure(pfn + 100); !errors.Is(err, vfs.ErrNoOwner) {
				t.Errorf("%s: a page of nobody is inode %d's, %v", tt.policy, got, err)
			}
			must(0, e.Unlink(task, in))
			go e.Iput(task, in)
			synctest.Wait()
			got, err := e.MemoryFailure(pfn)
			if found := err == nil && got == ino; found != tt.found {
				t.Errorf("%s: found: %t, want %t (%d, %v)", tt.policy, found, tt.found, got, err)
			}
			e.Unpin(p)
			synctest.Wait()
			check(t, e)
		}
	})
}

// TestUnplugGivesUp: if an eviction is given up, the memory stays.
func TestUnplugGivesUp(t *testing.T) {
	e := open(t, engine.Config{Cache: vfs.Options{HangLimit: 10 * time.Millisecond}})
	task := vfs.NewTask(t.Context())
	in := daxFile(t, e, task, 1)
	p := must(e.Pin(task, in, 0))
	e.Iput(task, in)
	var hung *vfs.HungError
	if err := e.Unplug(vfs.NewTask(t.Context())); !errors.As(err, &hung) || e.Gone() {
		t.Errorf("%v, gone: %t", err, e.Gone())
	}
	if !e.DeviceWrite(p) || p.Owner() != (media.Owner{Ino: in.Ino(), Gen: 1}) {
		t.Error("the pinned page is not there any more")
	}
}
