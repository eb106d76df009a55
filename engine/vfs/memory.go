package vfs

import (
	"fmt"

	"daxbench/engine/internal/sync"
)

// Memory. There is one pool, of memory for inodes, and who needs other memory
// takes it from there too. Who finds none reclaims inodes (direct reclaim);
// if that frees nothing but others are still at it, waits until they have
// freed something; and in the end takes from reserves that have no end. So no
// deadlock here is ever a mere lack of memory: somebody waits for somebody.

// slots holds the indices of free inodes. Tasks take and return them by half
// magazines.
type slots struct {
	_    [64]byte // keeps what changes all the time off what all look at
	mu   sync.Mutex
	free []uint32 // guarded by mu

	_         [64]byte
	throttled sync.Uint32 // tasks that want to be woken when memory may be had
	kicks     sync.Uint32 // changes then, if there are any
	_         [64]byte
	evicting  sync.Uint32 // tasks that evict because somebody needs memory
	_         [64]byte
}

// maxMagazine bounds how many free slots a task keeps at hand: what a run of
// direct reclaim frees should not all go to the common list, from where the same
// task takes it again. A small cache has smaller magazines, or tasks at rest would
// hold much of it, and one that is a test's has none.
const (
	maxMagazine   = 256
	firstMagazine = 32 // up to this one in 32 inodes may be in a magazine, beyond it one in 256
)

func magazineFor(cacheInodes int) int {
	return min(max(min(firstMagazine, cacheInodes/64*2), cacheInodes/512*2), maxMagazine)
}

// take returns the index of a free inode from the task's magazine or the
// common list; 0 if there is none.
func (sb *Superblock) take(t *Task) uint32 {
	if len(t.slots) == 0 {
		l := &sb.slots
		l.mu.Lock()
		n := min(max(1, sb.magazine/2), len(l.free))
		t.slots = append(t.slots, l.free[len(l.free)-n:]...)
		l.free = l.free[:len(l.free)-n]
		l.mu.Unlock()
		if n == 0 {
			return 0
		}
	}
	i := t.slots[len(t.slots)-1]
	t.slots = t.slots[:len(t.slots)-1]
	return i
}

// give returns the index of an inode that nobody can find any more.
func (sb *Superblock) give(t *Task, i uint32) {
	t.slots = append(t.slots, i)
	if len(t.slots) > sb.magazine {
		sb.giveBack(t, len(t.slots)-sb.magazine/2)
	}
	if sb.slots.throttled.Load() > 0 {
		sb.wakeThrottled(t)
	}
}

// cachedAtMost returns how many inodes there are that are not on the common list of
// free ones.
func (sb *Superblock) cachedAtMost() int {
	l := &sb.slots
	l.mu.Lock()
	n := len(sb.inodes) - 1 - len(l.free)
	l.mu.Unlock()
	return n
}

// giveBack moves n slots from the task to the common list.
func (sb *Superblock) giveBack(t *Task, n int) {
	l := &sb.slots
	l.mu.Lock()
	l.free = append(l.free, t.slots[len(t.slots)-n:]...)
	l.mu.Unlock()
	t.slots = t.slots[:len(t.slots)-n]
}

// Release gives back what the task keeps at hand. Call it when the task ends.
func (sb *Superblock) Release(t *Task) {
	sb.giveBack(t, len(t.slots))
	sb.memoryMayBeHad(t)
}

// memoryMayBeHad wakes who is throttled: there is free memory, or another inode
// to reclaim, or one fewer to wait for.
//
// The racer is a task that is about to be throttled. If it counts itself only
// after the look here, it looks for memory after that once more, and sees what
// the caller has done; else kicks has changed when it compares, or it is in
// the queue.
func (sb *Superblock) memoryMayBeHad(t *Task) {
	if sb.slots.throttled.Load() > 0 {
		sb.wakeThrottled(t)
	}
}

func (sb *Superblock) wakeThrottled(t *Task) {
	sb.giveBack(t, len(t.slots))
	sb.slots.kicks.Add(1)
	sb.waits.Wake(sync.KeyOf(&sb.slots))
}

// A GFP says what an allocation may do.
type GFP uint8

// The kernel's flags of the same names.
const (
	GFPKernel GFP = iota // anything: reclaim inodes, sleep
	GFPNoFS              // sleep, but not enter the file system: no inode is reclaimed
	GFPNoWait            // nothing: a completion
)

// A Memory is a piece of memory that is not an inode.
type Memory struct{ slot uint32 } // 0: from the reserves

// FromReserve reports whether it was the last resort.
func (m Memory) FromReserve() bool { return m.slot == 0 }

// AllocMemory returns memory for anything. It fails only with the *HungError of
// a wait that was given up. A task that is reclaiming does not reclaim again,
// nor wait, but takes from the reserves (PF_MEMALLOC).
//
// Note: in the kernel GFP_NOFS finds memory that is not inodes, and if not
// waits, for a second at most. The reserves stand for both.
func (sb *Superblock) AllocMemory(t *Task, gfp GFP) (Memory, error) {
	if gfp != GFPNoWait {
		sb.tell(Event{Kind: MaySleep, Task: t})
	}
	i := sb.take(t)
	if i == 0 && gfp == GFPKernel && !t.InReclaim() {
		i = sb.reclaim(t, (*Superblock).othersReclaim)
		if i == 0 && t.err != nil {
			return Memory{}, t.err
		}
	}
	if i == 0 {
		t.Stats.Reserves++
		sb.tell(Event{Kind: Reserve, Task: t})
	}
	return Memory{slot: i}, nil
}

// FreeMemory gives m back.
func (sb *Superblock) FreeMemory(t *Task, m Memory) {
	if m.slot != 0 {
		sb.give(t, m.slot)
	}
}

// allocInode returns memory for an inode. There are no reserves of it. Errors:
// ErrCacheFull, a *HungError.
func (sb *Superblock) allocInode(t *Task) (*Inode, error) {
	if i := sb.take(t); i != 0 {
		return &sb.inodes[i], nil
	}
	if !t.InReclaim() {
		if i := sb.reclaim(t, (*Superblock).someFreeing); i != 0 {
			return &sb.inodes[i], nil
		}
	}
	if t.err != nil {
		return nil, t.err
	}
	return nil, fmt.Errorf("%w: limit %d, %+v", ErrCacheFull, sb.opts.CacheInodes, sb.Usage())
}

// othersReclaim reports whether a task evicts because somebody needs memory. It
// will have some when it is done, but may wait for pins before.
func (sb *Superblock) othersReclaim() bool { return sb.slots.evicting.Load() > 0 }

// someFreeing reports whether any task evicts an inode, for whatever reason.
func (sb *Superblock) someFreeing() bool { return sb.Usage().Freeing > 0 }
