package vfs

import (
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/media"
)

// truncateFinal empties the mapping of an inode that is being evicted:
// truncate_inode_pages_final. After a Breaker that did its work there is
// nothing left of a DAX mapping; a page that is pinned all the same is counted,
// as its pin loses its file. What the kernel does then is warn, once. Dirty
// pages of the page cache are written back first if the file lives on. The
// error is a *HungError, from a wait for a locked entry.
//
// Note: entries that BreakLayout deletes are not looked at again. A pin that
// came too late can be seen there for a moment, before it is undone.
func (sb *Superblock) truncateFinal(t *Task, in *Inode, unlinked bool) error {
	m := &in.mapping
	if in.entryCount.Load() == 0 {
		return nil
	}
	if !in.IsDAX() {
		sb.dropCached(in, 0, everything, !unlinked)
		return nil
	}
	pinned := false
	m.mu.Lock()
	if in.entryCount.Load() == m.hi-m.lo {
		pieces(in.extents, m.lo, m.hi, func(_ uint32, e media.Extent) bool {
			pinned = sb.pinnedIn(e)
			return !pinned
		})
	} else {
		m.runsLocked(0, everything, func(e media.Extent) bool {
			pinned = sb.pinnedIn(e)
			return !pinned
		})
	}
	m.mu.Unlock()
	if err := in.deleteEntries(t, 0, everything); err != nil {
		return err
	}
	if pinned {
		t.Stats.EvictedPinned++
	}
	return nil
}

