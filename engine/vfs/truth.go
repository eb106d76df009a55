package vfs

import (
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/pmem"
)

// Storage truth. The first line of each data block says who owns it
// (media.Stamp). A device that writes through a pin leaves a stamp in the
// second line: who owned the page when it was pinned. An owner who finds
// another's stamp in its block has been written over: these are actual foreign
// bytes, not a race that was inferred. Bytes behind the two lines are the
// file's.
//
// A block can also go away by truncation and come back to the same file. So the
// second line has the number of the claim besides, a new one each time the
// block is faulted in as new, and a device compares that with the number from
// when the page was pinned (Mark).

// stampLine is where DeviceWrite stamps, and DataOffset where the file's own
// bytes start.
const (
	stampLine  = pmem.CacheLine
	DataOffset = 2 * pmem.CacheLine
)

// stampMark tells a stamp from other bytes.
const stampMark = 0xDA0BE2C4_57A3F11E

// claimWord is where in the stamp line the number of the claim stands.
const claimWord = 16

// claimBlock makes a block o's when it is first faulted in.
func (sb *Superblock) claimBlock(block uint32, o media.Owner) {
	sb.fs.Stamp(block, o)
	off := int64(block)*media.BlockSize + stampLine
	for i := int64(0); i < pmem.CacheLine; i += 8 {
		sb.region.Store64(off+i, 0)
	}
	sb.region.Store64(off+claimWord, sb.claims.Add(1))
	sb.region.Flush(off, pmem.CacheLine)
	if sb.watch != nil {
		sb.watch(Event{Kind: BlockClaimed, Owner: o, PFN: page.PFN(block)})
	}
}

// disown takes the name of the file off blocks that it frees, or what stands for
// the names of several.
func (sb *Superblock) disown(in *Inode, list []media.Extent) {
	for _, e := range list {
		for block := e.Start; block < e.End() && !e.IsHole(); block++ {
			if o := sb.fs.Owner(block); o == in.Owner() || o == sharedOwner {
				sb.fs.Stamp(block, media.Owner{})
			}
		}
	}
}

// Mark returns p with a note under which claim its block is, for DeviceWrite to
// compare. Call it while p is fresh and the inode is referenced; it reads the
// block, so a pin that is dropped at once does without. Of the claim's number
// the lower half is noted; the block would have to change hands 2³² times under
// the pin to fool it.
func (sb *Superblock) Mark(p Pin) Pin {
	if p.IsDAX() && !sb.Gone() {
		p.claim = uint32(sync.LoadWord(sb.PinBytes(p)[stampLine+claimWord:]))
	}
	return p
}

// DeviceWrite is what a device does with a pinned page: it writes into it. It
// reports whether a DAX page still belonged to the file through which it was
// pinned, and if p was marked, under the same claim; if not, the block was free
// or somebody else's, or memory that is gone: that is not touched. A device that
// is fenced off writes nothing, and so does no harm.
func (sb *Superblock) DeviceWrite(p Pin) (own bool) {
	if p.lease != nil {
		if !p.lease.enter() {
			sb.tellPin(DMAFenced, nil, p)
			return true
		}
		defer p.lease.leave()
	}
	if p.IsDAX() && sb.Gone() {
		sb.tellDevice(DeviceWrote, p, false)
		return false
	}
	b := sb.PinBytes(p)[stampLine:]
	claim := uint32(sync.LoadWord(b[claimWord:]))
	sync.StoreWord(b[8:], ownerWord(p.owner))
	sync.StoreWord(b, stampMark)
	if !p.IsDAX() {
		sb.cache.setDirty(p.page)
		return true
	}
	own = sb.stillOwned(p) && (p.claim == 0 || p.claim == claim)
	sb.tellDevice(DeviceWrote, p, own)
	return own
}

