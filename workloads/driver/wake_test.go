package driver

import (
	"context"
	"errors"
	"testing"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/device"
	"daxbench/workloads/hist"
)

// TestSharesAdd: the parts of a sleep are told apart by when the pin was due, when it ended, and when the waiter was called.
func TestSharesAdd(t *testing.T) {
	clock.Calibrate()
	at := func(d time.Duration) clock.Ticks { return 1<<40 + clock.Of(d) }
	for _, tt := range []struct {
		name                   string
		due, until, woken      time.Duration // from the beginning of the sleep
		known                  bool
		late, unpin            time.Duration
		named, told, wokenWell int64
	}{
		{"on time", 20 * time.Microsecond, 20 * time.Microsecond, 21 * time.Microsecond, true, 0, time.Microsecond, 1, 1, 1},
		{"a late device", 20 * time.Microsecond, 50 * time.Microsecond, 50 * time.Microsecond, true, 30 * time.Microsecond, 0, 1, 1, 1},
		{"due before the sleep", -time.Second, 5 * time.Microsecond, 5 * time.Microsecond, true, 5 * time.Microsecond, 0, 1, 1, 1},
		{"early", 20 * time.Microsecond, 10 * time.Microsecond, 10 * time.Microsecond, true, 0, 0, 1, 1, 1},
		{"clocks that disagree a little", 20 * time.Microsecond, 20 * time.Microsecond, 20*time.Microsecond - 30, true, 0, 0, 1, 1, 1},
		{"nobody is known", 0, 0, 0, false, 0, 0, 0, 0, 1},
	} {
		var a, all shares
		var h holder
		if tt.known {
			h = holder{key: pinKey(1), due: at(tt.due), until: at(tt.until)}
		}
		a.add(vfs.Sleep{Total: time.Millisecond, Wake: 3 * time.Microsecond}, h, at(0), at(tt.woken))
		all.merge(&a)
		const slack = 2 * time.Nanosecond // of the conversions
		if (all.late-tt.late).Abs() > slack || (all.unpin-tt.unpin).Abs() > slack || all.named != tt.named ||
			int64(all.told.Count()) != tt.told || int64(all.wake.Count()) != tt.wokenWell {
			t.Errorf("%s: late %v, unpin %v, %d of them known; want %+v", tt.name, all.late, all.unpin, all.named, tt)
		}
	}
}

// TestSharesOfSleeps has a worker wait for pins: every sleep has its shares, and they do not exceed it.
func TestSharesOfSleeps(t *testing.T) {
	r := newRig(t, "dax-only", 16)
	h, w := r.NewHolds(16), r.Workers[0]
	for range 5 {
		drop(t, r, h, time.Millisecond)
	}
	a := &w.shares
	if a.named != 5 || a.wake.Count() != 5 || a.told.Count() != 5 || w.held != time.Millisecond {
		t.Errorf("%d sleeps are known, %d wake-ups and %d calls; the last pin was for %v", a.named, a.wake.Count(), a.told.Count(), w.held)
	}
	if sum := a.late + a.unpin + time.Duration(a.wake.Sum()); a.late <= 0 || sum > w.Task.Stats.PinWait {
		t.Errorf("late %v, all shares %v, of %v", a.late, sum, w.Task.Stats.PinWait)
	}
	w.reset()
	if a.named != 0 || a.wake.Count() != 0 {
		t.Error("something is left of warming up")
	}
}

// TestBareWake: a bare waiter is woken by the device, is told of a device that never ends, and goes home with its cell.
func TestBareWake(t *testing.T) {
	r := newRigLimited(t, "dax-only", 16, 500*time.Millisecond) // on a busy machine only who is to hang takes that long
	w := r.Workers[0]
	for range 20 {
		r.BareWake(w)
	}
	if n := w.shares.bare.Count(); n != 20 || w.Err() != nil || w.shares.bare.Under() != 0 {
		t.Fatalf("%d bare wake-ups of 20: %v", n, w.Err())
	}
	if n := testing.AllocsPerRun(20, func() { r.BareWake(w) }); n != 0 || w.Err() != nil {
		t.Errorf("%v allocations, %v", n, w.Err())
	}
	w.Held(time.Hour)
	r.BareWake(w)
	if !errors.Is(w.Err(), ErrHang) {
		t.Errorf("a device that holds for an hour: %v", w.Err())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	other := NewWorker(1, 1, nil)
	other.Held(time.Hour)
	r.Context = gone
	for range 3 { // a slice has several: none may keep the device from going on
		r.BareWake(other)
	}
	if other.Err() != nil {
		t.Errorf("the cell ended, and its waiter says %v", other.Err())
	}
	stopped := make(chan struct{})
	go func() {
		r.Device.Stop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Error("a device whose waiters have gone does not end")
	}
}

// BenchmarkBareWake is a bare wake-up by the device, whose clock cost is what both sides of the comparison have.
func BenchmarkBareWake(b *testing.B) {
	r := &Rig{Env: Env{Context: b.Context(), HangLimit: time.Second}, Device: device.New(device.Options{Capacity: 1})}
	defer r.Device.Stop()
	w := NewWorker(0, 1, nil)
	for b.Loop() {
		r.BareWake(w)
	}
	h := hist.New()
	h.Merge(&w.shares.bare)
	b.ReportMetric(float64(h.Quantile(0.5)), "p50-ns")
	b.ReportMetric(float64(h.Quantile(0.99)), "p99-ns")
}
