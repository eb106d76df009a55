package device

import (
	"runtime"

	"daxbench/workloads/clock"
)

// serve is the goroutine of the device.
func (d *Device) serve() {
	defer close(d.done)
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		now := clock.Now()
		first := d.queue.first()
		switch {
		case first <= now || d.stopping && first != never:
			d.completeLocked(now)
		case d.stopping:
			return
		case d.completed:
			d.yieldLocked()
		case first != never && first-now < d.lead+d.shortest:
			d.spinLocked()
		default:
			d.sleepLocked(now, first)
		}
	}
}

// completeLocked completes the first request; mu is free meanwhile.
func (d *Device) completeLocked(now clock.Ticks) {
	due, c := d.queue.pop()
	d.next.Store(int64(d.queue.first()))
	if due <= now {
		d.late.Record(clock.Nanos(now - due))
	}
	d.completed = true
	d.mu.Unlock()
	c.Complete()
	d.mu.Lock()
	d.outstanding--
	if d.outstanding == 0 && d.drained != nil {
		close(d.drained)
		d.drained = nil
	}
}

// yieldLocked lets those run whom the completions made ready: a goroutine that is readied by one that keeps its P waits
// for 100 to 200 µs, and one that yields hands over in 10 to 15 µs.
func (d *Device) yieldLocked() {
	d.completed = false
	d.mu.Unlock()
	runtime.Gosched()
	d.mu.Lock()
}

// spinLocked waits for the first due time, at most lead+shortest away, without sleeping. A request that becomes the first in
// the meantime is seen through next.
func (d *Device) spinLocked() {
	d.mu.Unlock()
	for int64(clock.Now()) < d.next.Load() {
	}
	d.mu.Lock()
}

// sleepLocked sleeps until the first due time is near or an earlier one is submitted; waking up too early does no harm.
func (d *Device) sleepLocked(now, first clock.Ticks) {
	nanos := int64(-1)
	d.wakeAt = never
	if first != never {
		left := first - now - d.lead
		if left > 2*d.nap {
			left -= d.nap
		}
		d.wakeAt = now + left
		nanos = clock.Nanos(left)
	}
	d.mu.Unlock()
	d.sleeper.sleep(nanos)
	d.mu.Lock()
	d.wakeAt = awake
}