// dropCached takes page-cache pages [from, end) out of the mapping. Those that
// are pinned live on without it. On a device that is gone nothing is written
// back.
func (sb *Superblock) dropCached(in *Inode, from, end uint32, writeBack bool) {
	m := &in.mapping
	written := false
	m.mu.Lock()
	if m.vmasLocked() != nil {
		m.unmapLocked(from, end)
	}
	in.dropLocked(from, end, func(index, e uint32) {
		if writeBack && sb.cache.isDirty(e-1) && sb.down.Load() != deviceGone {
			written = true
			pieces(in.extents, index, index+1, func(_ uint32, b media.Extent) bool {
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
// reference. Errors: media.ErrNoSpace when growing, ErrShutdown, or a *HungError.
func (sb *Superblock) Truncate(t *Task, in *Inode, pages uint32) error {
	in.LockIO(t)
	defer in.UnlockIO(t)
	in.LockLayout(t)
	defer in.UnlockLayout(t)
	if sb.down.Load() != 0 {
		return ErrShutdown
	}
	shrink := pages < in.size.Load()
	if shrink {
		if err := sb.breakLayoutsLocked(t, in, pages, everything); err != nil {
			return err
		}
		if bug.Planted(bug.BreakersShareGate) { // the next truncation can begin
			defer in.LockLayout(t)
			defer in.LockIO(t)
			in.UnlockLayout(t)
			in.UnlockIO(t)
		}
		if !bug.Planted(bug.TruncateForgetsThaw) {
			defer in.ThawLayout()
		}
	}
	// Another truncater may have had the locks while leases were recalled.
	if pages >= in.size.Load() && !(shrink && bug.Planted(bug.TruncateTrustsSize)) {
		return sb.extendLocked(t, in, pages)
	}
	if !in.IsDAX() {
		in.mapping.gate.Shut()
		sb.dropCached(in, pages, everything, false)
	}
	in.extents, t.tail = cut(in.extents, pages, t.tail[:0])
	if err := sb.writeRecord(in, pages); err != nil {
		in.extents = append(in.extents, t.tail...)
		return fmt.Errorf("truncate inode %d: %w", in.ino, err)
	}
	in.size.Store(pages)
	sb.freeBlocks(t, in, t.tail)
	return nil
}

// Punch makes the pages [first, first+n) of a file a hole, as far as the file
// reaches (FALLOC_FL_PUNCH_HOLE): their layout is broken as by Truncate, the
// record with the hole made durable, and their blocks freed. A page in a hole
// gets no entry by Fault, and so can be pinned by nobody. The caller holds a
// reference. Errors: media.ErrNoSpace for the longer record, ErrShutdown, or a
// *HungError.
func (sb *Superblock) Punch(t *Task, in *Inode, first, n uint32) error {
	in.LockIO(t)
	defer in.UnlockIO(t)
	in.LockLayout(t)
	defer in.UnlockLayout(t)
	if sb.down.Load() != 0 {
		return ErrShutdown
	}
	end := first + min(n, everything-first)
	if err := sb.breakLayoutsLocked(t, in, first, end); err != nil {
		return err
	}
	defer in.ThawLayout()
	end = min(end, in.blocks()) // after the break: leases may have dropped the locks
	if first >= end {
		return nil
	}
	if !in.IsDAX() {
		in.mapping.gate.Shut()
		sb.dropCached(in, first, end, false)
	}
	hole := []media.Extent{{Len: end - first}}
	gone, err := sb.replaceLocked(in, first, hole)
	if err != nil {
		return fmt.Errorf("punch inode %d: %w", in.ino, err)
	}
	sb.freeBlocks(t, in, gone)
	return nil
}

// replaceLocked puts list in the place of what backs the pages from first on,
// makes the record durable, and returns what was there; that has left the file.
func (sb *Superblock) replaceLocked(in *Inode, first uint32, list []media.Extent) (gone []media.Extent, err error) {
	old := in.extents
	in.extents, gone = splice(old, first, list)
	if err := sb.writeRecord(in, in.size.Load()); err != nil {
		in.extents = old
		return nil, err
	}
	return gone, nil
}

// splice returns extents with list in the place of as many pages from first on,
// and what it took the place of. Extents are not changed.
func splice(extents []media.Extent, first uint32, list []media.Extent) (spliced, gone []media.Extent) {
	end := first
	for _, e := range list {
		end += e.Len
	}
	index := uint32(0)
	part := func(e media.Extent, lo, hi uint32) media.Extent { // the pages [lo, hi) of e, which starts at index
		p := media.Extent{Start: e.Start, Len: hi - lo}
		if !e.IsHole() {
			p.Start += lo - index
		}
		return p
	}
	for _, e := range extents {
		next := index + e.Len
		if index < first {
			spliced = append(spliced, part(e, index, min(next, first)))
		}
		if lo, hi := max(index, first), min(next, end); lo < hi {
			if lo == first {
				spliced = append(spliced, list...)
			}
			gone = append(gone, part(e, lo, hi))
		}
		if next > end {
			spliced = append(spliced, part(e, max(index, end), next))
		}
		index = next
	}
	return spliced, gone
}

// breakLayoutsLocked is xfs_break_layouts for BREAK_UNMAP, for the pages [from,
// end): pins first, then leases, for which both locks are dropped; then all
// over again, since anything may have happened meanwhile. Pins that are held
// under a lease go with it, which the recall's deadline bounds.
func (sb *Superblock) breakLayoutsLocked(t *Task, in *Inode, from, end uint32) error {
	if bug.Planted(bug.TruncateSkipsPins) {
		in.mapping.gate.Shut()
		return in.deleteEntries(t, from, end)
	}
	for {
		if !sb.rules.NeedLease || !in.IsLeased() {
			if err := in.breakRange(t, from, end); err != nil {
				return err
			}
			if !in.IsLeased() || bug.Planted(bug.TruncateSkipsLeases) {
				return nil
			}
		}
		in.ThawLayout()
		in.UnlockLayout(t)
		in.UnlockIO(t)
		err := in.BreakLeases(t)
		in.LockIO(t)
		in.LockLayout(t)
		if err != nil {
			return err
		}
	}
}

// extendLocked adds blocks.
func (sb *Superblock) extendLocked(t *Task, in *Inode, pages uint32) (err error) {
	old := in.size.Load()
	if pages == old {
		return nil
	}
	if t.tail, err = sb.fs.AllocBlocksNear(uint32(in.ino), t.tail[:0], pages-old); err != nil {
		return fmt.Errorf("extend inode %d: %w", in.ino, err)
	}
	in.extents = append(in.extents, t.tail...)
	if err = sb.writeRecord(in, pages); err != nil {
		in.extents, _ = cut(in.extents, old, nil)
		sb.fs.FreeBlocks(t.tail)
		return fmt.Errorf("extend inode %d: %w", in.ino, err)
	}
	in.size.Store(pages)
	return nil
}

// cut shortens a list of extents to pages, in place, and appends those behind to
// tail.
func cut(list []media.Extent, pages uint32, tail []media.Extent) (head, behind []media.Extent) {
	index := uint32(0)
	for i, e := range list {
		if index+e.Len > pages {
			keep := pages - index
			last := media.Extent{Start: e.Start + keep, Len: e.Len - keep}
			if e.IsHole() {
				last.Start = e.Start
			}
			tail = append(append(tail, last), list[i+1:]...)
			list = list[:i]
			if keep > 0 {
				list = append(list, media.Extent{Start: e.Start, Len: keep})
			}
			break
		}
		index += e.Len
	}
	return list, tail
}
