package oracle

import (
	"slices"

	"daxbench/engine/media"
	"daxbench/engine/vfs"
)

// Hold says that t has a reference to the inode of o: call it as soon as Iget or
// Create has returned. The ledger counts these for itself, as the engine's own
// count is what is in question.
func (l *Ledger) Hold(t *vfs.Task, o media.Owner) {
	i := l.task(t)
	if l.cached(o) < 0 {
		l.find("P5", "", o, 0, "%s got a reference to %s, which is not in the cache any more", l.name(i), l.File(o))
	}
	l.refs = append(l.refs, reference{o, i})
}

// Drop says that t gives such a reference up: call it just before Iput.
func (l *Ledger) Drop(t *vfs.Task, o media.Owner) {
	i := slices.Index(l.refs, reference{o, l.task(t)})
	if i < 0 {
		panic("oracle: " + l.NameOf(t) + " drops a reference to " + l.File(o) + " that it does not have")
	}
	l.refs = slices.Delete(l.refs, i, i+1)
}

// holder returns who has a reference to an inode.
func (l *Ledger) holder(o media.Owner) (task int, ok bool) {
	for _, r := range l.refs {
		if r.owner == o {
			return r.task, true
		}
	}
	return 0, false
}

// resumed notes that an inode came into the cache.
func (l *Ledger) resumed(o media.Owner) {
	for _, in := range l.inodes {
		if in.owner.Ino == o.Ino {
			l.find("P5", "", o, 0, "%s came into the cache while %s was there", l.File(o), l.File(in.owner))
		}
	}
	l.inodes = append(l.inodes, inode{owner: o, evictor: -1})
}

// evicted judges an eviction that is over.
func (l *Ledger) evicted(e vfs.Event) {
	if i := l.cached(e.Owner); i >= 0 {
		l.inodes = slices.Delete(l.inodes, i, i+1)
	}
	if t, ok := l.holder(e.Owner); ok {
		l.find("P5", "", e.Owner, 0, "%s tore %s down while %s has it open", l.actor(e), l.File(e.Owner), l.name(t))
	}
	for _, p := range l.pins {
		if p.owner == e.Owner {
			l.find("P1e", "A", e.Owner, p.pfn, "%s evicted %s while %s pins its block %d", l.actor(e), l.File(e.Owner), l.name(p.on), p.pfn)
		}
	}
}
