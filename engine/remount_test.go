package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// TestPinAcrossRemount is litmus 2 and 3: a file with a pinned page is closed,
// linked or not, and the file system unmounted and mounted again; the file is
// truncated, or is gone, and another one takes whatever is free. Whose is the
// page that the device then reads?
func TestPinAcrossRemount(t *testing.T) {
	for _, tt := range []struct {
		policy string
		waits  bool // the unmount, until the pin is dropped
		own    bool // what is read then is the file's
	}{
		{policy: "none", own: false},
		{policy: "dax-only", waits: true, own: true},
		{policy: "quarantine", own: true},
	} {
		for _, linked := range []bool{true, false} {
			for _, granule := range []page.Granule{page.Page, page.Folio} {
				synctest.Test(t, func(t *testing.T) {
					e := open(t, engine.Config{Policy: policy(t, tt.policy), Cache: vfs.Options{Granule: granule, HangLimit: time.Minute}})
					task := vfs.NewTask(t.Context())
					free := e.FS().FreeBlockCount()
					in := daxFile(t, e, task, 2)
					ino := in.Ino()
					p := e.Mark(must(e.Pin(task, in, 1)))
					if !linked {
						must(0, e.Unlink(task, in))
					}
					old := e
					if tt.waits {
						time.AfterFunc(time.Second, func() {
							if !old.DeviceRead(p) {
								t.Error("the page was not the file's own while the unmount waited")
							}
							old.Unpin(p)
						})
					}
					start := time.Now()
					e.Iput(task, in)
					e = must(e.Remount(task))
					if waited := time.Since(start) == time.Second; waited != tt.waits {
						t.Errorf("%s, linked %t: closed and unmounted after %v", tt.policy, linked, time.Since(start))
					}
					task = vfs.NewTask(t.Context())
					if linked {
						in = must(e.Iget(task, ino))
						must(0, e.Truncate(task, in, 0))
					} else if _, err := e.Iget(task, ino); !errors.Is(err, vfs.ErrNotExist) {
						t.Errorf("%s: the unlinked file is still there: %v", tt.policy, err)
					}
					next := must(e.Create(task, vfs.NewFile{Pages: e.FS().FreeBlockCount(), DAX: true}))
					must(0, e.Fault(task, next, 0, next.Pages()))
					if !tt.waits {
						if own := e.DeviceRead(p); own != tt.own {
							t.Errorf("%s, linked %t: the device read its own file: %t, want %t", tt.policy, linked, own, tt.own)
						}
						e.Unpin(p)
					}
					must(0, e.Unlink(task, next))
					e.Iput(task, next)
					if linked {
						e.Iput(task, in)
					}
					if n := e.FS().FreeBlockCount(); n != free {
						t.Errorf("%s, linked %t: %d blocks are free, want %d", tt.policy, linked, n, free)
					}
					check(t, e)
				})
			}
		}
	}
}

// TestUnmountRefuses: while a file is in use there is no unmount, and the file
// system goes on; what is idle is evicted all the same.
func TestUnmountRefuses(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		e := open(t, engine.Config{Policy: p})
		task := vfs.NewTask(t.Context())
		used, idle := daxFile(t, e, task, 2), daxFile(t, e, task, 2)
		e.Iput(task, idle)
		if err := e.Unmount(task); !errors.Is(err, vfs.ErrBusyInodes) {
			t.Errorf("unmounted: %v", err)
		}
		if _, err := e.Remount(task); !errors.Is(err, vfs.ErrBusyInodes) {
			t.Errorf("mounted again: %v", err)
		}
		if u := e.Usage(); u.Cached != 1 {
			t.Errorf("left in the cache: %+v", u)
		}
		must(0, e.Truncate(task, used, 5))
		e.Iput(task, used)
		e = must(e.Remount(task))
		in := must(e.Iget(task, 1))
		if in.Pages() != 5 || !in.IsDAX() {
			t.Errorf("read again: %d pages, DAX %t", in.Pages(), in.IsDAX())
		}
		e.Iput(task, in)
		check(t, e)
	})
}

