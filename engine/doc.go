// Package engine is a small DAX file system in this process, built to measure
// what it costs, and whether it is safe, to break layouts at inode eviction.
// README.md beside this file explains the model to a newcomer and lists where
// it departs from the kernel.
//
// # Map
//
//	pmem     memory that is storage: mapping, write-back, fences
//	media    what lies on it: inode records, extents, free blocks
//	page     who holds a page: one atomic word each, and a gate per mapping
//	lease    layout leases: grant, recall, fence
//	vfs      the inode cache, eviction, truncation, the break mechanism;
//	         its package comment has the life of an inode and the lock order
//	layout   the policies: what to do at eviction
//	engine   this package: all of it put together
//
// Dependencies point upwards in that list only; a test holds it. Shared state
// is touched through internal/sync only; a test holds that too.
//
// Beside it:
//
//	target    what a scenario can ask of its subject, and the language of scenarios
//	enginefs  the subject that is this engine
//	kernelfs  the subject that is Linux: a directory on a mounted file system, by
//	          system calls of child processes, which are watched from outside
//	vm        boots a kernel in QEMU, with this program as its first process
//	verify    the controlled scheduler, and the abstract model of the policies
//
// # Words
//
// The kernel's nouns with Go verbs: super_block is vfs.Superblock, iget is
// Iget, pin_user_pages is Pin, dax_layout_busy_page is BusyPage,
// dax_break_layout_final is BreakLayoutFinal, find_inode_by_ino_rcu is
// FindInodeByInoRCU, break_layout is
// lease.(*Set).Break, evict_inodes is EvictInodes. An inode hash bucket lock is
// a stripe.
package engine
