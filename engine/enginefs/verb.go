package enginefs

import "daxbench/engine/target"

// A verb makes one action of a task's.
type verb func(t *task, a *target.Step) error

// verbOf returns how the engine does v; nil if it cannot. What the clock does is
// up to who runs the scenario.
//
// Note: it is no table because verbs make tasks, which make verbs.
func verbOf(v target.Verb) verb {
	switch v {
	case target.Create:
		return create
	case target.Open:
		return open
	case target.Close:
		return closeFile
	case target.Unlink:
		return unlink
	case target.Rename:
		return rename
	case target.Truncate:
		return truncate
	case target.Punch:
		return punch
	case target.Write:
		return write
	case target.Check:
		return check
	case target.DontCache:
		return dontCache
	case target.Reflink:
		return reflink
	case target.Dedupe:
		return dedupe
	case target.Cow:
		return cow
	case target.DAX:
		return setDAX

	case target.Map:
		return mmap
	case target.Munmap:
		return munmap
	case target.Fault:
		return fault
	case target.LockEntry:
		return lockEntry
	case target.UnlockEntry:
		return unlockEntry

	case target.Pin:
		return pin
	case target.Release:
		return release
	case target.DMAWrite:
		return dmaWrite
	case target.DMARead:
		return dmaRead

	case target.Alloc:
		return alloc
	case target.Free:
		return free
	case target.Shrink:
		return shrink
	case target.DropCaches:
		return dropCaches
	case target.Lock:
		return lockInode
	case target.Unlock:
		return unlockInode
	case target.Lease:
		return grantLease
	case target.Return:
		return returnLease

	case target.Sync:
		return syncAll
	case target.Umount:
		return umount
	case target.Mount:
		return mount
	case target.Unplug:
		return unplug
	case target.Poison:
		return poison

	case target.Exit:
		return exit
	case target.Kill:
		return kill
	case target.Signal:
		return signal
	}
	return nil
}
