package vfs

import (
	"fmt"

	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// Fault makes the pages [first, first+n) of a file reachable for pins, as page
// faults on a mapping of it do; pages that are so already stay as they are. A
// block that the file never used before gets its owner's stamp and a cleared
// stamp line (the kernel zeroes new blocks). Pages of a file that is not DAX are
// read into the page cache. A page in a hole gets no entry. The caller holds a
// reference. Errors: ErrNoPages, ErrBeyondEnd, ErrShutdown, a *HungError.
func (sb *Superblock) Fault(t *Task, in *Inode, first, n uint32) error {
	return sb.fault(t, in, first, n, nil)
}

// fault is Fault through v, which gets page table entries, or through a mapping
// of nobody in particular.
func (sb *Superblock) fault(t *Task, in *Inode, first, n uint32, v *VMA) error {
	if sb.down.Load() != 0 {
		return ErrShutdown
	}
	in.RLockLayout(t)
	in.mapping.mu.Lock()
	err := sb.faultLocked(t, in, first, n, v)
	in.mapping.mu.Unlock()
	in.RUnlockLayout(t)
	return err
}

func (sb *Superblock) faultLocked(t *Task, in *Inode, first, n uint32, v *VMA) (err error) {
	m := &in.mapping
	size := in.blocks()
	if first+n < first || first+n > size {
		return fmt.Errorf("%w: fault of %d from page %d on in inode %d, which has %d", ErrBeyondEnd, n, first, in.ino, size)
	}
	if m.locked > 0 {
		if err := in.awaitEntriesLocked(t, first, first+n); err != nil {
			return err
		}
	}
	entries, stamped := m.growLocked(size), false
	if !in.IsDAX() || sb.pages.HasFolios() {
		f := filler{in: in, entries: entries}
		pieces(in.extents, first, first+n, f.fillRun)
		stamped, err = f.stamped, f.err
	} else {
		pieces(in.extents, first, first+n, func(index uint32, e media.Extent) bool {
			for i := range e.Len {
				if entries[index+i].Load() == 0 {
					if sb.fs.Owner(e.Start+i) != in.Owner() && sb.claimFor(in, e.Start+i) {
						stamped = true
					}
					in.setLocked(entries, index+i, e.Start+i+1)
				}
			}
			return true
		})
	}
	if stamped {
		sb.region.Fence()
	}
	if v != nil {
		v.fillLocked(entries, first, n)
	}
	return err
}

// claimFor makes a block in's that does not bear its name, unless it is one that
// in shares, and reports whether it did.
func (sb *Superblock) claimFor(in *Inode, block uint32) bool {
	if in.flags&media.FlagShared != 0 && sb.fs.Owner(block) == sharedOwner {
		return false
	}
	sb.claimBlock(block, in.Owner())
	return true
}

// A filler enters pages into the mapping, whose mu is held, of a file that is not
// DAX or whose entries can map 2 MiB.
type filler struct {
	in      *Inode
	entries []sync.Uint32
	stamped bool // a block got a new owner's stamp, which wants a fence
	err     error
}

// fillRun enters the pages from index on, which e backs, that have no entry.
func (f *filler) fillRun(index uint32, e media.Extent) bool {
	in := f.in
	sb := in.sb
	for i := range e.Len {
		block := e.Start + i
		switch {
		case f.entries[index+i].Load() != 0:
		case !in.IsDAX():
			f.claim(block)
			p, ok := sb.cache.alloc()
			if !ok {
				f.err = ErrNoPages
				return false
			}
			copy(sb.cache.bytes(p), sb.blockBytes(block))
			in.setLocked(f.entries, index+i, p+1)
		case !f.fillFolio(index+i, block):
			f.claim(block)
			in.setLocked(f.entries, index+i, sb.entryFor(block))
		}
	}
	return true
}

func (f *filler) claim(block uint32) {
	if sb := f.in.sb; sb.fs.Owner(block) != f.in.Owner() && sb.claimFor(f.in, block) {
		f.stamped = true
	}
}

// entryFor returns a new entry for one block.
func (sb *Superblock) entryFor(block uint32) uint32 {
	if sb.pages.Associate(page.PFN(block)) {
		return block + 1 | entryPMD
	}
	return block + 1
}

// fillFolio enters 2 MiB at once, as dax_iomap_pmd_fault does: if the file's
// pages round index, which block backs, are as many blocks in a row, begin where
// 2 MiB do in the file and in the memory, and have no entry yet.
func (f *filler) fillFolio(index, block uint32) bool {
	const n = page.FolioPages
	in, head := f.in, uint32(page.Head(page.PFN(block)))
	from := index &^ (n - 1)
	if index-from != block-head || from+n > uint32(len(f.entries)) || !in.backs(from, media.Extent{Start: head, Len: n}) {
		return false
	}
	for i := range uint32(n) {
		if f.entries[from+i].Load() != 0 {
			return false
		}
	}
	if !in.sb.pages.AssociateFolio(page.PFN(head)) {
		return false
	}
	for i := range uint32(n) {
		f.claim(head + i)
		in.setLocked(f.entries, from+i, head+i+1|entryPMD)
	}
	return true
}

// backs reports whether e backs the pages from index on; the caller holds layoutMu.
func (in *Inode) backs(index uint32, e media.Extent) (all bool) {
	pieces(in.extents, index, index+e.Len, func(i uint32, got media.Extent) bool {
		all = i == index && got == e
		return false
	})
	return all
}

// blocks returns the number of pages the extents cover; the caller holds layoutMu.
func (in *Inode) blocks() uint32 {
	n := uint32(0)
	for _, e := range in.extents {
		n += e.Len
	}
	return n
}

// blockBytes returns the memory of a block.
func (sb *Superblock) blockBytes(block uint32) []byte {
	off := int64(block) * media.BlockSize
	return sb.region.Bytes()[off : off+media.BlockSize : off+media.BlockSize]
}
