package vfs

import (
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
)

// Iput drops a reference. The last one puts a linked inode onto the LRU and
// evicts an unlinked or DontCache one; in the latter case it returns once the
// eviction is over, which is when the pins that the Breaker waits for are gone.
// With Rules.WaitInWriteback it leaves the last reference to a linked inode with
// a pinned page to the worker, as the kernel leaves a dirty inode to the flusher.
//
// The LRU is lazy, as the kernel's: an inode that is on it stays on it while it
// is used, and only gets its Referenced bit when it falls idle again.
//
// That case has a short way for when no scheduler is installed, which calls another
// function only as the last thing it does. Which inodes may take it, initPuts decides
// by the bits of the state word; for all others it is iputSlow.
func (sb *Superblock) Iput(t *Task, in *Inode) {
	if !sync.Free() || bug.Planted(bug.IputSubtracts) {
		sb.iputSlow(t, in)
		return
	}
	w := in.state.LoadFree()
	if bug.Planted(bug.IputStores) && w&sb.shortPut == onlyOnLRU {
		in.state.Store(w - refOne | stRefd)
		return
	}
	if w&sb.shortPut != onlyOnLRU || !in.state.CompareAndSwapFree(w, w-refOne|stRefd) {
		sb.iputSlow(t, in)
		return
	}
	if sb.slots.throttled.LoadFree() > 0 {
		sb.memoryMayBeHad(t)
	}
}

// onlyOnLRU is what of shortPut a state word must have for the short way.
const onlyOnLRU = stOnLRU | refOne

// initPuts prepares what the rules need for Iput: shortPut is which bits of the
// state word say whether the last reference can go the short way. With none of
// them it never can.
func (sb *Superblock) initPuts() {
	switch sb.shortPut = refMask | stOnLRU | stUnlinked | stDontKeep; {
	case sb.watch != nil:
		sb.shortPut = 0
	case sb.rules.WaitInWriteback: // a page of a DAX file may be pinned
		sb.shortPut |= stDAX
	}
}

// iputSlow is Iput in all other cases; under a scheduler it is the whole of Iput.
//
//go:noinline
func (sb *Superblock) iputSlow(t *Task, in *Inode) {
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
	watched, owner := sb.watch != nil, media.Owner{}
	if watched {
		owner = in.Owner() // once it is idle it can be anybody's
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
		case sb.rules.WaitInWriteback && in.pinned():
			sb.deferWriteback(t, in)
			return
		case w&stOnLRU != 0:
			if !added {
				next |= stRefd
			}
			if bug.Planted(bug.IputStores) {
				in.state.Store(next)
				return
			}
		case sb.shrinkable(in) && !bug.Planted(bug.IdleNotOntoLRU):
			added = in.lruAdd() // still referenced, so it cannot go away under us
			continue
		}
		if in.state.CompareAndSwap(w, next) {
			switch {
			case next&stFreeing != 0:
				sb.drop(t, in, next)
			case next&refMask == 0 && (watched || sb.slots.throttled.Load() > 0):
				sb.idled(t, owner, next)
			}
			return
		}
	}
}

// idled tells that t dropped the last reference to an inode of owner, which
// stays cached; its state became w.
func (sb *Superblock) idled(t *Task, owner media.Owner, w uint64) {
	if sb.watch != nil {
		sb.watch(Event{Kind: Idled, Task: t, Owner: owner, Own: w&stOnLRU != 0})
	}
	sb.memoryMayBeHad(t)
}

// shrinkable reports whether reclaim may look at an unreferenced inode at all.
func (sb *Superblock) shrinkable(in *Inode) bool {
	return sb.opts.LRU == EntriesIgnored || !in.IsDAX() || in.onlyFirst()
}

// pinned reports whether a page of a DAX file is busy, as far as that can be
// said while others use it: they may pin another at any moment. It looks at the
// entries, since the extents are guarded by a lock that may sleep.
func (in *Inode) pinned() (busy bool) {
	if !in.IsDAX() {
		return false
	}
	m := &in.mapping
	m.mu.Lock()
	for i := m.lo; i < m.hi && !busy && in.entryCount.Load() > 0; i++ {
		if e := m.at(i); e != 0 {
			_, busy = in.sb.pages.BusyPage(entryWord(e), 1)
		}
	}
	m.mu.Unlock()
	return busy
}
