package oracle

import (
	"slices"

	"daxbench/engine/vfs"
)

// waitBegins judges a wait when it begins. Room in the queue of deferred
// evictions counts as a pin: only an unpin makes any.
func (l *Ledger) waitBegins(i int, e vfs.Event) {
	t := &l.tasks[i]
	t.wait = e
	l.maySleep(i, e)
	if t.reclaim > 0 && (e.Wait == vfs.ForPins || e.Wait == vfs.ForLeases || e.Wait == vfs.ForRoom) {
		l.find("P2b", "R", e.Owner, e.PFN, "%s waits for %s inside reclaim", l.name(i), l.what(e))
	}
	if e.Wait == vfs.ForPins || e.Wait == vfs.ForLeases {
		if class, ok := l.holds(i, e.Owner); ok && l.evicts(i, e) {
			l.find("", "K", e.Owner, e.PFN, "%s waits for %s and holds %s of %s", l.name(i), l.what(e), className(class), l.File(e.Owner))
		}
	}
	l.bystanders()
}

// evicts reports whether task i is evicting the inode that e is about.
func (l *Ledger) evicts(i int, e vfs.Event) bool {
	j := l.cached(e.Owner)
	return j >= 0 && l.inodes[j].evictor == i
}

// bystanders finds who is held up by a pin or a lease that is not theirs, behind
// an eviction: tasks, and inodes further down the evictor's list.
func (l *Ledger) bystanders() {
	for i := 1; i < len(l.tasks); i++ {
		w := l.tasks[i].wait
		if w.Wait != vfs.ForPins && w.Wait != vfs.ForLeases || !l.tasks[i].waits() || !l.evicts(i, w) {
			continue
		}
		for j := 1; j < len(l.tasks); j++ {
			if j != i && l.tasks[j].waits() && !l.owes(j, w) && l.reaches(j, i, 0) {
				l.find("", "H", l.tasks[j].wait.Owner, w.PFN, "%s waits for %s, behind %s, which waits for %s",
					l.name(j), l.what(l.tasks[j].wait), l.name(i), l.what(w))
			}
		}
		for _, in := range l.inodes {
			if in.evictor == i && in.owner != w.Owner && !slices.ContainsFunc(l.pins, func(p pin) bool { return p.owner == in.owner }) {
				l.find("", "H", in.owner, w.PFN, "the eviction of %s is held up behind that of %s, which waits for %s", l.File(in.owner), l.File(w.Owner), l.what(w))
			}
		}
	}
}

// owes reports whether it is on task i to end the wait w.
func (l *Ledger) owes(i int, w vfs.Event) bool {
	switch w.Wait {
	case vfs.ForPins:
		return slices.ContainsFunc(l.pins, func(p pin) bool { return p.pfn == w.PFN && p.on == i })
	case vfs.ForLeases:
		return slices.ContainsFunc(l.leases, func(le lease) bool { return le.owner == w.Owner && le.on == i })
	case vfs.ForInode:
		j := l.cachedNumber(w.Owner.Ino)
		return j >= 0 && l.inodes[j].evictor == i
	case vfs.ForMemory, vfs.ForRoom:
		return slices.ContainsFunc(l.inodes, func(in inode) bool { return in.evictor == i })
	case vfs.ForEntry:
		return slices.ContainsFunc(l.tasks[i].held, func(h lock) bool { return h.class == vfs.EntryLock && h.owner == w.Owner })
	case vfs.ForLock:
		return slices.ContainsFunc(l.tasks[i].held, func(h lock) bool { return h.class == w.Class && h.owner == w.Owner })
	}
	return false
}

// reaches reports whether task i waits for task j, directly or through others;
// seen has the bits of those that are on the way already.
func (l *Ledger) reaches(i, j int, seen uint64) bool {
	w := l.tasks[i].wait
	if w.Kind != vfs.WaitBegin {
		return false
	}
	if l.owes(j, w) {
		return true
	}
	seen |= 1 << i
	for k := 1; k < len(l.tasks); k++ {
		if seen&(1<<k) == 0 && l.owes(k, w) && l.reaches(k, j, seen) {
			return true
		}
	}
	return false
}

// Waiting reports whether t waits for something that the engine has told of.
func (l *Ledger) Waiting(t *vfs.Task) bool { return l.tasks[l.task(t)].waits() }
