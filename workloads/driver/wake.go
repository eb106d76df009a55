package driver

import (
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// shares are where the time of a worker's sleeps behind pins and leases went, but for that in which whoever held them was to
// hold them. The sums and told are of those sleeps of which it is known who ended them.
type shares struct {
	late, unpin time.Duration // see told, and Wait
	named       int64         // sleeps of which it is known

	told hist.Recorder // ns from who let go to the engine's wake-up call: what the engine takes to find who waits
	wake hist.Recorder // ns from that call to running again, of each sleep that was woken
	bare hist.Recorder // likewise without an engine; see BareWake
}

// add adds a sleep that began at begin and was woken at woken. Who ended it is h, the zero one if that is not known.
func (a *shares) add(s vfs.Sleep, h holder, begin, woken clock.Ticks) {
	if s.Wake > 0 {
		a.wake.Record(int64(s.Wake))
	}
	if h.key == 0 {
		return
	}
	told := max(0, clock.Nanos(woken-h.until)) // the two clocks agree to some tens of ns
	a.named++
	a.told.Record(told)
	a.unpin += time.Duration(told)
	a.late += time.Duration(clock.Nanos(max(0, h.until-max(h.due, begin))))
}

// merge adds what another worker's sleeps were.
func (a *shares) merge(o *shares) {
	a.late += o.late
	a.unpin += o.unpin
	a.named += o.named
	a.told.Merge(&o.told)
	a.wake.Merge(&o.wake)
	a.bare.Merge(&o.bare)
}

// Units of the figures that shares come to.
const (
	unitLate     = "late-ns/op"       // of the time blocked: the device was to let go, and had not yet
	unitUnpin    = "unpin-ns/op"      // of it: from when it let go to the engine's wake-up call
	unitUnpinP50 = "unpin-p50-ns"     // the median of that over the sleeps
	unitWakeP50  = "wake-p50-ns"      // the median from that call to running again
	unitBareP50  = "bare-wake-p50-ns" // the same of a goroutine that the device wakes without an engine
)

// metrics adds the figures; timed is the number of operations that waited, or might have.
func (a *shares) metrics(add func(unit string, v float64), timed float64) {
	add(unitLate, float64(a.late)/timed)
	add(unitUnpin, float64(a.unpin)/timed)
	if a.wake.Count() == 0 {
		return
	}
	add(unitUnpinP50, float64(a.told.Quantile(0.5)))
	add(unitWakeP50, float64(a.wake.Quantile(0.5)))
	add(unitBareP50, float64(a.bare.Quantile(0.5)))
}

// bareWakes is how many bare wake-ups each worker has after each slice: enough for a median of each round, and a tenth of a
// slice or less.
const bareWakes = 2

// A sleeper is a storm whose workers sleep until a device wakes them.
type sleeper interface {
	Sleeps() bool
	BareWake(w *Worker)
}

// bareWakes has all workers wait for the device without the engine, after a slice and before the next policy's: what that takes is
// what the machine makes of a wake-up just then.
func (c *cell) bareWakes(crew *crew) {
	if s, ok := c.storm.(sleeper); ok && s.Sleeps() && c.err == nil {
		crew.run(job{storm: c.storm, region: c.region, wl: c.group.Workload, ops: bareWakes, bare: true})
	}
}

// Held is told for how long w is about to wait, but for what comes on top: a bare wake-up is to be from as long a sleep.
func (w *Worker) Held(d time.Duration) { w.held = d }

// Sleeps implements sleeper.
func (r *Rig) Sleeps() bool { return r.Device != nil }

// usualHold is how long a bare waiter sleeps whose worker has submitted nothing yet: as long as pins of unlink-storm.
const usualHold = 20 * time.Microsecond

// bareWaiter is a goroutine that waits for the device, and nothing else: no word is looked at, no queue, no lock. It is parked
// by a select over a channel, a context and a timer, as by engine/internal/sync (WaitTable.SleepUntil); the device wakes it from
// the same goroutine, and goes on as it does after an unpin. So what it takes is the Go runtime's and the host's alone.
type bareWaiter struct {
	ch    chan struct{}
	timer *time.Timer
	woken time.Time // set before ch is sent to
}

// Complete implements device.Completion. It comes once for each wait, also for one that was given up: then nobody receives, and
// there is room in ch.
func (b *bareWaiter) Complete() {
	b.woken = time.Now()
	b.ch <- struct{}{}
}

// BareWake implements sleeper: w sleeps for as long as its last pin was to be held, and notes how long waking up took.
func (r *Rig) BareWake(w *Worker) {
	if w.bare == nil {
		w.bare = &bareWaiter{ch: make(chan struct{}, 1), timer: time.NewTimer(r.HangLimit)}
	}
	b := w.bare
	hold := w.held
	if hold == 0 {
		hold = usualHold
	}
	b.timer.Reset(r.HangLimit)
	defer b.timer.Stop()
	if !r.Device.Submit(hold, b) {
		return
	}
	select {
	case <-b.ch:
		w.shares.bare.Record(int64(time.Since(b.woken)))
	case <-r.Context.Done():
		w.bare = nil // its completion is still to come
	case <-b.timer.C:
		w.bare = nil
		w.Fail(ErrHang)
	}
}
