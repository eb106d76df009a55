package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/page"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// TestScanOverlooks truncates a file whose page 1 is pinned for two seconds, with
// an entry lock on it for one, and sees when the truncation ends: when the pin
// has gone, or before, which is what the switches are there for.
func TestScanOverlooks(t *testing.T) {
	const unlock, unpin = time.Second, 2 * time.Second
	for _, tt := range []struct {
		name          string
		scan          vfs.Scan
		vma, unmapped bool // the file is mapped by a VMA; which is unmapped before the truncation
		locked        bool
		want          time.Duration
	}{
		{name: "nothing overlooked", want: unpin},
		{name: "nothing overlooked, mapped", vma: true, want: unpin},
		{name: "nothing overlooked, unmapped", vma: true, unmapped: true, want: unpin},
		{name: "nothing overlooked, locked", locked: true, want: unpin},
		{name: "mapped only, mapped", scan: vfs.MappedOnly, vma: true, want: unpin},
		{name: "mapped only, by nobody in particular", scan: vfs.MappedOnly, want: unpin},
		{name: "mapped only, unmapped", scan: vfs.MappedOnly, vma: true, unmapped: true, want: 0},
		{name: "skip locked, not locked", scan: vfs.SkipLocked, want: unpin},
		{name: "skip locked", scan: vfs.SkipLocked, locked: true, want: unlock},
		{name: "go on behind, not locked", scan: vfs.PauseSkips, want: unpin},
		{name: "go on behind", scan: vfs.PauseSkips, locked: true, want: unlock},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Cache: vfs.Options{Scan: tt.scan, HangLimit: time.Minute}})
				task := vfs.NewTask(t.Context())
				in := must(e.Create(task, vfs.NewFile{Pages: 3, DAX: true}))
				var v *vfs.VMA
				if tt.vma {
					v = must(e.Map(task, in, 0, 3))
					must(0, v.Fault(task, 0, 3))
				} else {
					must(0, e.Fault(task, in, 0, 3))
				}
				p := must(e.Pin(task, in, 1))
				if tt.locked {
					must(0, e.LockEntry(task, in, 1))
				}
				if tt.unmapped {
					e.Munmap(task, v)
				}
				other := vfs.NewTask(t.Context())
				go func() {
					time.Sleep(unlock)
					if tt.locked {
						e.UnlockEntry(other, in, 1)
					}
					time.Sleep(unpin - unlock)
					e.Unpin(p)
				}()
				start := time.Now()
				must(0, e.Truncate(task, in, 0))
				if took := time.Since(start); took != tt.want {
					t.Errorf("truncation ended after %v, want %v", took, tt.want)
				}
				time.Sleep(unpin)
				synctest.Wait()
				if tt.vma && !tt.unmapped {
					e.Munmap(task, v)
				}
				e.Iput(task, in)
				e.Release(task)
				check(t, e)
			})
		})
	}
}

// TestNobodyIsMappedAtEviction: by then the last VMA is gone, and a final break
// looks all the same.
func TestNobodyIsMappedAtEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{Cache: vfs.Options{Scan: vfs.MappedOnly, HangLimit: time.Minute}})
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
		v := must(e.Map(task, in, 0, 1))
		must(0, v.Fault(task, 0, 1))
		p := must(e.Pin(task, in, 0))
		e.Munmap(task, v)
		time.AfterFunc(time.Second, func() { e.Unpin(p) })
		must(0, e.Unlink(task, in))
		start := time.Now()
		e.Iput(task, in)
		if took := time.Since(start); took != time.Second {
			t.Errorf("evicted after %v, want 1s", took)
		}
		check(t, e)
	})
}

// TestOwnMappingsDoNotHoldUp: who breaks a layout unmaps the pages first, so
// that where mappings count as references they are not waited for, in this file.
func TestOwnMappingsDoNotHoldUp(t *testing.T) {
	for _, counts := range []page.Refcount{page.Base0, page.Base0Maps} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Cache: vfs.Options{Refcount: counts, HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
			v := must(e.Map(task, in, 0, 2))
			must(0, v.Fault(task, 0, 2))
			p := must(e.Pin(task, in, 1))
			time.AfterFunc(time.Second, func() { e.Unpin(p) })
			start := time.Now()
			must(0, e.Truncate(task, in, 0))
			if took := time.Since(start); took != time.Second {
				t.Errorf("refcount %d: truncated after %v, want 1s", counts, took)
			}
			e.Munmap(task, v)
			e.Iput(task, in)
			check(t, e)
		})
	}
}

