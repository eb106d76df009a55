package vfs

import (
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// freeBlocks gives blocks of in back, which no durable record has any more; the
// next file can have them at once, unless another shares them. It is the one way
// out for data blocks, but for those that an allocation takes back because it
// failed.
//
// If the rules say so, a pinned page is left to its last pin to free
// (Rules.Quarantine). If not, its next owner can be written over, which is
// counted.
//
// Note: it is counted at eviction only. A truncater can see a pin that came too
// late and is about to be undone; an evictor cannot, since who pins has a
// reference.
func (sb *Superblock) freeBlocks(t *Task, in *Inode, list []media.Extent) {
	list = sb.dropShares(list)
	switch {
	case sb.rules.Quarantine:
		if sb.anyPinned(list) {
			list = sb.quarantine(t, in, list)
		}
	case in.state.Load()&stFreeing != 0 && sb.anyPinned(list):
		t.Stats.FreedPinned += sb.countPinned(list)
	}
	if in.state.Load()&stFreeing == 0 || sb.shares.Load() != nil { // else the file whose name they bear is no more
		sb.disown(in, list)
	}
	if sb.watch != nil {
		for _, e := range list {
			in.tell(t, Event{Kind: BlockFreed, PFN: page.PFN(e.Start), N: e.Len})
		}
	}
	sb.fs.FreeBlocks(list)
}

// anyPinned reports whether a page of list has a pin.
func (sb *Superblock) anyPinned(list []media.Extent) bool {
	for _, e := range list {
		if sb.pinnedIn(e) {
			return true
		}
	}
	return false
}

// pinnedIn reports whether a page of e has a pin, be it one that a busy test
// must not see.
func (sb *Superblock) pinnedIn(e media.Extent) bool {
	if !sb.rules.CountDMAOnly {
		_, busy := sb.pages.BusyPage(page.PFN(e.Start), e.Len)
		return busy
	}
	_, pinned := sb.pages.FirstPinned(page.PFN(e.Start), e.Len)
	return pinned
}

// countPinned returns how many pages of list have a pin.
func (sb *Superblock) countPinned(list []media.Extent) (n int64) {
	for _, e := range list {
		for pfn := e.Start; pfn < e.End(); pfn++ {
			if sb.pinnedIn(media.Extent{Start: pfn, Len: 1}) {
				n++
			}
		}
	}
	return n
}

// quarantine leaves the pinned pages of list to their last pins, and returns the
// others.
func (sb *Superblock) quarantine(t *Task, in *Inode, list []media.Extent) []media.Extent {
	t.idle = t.idle[:0]
	for _, e := range list {
		run := media.Extent{Start: e.Start}
		for pfn := e.Start; pfn < e.End(); pfn++ {
			if !sb.pages.Quarantine(page.PFN(pfn)) {
				run.Len++
				continue
			}
			t.Stats.Quarantined++
			if sb.watch != nil {
				in.tell(t, Event{Kind: BlockQuarantined, PFN: page.PFN(pfn)})
			}
			t.idle = appendRun(t.idle, run)
			run = media.Extent{Start: pfn + 1}
		}
		t.idle = appendRun(t.idle, run)
	}
	return t.idle
}

func appendRun(list []media.Extent, run media.Extent) []media.Extent {
	if run.Len == 0 {
		return list
	}
	return append(list, run)
}

// freeQuarantined gives back a block whose last pin has gone. It is called by
// who dropped that one, a device perhaps.
func (sb *Superblock) freeQuarantined(pfn page.PFN) {
	block := media.Extent{Start: uint32(pfn), Len: 1}
	sb.tell(Event{Kind: BlockFreed, Owner: sb.fs.Owner(block.Start), PFN: pfn, N: 1})
	sb.fs.Stamp(block.Start, media.Owner{})
	sb.fs.FreeBlocks([]media.Extent{block})
}
