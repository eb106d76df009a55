package vfs

import (
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// What a pin keeps besides its page, by Rules.PinHolds. All of it comes down to
// references to the inode, and the rule for each is the same: whoever takes one
// for a pin has one already, the caller's of Pin; so the count never rises from
// none. And whoever drops one may be in a completion, where a final iput has no
// place: see delayedIput.

// A pinLane counts some of the pins on one inode for HoldsInodeStriped. While
// it is not zero, the inode has one reference on its behalf. Tasks use
// different lanes, so that they do not meet on the inode's state word, which
// changes with a lane's first and last pin only.
//
//	pinner                    unpinner
//	A1 lane += 1              B1 page word -= 1
//	A2 it was 0: refs += 1    B2 lane -= 1
//	A3 page word += 1         B3 it is 0: refs -= 1
//
// One who finds the lane above zero in A1 goes on although the other, who took
// it from zero, may not have done A2 yet. Until that one returns from Pin its
// caller's reference holds the inode, and then there is the lane's; so the gap
// is covered. The lane can come to zero in B2 only after that pin too was
// dropped, hence after its A2: no reference is dropped before it was taken. A
// pinner who comes between B2 and B3 takes the lane from zero again and adds a
// second reference, of which B3 takes one away: one is left, and one lane is
// above zero.
//
// Each lane has its own reference. With one for all, who brings its lane to zero
// would have to know whether all others are, too. It could not by reading them
// one after the other: a pin can end in one that is still to be read when there
// is a new one, since dropped, in one that has been.
type pinLane struct {
	n sync.Uint32
	_ [64 - 4]byte // each on a cache line of its own
}

// pinLanes is how many an inode has. It costs a cache line each.
const pinLanes = 4

// keep takes what a pin on a page of in keeps, before t takes the page. The
// caller of Pin holds a reference.
func (sb *Superblock) keep(t *Task, in *Inode) (hold uint32, l *pinLease) {
	if sb.rules.NeedLease {
		l = sb.grantPin(in)
	}
	if bug.Planted(bug.PinForgetsInode) {
		return 0, l
	}
	switch sb.rules.PinHolds {
	case HoldsInode:
		in.hold()
		return in.index, l
	case HoldsInodeStriped:
		hold = in.index*pinLanes + t.lane(sb)
		if sb.lanes[hold].n.Add(1) == 1 {
			in.hold()
		}
		return hold, l
	case HoldsVMA:
		in.holdVMA()
		return in.index, l
	}
	return 0, l
}

// unkeep drops what p keeps, after its page.
func (sb *Superblock) unkeep(p Pin) {
	if p.lease != nil {
		sb.returnPin(p.lease)
	}
	if p.hold == 0 || bug.Planted(bug.UnpinLeaksInode) {
		return
	}
	in := p.hold
	switch sb.rules.PinHolds {
	case HoldsInodeStriped:
		in /= pinLanes
		if bug.Planted(bug.LaneDropsFirst) && sb.lanes[p.hold].n.Load() == 1 {
			sb.delayedIput(&sb.inodes[in])
			sb.lanes[p.hold].n.Add(^uint32(0))
			return
		}
		if sb.lanes[p.hold].n.Add(^uint32(0)) > 0 {
			return
		}
	case HoldsVMA:
		for range sb.inodes[in].releaseVMA() {
			sb.delayedIput(&sb.inodes[in])
		}
		return
	}
	sb.delayedIput(&sb.inodes[in])
}

// lane returns the pinLane that t uses. Tasks get them by turns.
func (t *Task) lane(sb *Superblock) uint32 {
	if t.pinLane == 0 {
		t.pinLane = sb.nextLane.Add(1)
	}
	return t.pinLane % pinLanes
}

// delayedIput drops a reference where an Iput is not allowed, since it might
// have to evict: the last one is handed to the worker (kernel:
// btrfs_add_delayed_iput, delayed_fput).
//
// No inode is handed over twice, so a link in the inode is enough to queue it.
// The reference that is handed over was the only one when it was looked at, and
// is not dropped before the worker's Iput: until then whoever gets and drops
// another finds two, and drops it here.
func (sb *Superblock) delayedIput(in *Inode) {
	for {
		w := in.state.Load()
		switch {
		case w&refMask == 0:
			panic("vfs: delayed iput without a reference")
		case w&refMask == 1:
			sb.tell(Event{Kind: Deferred, Owner: in.Owner()}) // before: it may be gone at once
			sb.work.push(in, workIput)
			sb.wakeWorker()
			return
		case in.state.CompareAndSwap(w, w-refOne):
			return
		}
	}
}
