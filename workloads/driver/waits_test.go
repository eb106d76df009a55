package driver

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
)

// TestLongest keeps the longest of many, from several workers.
func TestLongest(t *testing.T) {
	clock.Calibrate()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, mostWaits - 1, mostWaits, mostWaits + 1, 500} {
		storm := &fake{workers: []*Worker{NewWorker(0, 1, nil), NewWorker(1, 1, nil)}}
		var all []time.Duration
		for range n {
			s := sleep{wait: vfs.ForPins, length: time.Duration(rng.IntN(300))}
			all = append(all, s.length)
			if l := &storm.workers[rng.IntN(2)].longest; l.takes(s.length) {
				l.add(s)
			}
		}
		slices.SortFunc(all, func(a, b time.Duration) int { return int(b - a) })
		c := &cell{group: &Group{Workers: 2}, storm: storm, calendar: &calendar{}}
		var got []time.Duration
		for _, w := range c.waits() {
			got = append(got, w.Length)
		}
		if want := all[:min(n, mostWaits)]; !slices.Equal(got, want) {
			t.Errorf("of %d: %v, want %v", n, got, want)
		}
	}
}

// TestHolders: who is found let go of that very thing while somebody waited for it.
func TestHolders(t *testing.T) {
	clock.Calibrate()
	h := new(holders)
	end := func(key holdKey) clock.Ticks {
		spin(time.Microsecond)
		h.end(key, 7, 9)
		at := h.slots[key%holdKey(len(h.slots))].last[0].until
		spin(time.Microsecond)
		return at
	}
	key := pinKey(5)
	other := key + holdKey(len(h.slots)) // has the same slot
	begin := clock.Now()
	if got := h.find(key, begin, clock.Now()); got.key != 0 {
		t.Errorf("nobody has held anything, but there is %+v", got)
	}
	first := end(key)
	if got := h.find(key, begin, clock.Now()); got != (holder{key, 7, 9, first}) {
		t.Errorf("%+v", got)
	}
	for name, got := range map[string]holder{
		"before the wait":       h.find(key, first+1, clock.Now()),
		"after the wake-up":     h.find(key, begin, first-1),
		"of another page":       h.find(other, begin, clock.Now()),
		"of a lease, not a pin": h.find(leaseKey(vfs.Ino(key)), begin, clock.Now()),
	} {
		if got.key != 0 {
			t.Errorf("who let go %s is found: %+v", name, got)
		}
	}
	woken := clock.Now()
	end(key)
	if got := h.find(key, begin, woken); got.until != first {
		t.Errorf("when the page was pinned and dropped again after the wake-up: %+v", got)
	}
	end(other)
	end(other)
	if got := h.find(key, begin, woken); got.key != 0 {
		t.Errorf("%+v is found, whose place was taken", got)
	}
}

// TestWaitNamesThePin has files evicted whose page a device holds for a known time.
func TestWaitNamesThePin(t *testing.T) {
	r := newRig(t, "dax-only", 16)
	h := r.NewHolds(16)
	w := r.Workers[0]
	delays := []time.Duration{3 * time.Millisecond, time.Millisecond, 5 * time.Millisecond}
	origin := clock.Now()
	for _, d := range delays {
		drop(t, r, h, d)
	}
	end := clock.Now()
	c := &cell{group: &Group{Workers: 1}, storm: &fake{workers: r.Workers}, calendar: &calendar{origin: origin}}
	waits := c.waits()
	if len(waits) != len(delays) || w.Task.Stats.PinWaits != int64(len(delays)) {
		t.Fatalf("%+v; want one wait for each of %v", waits, delays)
	}
	sum := time.Duration(0)
	for _, wait := range waits {
		sum += wait.Length
		p := wait.Pin
		switch {
		case wait.For != ForPin || wait.Worker != 0 || wait.Ino == 0 || p == nil:
			t.Errorf("%+v", wait)
		case wait.At < 0 || wait.At+wait.Length > time.Duration(clock.Nanos(end-origin)):
			t.Errorf("%+v does not lie between the beginning and the end", wait)
		case p.Since > 0 || p.Until < p.Due || p.Until > wait.Length-wait.Wake+20*time.Microsecond:
			t.Errorf("%+v was not for %+v", wait, p)
		case !slices.ContainsFunc(delays, func(d time.Duration) bool { return (p.Due - p.Since - d).Abs() < 20*time.Microsecond }):
			t.Errorf("a pin of %v; there are only %v", p.Due-p.Since, delays)
		}
	}
	if sum != w.Task.Stats.PinWait {
		t.Errorf("the waits are %v long, the task slept %v", sum, w.Task.Stats.PinWait)
	}
	if n := testing.AllocsPerRun(100, func() { r.slept(w, vfs.Sleep{Wait: vfs.ForPins, Total: time.Hour, Begin: time.Now()}) }); n != 0 {
		t.Errorf("%v allocations to note a sleep", n)
	}
	w.reset()
	if got := c.waits(); len(got) != 0 {
		t.Errorf("%d waits are left of warming up", len(got))
	}
}

// TestHungWaitIsKept: a wait that was given up is the one that must be seen.
func TestHungWaitIsKept(t *testing.T) {
	r := newRigLimited(t, "dax-only", 16, 20*time.Millisecond)
	w := r.Workers[0]
	drop(t, r, r.NewHolds(1), time.Hour)
	if w.Task.Err() == nil {
		t.Fatal("it did not hang")
	}
	c := &cell{group: &Group{Workers: 1}, storm: &fake{workers: r.Workers}, calendar: &calendar{}}
	if got := c.waits(); len(got) != 1 || got[0].Length < 20*time.Millisecond || got[0].Pin != nil {
		t.Errorf("%+v; want one wait whose pin has not ended", got)
	}
}
