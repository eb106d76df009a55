package engine_test

import (
	"testing"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/lease"
	"daxbench/engine/vfs"
)

// letGo runs end after 5 ms, on another goroutine, and returns a function that waits for that.
func letGo(end func()) (wait func()) {
	done := make(chan struct{})
	time.AfterFunc(5*time.Millisecond, func() {
		end()
		close(done)
	})
	return func() { <-done }
}

// heldLease gives its lease back some time after it was asked to.
type heldLease struct{ wait func() }

func (h *heldLease) Recall(l *lease.Lease) { h.wait = letGo(func() { l.Return() }) }

// TestSleepsAreTold evicts, under each policy, files with a pin and with a lease, truncates one with a pin, and expects every
// sleep to be told that is counted, and nothing else.
func TestSleepsAreTold(t *testing.T) {
	slept := 0
	for _, p := range layout.All {
		t.Run(p.Name(), func(t *testing.T) {
			if sleepsAreTold(t, p) > 0 {
				slept++
			}
		})
	}
	if slept < len(layout.All)/2 { // all of them truncate a file that is pinned for 5 ms, but the machine may be slow
		t.Errorf("only %d policies of %d have slept at all", slept, len(layout.All))
	}
}

// sleepsAreTold returns how long the task has slept.
func sleepsAreTold(t *testing.T, p layout.Policy) time.Duration {
	e := open(t, engine.Config{Policy: p, Inodes: 64, Cache: vfs.Options{CacheInodes: 32, RecallDeadline: time.Minute}})
	task := vfs.NewTask(t.Context())
	var told vfs.Stats
	var now struct { // what is told next must be of this
		in      vfs.Ino
		pin     vfs.Pin
		began   time.Time
		expects bool
	}
	task.OnSleep(func(s vfs.Sleep) {
		switch s.Wait {
		case vfs.ForPins:
			told.PinWaits++
			told.PinWait += s.Total
			if s.PFN != now.pin.Word() {
				t.Errorf("it slept for page %d, pinned is %d", s.PFN, now.pin.Word())
			}
		case vfs.ForLeases:
			told.RecallWait += s.Total
		default:
			t.Errorf("it slept for %d", s.Wait)
		}
		told.Wake += s.Wake
		if !now.expects || s.Ino != now.in || s.Begin.Before(now.began) || time.Since(s.Begin) < s.Total || s.Total <= 0 || s.Wake < 0 || s.Wake > s.Total {
			t.Errorf("told of %+v while it was at %+v", s, now)
		}
	})
	expect := func(in *vfs.Inode, pin vfs.Pin) {
		now.in, now.pin, now.began, now.expects = in.Ino(), pin, time.Now(), true
	}
	file := func() (*vfs.Inode, vfs.Pin) {
		in := must(e.Create(task, vfs.NewFile{Pages: 4, DAX: true}))
		must(0, e.Fault(task, in, 0, 4))
		return in, must(e.Pin(task, in, 3))
	}
	// A truncation with a pin in its way, or the lease that the pin is held under.
	in, pin := file()
	expect(in, pin)
	wait := letGo(func() { e.Unpin(pin) })
	must(0, e.Truncate(task, in, 1))
	wait()
	now.expects = false
	must(0, e.Unlink(task, in))
	e.Iput(task, in)
	// An eviction with a pin in its way, and one with a lease.
	in, pin = file()
	must(0, e.Unlink(task, in))
	expect(in, pin)
	wait = letGo(func() { e.Unpin(pin) })
	e.Iput(task, in)
	wait()
	e.RunWorker(task)
	in = must(e.Create(task, vfs.NewFile{Pages: 1}))
	recalls := task.Stats.RecallWait
	var l lease.Lease
	var h heldLease
	must(0, in.Leases().Grant(&l, &h))
	must(0, e.Unlink(task, in))
	expect(in, vfs.Pin{})
	e.Iput(task, in)
	e.RunWorker(task)
	if h.wait != nil {
		h.wait()
	}
	s := task.Stats
	if told.PinWaits != s.PinWaits || told.PinWait != s.PinWait || told.RecallWait != s.RecallWait || told.Wake != s.Wake {
		t.Errorf("told of %d sleeps for pins of %v, for leases of %v, %v to wake up; counted are %d, %v, %v, %v",
			told.PinWaits, told.PinWait, told.RecallWait, told.Wake, s.PinWaits, s.PinWait, s.RecallWait, s.Wake)
	}
	if slept := s.RecallWait - recalls; slept > 0 != (h.wait != nil) {
		t.Errorf("the lease was recalled: %t, slept for it: %v", h.wait != nil, slept)
	}
	return s.PinWait + s.RecallWait
}
