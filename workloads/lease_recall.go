package workloads

import (
	"sync/atomic"
	"time"

	"daxbench/engine/lease"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/device"
	"daxbench/workloads/driver"
)

var leaseRecallWorkload = &driver.Workload{
	Name:  "lease-recall",
	About: "evict inodes on some of which layout leases are outstanding",
	Doc: `One operation creates a file, grants a layout lease on some, unlinks and closes it. Timed is the last Iput.
A policy that breaks leases recalls them and waits for the holder's answer, which a device gives after a delay, or never.
In Linux a lease keeps the file open, so none can be outstanding here; that is the what-if that the discussion was about.`,
	Remark:      "A what-if: in Linux a lease keeps its file open, so none is left at eviction",
	Primary:     "ns/op",
	Slice:       5 * time.Millisecond,
	SelfTimed:   true,
	Timed:       "the last Iput",
	TimedEvicts: true,
	Knobs: []driver.Knob{
		{Key: "leases", Default: "10", About: "percentage of the files with a lease", Check: driver.CheckPercent},
		{Key: "delay", Default: "exp:200us", About: "how long a holder takes to answer a recall; a distribution like hold", Check: driver.CheckDist},
		{Key: "never", Default: "0", About: "percentage of the holders that never answer", Check: driver.CheckPercent},
		{Key: "deadline", Default: "20ms", About: "when a holder that does not answer is fenced (nfsd: 180 s)", Check: driver.CheckDuration},
		knobDAX("0"),
		knobPages,
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(driver.Synthetic(256+workers, uint32(v.Int("pages"))))
	},
	Open:  openLeaseRecall,
	Small: map[string]string{"delay": "exp:20us"},
}

type leaseRecall struct {
	*driver.Rig
	desks []*desk
	delay device.Dist
	never float64
	dax   float64
	pages uint32
}

// desk is one worker's circle of lease holders.
type desk struct {
	holders []holder
	pos     int
	_       [64]byte
}

// holder is somebody with one lease at a time. Its worker grants it; the recall
// comes to that worker too, as it evicts; the answer comes from the device.
type holder struct {
	lease   lease.Lease
	ino     vfs.Ino // whose it is
	storm   *leaseRecall
	worker  *driver.Worker
	since   clock.Ticks // when it was granted
	due     clock.Ticks // when it is to be returned
	pending atomic.Bool // an answer is on its way, perhaps for a lease that was fenced since
}

// Recall implements lease.Holder.
func (h *holder) Recall(*lease.Lease) {
	if h.worker.RNG.Float64() < h.storm.never {
		return
	}
	h.pending.Store(true)
	delay := h.storm.delay.Draw(h.worker.RNG)
	h.due = clock.Now() + clock.Of(delay)
	h.worker.Held(delay)
	if !h.storm.Device.Submit(delay, h) {
		h.Complete()
	}
}

// Complete implements device.Completion.
func (h *holder) Complete() {
	if h.lease.Outstanding() { // else it was fenced, and who waited for it has gone on
		h.storm.LeaseEnds(h.ino, h.since, h.due)
	}
	h.lease.Return()
	h.pending.Store(false)
}

func openLeaseRecall(env driver.Env) (driver.Storm, error) {
	v := env.Values
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: 320 + uint32(env.Workers), Device: true, Cache: vfs.Options{
		CacheInodes: 256 + 64*env.Workers, RecallDeadline: max(1, v.Duration("deadline")),
	}})
	if err != nil {
		return nil, err
	}
	s := &leaseRecall{Rig: r, delay: v.Dist("delay"), never: v.Percent("never"), dax: v.Percent("dax"), pages: uint32(v.Int("pages"))}
	setPicks(r, 1<<20, 0, v.Percent("leases"))
	for _, w := range r.Workers {
		d := &desk{holders: make([]holder, 64)}
		for i := range d.holders {
			d.holders[i].storm, d.holders[i].worker = s, w
		}
		s.desks = append(s.desks, d)
	}
	return s, nil
}

func (s *leaseRecall) Run(w *driver.Worker, n int) {
	d := s.desks[w.ID]
	for range n {
		pick := w.Pick()
		in, err := s.Create(w.Task, vfs.NewFile{Pages: s.pages, DAX: float64(pick&^pinFlag) < s.dax*(1<<20)})
		if err != nil {
			w.Fail(err)
			return
		}
		if pick&pinFlag != 0 {
			h := &d.holders[d.pos%len(d.holders)]
			d.pos++
			if !h.pending.Load() && !h.lease.Outstanding() {
				h.ino, h.since = in.Ino(), clock.Now()
				if err := in.Leases().Grant(&h.lease, h); err != nil {
					w.Fail(err)
					return
				}
			}
		}
		unlinkAndClose(s.Rig, w, in)
		if w.Failed() {
			return
		}
	}
}
