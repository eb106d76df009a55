package vfs

import (
	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// Whoever takes a sleeping lock of an inode says which task it is, so that an
// oracle can see who holds what while it waits.

// LockIO takes the lock that XFS calls IOLOCK and the VFS i_rwsem.
func (in *Inode) LockIO(t *Task) {
	if in.sb.watch == nil {
		in.ioLock.Lock(in.sb.waits)
	} else {
		in.lockWatched(t, IOLock, in.ioLock.TryLock, in.ioLock.Lock)
	}
}

// UnlockIO releases it.
func (in *Inode) UnlockIO(t *Task) {
	in.tellDropped(t, IOLock)
	in.ioLock.Unlock(in.sb.waits)
}

// RLockIO takes it shared.
func (in *Inode) RLockIO(t *Task) {
	if in.sb.watch == nil {
		in.ioLock.RLock(in.sb.waits)
	} else {
		in.lockWatched(t, IOLock, in.ioLock.TryRLock, in.ioLock.RLock)
	}
}

// RUnlockIO releases it, held shared.
func (in *Inode) RUnlockIO(t *Task) {
	in.tellDropped(t, IOLock)
	in.ioLock.RUnlock(in.sb.waits)
}

// LockLayout takes the lock that XFS calls MMAPLOCK and the VFS invalidate_lock.
func (in *Inode) LockLayout(t *Task) {
	if in.sb.watch == nil {
		in.layoutMu.Lock(in.sb.waits)
	} else {
		in.lockWatched(t, LayoutLock, in.layoutMu.TryLock, in.layoutMu.Lock)
	}
}

// UnlockLayout releases it.
func (in *Inode) UnlockLayout(t *Task) {
	in.tellDropped(t, LayoutLock)
	in.layoutMu.Unlock(in.sb.waits)
}

// RLockLayout takes it shared.
func (in *Inode) RLockLayout(t *Task) {
	if in.sb.watch == nil {
		in.layoutMu.RLock(in.sb.waits)
	} else {
		in.lockWatched(t, LayoutLock, in.layoutMu.TryRLock, in.layoutMu.RLock)
	}
}

// RUnlockLayout releases it, held shared.
func (in *Inode) RUnlockLayout(t *Task) {
	in.tellDropped(t, LayoutLock)
	in.layoutMu.RUnlock(in.sb.waits)
}

// lockWatched tells that the lock may sleep, whether it does, and that it is
// held.
func (in *Inode) lockWatched(t *Task, c LockClass, try func() bool, wait func(*sync.WaitTable)) {
	in.tell(t, Event{Kind: MaySleep, Class: c})
	if !try() {
		in.tell(t, Event{Kind: WaitBegin, Wait: ForLock, Class: c})
		wait(in.sb.waits)
		in.tell(t, Event{Kind: WaitEnd, Wait: ForLock, Class: c})
	}
	in.tell(t, Event{Kind: LockTaken, Class: c})
}

// tellDropped tells that a lock is dropped, before it is: from then on another's
// taking of it may be told.
func (in *Inode) tellDropped(t *Task, c LockClass) {
	if in.sb.watch != nil {
		in.tell(t, Event{Kind: LockDropped, Class: c})
	}
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
