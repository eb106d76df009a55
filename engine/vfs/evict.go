package vfs

import "daxbench/engine/internal/bug"

// evict takes an inode out of the cache for good: evict() in fs/inode.c. The
// caller has made it Freeing and has it alone; lookups find it and wait. With
// Rules.Defer a busy one is handed to the worker, who calls evict again. It
// reports false if a wait was given up: then the inode stays as it is.
func (sb *Superblock) evict(t *Task, in *Inode) bool {
	if sb.ruled {
		if sb.watch != nil {
			in.tell(t, Event{Kind: MaySleep})
		}
		if sb.rules.Defer > 0 && !t.serving {
			if _, busy := in.BusyPage(t, 0); busy {
				return sb.deferEviction(t, in) == nil
			}
		}
	}
	err := sb.breaker.BreakForEvict(t, in)
	unlinked := in.IsUnlinked()
	if err == nil {
		err = sb.truncateFinal(t, in, unlinked)
	}
	if err == nil {
		t.Stats.LeasesAbandoned += int64(in.leases.Load().Abandon())
		if unlinked {
			err = sb.freeOnMedia(t, in)
		}
	}
	if err != nil {
		if t.err == nil {
			t.err = err
		}
		return false
	}
	t.Stats.Evictions++
	sb.unhash(t, in)
	return true
}

// beginEvict tells that t has made in Freeing.
func (sb *Superblock) beginEvict(t *Task, in *Inode) {
	if sb.watch != nil {
		in.tell(t, Event{Kind: EvictBegin})
	}
}

// freeOnMedia frees the record, durably, and then the blocks. After a shutdown
// nothing is freed; the next mount finds an orphan.
func (sb *Superblock) freeOnMedia(t *Task, in *Inode) error {
	if sb.down.Load() != 0 {
		return nil
	}
	if err := sb.fs.FreeInode(in.ino); err != nil {
		return err
	}
	sb.freeBlocks(t, in, in.extents)
	t.Stats.Freed++
	return nil
}

// drop evicts an inode that t made Freeing with the last reference; its state
// then was w. The rules may keep it (generic_drop_inode).
func (sb *Superblock) drop(t *Task, in *Inode, w uint64) {
	if sb.ruled {
		if sb.rules.KeepBusy && w&stDontKeep == 0 && sb.keepBusy(t, in) {
			return
		}
		sb.beginEvict(t, in)
	}
	in.rest.fetch() // as fetchForEvict
	if !bug.Planted(bug.EvictedStaysOnLRU) {
		in.lruDel()
	}
	if bug.Planted(bug.EvictUnderSpin) {
		sb.tell(Event{Kind: SpinTaken, Task: t})
	}
	sb.beginEvicting(t)
	sb.evict(t, in)
	sb.endEvicting(t)
	if bug.Planted(bug.EvictUnderSpin) {
		sb.tell(Event{Kind: SpinDropped, Task: t})
	}
}

// keepBusy puts an inode that t has made Freeing back into the cache if one of
// its pages is pinned, and reports whether it did (Rules.KeepBusy). In the
// kernel the test is made under i_lock, although it zaps the mapping and may
// wait for an entry (BusyPage tells that); here Freeing stands for i_lock, since it too lets nobody
// take a reference.
func (sb *Superblock) keepBusy(t *Task, in *Inode) bool {
	if sb.watch != nil {
		in.tell(t, Event{Kind: SpinTaken})
	}
	_, busy := in.BusyPage(t, 0)
	if sb.watch != nil {
		in.tell(t, Event{Kind: SpinDropped})
	}
	if !busy {
		return false
	}
	t.Stats.KeptBusy++
	in.ThawLayout()
	sb.unfree(t, in)
	return true
}

// unfree ends Freeing without an eviction and wakes who waits for it; the inode
// is idle and cached. It comes onto the LRU first, while nobody can take it from
// there. Freeing ends under stripe.mu, as in unhash: who waits for that queues
// under it.
func (sb *Superblock) unfree(t *Task, in *Inode) {
	if sb.shrinkable(in) {
		in.lruAdd()
	}
	ino := in.ino
	s := sb.stripe(ino)
	s.mu.Lock()
	if sb.watch != nil {
		in.tell(t, Event{Kind: Idled, Own: in.state.Load()&stOnLRU != 0})
	}
	awaited := in.state.And(^uint64(stFreeing|stAwaited))&stAwaited != 0
	s.mu.Unlock()
	if awaited {
		sb.waits.Wake(waitClass | uint64(ino))
	}
	sb.memoryMayBeHad(t)
}
