package vfs

import (
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// truncateFinal empties the mapping of an inode that is being evicted:
// truncate_inode_pages_final. After a Breaker that did its work there is
// nothing left of a DAX mapping; a page that is pinned all the same is counted,
// as its pin loses its file. What the kernel does then is warn, once. Dirty
// pages of the page cache are written back first if the file lives on.
//
// Note: entries that BreakLayout deletes are not looked at again. A pin that
// came too late can be seen there for a moment, before it is undone.
func (sb *Superblock) truncateFinal(t *Task, in *Inode, unlinked bool) {
	if in.mapping.len() == 0 {
		return
	}
	if !in.IsDAX() {
		sb.dropCached(in, 0, !unlinked)
		return
	}
	pinned := int64(0)
	in.deleteEntries(0, func(_, e uint32) {
		if !sb.pages.Idle(page.PFN(e - 1)) {
			pinned++
		}
	})
	if pinned > 0 {
		t.Stats.EvictedPinned++
		if unlinked {
			t.Stats.FreedPinned += pinned
		}
	}
}

// dropCached takes page-cache pages from index from on out of the mapping.
// Those that are pinned live on without it.
func (sb *Superblock) dropCached(in *Inode, from uint32, writeBack bool) {
	m := &in.mapping
	written := false
	m.mu.Lock()
	m.dropLocked(from, func(index, e uint32) {
		if writeBack && sb.cache.isDirty(e-1) {
			written = true
			pieces(in.rec.Extents, index, index+1, func(_ uint32, b media.Extent) bool {
				sb.region.CopyNT(int64(b.Start)*media.BlockSize, sb.cache.bytes(e-1))
				return false
			})
		}
		sb.cache.put(e - 1)
	})
	m.mu.Unlock()
	if written {
		sb.region.Fence()
	}
}

// Truncate makes a file pages long. Shrinking breaks the layout first: pins on
// the pages that go are waited for and leases recalled; then the shorter
// record is made durable, then the blocks are freed. The caller holds a
// reference. Errors: media.ErrNoSpace when growing, or a *HungError.
func (sb *Superblock) Truncate(t *Task, in *Inode, pages uint32) error {
	in.ioLock.Lock()
	defer in.ioLock.Unlock()
	in.layoutMu.Lock()
	defer in.layoutMu.Unlock()
	shrink := pages < in.rec.Pages
	if shrink {
		if err := sb.breakLayoutsLocked(t, in, pages); err != nil {
			return err
		}
		if !bug.Planted(bug.TruncateForgetsThaw) {
			defer in.ThawLayout()
		}
	}
	// Another truncater may have had the locks while leases were recalled.
	if pages >= in.rec.Pages && !(shrink && bug.Planted(bug.TruncateTrustsSize)) {
		return sb.extendLocked(t, in, pages)
	}
	if !in.IsDAX() {
		in.mapping.gate.Shut()
		sb.dropCached(in, pages, false)
	}
	old := in.rec.Pages
	t.tail = cut(&in.rec, pages, t.tail[:0])
	if err := sb.fs.Write(&in.rec); err != nil {
		in.rec.Extents, in.rec.Pages = append(in.rec.Extents, t.tail...), old
		return fmt.Errorf("truncate inode %d: %w", in.ino, err)
	}
	in.size.Store(pages)
	sb.disown(in, t.tail)
	sb.fs.FreeBlocks(t.tail)
	return nil
}

// breakLayoutsLocked is xfs_break_layouts for BREAK_UNMAP: pins first, then
// leases, for which both locks are dropped; then all over again, since anything
// may have happened meanwhile.
func (sb *Superblock) breakLayoutsLocked(t *Task, in *Inode, from uint32) error {
	if bug.Planted(bug.TruncateSkipsPins) {
		in.mapping.gate.Shut()
		in.deleteEntries(from, nil)
		return nil
	}
	for {
		if err := in.BreakLayout(t, from); err != nil {
			return err
		}
		if in.leases.Empty() || bug.Planted(bug.TruncateSkipsLeases) {
			return nil
		}
		in.ThawLayout()
		in.layoutMu.Unlock()
		in.ioLock.Unlock()
		err := in.BreakLeases(t)
		in.ioLock.Lock()
		in.layoutMu.Lock()
		if err != nil {
			return err
		}
	}
}

// extendLocked adds blocks.
func (sb *Superblock) extendLocked(t *Task, in *Inode, pages uint32) (err error) {
	old := in.rec.Pages
	if pages == old {
		return nil
	}
	if t.tail, err = sb.fs.AllocBlocksNear(uint32(in.ino), t.tail[:0], pages-old); err != nil {
		return fmt.Errorf("extend inode %d: %w", in.ino, err)
	}
	in.rec.Extents, in.rec.Pages = append(in.rec.Extents, t.tail...), pages
	if err = sb.fs.Write(&in.rec); err != nil {
		cut(&in.rec, old, nil)
		sb.fs.FreeBlocks(t.tail)
		return fmt.Errorf("extend inode %d: %w", in.ino, err)
	}
	in.size.Store(pages)
	return nil
}

// cut shortens rec to pages and appends the extents behind to tail.
func cut(rec *media.Record, pages uint32, tail []media.Extent) []media.Extent {
	index := uint32(0)
	for i, e := range rec.Extents {
		if index+e.Len > pages {
			keep := pages - index
			tail = append(tail, media.Extent{Start: e.Start + keep, Len: e.Len - keep})
			tail = append(tail, rec.Extents[i+1:]...)
			rec.Extents = rec.Extents[:i]
			if keep > 0 {
				rec.Extents = append(rec.Extents, media.Extent{Start: e.Start, Len: keep})
			}
			break
		}
		index += e.Len
	}
	rec.Pages = pages
	return tail
}
