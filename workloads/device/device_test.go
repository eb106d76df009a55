package device

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daxbench/workloads/clock"
)

// patience is how long a test waits for what must happen; it only passes if something is broken.
const patience = 30 * time.Second

// eachMechanism runs a test with whatever this system has.
func eachMechanism(t *testing.T, test func(*testing.T, *Device)) {
	for _, timers := range []bool{false, true} {
		d := New(Options{Capacity: 64, Timers: timers})
		t.Run(d.Mechanism(), func(t *testing.T) {
			defer d.Stop()
			test(t, d)
		})
	}
}

// probe is a completion that checks its own time and reports.
type probe struct {
	due  clock.Ticks
	runs atomic.Int32
	done chan struct{} // capacity 1
	then func()
}

func newProbe() *probe { return &probe{done: make(chan struct{}, 1)} }

func (p *probe) Complete() {
	if p.then != nil {
		p.then()
	}
	if clock.Now() >= p.due {
		p.runs.Add(1)
	}
	p.done <- struct{}{}
}

// submit has the device complete p, and fails if it refuses.
func (p *probe) submit(t *testing.T, d *Device, delay time.Duration) {
	t.Helper()
	p.due = clock.Now() + clock.Of(delay)
	if !d.Submit(delay, p) {
		t.Fatalf("a request of %v was refused", delay)
	}
}

// wait waits for one completion, in time.
func (p *probe) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatal("a request was never completed")
	}
}

func TestCompletesOnceAndNotBefore(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		delays := []time.Duration{-time.Second, 0, 1, time.Microsecond, 5 * time.Microsecond, 30 * time.Microsecond,
			100 * time.Microsecond, 130 * time.Microsecond, time.Millisecond, 3 * time.Millisecond}
		var probes []*probe
		for i := range 50 {
			p := newProbe()
			p.submit(t, d, delays[i%len(delays)])
			probes = append(probes, p)
		}
		for _, p := range probes {
			p.wait(t)
		}
		if err := d.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, p := range probes {
			if n := p.runs.Load(); n != 1 {
				t.Errorf("request %d with delay %v was completed in time %d times", i, delays[i%len(delays)], n)
			}
		}
		if late := d.Lateness(); late.Count() != 50 || late.Under() != 0 {
			t.Errorf("%d times recorded, %d of them early", late.Count(), late.Under())
		}
		if n := d.Outstanding(); n != 0 {
			t.Errorf("%d outstanding", n)
		}
	})
}

func TestEarlierRequestWakes(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		far, near := newProbe(), newProbe()
		far.submit(t, d, time.Hour)
		time.Sleep(5 * time.Millisecond) // the device is asleep by now
		near.submit(t, d, time.Millisecond)
		near.wait(t)
		if n := d.Outstanding(); n == 0 || far.runs.Load() != 0 {
			t.Errorf("%d outstanding, far one completed %d times", n, far.runs.Load())
		}
	})
}

func TestIdleDeviceWakes(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		for range 20 {
			p := newProbe()
			time.Sleep(time.Millisecond)
			p.submit(t, d, 0)
			p.wait(t)
		}
	})
}

func TestFull(t *testing.T) {
	d := New(Options{Capacity: 3})
	defer d.Stop()
	p := &probe{done: make(chan struct{}, 10)}
	for range 3 {
		p.submit(t, d, time.Hour)
	}
	if d.Submit(0, p) {
		t.Error("a fourth request found room")
	}
	if d.Outstanding() != 3 {
		t.Errorf("%d outstanding", d.Outstanding())
	}
}

func TestStopCompletesAll(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		var runs atomic.Int32
		count := &counter{runs: &runs}
		for range 10 {
			if !d.Submit(time.Duration(math.MaxInt64), count) {
				t.Fatal("refused")
			}
		}
		d.Stop()
		d.Stop()
		if runs.Load() != 10 || d.Outstanding() != 0 {
			t.Errorf("%d completed, %d outstanding", runs.Load(), d.Outstanding())
		}
		if d.Submit(0, count) {
			t.Error("a stopped device took a request")
		}
		if n := d.Lateness().Count(); n != 0 {
			t.Errorf("%d requests that were not due count as late", n)
		}
	})
}

// counter is a completion that any number of requests share.
type counter struct{ runs *atomic.Int32 }

func (c *counter) Complete() { c.runs.Add(1) }

func TestDrain(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		if err := d.Drain(t.Context()); err != nil {
			t.Errorf("idle: %v", err)
		}
		slow := newProbe()
		slow.submit(t, d, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if err := d.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one outstanding: %v", err)
		}
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				if err := d.Drain(t.Context()); err != nil {
					t.Error(err)
				}
				if slow.runs.Load()+int32(len(slow.done)) == 0 {
					t.Error("Drain returned before the completion")
				}
			})
		}
		time.Sleep(time.Millisecond)
		d.Stop()
		waiting.Wait()
	})
}

func TestSubmitFromComplete(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		second := newProbe()
		first := newProbe()
		first.then = func() {
			second.due = clock.Now()
			if !d.Submit(10*time.Microsecond, second) {
				t.Error("refused")
			}
		}
		first.submit(t, d, 10*time.Microsecond)
		first.wait(t)
		second.wait(t)
	})
}

// TestStorm has several goroutines submit while another one stops the device: each request is completed by the device or refused.
func TestStorm(t *testing.T) {
	for _, timers := range []bool{false, true} {
		for round := range 20 {
			d := New(Options{Capacity: 16, Timers: timers})
			var runs atomic.Int32
			var taken atomic.Int32
			var group sync.WaitGroup
			for worker := range 4 {
				group.Go(func() {
					g := rand.New(rand.NewPCG(uint64(round), uint64(worker)))
					own := &counter{runs: &runs}
					for range 200 {
						if d.Submit(time.Duration(g.IntN(40_000)), own) {
							taken.Add(1)
						}
					}
				})
			}
			time.Sleep(time.Duration(round) * 50 * time.Microsecond)
			d.Stop()
			group.Wait()
			if runs.Load() != taken.Load() || d.Outstanding() != 0 {
				t.Fatalf("round %d: %d taken, %d completed, %d outstanding", round, taken.Load(), runs.Load(), d.Outstanding())
			}
		}
	}
}

func TestSubmitAllocatesNothing(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		p := newProbe()
		if n := testing.AllocsPerRun(100, func() {
			if !d.Submit(50*time.Microsecond, p) {
				t.Error("refused")
			}
			<-p.done
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestRefusesNoCapacity(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a device without capacity was made")
		}
	}()
	New(Options{})
}