// TestScanSeesEntriesOnly: of pages 0 to 4 the file has entries for 0, 2 and 4. A
// pin on one of those is waited for; one that an older instance of the file left
// on another page is not seen.
func TestScanSeesEntriesOnly(t *testing.T) {
	for pinned := range uint32(5) {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Policy: policy(t, "none"), Cache: vfs.Options{HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 5, DAX: true}))
			ino := in.Ino()
			must(0, e.Fault(task, in, 0, 5))
			old := must(e.Pin(task, in, pinned))
			time.AfterFunc(time.Second, func() { e.Unpin(old) })
			in.DontCache()
			e.Iput(task, in)
			in = must(e.Iget(task, ino))
			for i := uint32(0); i < 5; i += 2 {
				must(0, e.Fault(task, in, i, 1))
			}
			start := time.Now()
			must(0, e.Truncate(task, in, 0))
			if waited := time.Since(start) == time.Second; waited != (pinned%2 == 0) {
				t.Errorf("page %d pinned: waited %t", pinned, waited)
			}
			time.Sleep(2 * time.Second)
			e.Iput(task, in)
			check(t, e)
		})
	}
}

// TestLockedEntryStopsWhoChangesIt: truncation, eviction, fault and another lock
// all wait for it, a pin does not.
func TestLockedEntryStopsWhoChangesIt(t *testing.T) {
	for name, op := range map[string]func(*engine.Engine, *vfs.Task, *vfs.Inode) bool{
		"lock": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.LockEntry(task, in, 1))
			e.UnlockEntry(task, in, 1)
			return true
		},
		"fault": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.Fault(task, in, 0, 2))
			return true
		},
		"sync": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.Sync(task, in))
			return true
		},
		"truncate": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.Truncate(task, in, 1))
			return true
		},
		"punch": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.Punch(task, in, 1, 1))
			return true
		},
		"punch beside": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.Punch(task, in, 0, 1))
			return false
		},
		"pin": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			e.Unpin(must(e.Pin(task, in, 1)))
			return false
		},
		"fault beside": func(e *engine.Engine, task *vfs.Task, in *vfs.Inode) bool {
			must(0, e.Fault(task, in, 0, 1))
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Cache: vfs.Options{HangLimit: time.Minute}})
				task, other := vfs.NewTask(t.Context()), vfs.NewTask(t.Context())
				in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
				must(0, e.Fault(task, in, 0, 2))
				must(0, e.LockEntry(other, in, 1))
				time.AfterFunc(time.Second, func() { e.UnlockEntry(other, in, 1) })
				start := time.Now()
				waits := op(e, task, in)
				if waited := time.Since(start) == time.Second; waited != waits {
					t.Errorf("waited: %t, want %t", waited, waits)
				}
				time.Sleep(2 * time.Second)
				e.Iput(task, in)
				check(t, e)
			})
		})
	}
}

// TestLockedEntryOfAnInodeThatGoes has the last reference dropped while an entry
// is locked, as memory failure may do it, and nobody pinned it.
func TestLockedEntryOfAnInodeThatGoes(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Policy: p, Cache: vfs.Options{HangLimit: time.Minute}})
			task, other := vfs.NewTask(t.Context()), vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
			must(0, e.Fault(task, in, 0, 2))
			must(0, e.LockEntry(other, in, 1))
			must(0, e.Unlink(task, in))
			time.AfterFunc(time.Second, func() { e.UnlockEntry(other, in, 1) })
			start := time.Now()
			e.Iput(task, in)
			e.RunWorker(task)
			if took := time.Since(start); took != time.Second {
				t.Errorf("evicted after %v, want 1s", took)
			}
			check(t, e)
		})
	})
}

