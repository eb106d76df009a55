package oracle

import (
	"slices"

	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// A pin is one that is held. Pins on the same page through the same inode by
// the same task are alike: which of them goes first makes no difference.
type pin struct {
	pfn   page.PFN
	owner media.Owner // when it was taken
	by    int         // who took it
	on    int         // on whom it is to drop it: by, unless handed over
}

// A quarantined block is free but for its pins.
type quarantined struct {
	pfn   page.PFN
	owner media.Owner
}

// A lease is one that is out.
type lease struct {
	owner media.Owner
	on    int // on whom it is to return it
}

// Hand says that what from holds, pins and leases, is from now on dropped by to:
// a task has started I/O and another one completes it. The ledger needs it to
// tell who waits for whom.
func (l *Ledger) Hand(from, to *vfs.Task) {
	f, t := l.task(from), l.task(to)
	for i := range l.pins {
		if l.pins[i].on == f {
			l.pins[i].on = t
		}
	}
	for i := range l.leases {
		if l.leases[i].on == f {
			l.leases[i].on = t
		}
	}
}

// LeasesArePins says that leases are given with pins only (vfs.Rules.NeedLease). One
// is granted a step before its pin, and then gives no access: so nothing is wrong
// with a block that is freed under it, as long as no pin is there.
func (l *Ledger) LeasesArePins() { l.pinLeases = true }

// unpinned forgets a pin on the page through the inode; rather one that the
// task has itself.
func (l *Ledger) unpinned(e vfs.Event) {
	found, t := -1, l.task(e.Task)
	for i, p := range l.pins {
		if p.pfn == e.PFN && p.owner == e.Owner {
			found = i
			if p.on == t {
				break
			}
		}
	}
	if found < 0 {
		l.find("P1r", "U", e.Owner, e.PFN, "%s drops a pin on %s that nobody has", l.actor(e), l.block(e.PFN, e.Owner))
		return
	}
	l.pins = slices.Delete(l.pins, found, found+1)
}

// pinOn returns the first pin on pages [pfn, pfn+n).
func (l *Ledger) pinOn(pfn page.PFN, n uint32) *pin {
	for i := range l.pins {
		if p := &l.pins[i]; p.pfn >= pfn && p.pfn-pfn < page.PFN(max(n, 1)) {
			return p
		}
	}
	return nil
}

// freed looks who still has the blocks.
func (l *Ledger) freed(e vfs.Event) {
	if p := l.pinOn(e.PFN, e.N); p != nil {
		l.find("P1r", "U", e.Owner, p.pfn, "%s was freed while %s pins it", l.block(p.pfn, e.Owner), l.name(p.on))
	}
	for _, le := range l.leases {
		if le.owner == e.Owner && !l.pinLeases {
			l.find("P1r", "U", e.Owner, e.PFN, "%s was freed while %s has a layout lease on the file", l.block(e.PFN, e.Owner), l.name(le.on))
		}
	}
	l.release(e.PFN, e.N)
	for i := range max(e.N, 1) {
		l.free = append(l.free, e.PFN+page.PFN(i))
	}
}

// quarantined notes a block that waits for its last unpin. Between the marking of
// its page and the event, that can have come and freed it.
func (l *Ledger) quarantined(e vfs.Event) {
	if !slices.Contains(l.free, e.PFN) {
		l.busy = append(l.busy, quarantined{pfn: e.PFN, owner: e.Owner})
	}
}

// claimed looks whether the block could be given out at all.
func (l *Ledger) claimed(e vfs.Event) {
	for _, q := range l.busy {
		if q.pfn == e.PFN {
			l.find("P1r", "U", e.Owner, e.PFN, "block %d went to %s out of quarantine, while pinned", e.PFN, l.File(e.Owner))
		}
	}
	if p := l.pinOn(e.PFN, 1); p != nil && p.owner != e.Owner {
		l.find("P1r", "U", e.Owner, e.PFN, "block %d went to %s while %s pins it as a page of %s", e.PFN, l.File(e.Owner), l.name(p.on), l.File(p.owner))
	}
	l.release(e.PFN, 1)
	l.free = slices.DeleteFunc(l.free, func(pfn page.PFN) bool { return pfn == e.PFN })
}

// release takes blocks out of quarantine.
func (l *Ledger) release(pfn page.PFN, n uint32) {
	l.busy = slices.DeleteFunc(l.busy, func(q quarantined) bool { return q.pfn >= pfn && q.pfn-pfn < page.PFN(max(n, 1)) })
}

// device looks whether a device was where it might be. A block in quarantine may
// have lost its name, but nobody else can have it.
func (l *Ledger) device(e vfs.Event) {
	switch {
	case e.Own, slices.ContainsFunc(l.busy, func(q quarantined) bool { return q.pfn == e.PFN }):
	case l.gone:
		l.find("P1u", "U", e.Owner, e.PFN, "%s reached for %s, whose memory was gone", l.actor(e), l.block(e.PFN, e.Owner))
	case e.Kind == vfs.DeviceWrote:
		l.find("P1r", "U", e.Owner, e.PFN, "%s wrote into block %d, which it pinned as a page of %s and which no longer was", l.actor(e), e.PFN, l.File(e.Owner))
	default:
		l.find("P1r", "U", e.Owner, e.PFN, "%s read block %d, which it pinned as a page of %s and which no longer was", l.actor(e), e.PFN, l.File(e.Owner))
	}
}

// deviceGone looks whose memory went with it.
func (l *Ledger) deviceGone() {
	l.gone = true
	for _, p := range l.pins {
		l.find("P1u", "U", p.owner, p.pfn, "the memory went away while %s pins %s", l.name(p.on), l.block(p.pfn, p.owner))
	}
}

// leaseEnded forgets a lease; rather one of the task's own.
func (l *Ledger) leaseEnded(e vfs.Event, by int) {
	found := -1
	for i, le := range l.leases {
		if le.owner == e.Owner {
			found = i
			if le.on == by {
				break
			}
		}
	}
	if found >= 0 {
		l.leases = slices.Delete(l.leases, found, found+1)
	}
}
