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
//	stripe.mu        changes of one stripe of the hash table (kernel: the one
//	                 inode_hash_lock); a lookup that hits takes no lock
//	lru.mu           one LRU list (kernel: the list_lru lock)
//	inodeList.mu     one list of all inodes, if there are any (kernel:
//	                 s_inode_list_lock)
//	slots.mu         the memory for inodes
//	spares.mu        the buckets of the hash table that are not in use
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
//	slots.mu, spares.mu, worker.mu, shareCounts.mu and the wait queues: leaves
//
// Nothing sleeps under any lock but umount, ioLock, layoutMu and an entry lock.
// Two stripes are never held at once. Two inodes' locks are held by Reflink only:
// both ioLocks, then both layoutMus, each in the order of their numbers.
//
// # The state word
//
// What the kernel guards by i_lock is one 64-bit word here, changed by single
// atomic operations: number, references and state bits together. Therefore no
// moment exists between "the last reference is gone" and "this task will evict
// it", nor one between "this is the inode" and "it is referenced".
//
//	bits 23..0   references; to take the 2^23rd panics
//	bit  24      New         being read in; lookups wait
//	bit  25      Freeing     being evicted, by the task that set it; lookups wait
//	bit  26      Referenced  used again since it came onto the LRU
//	bit  27      OnLRU       on its LRU list; changed under lru.mu only
//	bit  28      Unlinked    no links; the last Iput evicts
//	bit  29      DontCache   the last Iput evicts although linked
//	bit  30      DAX         IS_DAX
//	bit  31      Awaited     somebody waits for New or Freeing to end
//	bits 63..32  inode number; 0 in free memory, of which the whole word is 0
//
// A lookup has the bucket and the slot from memory that others may be changing,
// and so an inode that may be another's by now, or nobody's: memory for inodes
// stays memory for inodes. Then one compare-and-swap of the state word decides.
//
//	lookup of 7                    reclaimer, and who gets the memory
//	L1 slot := of the tag of 7     R1 state: 7, no references → Freeing
//	L2 state is 7, not Freeing?    R2 tag := 0, state := 0
//	L3 state: swap if still so,    R3 state := 9, New; tag := of 9
//	   with one reference more
//
// If L3 comes before R1, R1 fails. After it, L3 does: the state is never again
// what L2 saw unless the inode is number 7 again, settled and in the cache, and
// then the reference is right. After a miss the look under stripe.mu counts.
//
// Note: to add the reference first and look then saves a load. But what it added
// to in vain it must take back, and whoever takes back the last reference has to
// evict: a lookup would wait for the pins of a file that is not its own.
//
// Iput drops the last reference by a compare-and-swap made while still holding
// it, never by a subtraction: after a subtraction another task may take the
// inode up, drop it and evict it, and its memory may be another inode by the
// time the first task looks again.
package vfs
