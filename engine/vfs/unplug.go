package vfs

import (
	"errors"

	"daxbench/engine/internal/bug"
	"daxbench/engine/page"
)

var (
	// ErrShutdown is returned by what needs the device once it is being unplugged
	// (kernel: EIO; SIGBUS for a fault).
	ErrShutdown = errors.New("vfs: the file system was shut down")
	// ErrNoOwner is returned by MemoryFailure for a page that no cached file has.
	ErrNoOwner = errors.New("vfs: no file has this page")
)

// How far an unplug has come.
const (
	shutDown   = 1 // nothing new reaches the device
	deviceGone = 2 // its memory is gone
)

// Unplug removes the device under the file system: pmem_release_disk. From the
// start nothing new reaches it; what is there is evicted, under s_umount
// (fs_bdev_mark_dead); then its memory goes, whoever uses it (memunmap_pages:
// its wait is for other references than pins). With Rules.Notify the file system
// is told first, and takes the pages from their mappers. The error is a
// *HungError; then the memory stays.
func (sb *Superblock) Unplug(t *Task) error {
	if sb.rules.Notify {
		sb.notifyFailure(t)
	}
	sb.down.Store(shutDown)
	if t.err == nil && !bug.Planted(bug.UnplugSkipsDrain) {
		sb.lockSB(t)
		sb.EvictInodes(t, nil)
		sb.unlockSB(t)
	}
	if t.err != nil {
		return t.err
	}
	sb.down.Store(deviceGone)
	sb.tell(Event{Kind: DeviceGone, Task: t})
	return nil
}

// Gone reports whether the device was unplugged.
func (sb *Superblock) Gone() bool { return sb.down.Load() == deviceGone }

// notifyFailure is xfs_dax_notify_failure for MF_MEM_PRE_REMOVE: with the file
// system frozen, take every file from those who have it mapped, whose processes
// are killed, and drop the entries of its clean pages; then shut down, and thaw.
// Files that are being evicted are passed over, as by an igrab that fails.
//
// Note: as in the kernel nobody looks whether a clean page is pinned. Its pin
// is then one that no scan finds.
func (sb *Superblock) notifyFailure(t *Task) {
	sb.tell(Event{Kind: LockTaken, Task: t, Class: FreezeLock})
	var files, refs []*Inode
	sb.each(func(in *Inode) {
		if in.grab() {
			files = append(files, in)
		}
	})
	for _, in := range files {
		refs = append(refs, in)
		for range sb.revoke(t, in) {
			refs = append(refs, in)
		}
	}
	sb.down.Store(shutDown)
	sb.tell(Event{Kind: LockDropped, Task: t, Class: FreezeLock})
	for _, in := range refs { // the processes are dead now
		sb.Iput(t, in)
	}
}

// grab takes a reference to an inode that is found in the cache, unless it is
// New or Freeing (igrab).
func (in *Inode) grab() bool {
	for {
		w := in.state.Load()
		if w&(stNew|stFreeing) != 0 {
			return false
		}
		if in.state.CompareAndSwap(w, w+refOne) {
			return true
		}
	}
}

// revoke takes a DAX file from all who have it mapped, for good, and drops its
// clean entries (mf_dax_kill_procs, invalidate_inode_pages2_range). It returns
// how many references to the file were the mappers'. The gate stays shut.
func (sb *Superblock) revoke(t *Task, in *Inode) (refs int) {
	if !in.IsDAX() {
		return 0
	}
	in.LockLayout(t)
	defer in.UnlockLayout(t)
	m := &in.mapping
	if !m.gate.IsShut() {
		m.gate.Shut()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unmapLocked(0, everything)
	for v := m.vmasLocked(); v != nil; v = v.next {
		switch {
		case v.state != vmaLive:
		case m.users.pinned > 0:
			v.state = vmaHeld
		default:
			v.unlinkLocked()
			refs++
		}
	}
	if in.entryCount.Load() == 0 || in.awaitEntriesLocked(t, 0, everything) != nil {
		return refs
	}
	for i, hi := m.lo, m.hi; i < hi; i++ {
		if e := m.at(i); e != 0 && e&entryDirty == 0 {
			in.deleteLocked(i, i+1)
		}
	}
	return refs
}

// MemoryFailure says whose page it is in which the memory has failed: the inode,
// in the cache, that has an entry for it (memory_failure_dev_pagemap, and
// xfs_dax_notify_failure with XFS_IGET_INCORE). The error is ErrNoOwner: then
// nobody who has the page is told, be it pinned or not.
func (sb *Superblock) MemoryFailure(pfn page.PFN) (ino Ino, err error) {
	err = ErrNoOwner
	sb.each(func(in *Inode) {
		if err == nil || !in.IsDAX() {
			return
		}
		m := &in.mapping
		m.mu.Lock()
		for i := m.lo; i < m.hi && in.entryCount.Load() > 0; i++ {
			if e := m.at(i); e != 0 && entryPage(e) == uint32(pfn) {
				ino, err = in.ino, nil
			}
		}
		m.mu.Unlock()
	})
	return ino, err
}
