package oracle

import (
	"slices"
	"strings"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// stuck judges a run that ended with the tasks in blocked waiting for ever; or, if
// they are not asleep, trying for ever. Which deadlock it is shows in what the tasks do that have pins and leases to drop,
// instead of dropping them.
func (l *Ledger) stuck(blocked []*vfs.Task, asleep bool) (found bool) {
	waiting := make([]int, 0, 8)
	for _, t := range blocked {
		if i := l.task(t); i > 0 {
			waiting = append(waiting, i)
		}
	}
	lost := false
	for _, i := range waiting {
		if w := l.tasks[i].wait; asleep && l.tasks[i].waits() && l.over(w) {
			lost = true
			l.find("P2", "W", w.Owner, w.PFN, "%s sleeps for %s, which has come about: its wake-up was lost", l.name(i), l.what(w))
		}
	}
	if lost { // all else follows from that
		return true
	}
	for _, i := range waiting {
		if p := l.cause(i); p != "" {
			l.find(p, "", l.tasks[i].wait.Owner, 0, "%s", l.circle(i, waiting))
			found = true
		}
	}
	if !found && asleep && len(waiting) > 0 {
		l.find("P2", l.locked(waiting), l.tasks[waiting[0]].wait.Owner, 0, "%s", l.circle(waiting[0], waiting))
		found = true
	}
	return found
}

// cause says what keeps task i from dropping what it has: memory, the inode that
// is Freeing, or that it waits for pins itself in an eviction. It is "" if it has
// nothing, or waits for something else.
func (l *Ledger) cause(i int) layout.Property {
	t := &l.tasks[i]
	if !slices.ContainsFunc(l.pins, func(p pin) bool { return p.on == i }) && !slices.ContainsFunc(l.leases, func(le lease) bool { return le.on == i }) {
		return ""
	}
	switch {
	case !t.waits():
		return ""
	case t.reclaim > 0 || t.wait.Wait == vfs.ForMemory:
		return "P2m"
	case t.wait.Wait == vfs.ForInode:
		return "P2f"
	case t.wait.Wait == vfs.ForRoom || l.evicts(i, t.wait):
		return "P2s"
	}
	return ""
}

// locked returns "K" if one of the tasks waits for a sleeping lock.
func (l *Ledger) locked(waiting []int) string {
	for _, i := range waiting {
		if l.tasks[i].waits() && l.tasks[i].wait.Wait == vfs.ForLock {
			return "K"
		}
	}
	return ""
}

// over reports whether nothing stands in the way of a wait any more.
func (l *Ledger) over(w vfs.Event) bool {
	switch w.Wait {
	case vfs.ForInode:
		j := l.cachedNumber(w.Owner.Ino)
		return j < 0 || l.inodes[j].evictor < 0
	case vfs.ForMemory, vfs.ForRoom:
		return !slices.ContainsFunc(l.inodes, func(in inode) bool { return in.evictor >= 0 })
	}
	for i := range l.tasks {
		if l.owes(i, w) {
			return false
		}
	}
	return true
}

// circle tells who waits for whom, from task i on.
func (l *Ledger) circle(i int, waiting []int) string {
	var b strings.Builder
	seen := uint64(0)
	for {
		w := l.tasks[i].wait
		if !l.tasks[i].waits() {
			b.WriteString(l.name(i) + " is blocked where the engine tells nothing")
			return b.String()
		}
		b.WriteString(l.name(i) + " waits for " + l.what(w))
		if l.tasks[i].reclaim > 0 {
			b.WriteString(" inside reclaim")
		}
		seen |= 1 << i
		next := -1
		for k := 1; k < len(l.tasks); k++ {
			if l.owes(k, w) && (next < 0 || slices.Contains(waiting, k) && !slices.Contains(waiting, next)) {
				next = k
			}
		}
		switch {
		case next == i:
			b.WriteString(", which is its own")
			return b.String()
		case next < 0:
			b.WriteString(", and nobody is left to end that")
			return b.String()
		case !slices.Contains(waiting, next):
			b.WriteString(", and " + l.name(next) + " has ended without")
			return b.String()
		case seen&(1<<next) != 0:
			b.WriteString(", on " + l.name(next))
			return b.String()
		}
		b.WriteString("; ")
		i = next
	}
}
