package vfs

import "daxbench/engine/internal/bug"

// Iput drops a reference. The last one puts a linked inode onto the LRU and
// evicts an unlinked or DontCache one; in the latter case it returns once the
// eviction is over, which is when the pins that the Breaker waits for are gone.
//
// The LRU is lazy, as the kernel's: an inode that is on it stays on it while it
// is used, and only gets its Referenced bit when it falls idle again.
func (sb *Superblock) Iput(t *Task, in *Inode) {
	if bug.Planted(bug.IputSubtracts) {
		if w := in.state.Add(^uint64(0)); w&refMask != 0 || w&(stUnlinked|stDontKeep) == 0 {
			in.lruAdd()
			return
		}
		in.state.Or(stFreeing)
		in.lruDel()
		sb.evict(t, in)
		return
	}
	added := false
	for {
		w := in.state.Load()
		next := w - refOne
		switch {
		case w&refMask == 0:
			panic("vfs: Iput without a reference")
		case w&refMask > 1:
		case w&(stUnlinked|stDontKeep) != 0 && !bug.Planted(bug.UnlinkedOntoLRU):
			next |= stFreeing
		case w&stOnLRU != 0:
			if !added {
				next |= stRefd
			}
		case sb.shrinkable(in) && !bug.Planted(bug.IdleNotOntoLRU):
			added = in.lruAdd() // still referenced, so it cannot go away under us
			continue
		}
		if in.state.CompareAndSwap(w, next) {
			if next&stFreeing != 0 {
				if !bug.Planted(bug.EvictedStaysOnLRU) {
					in.lruDel()
				}
				sb.evict(t, in)
			}
			return
		}
	}
}

// shrinkable reports whether reclaim may look at an unreferenced inode at all.
func (sb *Superblock) shrinkable(in *Inode) bool {
	return sb.opts.LRU == EntriesIgnored || !in.IsDAX() || in.mapping.onlyFirst()
}
