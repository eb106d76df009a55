package vfs

import (
	"errors"
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
)

// waitClass keeps the wait keys of inodes apart from those of pages.
const waitClass = 1 << 40

// Iget returns the inode with number ino with a reference taken, from the
// cache or from the region. It waits while the inode is being evicted or read
// by somebody else. Errors: ErrNotExist, ErrCacheFull, a *HungError, or what
// reading the record says.
//
// A hit takes no lock. It is one compare-and-swap of the inode's state word from
// "number ino, neither New nor Freeing" to the same with one reference more. The
// racers are a reclaimer who sets Freeing if there is no reference, and whoever
// gets the memory after that: either the reference is there first, and it fails,
// or it is the compare-and-swap here that fails. No reference is ever taken that
// would have to be undone.
//
// It has a short way for when no scheduler is installed, as Pin; see igetSlow.
func (sb *Superblock) Iget(t *Task, ino Ino) (*Inode, error) {
	if !sync.Free() || ino == 0 {
		return sb.igetSlow(t, ino)
	}
	h := hash(ino)
	for b := sb.bucket(h); b != nil; b = b.next.LoadFree() {
		for m := match(b.tags.LoadFree(), uint64(b.tags2.LoadFree()), tagOf(h)); m != 0; m &= m - 1 {
			in := &sb.inodes[b.slots[slotOf(m)].LoadFree()]
			for w := in.state.LoadFree(); numberOf(w) == ino || w != 0 && bug.Planted(bug.FindTrustsTag); w = in.state.LoadFree() {
				next := w + refOne
				if next&(stNew|stFreeing|refTop) != 0 {
					return sb.igetSlow(t, ino)
				}
				if bug.Planted(bug.IgetInTwoSteps) {
					in.state.Add(refOne)
					t.Stats.Hits++
					return in, nil
				}
				if in.state.CompareAndSwapFree(w, next) {
					t.Stats.Hits++
					return in, nil
				}
			}
		}
	}
	if in, err := sb.igetMiss(t, ino); in != nil || err != nil {
		return in, err
	}
	return sb.igetSlow(t, ino)
}

// igetSlow is Iget of what is New or Freeing, or was a moment ago; under a
// scheduler it is the whole of Iget.
//
//go:noinline
func (sb *Superblock) igetSlow(t *Task, ino Ino) (*Inode, error) {
	if ino == 0 { // the number in the state word of free memory
		return nil, fmt.Errorf("%w: %d", ErrNotExist, ino)
	}
	for {
		in, w := sb.find(ino)
		switch {
		case in == nil:
			if in, err := sb.igetMiss(t, ino); in != nil || err != nil {
				return in, err
			}
		case w&stNew != 0 || w&stFreeing != 0 && !bug.Planted(bug.IgetTakesFreeing):
			if err := sb.waitInode(t, ino); err != nil {
				return nil, err
			}
		case (w+refOne)&refTop != 0:
			tooManyRefs(w + refOne)
		case bug.Planted(bug.IgetInTwoSteps):
			in.state.Add(refOne)
			t.Stats.Hits++
			return in, nil
		case in.state.CompareAndSwap(w, w+refOne):
			t.Stats.Hits++
			return in, nil
		}
	}
}

// waitInode waits until no inode ino is New or Freeing. The caller looks it up
// again.
func (sb *Superblock) waitInode(t *Task, ino Ino) error {
	s := sb.stripe(ino)
	s.mu.Lock()
	if in, w := sb.find(ino); in != nil && w&(stNew|stFreeing) != 0 {
		return sb.waitLocked(t, s, in)
	}
	s.mu.Unlock()
	return nil
}

