package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/vfs"
)

// TestRescans lets the pins on the last pages of a file go one by one, from the lowest index on, while the file is
// evicted, and counts how many pages are looked at: each wait is for the next page.
func TestRescans(t *testing.T) {
	const n, k = 768, 16 // pages, pins
	for _, tt := range []struct {
		policy string
		opts   vfs.Options
		looked uint32
	}{
		{"dax-only", vfs.Options{}, k*(n-k) + k*(k+1)/2 + n}, // up to each pin, and all of it at last
		{"dax-only", vfs.Options{Scan: vfs.Resumes}, n - k + 2*k},
		// What is passed over because it is locked is not idle, so these begin anew.
		{"dax-only", vfs.Options{Scan: vfs.Resumes | vfs.SkipLocked}, k*(n-k) + k*(k+1)/2 + n},
		{"dax-only", vfs.Options{Scan: vfs.Resumes | vfs.PauseSkips}, k*(n-k) + k*(k+1)/2 + n},
		{"bounded-wait", vfs.Options{Scan: vfs.Resumes, BreakDeadline: time.Hour}, n - k + 2*k},
		{"per-entry", vfs.Options{}, n + k}, // each entry once, and each pinned one once more
	} {
		t.Run(fmt.Sprintf("policy=%s/scan=%d", tt.policy, tt.opts.Scan), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var looked uint32
				tt.opts.Watch = func(e vfs.Event) {
					if e.Kind == vfs.Scanned {
						looked += e.N
					}
				}
				e := open(t, engine.Config{Policy: policy(t, tt.policy), Cache: tt.opts})
				task := vfs.NewTask(t.Context())
				in := must(e.Create(task, vfs.NewFile{Pages: n, DAX: true}))
				must(0, e.Fault(task, in, 0, n))
				var pins []vfs.Pin
				for i := range uint32(k) {
					pins = append(pins, must(e.Pin(task, in, n-k+i)))
				}
				must(0, e.Unlink(task, in))
				done := make(chan bool)
				go func() { e.Iput(task, in); close(done) }()
				for _, p := range pins {
					time.Sleep(time.Millisecond)
					e.Unpin(p)
				}
				<-done
				if looked != tt.looked || task.Stats.PinWaits != k {
					t.Errorf("%d pages looked at and %d waits, want %d and %d", looked, task.Stats.PinWaits, tt.looked, k)
				}
				if err := e.Check(); err != nil || task.Stats.FreedPinned > 0 {
					t.Errorf("%v, %d blocks freed while pinned", err, task.Stats.FreedPinned)
				}
			})
		})
	}
}

// TestResumesLooksAtSharedPagesAgain evicts a file that shares its first page and waits for its second one, while a pin
// comes onto the first through the other file, which then has a block of its own: nobody but the scan can see that pin.
func TestResumesLooksAtSharedPagesAgain(t *testing.T) {
	for _, name := range []string{"dax-only", "bounded-wait"} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Policy: policy(t, name), Cache: vfs.Options{Scan: vfs.Resumes, BreakDeadline: time.Hour}})
			task, evictor := vfs.NewTask(t.Context()), vfs.NewTask(t.Context())
			goes, stays := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true})), must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
			must(0, e.Reflink(task, goes, 0, stays, 0, 1))
			must(0, e.Fault(task, goes, 0, 2))
			must(0, e.Fault(task, stays, 0, 1))
			own := must(e.Pin(task, goes, 1))
			must(0, e.Unlink(task, goes))
			gone := false
			go func() { e.Iput(evictor, goes); gone = true }()
			synctest.Wait()
			late := must(e.Pin(task, stays, 0))
			must(0, e.CowWrite(task, stays, 0))
			e.Unpin(own)
			synctest.Wait()
			if gone {
				t.Errorf("%s: evicted under a pin, %d blocks freed while pinned", name, evictor.Stats.FreedPinned)
			}
			e.Unpin(late)
			synctest.Wait()
			if !gone || evictor.Stats.FreedPinned != 0 {
				t.Errorf("%s: evicted %t, %d blocks freed while pinned", name, gone, evictor.Stats.FreedPinned)
			}
			e.Iput(task, stays)
			check(t, e)
		})
	}
}
