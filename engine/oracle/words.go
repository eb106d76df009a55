package oracle

import (
	"fmt"

	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// File returns what an inode is called. Of one without a generation only the
// number is known, and it is the latest that had it.
func (l *Ledger) File(o media.Owner) string {
	if o == (media.Owner{}) {
		return "no file"
	}
	for i := len(l.files) - 1; i >= 0; i-- {
		if f := l.files[i]; f.owner == o || o.Gen == 0 && f.owner.Ino == o.Ino {
			return f.name
		}
	}
	if o.Gen == 0 {
		return fmt.Sprintf("inode %d", o.Ino)
	}
	return fmt.Sprintf("inode %d gen %d", o.Ino, o.Gen)
}

// block names a block by the file it is of.
func (l *Ledger) block(pfn page.PFN, o media.Owner) string {
	return fmt.Sprintf("block %d of %s", pfn, l.File(o))
}

// actor names who did e.
func (l *Ledger) actor(e vfs.Event) string { return l.NameOf(e.Task) }

// what says what a WaitBegin waits for.
func (l *Ledger) what(e vfs.Event) string {
	switch e.Wait {
	case vfs.ForPins:
		return "the pins on " + l.block(e.PFN, e.Owner)
	case vfs.ForLeases:
		return "the leases on " + l.File(e.Owner)
	case vfs.ForInode:
		return "the eviction of " + l.File(e.Owner)
	case vfs.ForMemory:
		return "memory"
	case vfs.ForRoom:
		return "room in the worker's queue"
	case vfs.ForEntry:
		return "a locked entry of " + l.File(e.Owner)
	case vfs.ForLock:
		return className(e.Class) + " of " + l.File(e.Owner)
	}
	return fmt.Sprintf("wait kind %d", e.Wait)
}

// className is what a class of locks is called in the field.
func className(c vfs.LockClass) string {
	switch c {
	case reclaim:
		return "reclaim"
	case vfs.IOLock:
		return "the IOLOCK"
	case vfs.LayoutLock:
		return "the MMAPLOCK"
	case vfs.EntryLock:
		return "an entry lock"
	case vfs.SBLock:
		return "s_umount"
	case vfs.FreezeLock:
		return "the freeze lock"
	}
	return fmt.Sprintf("lock class %d", c)
}

// Say tells an event as a sentence whose subject is the task, without it: "pins
// block 12 of F". Events that only frame others return "".
func (l *Ledger) Say(e vfs.Event) string {
	block, file := l.block(e.PFN, e.Owner), l.File(e.Owner)
	switch e.Kind {
	case vfs.Pinned:
		return "pins " + block
	case vfs.Unpinned:
		return "unpins " + block
	case vfs.PinRefused:
		return "is refused a pin on " + block
	case vfs.DeviceWrote:
		return "writes into block " + fmt.Sprint(e.PFN) + own(e, l)
	case vfs.DeviceRead:
		return "reads block " + fmt.Sprint(e.PFN) + own(e, l)
	case vfs.DMAFenced:
		return "is kept from " + block + " by the fence"
	case vfs.WaitBegin:
		return "waits for " + l.what(e)
	case vfs.WaitEnd:
		return "goes on"
	case vfs.LockTaken:
		return "takes " + className(e.Class) + " of " + file
	case vfs.LockDropped:
		return "drops " + className(e.Class) + " of " + file
	case vfs.SpinTaken:
		return "takes the i_lock of " + file
	case vfs.SpinDropped:
		return "drops the i_lock of " + file
	case vfs.MaySleep:
		return "calls what may sleep, for " + file
	case vfs.EvictBegin:
		return "begins to evict " + file
	case vfs.EvictEnd:
		if e.Own {
			return "has evicted " + file + " and freed its blocks"
		}
		return "has evicted " + file
	case vfs.Idled:
		if e.Own {
			return "drops the last reference to " + file + ", which goes onto the LRU"
		}
		return "drops the last reference to " + file + ", which goes onto no list"
	case vfs.Resumed:
		return "brings " + file + " into the cache"
	case vfs.Deferred:
		return "hands " + file + " to the worker"
	case vfs.Scanned:
		return fmt.Sprintf("looks at %d entries of %s", e.N, file)
	case vfs.BlockClaimed:
		return "gives block " + fmt.Sprint(e.PFN) + " to " + file
	case vfs.BlockFreed:
		if e.N > 1 {
			return fmt.Sprintf("frees blocks %d to %d of %s", e.PFN, uint32(e.PFN)+e.N-1, file)
		}
		return "frees " + block
	case vfs.BlockQuarantined:
		return "quarantines " + block
	case vfs.ReclaimBegin:
		return "goes into direct reclaim"
	case vfs.ReclaimEnd:
		return "comes out of reclaim"
	case vfs.Throttled:
		return "is throttled"
	case vfs.Reserve:
		return "takes memory from the reserves"
	case vfs.LeaseGranted:
		return "gets a layout lease on " + file
	case vfs.LeaseEnded:
		return "returns its layout lease on " + file
	case vfs.LeaseFenced:
		return "fences a layout lease on " + file
	case vfs.Signalled:
		return "gets a signal"
	case vfs.Unmounted:
		return "has unmounted"
	case vfs.DeviceGone:
		return "takes the memory away"
	}
	return fmt.Sprintf("event %d", e.Kind)
}

// own says whose block a device met.
func own(e vfs.Event, l *Ledger) string {
	if e.Own {
		return ", still " + l.File(e.Owner) + "'s"
	}
	return ", no longer " + l.File(e.Owner) + "'s"
}
