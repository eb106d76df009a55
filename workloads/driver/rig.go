package driver

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"daxbench/engine"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/device"
)

// A Rig is what nearly every storm stands on: an engine, its workers, and the
// device that finishes their I/O. Storms embed it.
type Rig struct {
	Env
	*engine.Engine
	Device  *device.Device // nil if the storm has none
	Workers []*Worker

	// Written by workers and the device, hence atomic; all are rare.
	Looked, Violations, Found atomic.Int64

	frees   bool
	holders *holders    // who let go of what
	server  *server     // of the engine's worker; nil if the policy needs none
	tight   atomic.Bool // the file system has been full once; see Create
	circles int         // that NewHolds has made
}

// RigOptions shape a Rig.
type RigOptions struct {
	Inodes uint32
	Cache  vfs.Options
	Device bool
	Frees  bool // the storm frees blocks, so a stale device write can do harm
}

// NewRig opens a fresh engine on env.Region.
func NewRig(env Env, o RigOptions) (*Rig, error) {
	o.Cache = env.switches(o.Cache)
	o.Cache.HangLimit = env.HangLimit
	e, err := engine.Open(env.Region, engine.Config{Policy: env.Policy, Inodes: o.Inodes, Cache: o.Cache, Seed: env.Seed})
	if err != nil {
		return nil, err
	}
	r := &Rig{Env: env, Engine: e, frees: o.Frees, holders: new(holders)}
	for id := range env.Workers {
		w := NewWorker(id, env.Seed, vfs.NewTask(env.Context))
		w.Task.OnSleep(func(s vfs.Sleep) { r.slept(w, s) })
		r.Workers = append(r.Workers, w)
	}
	if o.Device {
		r.Device = device.New(device.Options{Capacity: mostInFlight * env.Workers})
	}
	if r.NeedsWorker() {
		r.server = serve(r)
	}
	return r, nil
}

// Worker implements Storm.
func (r *Rig) Worker(id int) *Worker { return r.Workers[id] }

// Resume is called before a slice and Pause after it: the engine's worker works
// in its own policy's slices only.
func (r *Rig) Resume() {
	if r.server != nil {
		r.server.resume()
	}
}

// Pause: see Resume.
func (r *Rig) Pause() {
	if r.server != nil {
		r.server.pause()
	}
}

// Timed says that what the storm does depends on how long others take: a device,
// or the engine's worker.
func (r *Rig) Timed() bool { return r.Device != nil || r.server != nil }

// Stats implements Storm.
func (r *Rig) Stats() vfs.Stats {
	var sum vfs.Stats
	for _, w := range r.Workers {
		sum.Add(&w.Task.Stats)
	}
	if r.server != nil {
		left := r.WorkerStats()
		left.PinWait, left.Wake = 0, 0 // no operation waited
		sum.Add(&left)
	}
	return sum
}

// Finish implements Storm: it waits for the device, ends what is left to the
// engine's worker and checks the engine. The caller guards it against faults in
// the region, as everything a storm does.
func (r *Rig) Finish(ctx context.Context) (f Findings, err error) {
	if r.Device != nil {
		if err := r.Device.Drain(ctx); err != nil {
			return f, fmt.Errorf("the device has not finished: %w", err)
		}
		if late := r.Device.Lateness(); late.Count() > 0 {
			f.Late = late.Quantile(0.5)
		}
	}
	if r.server != nil {
		if err := r.server.finish(); err != nil {
			return f, err
		}
	}
	for _, w := range r.Workers {
		r.Release(w.Task)
	}
	f.Stats = r.Stats()
	f.Looked, f.Violations, f.Found = r.Looked.Load(), r.Violations.Load(), r.Found.Load()
	f.Parked = int64(r.Usage().Parked)
	return f, r.Check()
}

// Close implements Storm.
func (r *Rig) Close() {
	if r.Device != nil {
		r.Device.Stop() // which ends what the server may be waiting for
	}
	if r.server != nil {
		r.server.stop()
	}
}

// A Hold is I/O in flight: a pin that the device ends after a while, by writing
// into the page and dropping it. Holds are used again, one circle per worker.
type Hold struct {
	rig   *Rig
	pin   vfs.Pin
	since clock.Ticks // when it was taken, but for some ns
	due   clock.Ticks // when the device is to end it
	busy  atomic.Bool
}

// Holds is a worker's circle of holds.
type Holds struct {
	list   []Hold
	pos    int
	worker *Worker // whose
}

// mostInFlight is how much I/O one worker may have in flight. The device takes
// that of all workers: what it refused would end at once, sooner than was asked.
const mostInFlight = 4096

// NewHolds returns n holds, mostInFlight at most: the first time for worker 0, then for the next.
func (r *Rig) NewHolds(n int) *Holds {
	h := &Holds{list: make([]Hold, n), worker: r.Workers[r.circles%len(r.Workers)]}
	r.circles++
	for i := range h.list {
		h.list[i].rig = r
	}
	return h
}

// Submit gives pin to the device, which ends it after d. If the worker has as
// much I/O in flight as it has holds, it waits until some of it ends, as a full
// queue makes the submitter wait.
func (h *Holds) Submit(pin vfs.Pin, d time.Duration) {
	since := clock.Now()
	h.worker.Held(d)
	for now := since; ; now = clock.Now() {
		for range h.list {
			hold := &h.list[h.pos%len(h.list)]
			h.pos++
			if hold.busy.CompareAndSwap(false, true) {
				hold.pin, hold.since, hold.due = hold.rig.Mark(pin), since, now+clock.Of(d)
				if !hold.rig.Device.Submit(d, hold) {
					hold.Complete()
				}
				return
			}
		}
		if h.list[0].rig.Context.Err() != nil {
			h.list[0].rig.end(pin, since, since)
			return
		}
		runtime.Gosched()
	}
}

// Complete implements device.Completion.
func (h *Hold) Complete() {
	pin, since, due := h.pin, h.since, h.due
	h.busy.Store(false)
	h.rig.end(pin, since, due)
}

// end is the device's last act: it writes through the pin, which it has had since
// then and was to have until due, looks whose block it was, and lets go.
func (r *Rig) end(pin vfs.Pin, since, due clock.Ticks) {
	err := guard(r.Region, func() {
		own := r.DeviceWrite(pin)
		if pin.IsDAX() && r.frees {
			r.Looked.Add(1)
		}
		if !own {
			r.Violations.Add(1)
		}
		if pin.IsDAX() {
			r.holders.end(pinKey(uint32(pin.Word())), since, due)
		}
		r.Unpin(pin)
	})
	if err != nil {
		fail(r.Fatal, err)
	}
}
