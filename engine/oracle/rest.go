package oracle

import (
	"slices"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// Parked is what P7 is called where the LRU rule since 5.16 is the cause, and not
// what anybody did: an idle linked inode with DAX entries, which reclaim never
// finds.
const Parked = layout.Property("P7, parked")

// AtEnd judges what a run left behind. If tasks are blocked for ever, that is all
// there is to say; else everybody is done, the worker too, and what lies
// about in the cache lies there for good. It reads sb and changes nothing.
func (l *Ledger) AtEnd(sb *vfs.Superblock, blocked ...*vfs.Task) {
	l.ended = true
	if len(blocked) > 0 {
		l.stuck(blocked, true)
		return
	}
	unlinked := uint32(0)
	sb.Survey(func(in vfs.Surveyed) {
		l.rest(in)
		if in.Unlinked {
			unlinked++
		}
	})
	l.quarantine()
	l.space(sb.FS(), unlinked)
}

// AtLivelock judges a run that was given up, since those in tasks did not come to
// an end. As one that spins can keep another from running, it says nothing of
// wake-ups; it finds something only if a pin or a lease is spun for, and reports
// whether it did.
func (l *Ledger) AtLivelock(tasks ...*vfs.Task) bool {
	l.ended = true
	return l.stuck(tasks, false)
}

// rest judges one inode of an engine at rest.
func (l *Ledger) rest(in vfs.Surveyed) {
	o := in.Owner
	for _, other := range l.inodes {
		if other.owner.Ino == o.Ino && other.owner != o {
			l.find("P5", "", o, 0, "%s and %s are both in the cache", l.File(o), l.File(other.owner))
		}
	}
	_, held := l.holder(o)
	pinned := slices.ContainsFunc(l.pins, func(p pin) bool { return p.owner == o })
	leased := slices.ContainsFunc(l.leases, func(le lease) bool { return le.owner == o })
	switch {
	case held || pinned || leased:
	case in.Refs > 0:
		l.find("P7", "", o, 0, "%s has %d references that nobody holds: it stays for ever", l.File(o), in.Refs)
	case in.Freeing:
		l.find("P7", "", o, 0, "%s is Freeing and nobody evicts it", l.File(o))
	case in.Unlinked:
		l.find("P3", "L", o, 0, "%s is unlinked, nobody has it open or pinned, and it is still in the cache%s", l.File(o), where(in))
	case !in.OnLRU && in.Shrinkable:
		l.find("P7", "", o, 0, "%s is idle and on no list: reclaim can never find it", l.File(o))
	case !in.OnLRU:
		l.find(Parked, "", o, 0, "%s is idle and on no list, as long as it has DAX entries", l.File(o))
	}
}

func where(in vfs.Surveyed) string {
	if in.OnLRU {
		return ", until memory runs short"
	}
	return ", on no list: until unmount"
}

// quarantine looks for blocks that wait for a last unpin that is over.
func (l *Ledger) quarantine() {
	for _, q := range l.busy {
		if l.pinOn(q.pfn, 1) == nil {
			l.find("P3", "L", q.owner, q.pfn, "%s is in quarantine and nobody pins it", l.block(q.pfn, q.owner))
		}
	}
}
