package vfs

import (
	"slices"

	"daxbench/engine/internal/bug"
)

// visit is how many inodes PruneICache takes from one list before it goes on
// to the next.
const visit = 16

// dispose evicts a list of Freeing inodes, by index, one after the other, in
// order: one that must wait holds up all behind it. It stops at the first wait
// that is given up.
func (sb *Superblock) dispose(t *Task, list []uint32, done func(Ino)) {
	if len(list) == 0 {
		return
	}
	sb.beginEvicting(t)
	for n, i := range list {
		if n%visit == 0 {
			sb.fetchForEvict(list[n:min(n+visit, len(list))])
		}
		in := &sb.inodes[i]
		ino := in.ino
		if !sb.evict(t, in) {
			break
		}
		if done != nil {
			done(ino)
		}
	}
	sb.endEvicting(t)
}

// PruneICache evicts up to want unreferenced inodes from the cold ends of the
// LRU lists, as prune_icache_sb does, and returns how many. It looks at each
// list once at most, so fewer come back if many are in use or Referenced.
func (sb *Superblock) PruneICache(t *Task, want int) int {
	before := t.Stats.Evictions
	if t.hand == 0 { // tasks start at lists far apart, or they would meet at every lock
		t.hand = sb.hands.Add(uint32(len(sb.lrus))*5/8 + 1)
	}
	var list [visit]uint32
	for range sb.lrus {
		left := want - int(t.Stats.Evictions-before)
		if left <= 0 || t.err != nil {
			break
		}
		l := &sb.lrus[t.hand&uint32(len(sb.lrus)-1)]
		t.hand++
		sb.dispose(t, sb.isolate(t, l, list[:0:min(left, visit)]), nil)
	}
	return int(t.Stats.Evictions - before)
}

// isolate moves as many inodes off l as list has room for, makes them Freeing, and
// returns list with their indices. It is inode_lru_isolate: one in use leaves the list, one that was used since
// gets another round, one that reclaim must not touch leaves the list.
//
// Making an inode Freeing is a compare-and-swap against "no references", so a
// lookup that takes one at the same moment either comes first and keeps the
// inode, or sees Freeing and waits.
//
// Note: the kernel looks whether reclaim may touch an inode before it looks at
// Referenced. It holds i_lock; here the mark must be off first, because then
// every use in between shows in the state word and fails the compare-and-swap.
func (sb *Superblock) isolate(t *Task, l *lru, list []uint32) []uint32 {
	l.mu.Lock()
	sb.fetchColdLocked(l, cap(list))
	for scan := l.n; scan > 0 && len(list) < cap(list); scan-- {
		in := &sb.inodes[l.coldestLocked()]
		w := in.state.Load()
		switch {
		case w&stFreeing != 0 && bug.Planted(bug.ReclaimWaits):
			ino := in.ino
			l.mu.Unlock()
			sb.awaitEviction(t, ino)
			l.mu.Lock()
			scan = l.n + 1
		case w&stFreeing != 0: // its evictor will take it off
			l.rotateLocked(in)
		case w&refMask != 0 && !bug.Planted(bug.ReclaimIgnoresCount):
			l.leaveLocked(in, w)
		case w&stRefd != 0:
			in.state.And(^uint64(stRefd))
			l.rotateLocked(in)
		case !sb.shrinkable(in) && !bug.Planted(bug.GuardOnlyWhenAdded):
			l.leaveLocked(in, w)
		case sb.opts.LRU == EntriesKeepOff && !bug.Planted(bug.GuardOnlyWhenAdded) && in.IsDAX() && in.entryCount.Load() > 0:
			if !sb.opts.IsolateStays { // one entry at index 0: on the list, never freed
				l.rotateLocked(in)
			}
		case sb.rules.WaitInWriteback && in.pinned():
			l.rotateLocked(in) // it was pinned since it came onto the list: dirty
		case bug.Planted(bug.ReclaimNotFreeing) && in.state.CompareAndSwap(w, w&^stOnLRU),
			in.state.CompareAndSwap(w, (w|stFreeing)&^stOnLRU):
			l.removeLocked(in)
			list = append(list, in.index)
			sb.beginEvict(t, in)
		default:
			l.rotateLocked(in) // somebody was faster
		}
	}
	l.mu.Unlock()
	return list
}

