package driver

import (
	"slices"
	"sync"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
)

// A Wait is one sleep of a worker behind a pin or a lease: of an eviction that it did, or of a truncation. What the engine's own
// worker sleeps is not among them, as no operation waits for it.
type Wait struct {
	For    string // ForPin or ForLease
	Worker int
	Ino    uint64
	At     time.Duration // when it began, from the first slice of the group on; negative if the cell hung while warming up
	Length time.Duration
	Wake   time.Duration // of it, from the wake-up call to running again
	Pin    *Span         // who ended it; nil if that is not known
}

// What a Wait can be for.
const (
	ForPin   = "pin"
	ForLease = "lease"
)

// A Span is the pin, or the lease, that was the last to go before a Wait ended, in times from the beginning of that wait on.
type Span struct {
	Since time.Duration // when it was taken; negative if it was there before, and not so if somebody pinned during the wait
	Due   time.Duration // when it was to be let go
	Until time.Duration // when it was
}

// mostWaits is how many waits of a cell a round keeps: the longest, as many as one picture can name.
const mostWaits = 12

// sleep is a Wait as its worker keeps it. Nothing in it is allocated.
type sleep struct {
	wait         vfs.WaitKind
	ino          vfs.Ino
	begin        clock.Ticks
	length, wake time.Duration
	holder       holder
}

// longest keeps the longest sleeps of one worker, the longest first.
type longest struct {
	n    int
	list [mostWaits]sleep
}

// takes reports whether a sleep of length d is one of the longest.
func (l *longest) takes(d time.Duration) bool {
	return l.n < mostWaits || d > l.list[mostWaits-1].length
}

// add keeps s, which l takes, in the place of the shortest.
func (l *longest) add(s sleep) {
	l.n = min(l.n+1, mostWaits)
	i := l.n - 1
	for ; i > 0 && l.list[i-1].length < s.length; i-- {
		l.list[i] = l.list[i-1]
	}
	l.list[i] = s
}

// slept is told of each sleep of w, by w: whatever it takes, it takes after somebody slept. The engine measures by the runtime's
// clock, so what comes from there is turned into ticks by how long ago it was.
func (r *Rig) slept(w *Worker, s vfs.Sleep) {
	ago := time.Since(s.Begin)
	now := clock.Now()
	begin := now - clock.Of(ago)
	woken := now - clock.Of(ago-s.Total+s.Wake) // not from begin on: the two clocks' rates agree to some parts in 10^5 only
	holder := r.holders.find(keyOf(s), begin, woken)
	w.shares.add(s, holder, begin, woken)
	if w.longest.takes(s.Total) {
		w.longest.add(sleep{wait: s.Wait, ino: s.Ino, begin: begin, length: s.Total, wake: s.Wake, holder: holder})
	}
}

// waits returns the longest waits of all workers, the longest first. They must rest.
func (c *cell) waits() (list []Wait) {
	if c.calendar == nil {
		return nil
	}
	for id := range c.group.Workers {
		l := &c.storm.Worker(id).longest
		for i := range l.list[:l.n] {
			list = append(list, l.list[i].waitOf(id, c.calendar.origin))
		}
	}
	slices.SortStableFunc(list, func(a, b Wait) int { return int(b.Length - a.Length) })
	return list[:min(len(list), mostWaits)]
}

func (s *sleep) waitOf(id int, origin clock.Ticks) Wait {
	since := func(t, begin clock.Ticks) time.Duration { return time.Duration(clock.Nanos(t - begin)) }
	w := Wait{For: ForPin, Worker: id, Ino: uint64(s.ino), At: since(s.begin, origin), Length: s.length, Wake: s.wake}
	if s.wait == vfs.ForLeases {
		w.For = ForLease
	}
	if h := &s.holder; h.key != 0 {
		w.Pin = &Span{Since: since(h.since, s.begin), Due: since(h.due, s.begin), Until: since(h.until, s.begin)}
	}
	return w
}

// A holdKey is what somebody holds: a page, or a file by a lease.
type holdKey uint64

const leased holdKey = 1 << 63

func pinKey(pfn uint32) holdKey { return holdKey(pfn) + 1 } // 0 is nothing

func leaseKey(ino vfs.Ino) holdKey { return leased | holdKey(ino) }

// keyOf returns what s was a wait for.
func keyOf(s vfs.Sleep) holdKey {
	if s.Wait == vfs.ForLeases {
		return leaseKey(s.Ino)
	}
	return pinKey(uint32(s.PFN))
}

// holder is somebody who held something and is about to let go of it.
type holder struct {
	key               holdKey // 0: nobody
	since, due, until clock.Ticks
}

// holders remembers who let go of what, for long enough that whoever waited for that, and just woke up, can look it up. What has
// its place takes it in the end, so sometimes nobody is found. Nobody is found wrongly.
//
// The racer is who takes and drops another pin on the same page between the wake-up call and the look: its end lies after that
// call, and so is not taken for the one that was waited for, which is the one before then.
type holders struct {
	// 2048 slots: in the 400 µs that a wake-up takes at worst, as a rule, some 20 pins of 20 µs end.
	slots [2048]struct {
		mu   sync.Mutex // of its own for each: nobody waits here for anybody who does something else
		last [2]holder  // guarded by mu; the latest first
	}
}

// end notes that who has held key since then and was to do so until due lets go now. It comes before that is done: who waits must
// find it.
func (h *holders) end(key holdKey, since, due clock.Ticks) {
	s := &h.slots[key%holdKey(len(h.slots))]
	s.mu.Lock()
	s.last[1] = s.last[0]
	s.last[0] = holder{key, since, due, clock.Now()}
	s.mu.Unlock()
}

// find returns who was the last to let go of key in the time of a wait: from begin until somebody woke it.
func (h *holders) find(key holdKey, begin, woken clock.Ticks) holder {
	s := &h.slots[key%holdKey(len(h.slots))]
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	for _, l := range last {
		if l.key == key && begin <= l.until && l.until <= woken {
			return l
		}
	}
	return holder{}
}

// LeaseEnds is called by who has held a lease on file ino since then, and was to return it at due, just before it does: whoever
// waits for it finds here what it was that kept it.
func (r *Rig) LeaseEnds(ino vfs.Ino, since, due clock.Ticks) {
	r.holders.end(leaseKey(ino), since, due)
}
