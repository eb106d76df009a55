// Package oracle judges what an engine does. A Ledger listens to the events of a
// vfs.Superblock, keeps what they add up to, and finds what must not be: at the
// step at which it happens, when a run ends with tasks that wait for each other,
// and at rest.
//
// It is the counterpart of what a kernel has built in to catch itself: lockdep,
// might_sleep, the warning in dax_disassociate_entry, hung_task. It is not a
// second model of the engine: it never predicts what comes next, and knows no
// policy. That a policy shows a finding is no mistake of the engine's; whether it
// was expected is for the caller to say.
//
// What is found, by property (package layout has their meanings):
//
//	P1e A   EvictEnd while a page that was pinned through the inode is pinned
//	P1r U   BlockFreed under a pin or a lease; a device in a block no longer its own
//	P1u U   DeviceGone under a pin
//	P2  K   a run ended with tasks that wait: for memory (P2m), for the inode that
//	        is Freeing (P2f), for themselves (P2s), or in another circle
//	P2  W   … for something that has come about: its wake-up was lost
//	P2b R   a wait for a pin or a lease inside reclaim
//	P3  L   at rest, an unlinked inode that nobody has is cached, or a block that
//	        nobody has is not free, by the region's own account
//	P4  X   what may sleep, inside a section that must not
//	P5      an inode torn down that somebody has; two with one number
//	P7      at rest, an idle linked inode off every LRU list that it should be on,
//	        or a reference that nobody has
//	–   K   a wait for a pin or a lease with the inode locked by the evictor; locks
//	        taken in orders that make a circle, even if nobody met in it
//	–   H   a task, or an eviction, that waits because of a pin it has nothing to do with
//
// A Ledger takes no locks and is for one engine under a controlled scheduler, or
// driven by one goroutine.
package oracle
