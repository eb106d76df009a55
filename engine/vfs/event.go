package vfs

import (
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// An Event is something that happened in a Superblock, told at the very step at
// which it did. Traces, stories and oracles are made of events: what is told
// there is what the engine did, not what somebody concluded afterwards.
//
// A field that a kind does not name is zero.
type Event struct {
	Kind  EventKind
	Task  *Task       // who; nil: a device, or nobody in particular
	Owner media.Owner // the inode concerned: number and generation
	PFN   page.PFN    // the page or block
	N     uint32      // how many pages from PFN on; 0 for one
	Class LockClass   // of LockTaken, LockDropped, MaySleep
	Wait  WaitKind    // of WaitBegin, WaitEnd
	Own   bool        // see the kind
}

// An EventKind says what happened.
type EventKind uint8

// The kinds, and what their fields mean.
const (
	NoEvent EventKind = iota

	Pinned      // Owner's page PFN got a pin; Own: of the kind FollPin
	Unpinned    // a pin on PFN, taken when it was Owner's, was dropped
	PinRefused  // a pin on Owner's page was refused, although mapped: unbounded, or no lease
	DeviceWrote // through a pin taken when PFN was Owner's; Own: it still is, under the same claim
	DeviceRead  // likewise
	DMAFenced   // a device was kept from PFN, since its lease was fenced

	WaitBegin // Task sleeps, or spins, for Wait; on PFN of Owner if that is pins
	WaitEnd

	LockTaken   // Class of Owner
	LockDropped // likewise
	SpinTaken   // Task entered a section in which nothing may sleep (i_lock)
	SpinDropped
	MaySleep // a call that may sleep was made, whether it did or not

	EvictBegin // Owner's inode became Freeing, by Task
	EvictEnd   // Owner's inode is out of the cache; Own: its blocks were freed with it
	Idled      // the last reference to Owner's inode went; it stays cached. Own: on an LRU list
	Resumed    // Owner's inode was read into the cache, or created
	Deferred   // Owner's inode was handed to the worker
	Scanned    // Task looked at N entries of Owner in search of busy pages

	BlockClaimed     // PFN became a page of Owner
	BlockFreed       // N blocks from PFN on, of Owner, may be given to another file
	BlockQuarantined // PFN, of Owner, will be freed by its last unpin

	ReclaimBegin // Task began direct reclaim, or somebody's reclaim on its behalf
	ReclaimEnd
	Throttled // Task waits for memory behind another's reclaim
	Reserve   // Task took memory from the reserves

	LeaseGranted // on Owner's inode
	LeaseEnded
	LeaseFenced

	Signalled // Task got a signal; its interruptible sleeps end
	Unmounted // every inode is gone that could be
	DeviceGone
)

// A LockClass is a kind of sleeping lock, as lockdep sees it: all locks of one
// class count as one.
type LockClass uint8

// The classes.
const (
	NoLock LockClass = iota
	IOLock
	LayoutLock
	EntryLock // of a DAX entry
	SBLock    // s_umount
	FreezeLock
)

// A WaitKind says what a task waits for.
type WaitKind uint8

// What there is to wait for.
const (
	NoWait    WaitKind = iota
	ForPins            // until a page is idle
	ForLeases          // until layout leases are back or fenced
	ForInode           // until an inode is no longer New or Freeing
	ForMemory          // behind another's reclaim
	ForRoom            // in the queue of deferred evictions
	ForEntry           // until a DAX entry is unlocked
	ForLock            // a sleeping lock of Class
)

// tell tells the watcher, if there is one. Callers on hot paths look at
// sb.watch first.
func (sb *Superblock) tell(e Event) {
	if sb.watch != nil {
		sb.watch(e)
	}
}
