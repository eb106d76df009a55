package vfs

import (
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// Fault makes the pages [first, first+n) of a file reachable for pins, as page
// faults on a mapping of it do; pages that are so already stay as they are. A
// block that the file never used before gets its owner's stamp and a cleared
// stamp line (the kernel zeroes new blocks). Pages of a file that is not DAX are
// read into the page cache. The caller holds a reference. Errors: ErrNoPages, ErrBeyondEnd.
func (sb *Superblock) Fault(t *Task, in *Inode, first, n uint32) error {
	in.layoutMu.RLock()
	defer in.layoutMu.RUnlock()
	m := &in.mapping
	m.mu.Lock()
	defer m.mu.Unlock()
	size := in.blocks()
	if first+n < first || first+n > size {
		return fmt.Errorf("%w: fault of %d from page %d on in inode %d, which has %d", ErrBeyondEnd, n, first, in.ino, size)
	}
	entries := m.growLocked(size)
	var err error
	stamped := false
	pieces(in.rec.Extents, first, first+n, func(index uint32, e media.Extent) bool {
		for i := range e.Len {
			if entries[index+i].Load() != 0 {
				continue
			}
			block := e.Start + i
			if sb.fs.Owner(block) != in.Owner() {
				sb.claimBlock(block, in.Owner())
				stamped = true
			}
			if !in.IsDAX() {
				p, ok := sb.cache.alloc()
				if !ok {
					err = ErrNoPages
					return false
				}
				copy(sb.cache.bytes(p), sb.blockBytes(block))
				m.setLocked(entries, index+i, p+1)
				continue
			}
			m.setLocked(entries, index+i, block+1)
		}
		return true
	})
	if stamped {
		sb.region.Fence()
	}
	return err
}

// blocks returns the number of blocks the extents hold; the caller holds layoutMu.
func (in *Inode) blocks() uint32 {
	n := uint32(0)
	for _, e := range in.rec.Extents {
		n += e.Len
	}
	return n
}

// blockBytes returns the memory of a block.
func (sb *Superblock) blockBytes(block uint32) []byte {
	off := int64(block) * media.BlockSize
	return sb.region.Bytes()[off : off+media.BlockSize : off+media.BlockSize]
}

// A Pin is a reference to a page that is held for I/O. It can outlive the
// mapping, every reference to the inode, and the inode.
type Pin struct {
	page  uint32 // page frame number, or number of a page-cache page
	dax   bool
	owner media.Owner // of the page when it was pinned
	claim uint64      // see Mark; 0: not marked
}

// Owner returns who owned the page when it was pinned.
func (p Pin) Owner() media.Owner { return p.owner }

// IsDAX reports whether the pinned page is storage.
func (p Pin) IsDAX() bool { return p.dax }

// Pin takes a short-term pin on page index of a file, as get_user_pages does on
// a mapping of it. The caller holds a reference; the pin may outlive it. If the
// layout is just being broken, Pin waits as a page fault would. ErrNotMapped if
// the page was not faulted in, or not any more.
func (sb *Superblock) Pin(t *Task, in *Inode, index uint32) (Pin, error) {
	m := &in.mapping
	for {
		seq := m.gate.Enter()
		if !seq.Open() {
			t.Stats.Refaults++
			in.layoutMu.RLock() // whoever shut the gate holds it exclusive
			//lint:ignore SA2001 there is nothing to do but to wait
			in.layoutMu.RUnlock()
			continue
		}
		e := m.at(index)
		if e == 0 {
			if m.gate.Enter() != seq {
				continue
			}
			return Pin{}, ErrNotMapped
		}
		p := Pin{page: e - 1, dax: in.IsDAX(), owner: in.Owner()}
		if p.dax {
			if sb.pages.TryPin(&m.gate, seq, page.PFN(p.page)) {
				return p, nil
			}
			continue
		}
		if sb.cache.tryGet(p.page) {
			if m.gate.Enter() == seq {
				return p, nil
			}
			sb.cache.put(p.page)
		}
	}
}

// PinLongterm is Pin for holders without a limit in time (FOLL_LONGTERM). It is
// refused on DAX files with ErrLongterm, as check_vma_flags does.
func (sb *Superblock) PinLongterm(t *Task, in *Inode, index uint32) (Pin, error) {
	if in.IsDAX() {
		return Pin{}, ErrLongterm
	}
	return sb.Pin(t, in, index)
}

// Unpin drops the pin. No reference to the inode is needed.
func (sb *Superblock) Unpin(p Pin) {
	if p.dax && bug.Planted(bug.DoubleUnpin) {
		sb.pages.Unpin(page.PFN(p.page))
	}
	if p.dax {
		sb.pages.Unpin(page.PFN(p.page))
	} else {
		sb.cache.put(p.page)
	}
}

// PinBytes returns the memory of the pinned page, good until Unpin.
func (sb *Superblock) PinBytes(p Pin) []byte {
	if p.dax {
		return sb.blockBytes(p.page)
	}
	return sb.cache.bytes(p.page)
}