// waitLocked waits until in is no longer New or Freeing. It returns with
// stripe.mu dropped; the caller looks the inode up again.
//
// No wake-up is lost. Freeing ends under stripe.mu, and the waiter queues
// before it drops that lock. New can end at any moment, by one atomic
// operation that takes Awaited along: either it finds Awaited set, and wakes
// who is queued by then, or the waiter sees that New is over.
func (sb *Superblock) waitLocked(t *Task, s *stripe, in *Inode) error {
	ino := in.ino
	w := sb.waits.Arm(waitClass | uint64(ino))
	old := in.state.Or(stAwaited)
	if bug.Planted(bug.ArmAfterUnlock) {
		sb.waits.Disarm(w)
		s.mu.Unlock()
		w = sb.waits.Arm(waitClass | uint64(ino))
		s.mu.Lock()
	}
	s.mu.Unlock()
	if old&(stNew|stFreeing) == 0 {
		sb.waits.Disarm(w)
		return nil
	}
	sb.tell(Event{Kind: WaitBegin, Task: t, Owner: media.Owner{Ino: ino}, Wait: ForInode})
	slept, err := sb.waits.Sleep(t.ctx, w)
	sb.tell(Event{Kind: WaitEnd, Task: t, Owner: media.Owner{Ino: ino}, Wait: ForInode})
	if old&stFreeing != 0 {
		t.Stats.FreeingWaits++
		t.Stats.FreeingWait += slept.Total
	}
	if err == nil {
		return nil
	}
	return t.hung(HungError{What: "the end of its eviction", Ino: ino, After: slept.Total, Cause: err})
}

// settle ends New and wakes who waits for it.
func (sb *Superblock) settle(t *Task, in *Inode) {
	if sb.watch != nil {
		in.tell(t, Event{Kind: Resumed})
	}
	if in.state.And(^uint64(stNew|stAwaited))&stAwaited != 0 && !bug.Planted(bug.SettleForgetsWake) {
		sb.waits.Wake(waitClass | uint64(in.ino))
	}
}

// unhash takes out of the cache an inode that is New or Freeing, wakes who waits
// for that to end, and gives its memory to the next.
func (sb *Superblock) unhash(t *Task, in *Inode) {
	if bug.Planted(bug.WakeBeforeUnhash) && in.state.And(^uint64(stAwaited))&stAwaited != 0 {
		sb.waits.Wake(waitClass | uint64(in.ino))
	}
	if in.size.Load() > 0 || in.IsDAX() {
		in.clear()
	}
	if len(sb.all) > 0 {
		sb.delist(in)
	}
	s := sb.stripe(in.ino)
	s.mu.Lock()
	sb.removeLocked(in)
	w := in.state.Swap(0)
	awaited := w&stAwaited != 0
	if sb.watch != nil && w&stFreeing != 0 {
		in.tell(t, Event{Kind: EvictEnd, Own: w&stUnlinked != 0 && sb.down.Load() == 0})
	}
	s.mu.Unlock()
	if bug.Planted(bug.UnhashForgetsWake) || bug.Planted(bug.WakeBeforeUnhash) {
		awaited = false
	}
	if awaited { // after the unhash: who looks again must not find it
		sb.waits.Wake(waitClass | uint64(in.ino))
	}
	sb.give(t, in.index)
}

// clear makes the memory of an inode that nobody can use any more ready for the
// next. That of a file without pages is.
func (in *Inode) clear() {
	in.ThawLayout()
	in.extents = in.extents[:0]
}

// igetMiss reads an inode that is not cached. It returns nil, nil if somebody
// else was faster. The record is asked for at once: the processor comes here, as
// long as no lock is in the way, before it knows that the bucket has no such number.
func (sb *Superblock) igetMiss(t *Task, ino Ino) (*Inode, error) {
	sb.fs.Prefetch(ino)
	if sb.down.Load() != 0 {
		return nil, ErrShutdown
	}
	in, err := sb.allocInode(t)
	if err != nil {
		return nil, err
	}
	s := sb.stripe(ino)
	s.mu.Lock()
	if old, _ := sb.find(ino); old != nil && !bug.Planted(bug.MissInsertsBlindly) {
		s.mu.Unlock()
		sb.give(t, in.index)
		return nil, nil
	}
	in.ino = ino
	in.state.Store(uint64(ino)<<inoShift | stNew | refOne)
	sb.insertLocked(in)
	s.mu.Unlock()
	if len(sb.all) > 0 {
		sb.enlist(in)
	}

	rec := media.Record{Extents: t.extents[:0]}
	err = sb.fs.Read(ino, &rec)
	t.extents = rec.Extents
	switch {
	case err != nil:
	case rec.Nlink == 0:
		err = media.ErrFree
	}
	if err != nil {
		sb.unhash(t, in)
		if errors.Is(err, media.ErrFree) || errors.Is(err, media.ErrBadIno) {
			return nil, fmt.Errorf("%w: %d", ErrNotExist, ino)
		}
		return nil, err
	}
	in.setRecord(&rec)
	if rec.Flags&media.FlagDAX != 0 {
		in.state.Or(stDAX)
	}
	sb.settle(t, in)
	t.Stats.Misses++
	return in, nil
}
