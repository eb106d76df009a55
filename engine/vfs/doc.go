// Package vfs is the inode cache and what happens to an inode when it leaves
// it: the counterpart of the kernel's fs/inode.c, the inode half of mm/truncate.c
// and the layout-breaking half of fs/dax.c.
//
// It is not a whole VFS: there are no names, no directories, no credentials. A
// file is an inode number. What must be done about pinned pages before an inode
// is torn down is not decided here either: a Breaker, one call per eviction,
// decides it (package layout has the choices). What is here is the mechanism
// the choices are made of.
//
// # Life of an inode
//
//	Create, or Iget on a miss    New, then cached with a reference
//	Iget on a hit                one more reference
//	Iput, the last one           linked: onto an LRU list, or marked
//	                             Referenced if it is on it already;
//	                             unlinked or DontCache: evict at once
//	PruneICache                  takes unreferenced inodes off the LRU's cold end:
//	                             a Referenced one gets a second round
//	EvictInodes (unmount)        takes every unreferenced inode
//	evict                        Freeing, still findable; Breaker; TruncateFinal;
//	                             blocks freed if unlinked; unhashed, waiters
//	                             woken; the memory goes to the next inode
//
// A lookup that meets a Freeing inode waits until it is gone, then reads it
// anew. All the time that the Breaker waits for a pin, lookups of that inode
// wait too, and so do the inodes behind it on the same dispose list.
//
// That is so as long as Rules are zero. A policy may keep a pinned inode from
// all this (PinHolds, KeepBusy, WaitInWriteback), leave its eviction to the
// worker (Defer), or its blocks to their last pins (Quarantine).
//
// # What ties pages together
//
// A file is mapped by VMAs, if its users care to say so (Map): each holds a
// reference to it. A block can be in several files (Reflink), until one of them
// is written to (CowWrite). An entry can be locked by who plays writeback or
// memory failure (LockEntry). Pins outlive an unmount in the page table, which
// the next mount takes over (Remount); only the device can go from under them
// (Unplug).
//
// # What each lock protects
//
//	umount           what is done to the superblock as a whole (kernel: s_umount)
//	Inode.ioLock     size, link count and record of one inode (kernel: i_rwsem)
//	Inode.layoutMu   the extents of one inode and its page faults: a fault takes
//	                 it shared, whoever changes the layout exclusive (kernel:
//	                 mapping->invalidate_lock)
//	Mapping.mu       the entries of one mapping, and its VMAs (kernel: i_pages
//	                 lock, i_mmap_rwsem)
//	entry lock       one entry, for longer than a step; see LockEntry
//	shareCounts.mu   how many files have each block (kernel: XFS's AGF buffer)
//	stripe.mu        the hash chains of one stripe of the cache (kernel: the one
//	                 inode_hash_lock)
//	lru.mu           one LRU list (kernel: the list_lru lock)
//	inodeList.mu     one list of all inodes, if there are any (kernel:
//	                 s_inode_list_lock)
//	slots.mu         the memory for inodes
//	pageCache.mu     the free pages of the page cache
//	worker.mu        what is left to the worker
//	pinLease.mu      how far a pin under a lease has come; a device holds it
//	                 while it is in the page
//
// The order, outermost first:
//
//	umount → ioLock → layoutMu → entry lock → lease.Set.mu | Mapping.mu
//	Mapping.mu → pageCache.mu
//	stripe.mu | inodeList.mu → lru.mu → Mapping.mu
//	lease.Set.mu → pinLease.mu
//	slots.mu, worker.mu, shareCounts.mu and the wait queues: leaves
//
// Nothing sleeps under any lock but umount, ioLock, layoutMu and an entry lock.
// Two stripes are never held at once. Two inodes' locks are held by Reflink only:
// both ioLocks, then both layoutMus, each in the order of their numbers.
//
// # The state word
//
// What the kernel guards by i_lock is one 64-bit word here, changed by single
// atomic operations: references and state bits together. Therefore no moment
// exists between "the last reference is gone" and "this task will evict it".
//
//	bits 31..0  references
//	bit  32     New         being read in; lookups wait
//	bit  33     Freeing     being evicted, by the task that set it; lookups wait
//	bit  34     Referenced  used again since it came onto the LRU
//	bit  35     OnLRU       on its LRU list; changed under lru.mu only
//	bit  36     Unlinked    no links; the last Iput evicts
//	bit  37     DontCache   the last Iput evicts although linked
//	bit  38     DAX         IS_DAX
//	bit  39     Awaited     somebody waits for New or Freeing to end
//
// Iput drops the last reference by a compare-and-swap made while still holding
// it, never by a subtraction: after a subtraction another task may take the
// inode up, drop it and evict it, and its memory may be another inode by the
// time the first task looks again.
package vfs