// DeviceRead is the other direction: the device reads the page and sends it
// somewhere. It reports whether what it read was the file's own.
func (sb *Superblock) DeviceRead(p Pin) (own bool) {
	if !p.IsDAX() {
		return true
	}
	if p.lease != nil {
		if !p.lease.enter() {
			sb.tellPin(DMAFenced, nil, p)
			return true
		}
		defer p.lease.leave()
	}
	own = !sb.Gone() && sb.stillOwned(p)
	sb.tellDevice(DeviceRead, p, own)
	return own
}

// stillOwned reports whether a page belongs to the file through which it was
// pinned, as far as its stamp says. A block that files share, or shared, bears
// none of their names, and the stamp goes when the last of them frees it.
func (sb *Superblock) stillOwned(p Pin) bool {
	o := sb.fs.Owner(p.page)
	return o == p.owner || o == sharedOwner
}

func (sb *Superblock) tellDevice(k EventKind, p Pin, own bool) {
	sb.tell(Event{Kind: k, Owner: p.owner, PFN: p.PFN(), Own: own})
}

// ForeignWrites returns how many mapped pages of a DAX file hold a stamp that
// is not the file's own, and clears those. The caller holds a reference.
func (sb *Superblock) ForeignWrites(in *Inode) (n int) {
	if !in.IsDAX() {
		return 0
	}
	own := ownerWord(in.Owner())
	m := &in.mapping
	in.layoutMu.RLock(in.sb.waits)
	m.mu.Lock()
	if in.entryCount.Load() > 0 {
		pieces(in.extents, m.lo, m.hi, func(index uint32, e media.Extent) bool {
			for i := range e.Len {
				// Without an entry it may not be claimed yet, and the stamp the last
				// owner's; in a shared block it may be any sharer's.
				if m.at(index+i) == 0 || sb.fs.Owner(e.Start+i) == sharedOwner {
					continue
				}
				b := sb.blockBytes(e.Start + i)[stampLine:]
				if sync.LoadWord(b) == stampMark && sync.LoadWord(b[8:]) != own {
					n++
					sync.StoreWord(b, 0)
				}
			}
			return true
		})
	}
	m.mu.Unlock()
	in.layoutMu.RUnlock(in.sb.waits)
	return n
}

func ownerWord(o media.Owner) uint64 { return uint64(o.Ino) | uint64(o.Gen)<<32 }

// WritePage writes 4 KiB to page index of a file, which must be mapped; the
// first DataOffset bytes of src are left out. On a DAX file the store bypasses
// the cache and is durable on return, and a block that other files share is
// copied first (CowWrite). For the time of the store the page is
// pinned: that stands for the translation, which the kernel could not take
// away in the middle of it either.
func (sb *Superblock) WritePage(t *Task, in *Inode, index uint32, src []byte) error {
	if sb.shares.Load() != nil && in.IsDAX() {
		if err := sb.CowWrite(t, in, index); err != nil {
			return err
		}
	}
	p, err := sb.PinFor(t, in, index, How{store: true})
	if err != nil {
		return err
	}
	if p.IsDAX() {
		sb.region.CopyNT(int64(p.page)*media.BlockSize+DataOffset, src[DataOffset:media.BlockSize])
		sb.region.Fence()
		sb.MarkDirty(in, index)
	} else {
		copy(sb.cache.bytes(p.page)[DataOffset:], src[DataOffset:])
		sb.cache.setDirty(p.page)
	}
	sb.Unpin(p)
	return nil
}

// PinnedPages returns how many pages of the region are pinned. It is for the
// check at the end of a cell, when it must be none.
func (sb *Superblock) PinnedPages() (n int) {
	for pfn, end := page.PFN(0), page.PFN(sb.pages.Len()); pfn < end; pfn++ {
		ok := false
		if pfn, ok = sb.pages.FirstPinned(pfn, uint32(end-pfn)); !ok {
			break
		}
		n++
	}
	return n
}

// CachedPages returns how many page-cache pages are in use.
func (sb *Superblock) CachedPages() int { return sb.cache.used() }
