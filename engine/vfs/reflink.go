package vfs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// ErrNoShare is returned by Reflink for files that cannot share (kernel: EINVAL).
var ErrNoShare = errors.New("vfs: the files cannot share these blocks")

// Reflink makes n pages of dst, from page to on, the same blocks as those of src
// from page from on (FICLONERANGE, xfs_reflink_remap_range). What dst had there
// is freed. Both files are DAX, and both ranges within them. The caller holds
// references to both. Errors: ErrNoShare, media.ErrNoSpace for a longer record,
// ErrShutdown, or a *HungError.
//
// The layout of both ranges is broken before, which is where two inodes meet:
// see breakTwo. Both records get FlagShared before the second has the blocks, so
// that a power cut in between leaves a file that is said to share and does not.
func (sb *Superblock) Reflink(t *Task, src *Inode, from uint32, dst *Inode, to, n uint32) error {
	if src == dst || !src.IsDAX() || !dst.IsDAX() || from+n < from || to+n < to {
		return ErrNoShare
	}
	if err := sb.breakTwo(t, src, from, dst, to, n); err != nil {
		return err
	}
	defer sb.unlockTwo(t, src, dst)
	if from+n > src.blocks() || to+n > dst.blocks() {
		return fmt.Errorf("%w: %d pages from page %d and %d on", ErrBeyondEnd, n, from, to)
	}
	_, list := splice(src.extents, from, []media.Extent{{Len: n}})
	if outside, _ := splice(dst.extents, to, []media.Extent{{Len: n}}); overlap(list, outside) {
		return fmt.Errorf("%w: inode %d has one of them elsewhere", ErrNoShare, dst.ino)
	}
	if err := sb.flagShared(src); err != nil {
		return fmt.Errorf("reflink of inode %d: %w", src.ino, err)
	}
	sb.stampShared(src, list)
	flags := dst.flags
	dst.flags |= media.FlagShared
	gone, err := sb.replaceLocked(dst, to, list)
	if err != nil {
		dst.flags = flags
		return fmt.Errorf("reflink into inode %d: %w", dst.ino, err)
	}
	sb.addShares(list)
	sb.freeBlocks(t, dst, gone)
	return nil
}

// flagShared makes it durable that in may share blocks; the caller holds its locks.
func (sb *Superblock) flagShared(in *Inode) error {
	if in.flags&media.FlagShared != 0 {
		return nil
	}
	in.flags |= media.FlagShared
	err := sb.writeRecord(in, in.size.Load())
	if err != nil {
		in.flags &^= media.FlagShared
	}
	return err
}

// stampShared takes in's name off the blocks of list, which it is about to share.
func (sb *Superblock) stampShared(in *Inode, list []media.Extent) {
	for _, e := range list {
		for b := e.Start; b < e.End() && !e.IsHole(); b++ {
			switch sb.fs.Owner(b) {
			case sharedOwner:
			case in.Owner():
				sb.fs.Stamp(b, sharedOwner)
			default: // never used: its bytes are the last owner's
				sb.claimBlock(b, in.Owner())
				sb.fs.Stamp(b, sharedOwner)
			}
		}
	}
}

// overlap reports whether the two lists have a block in common.
func overlap(a, b []media.Extent) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Start < y.End() && y.Start < x.End() && !x.IsHole() && !y.IsHole() {
				return true
			}
		}
	}
	return false
}

// breakTwo takes both locks of both inodes and breaks the layout of n pages of
// each: xfs_ilock2_io_mmap. The IOLOCKs are held throughout, but for a recall of
// leases. Of the one with the smaller number pins are waited for with its
// MMAPLOCK dropped; if then the other has one, both MMAPLOCKs are dropped and all
// is tried again, without a pause (xfs_mmaplock_two_inodes_and_break_dax_layout).
// On success the gates of both are shut.
func (sb *Superblock) breakTwo(t *Task, a *Inode, firstA uint32, b *Inode, firstB, n uint32) error {
	if a.ino > b.ino {
		a, firstA, b, firstB = b, firstB, a, firstA
	}
	a.LockIO(t)
	b.LockIO(t)
	var since time.Time // when the second was found busy
	for {
		pfn, state, err := sb.tryTwo(t, a, firstA, b, firstB, n)
		if err == nil && state == twoBusy {
			if since.IsZero() {
				since = sync.Now()
				b.tellWait(t, WaitBegin, pfn)
			}
			err = b.spinFor(t, pfn, since)
		}
		if !since.IsZero() && (err != nil || state == twoBroken) {
			b.tellWait(t, WaitEnd, pfn)
			t.Stats.PinWaits++
			t.Stats.PinWait += sync.Now().Sub(since)
		}
		if err != nil {
			b.UnlockIO(t)
			a.UnlockIO(t)
			return err
		}
		if state == twoBroken {
			return nil
		}
	}
}

// A twoState is how far a try to break two layouts has come.
type twoState uint8

const (
	twoBroken twoState = iota // both; both MMAPLOCKs are held
	twoBusy                   // the second has a pin
	twoLeased                 // leases were recalled
)