// Who evicts several knows what it will look at soon, and reads it all beforehand: loads that
// do not depend on each other take little longer than one that misses the caches.

// fetchColdLocked reads the state words of the n coldest inodes of l, and of a few
// more.
func (sb *Superblock) fetchColdLocked(l *lru, n int) {
	for i := l.head; i != 0 && n > 0; i = l.blocks[i].next {
		for _, j := range l.blocks[i].slots { // an empty one is that of the inode which is none
			sb.inodes[j].state.Fetch()
		}
		n -= int(l.blocks[i].n)
	}
}

// fetchForEvict reads what the eviction of some inodes and the next use of their
// memory need: it is the same under every policy. So is what drop reads.
func (sb *Superblock) fetchForEvict(list []uint32) {
	for _, i := range list {
		in := &sb.inodes[i]
		sb.bucket(hash(in.ino)).tags.Fetch()
		in.rest.fetch()
	}
}

// leaveLocked takes an inode whose state was w off the list. The racer is an
// Iput of the last reference. If it comes first, it saw OnLRU and did not add
// the inode, which therefore must stay; if it comes later, its own
// compare-and-swap fails and it adds the inode again. The inode is out of the
// list before its bit is off: from then on its evictor does not wait for us.
func (l *lru) leaveLocked(in *Inode, w uint64) {
	l.removeLocked(in)
	if bug.Planted(bug.ReclaimDropsBlindly) {
		in.state.And(^uint64(stOnLRU | stRefd))
	} else if !in.state.CompareAndSwap(w, w&^(stOnLRU|stRefd)) {
		l.appendLocked(in)
	}
}

func (l *lru) rotateLocked(in *Inode) {
	l.removeLocked(in)
	l.appendLocked(in)
}

// EvictInodes evicts every unreferenced inode, as unmount does (evict_inodes),
// and returns how many were evicted and how many were in use and stay. All are
// collected first, then evicted in order. After each, done is called if it is
// not nil. With Rules.KeepBusy those with a pinned page count as in use.
func (sb *Superblock) EvictInodes(t *Task, done func(Ino)) (evicted, busy int) {
	list := slices.Grow(t.victims[:0], sb.cachedAtMost()) // else it would grow under a spin lock
	inUse := uint64(refMask | stNew)
	if bug.Planted(bug.UnmountIgnoresCount) {
		inUse = stNew
	}
	sb.each(func(in *Inode) {
		w := in.state.Load()
		for w&(inUse|stFreeing) == 0 && !in.state.CompareAndSwap(w, w|stFreeing) {
			w = in.state.Load()
		}
		switch {
		case w&inUse != 0:
			busy++
		case w&stFreeing == 0:
			in.lruDel()
			list = append(list, in.index)
			if !sb.rules.KeepBusy {
				sb.beginEvict(t, in)
			}
		}
	})
	t.victims = list
	if sb.rules.KeepBusy {
		var kept int
		list, kept = sb.passOver(t, list)
		busy += kept
	}
	before := t.Stats.Evictions
	sb.dispose(t, list, done)
	return int(t.Stats.Evictions - before), busy
}

// passOver puts the busy ones of list back into the cache and returns the others,
// in the memory of list, and how many it put back (Rules.KeepBusy).
func (sb *Superblock) passOver(t *Task, list []uint32) (idle []uint32, kept int) {
	idle = list[:0]
	for _, i := range list {
		in := &sb.inodes[i]
		if sb.keepBusy(t, in) {
			kept++
			continue
		}
		idle = append(idle, i)
		sb.beginEvict(t, in)
	}
	return idle, kept
}

// awaitEviction waits until ino is not being evicted any more (bug.ReclaimWaits).
func (sb *Superblock) awaitEviction(t *Task, ino Ino) {
	s := sb.stripe(ino)
	s.mu.Lock()
	if in, w := sb.find(ino); in != nil && w&stFreeing != 0 {
		_ = sb.waitLocked(t, s, in) // what the task would do with the error it does anyway
		return
	}
	s.mu.Unlock()
}
