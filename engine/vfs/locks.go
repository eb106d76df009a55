package vfs

import (
	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// Whoever takes a sleeping lock of an inode says which task it is, so that an
// oracle can see who holds what while it waits.

// LockIO takes the lock that XFS calls IOLOCK and the VFS i_rwsem.
func (in *Inode) LockIO(t *Task) { in.lock(t, &in.ioLock, IOLock) }

// UnlockIO releases it.
func (in *Inode) UnlockIO(t *Task) { in.unlock(t, &in.ioLock, IOLock) }

// RLockIO takes it shared.
func (in *Inode) RLockIO(t *Task) { in.rlock(t, &in.ioLock, IOLock) }

// RUnlockIO releases it, held shared.
func (in *Inode) RUnlockIO(t *Task) { in.runlock(t, &in.ioLock, IOLock) }

// LockLayout takes the lock that XFS calls MMAPLOCK and the VFS invalidate_lock.
func (in *Inode) LockLayout(t *Task) { in.lock(t, &in.layoutMu, LayoutLock) }

// UnlockLayout releases it.
func (in *Inode) UnlockLayout(t *Task) { in.unlock(t, &in.layoutMu, LayoutLock) }

// RLockLayout takes it shared.
func (in *Inode) RLockLayout(t *Task) { in.rlock(t, &in.layoutMu, LayoutLock) }

// RUnlockLayout releases it, held shared.
func (in *Inode) RUnlockLayout(t *Task) { in.runlock(t, &in.layoutMu, LayoutLock) }

func (in *Inode) lock(t *Task, s *sync.RWSem, c LockClass) {
	if in.sb.watch == nil {
		s.Lock()
		return
	}
	in.lockWatched(t, c, s.TryLock, s.Lock)
}

func (in *Inode) rlock(t *Task, s *sync.RWSem, c LockClass) {
	if in.sb.watch == nil {
		s.RLock()
		return
	}
	in.lockWatched(t, c, s.TryRLock, s.RLock)
}

// lockWatched tells that the lock may sleep, whether it does, and that it is
// held.
func (in *Inode) lockWatched(t *Task, c LockClass, try func() bool, wait func()) {
	in.tell(t, Event{Kind: MaySleep, Class: c})
	if !try() {
		in.tell(t, Event{Kind: WaitBegin, Wait: ForLock, Class: c})
		wait()
		in.tell(t, Event{Kind: WaitEnd, Wait: ForLock, Class: c})
	}
	in.tell(t, Event{Kind: LockTaken, Class: c})
}

// The lock is told to be dropped before it is: from then on another's taking of
// it may be told.
func (in *Inode) unlock(t *Task, s *sync.RWSem, c LockClass) {
	if in.sb.watch != nil {
		in.tell(t, Event{Kind: LockDropped, Class: c})
	}
	s.Unlock()
}

func (in *Inode) runlock(t *Task, s *sync.RWSem, c LockClass) {
	if in.sb.watch != nil {
		in.tell(t, Event{Kind: LockDropped, Class: c})
	}
	s.RUnlock()
}

// tell tells the watcher, who must exist, what t does with in.
//
//go:noinline
func (in *Inode) tell(t *Task, e Event) {
	e.Task, e.Owner = t, in.Owner()
	in.sb.watch(e)
}

// tellWait tells that t begins or ends to wait for a pin on pfn, a page of in.
func (in *Inode) tellWait(t *Task, k EventKind, pfn page.PFN) {
	if in.sb.watch != nil {
		in.tell(t, Event{Kind: k, Wait: ForPins, PFN: pfn})
	}
}