// tryTwo is one try. Unless both are broken, no MMAPLOCK is held after it.
func (sb *Superblock) tryTwo(t *Task, a *Inode, firstA uint32, b *Inode, firstB, n uint32) (page.PFN, twoState, error) {
	for _, in := range []*Inode{a, b} {
		if !in.IsLeased() {
			continue
		}
		b.UnlockIO(t)
		a.UnlockIO(t)
		err := in.BreakLeases(t)
		a.LockIO(t)
		b.LockIO(t)
		return 0, twoLeased, err
	}
	a.LockLayout(t)
	if sb.down.Load() != 0 {
		a.UnlockLayout(t)
		return 0, twoBroken, ErrShutdown
	}
	if err := a.breakRange(t, firstA, firstA+n); err != nil {
		a.UnlockLayout(t)
		return 0, twoBroken, err
	}
	b.LockLayout(t)
	pfn, busy := b.busyRange(t, firstB, firstB+n)
	var err error
	if !busy {
		err = b.deleteEntries(t, firstB, firstB+n)
	}
	if !busy && err == nil {
		return 0, twoBroken, nil
	}
	b.ThawLayout()
	b.UnlockLayout(t)
	a.ThawLayout()
	a.UnlockLayout(t)
	return pfn, twoBusy, err
}

// spinFor lets others run before the next try, and ends with a *HungError where
// a sleep for pfn would.
func (in *Inode) spinFor(t *Task, pfn page.PFN, since time.Time) error {
	sync.Pause()
	after, cause := sync.Now().Sub(since), context.Cause(t.ctx)
	if limit := in.sb.opts.HangLimit; cause == nil && limit > 0 && after > limit {
		cause = sync.ErrLimit
	}
	if cause == nil {
		return nil
	}
	return t.hung(HungError{What: "pins", Ino: in.ino, PFN: pfn, Pins: in.sb.pages.Pins(pfn), After: after, Cause: cause})
}

// unlockTwo undoes breakTwo.
func (sb *Superblock) unlockTwo(t *Task, a, b *Inode) {
	for _, in := range []*Inode{a, b} {
		in.ThawLayout()
		in.UnlockLayout(t)
		in.UnlockIO(t)
	}
}

// CowWrite makes the block of a page that is about to be written its file's own:
// if others share it, the file gets a copy in another block, and the entry is
// replaced (the write path of fs/dax.c for IOMAP_F_SHARED). The record with the
// new block is durable on return. The caller holds a reference. Errors:
// ErrBeyondEnd, media.ErrNoSpace, ErrShutdown, a *HungError.
//
// As in every kernel so far, nobody looks whether the page is pinned before its
// entry is replaced. A pin on it is from then on one that no scan of the file
// finds; the block stays with whoever shares it, and goes when they do.
func (sb *Superblock) CowWrite(t *Task, in *Inode, index uint32) error {
	if err := in.lockForWrite(t); err != nil {
		return err
	}
	defer in.UnlockIO(t)
	defer in.UnlockLayout(t)
	if index >= in.blocks() {
		return ErrBeyondEnd
	}
	block := in.blockAt(index)
	if block == 0 || !sb.isShared(block) {
		return nil
	}
	list, err := sb.fs.AllocBlocksNear(uint32(in.ino), nil, 1)
	if err != nil {
		return fmt.Errorf("copy page %d of inode %d: %w", index, in.ino, err)
	}
	copied := list[0].Start
	sb.region.CopyNT(int64(copied)*media.BlockSize+DataOffset, sb.blockBytes(block)[DataOffset:])
	sb.claimBlock(copied, in.Owner())
	gone, err := sb.replaceLocked(in, index, list)
	if err != nil {
		sb.fs.FreeBlocks(list)
		return fmt.Errorf("copy page %d of inode %d: %w", index, in.ino, err)
	}
	if err := in.replaceEntry(t, index, copied); err != nil {
		return err
	}
	sb.freeBlocks(t, in, gone)
	return nil
}

// lockForWrite takes both locks of an inode, with no lease left on it: BREAK_WRITE.
func (in *Inode) lockForWrite(t *Task) error {
	for {
		in.LockIO(t)
		if !in.IsLeased() {
			break
		}
		in.UnlockIO(t)
		if err := in.BreakLeases(t); err != nil {
			return err
		}
	}
	in.LockLayout(t)
	if in.sb.down.Load() != 0 {
		in.UnlockLayout(t)
		in.UnlockIO(t)
		return ErrShutdown
	}
	return nil
}

// blockAt returns the block that backs a page, 0 if that is in a hole. The
// caller holds layoutMu.
func (in *Inode) blockAt(index uint32) (block uint32) {
	pieces(in.extents, index, index+1, func(_ uint32, e media.Extent) bool {
		block = e.Start
		return false
	})
	return block
}

// replaceEntry puts block into the entry of a page, if there is one, for another
// that has gone there. The gate moves, since a pin that found the old entry must
// look again; pins that are there stay. An entry of 2 MiB goes as a whole. The
// error is a *HungError, with the old entry deleted by nobody.
func (in *Inode) replaceEntry(t *Task, index, block uint32) error {
	m, sb := &in.mapping, in.sb
	if !bug.Planted(bug.CowForgetsGate) {
		m.gate.Shut()
		defer in.ThawLayout()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at(index) == 0 {
		return nil
	}
	first, end := m.wholeLocked(index, index+1)
	if err := in.awaitEntriesLocked(t, first, end); err != nil {
		return err
	}
	in.deleteLocked(first, end)
	in.setLocked(*m.entries.Load(), index, sb.entryFor(block))
	return nil
}
