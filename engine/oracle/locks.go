package oracle

import (
	"slices"

	"daxbench/engine/media"
	"daxbench/engine/vfs"
)

// A lock is one sleeping lock.
type lock struct {
	class vfs.LockClass
	owner media.Owner
}

// classes is how many nodes the graph of lock classes has: the classes of vfs,
// with NoLock standing for reclaim, as fs_reclaim does in the kernel's lockdep:
// an allocation "takes" it, and so does reclaim while it runs.
const classes = int(vfs.FreezeLock) + 1

const reclaim = vfs.NoLock

// lockdep is the order in which lock classes were taken: from[a] has bit b if b
// was taken by somebody who held a. A circle means that tasks can wait for each
// other for ever, though in this run they did not meet.
type lockdep struct {
	from [classes]uint16
	who  [classes][classes]int // the task that took that order first
}

func (d *lockdep) reset() { d.from = [classes]uint16{} }

// add notes that b was taken under a and returns the classes on the way from b
// back to a, if there is one and the edge is new.
func (d *lockdep) add(a, b vfs.LockClass, task int) (circle []vfs.LockClass) {
	if d.from[a]&(1<<b) != 0 {
		return nil
	}
	d.from[a] |= 1 << b
	d.who[a][b] = task
	return d.path(b, a, 0)
}

// path returns the classes from a to b, both included, without those in seen.
func (d *lockdep) path(a, b vfs.LockClass, seen uint16) []vfs.LockClass {
	if a == b {
		return []vfs.LockClass{a}
	}
	seen |= 1 << a
	for c := range vfs.LockClass(classes) {
		if d.from[a]&(1<<c) == 0 || seen&(1<<c) != 0 {
			continue
		}
		if p := d.path(c, b, seen); p != nil {
			return append([]vfs.LockClass{a}, p...)
		}
	}
	return nil
}

// lockTaken adds the orders that this makes. Two locks of one class are in
// order if they are taken by ascending inode number.
func (l *Ledger) lockTaken(i int, k lock) {
	t := &l.tasks[i]
	for _, h := range t.held {
		if h.class != k.class {
			l.order(i, h.class, k.class, k.owner)
		} else if h.owner.Ino >= k.owner.Ino {
			l.find("", "K", k.owner, 0, "%s took %s of %s while it held that of %s", l.name(i), className(k.class), l.File(k.owner), l.File(h.owner))
		}
	}
	if t.reclaim > 0 {
		l.order(i, reclaim, k.class, k.owner)
	}
	t.held = append(t.held, k)
}

// order notes that task i takes b under a.
func (l *Ledger) order(i int, a, b vfs.LockClass, o media.Owner) {
	circle := l.locks.add(a, b, i)
	if circle == nil {
		return
	}
	back := ""
	for j := range len(circle) - 1 {
		x, y := circle[j], circle[j+1]
		if back != "" {
			back += ", "
		}
		back += l.name(l.locks.who[x][y]) + " " + under(x, y)
	}
	l.find("", "K", o, 0, "%s %s; %s: a circle", l.name(i), under(a, b), back)
}

// under says which class was taken under which.
func under(a, b vfs.LockClass) string {
	switch {
	case a == reclaim:
		return "takes " + className(b) + " inside reclaim"
	case b == reclaim:
		return "reclaims under " + className(a)
	}
	return "takes " + className(b) + " under " + className(a)
}

func (l *Ledger) lockDropped(i int, k lock) {
	t := &l.tasks[i]
	for j := len(t.held) - 1; j >= 0; j-- {
		if t.held[j] == k {
			t.held = slices.Delete(t.held, j, j+1)
			return
		}
	}
}

// holds returns the lock of in that task i holds, if any: IOLock or LayoutLock.
func (l *Ledger) holds(i int, o media.Owner) (vfs.LockClass, bool) {
	for _, h := range l.tasks[i].held {
		if h.owner == o && (h.class == vfs.IOLock || h.class == vfs.LayoutLock) {
			return h.class, true
		}
	}
	return 0, false
}

func (l *Ledger) reclaimBegins(i int) {
	t := &l.tasks[i]
	for _, h := range t.held {
		l.order(i, h.class, reclaim, h.owner)
	}
	t.reclaim++
}

// maySleep is might_sleep.
func (l *Ledger) maySleep(i int, e vfs.Event) {
	if l.tasks[i].spin > 0 {
		l.find("P4", "X", e.Owner, e.PFN, "%s calls what may sleep while it holds a spinlock, for %s", l.name(i), l.File(e.Owner))
	}
}