// TestUnmountFinishesWork: what a policy left to the worker is done by the time
// an unmount returns, whether anybody serves the worker or not.
func TestUnmountFinishesWork(t *testing.T) {
	for _, served := range []bool{false, true} {
		for _, name := range []string{"defer", "defer-aside", "writeback"} {
			synctest.Test(t, func(t *testing.T) {
				var unmounted int
				e := open(t, engine.Config{Policy: policy(t, name), Cache: vfs.Options{HangLimit: time.Minute, Watch: func(ev vfs.Event) {
					if ev.Kind == vfs.Unmounted {
						unmounted++
					}
				}}})
				stop := func() {}
				if served {
					s := serve(t, e)
					stop = func() { s() }
				}
				task := vfs.NewTask(t.Context())
				for range 3 {
					in := daxFile(t, e, task, 1)
					p := must(e.Pin(task, in, 0))
					time.AfterFunc(time.Second, func() { e.Unpin(p) })
					if name != "writeback" { // which waits at once for an inode that is to be dropped
						in.DontCache()
					}
					e.Iput(task, in)
				}
				idle := daxFile(t, e, task, 1) // by most policies not left to the worker
				p := must(e.Pin(task, idle, 0))
				time.AfterFunc(time.Second, func() { e.Unpin(p) })
				e.Iput(task, idle)
				start := time.Now()
				must(0, e.Unmount(task))
				if took := time.Since(start); took < time.Second || took > time.Second+10*time.Millisecond {
					t.Errorf("%s, served %t: unmounted after %v, want 1s", name, served, took)
				}
				if u := e.Usage(); u.Cached != 0 || unmounted != 1 {
					t.Errorf("%s, served %t: %+v left, told %d times", name, served, u, unmounted)
				}
				stop()
				check(t, e)
			})
		}
	}
}

// TestRemountKeepsShares shares blocks, and lets the next mount count them.
func TestRemountKeepsShares(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	free := e.FS().FreeBlockCount()
	a, b := daxFile(t, e, task, 4), daxFile(t, e, task, 4)
	must(0, e.Reflink(task, a, 0, b, 1, 3))
	inos := []vfs.Ino{a.Ino(), b.Ino()}
	e.Iput(task, a)
	e.Iput(task, b)
	e = must(e.Remount(task))
	if n := len(e.Shares()); n != 3 {
		t.Errorf("%d blocks are shared, want 3", n)
	}
	check(t, e)
	for i, ino := range inos {
		in := must(e.Iget(task, ino))
		must(0, e.Fault(task, in, 0, 4))
		must(0, e.Unlink(task, in))
		e.Iput(task, in)
		if left := free - e.FS().FreeBlockCount(); left != uint32(4-4*i) {
			t.Errorf("after %d files: %d blocks are not free", i+1, left)
		}
		check(t, e)
	}
}

// TestRemountOfAnotherRegion: the page table is one region's.
func TestRemountOfAnotherRegion(t *testing.T) {
	a, b := open(t, engine.Config{}), open(t, engine.Config{})
	if _, err := a.Superblock.Remount(b.FS()); err == nil {
		t.Error("mounted over another region")
	}
}

// TestMarksAcrossRemount: a block that came back to the same file in the next
// mount is under another claim, and the old pin foreign.
func TestMarksAcrossRemount(t *testing.T) {
	e := open(t, engine.Config{Policy: policy(t, "none")})
	task := vfs.NewTask(t.Context())
	in := daxFile(t, e, task, 1)
	ino, p := in.Ino(), e.Mark(must(e.Pin(task, in, 0)))
	e.Iput(task, in)
	e = must(e.Remount(task))
	in = must(e.Iget(task, ino))
	must(0, e.Truncate(task, in, 0))
	must(0, e.Truncate(task, in, 1))
	must(0, e.Fault(task, in, 0, 1))
	q := must(e.Pin(task, in, 0))
	if q.PFN() != p.PFN() {
		t.Skip("the block went elsewhere")
	}
	if e.DeviceWrite(p) {
		t.Error("a block that came back is taken for the same")
	}
	e.Unpin(p)
	e.Unpin(q)
	e.Iput(task, in)
	check(t, e)
}