// TestLockedEntryIsGivenUp: nobody unlocks it, and the hang limit ends the wait,
// of a scan and of a truncation behind it.
func TestLockedEntryIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{Cache: vfs.Options{HangLimit: time.Second}})
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
		must(0, e.Fault(task, in, 0, 2))
		must(0, e.LockEntry(task, in, 1))
		start := time.Now()
		err := e.Truncate(vfs.NewTask(t.Context()), in, 0)
		var hung *vfs.HungError
		if !errors.As(err, &hung) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// openLarge returns an engine with room for files of several MiB in a row.
func openLarge(t testing.TB, c engine.Config) *engine.Engine {
	t.Helper()
	c.Policy, c.Inodes, c.Seed = policy(t, "dax-only"), 16, 1
	r := must(pmem.Open(pmem.Options{Size: 64 << 20}))
	t.Cleanup(func() { r.Close() })
	return must(engine.Open(r, c))
}

// TestFolios maps 2 MiB at once where file and memory allow it, and counts the
// pins of all its pages in one word.
func TestFolios(t *testing.T) {
	for _, granule := range []page.Granule{page.Page, page.Folio} {
		t.Run(fmt.Sprintf("granule=%d", granule), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := openLarge(t, engine.Config{Cache: vfs.Options{Granule: granule, HangLimit: time.Minute}})
				task := vfs.NewTask(t.Context())
				in := must(e.Create(task, vfs.NewFile{Pages: page.FolioPages + 3, DAX: true}))
				must(0, e.Fault(task, in, 7, 1))
				p, err := e.Pin(task, in, 500)
				if whole := err == nil; whole != (granule == page.Folio) {
					t.Errorf("a fault brought in the pages round it: %t", whole)
				} else if whole {
					e.Unpin(p)
				}
				must(0, e.Fault(task, in, 0, page.FolioPages+3))

				hold := func(index uint32, d time.Duration) {
					p := must(e.Pin(task, in, index))
					if !p.IsDAX() || !e.DeviceWrite(p) {
						t.Error("not the file's own page")
					}
					time.AfterFunc(d, func() { e.Unpin(p) })
				}
				// A pin on the first page holds up what is done to the last of the
				// folio, if they are counted in one word.
				hold(0, time.Second)
				start := time.Now()
				must(0, e.Punch(task, in, 511, 2))
				if waited := time.Since(start) == time.Second; waited != (granule == page.Folio) {
					t.Errorf("a break of page 511 waits for page 0: %t", waited)
				}
				time.Sleep(2 * time.Second)

				// The entry went as a whole; what is left comes back page by page.
				p, err = e.Pin(task, in, 0)
				if gone := err == vfs.ErrNotMapped; gone != (granule == page.Folio) {
					t.Errorf("page 0 went with page 511: %t", gone)
				} else if !gone {
					e.Unpin(p)
				}
				must(0, e.Fault(task, in, 0, page.FolioPages+3))
				hold(0, time.Second)
				start = time.Now()
				must(0, e.Truncate(task, in, 300))
				if took := time.Since(start); took != 0 {
					t.Errorf("single pages are still one: waited %v", took)
				}
				time.Sleep(2 * time.Second)
				must(0, e.Unlink(task, in))
				e.Iput(task, in)
				check(t, e)
			})
		})
	}
}

// TestFolioEviction lets every way of counting meet a pin on the middle of a
// folio whose file goes.
func TestFolioEviction(t *testing.T) {
	for _, counts := range []page.Refcount{page.Base1, page.Base0, page.Base0Maps} {
		synctest.Test(t, func(t *testing.T) {
			e := openLarge(t, engine.Config{Cache: vfs.Options{Granule: page.Folio, Refcount: counts, HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: page.FolioPages, DAX: true}))
			v := must(e.Map(task, in, 100, 200)) // less than the folio
			must(0, v.Fault(task, 150, 10))
			p := must(e.Pin(task, in, 400))
			must(0, e.Unlink(task, in))
			e.Munmap(task, v)
			time.AfterFunc(time.Second, func() { e.Unpin(p) })
			start := time.Now()
			e.Iput(task, in)
			if took := time.Since(start); took != time.Second {
				t.Errorf("refcount %d: evicted after %v, want 1s", counts, took)
			}
			check(t, e)
		})
	}
}
