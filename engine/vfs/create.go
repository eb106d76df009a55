package vfs

import (
	"errors"
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/media"
)

// NewFile says what Create makes.
type NewFile struct {
	Pages uint32 // size; the blocks are allocated at once
	Nlink uint32 // links; 0 means 1
	DAX   bool
}

// Create makes a file and returns its inode with a reference taken. Errors:
// media.ErrNoInodes, media.ErrNoSpace, ErrCacheFull, a *HungError.
//
// The inode is findable, and New, before the region has its record: else a
// lookup by number could read the record and put a second inode into the cache
// (kernel: insert_inode_locked, then unlock_new_inode).
func (sb *Superblock) Create(t *Task, f NewFile) (*Inode, error) {
	if sb.down.Load() != 0 {
		return nil, ErrShutdown
	}
	in, err := sb.allocInode(t)
	if err != nil {
		return nil, err
	}
	ino, gen, err := sb.fs.AllocInode()
	if err != nil {
		sb.give(t, in.index)
		return nil, err
	}
	state := uint64(stNew | refOne)
	if f.DAX {
		state |= stDAX
	}
	if bug.Planted(bug.CreateHashesLate) {
		in.ino = ino
		if err := sb.writeNew(in, gen, f); err != nil {
			return nil, err
		}
		return in, sb.insertNew(t, in, ino, state&^stNew)
	}
	if err := sb.insertNew(t, in, ino, state); err != nil {
		sb.give(t, in.index)
		return nil, errors.Join(err, sb.fs.FreeInode(ino))
	}
	if err := sb.writeNew(in, gen, f); err != nil {
		sb.unhash(t, in)
		return nil, fmt.Errorf("create: %w", err)
	}
	sb.settle(t, in)
	return in, nil
}

// insertNew puts in into the cache as number ino. The number may still be
// hashed: the evictor of its last owner frees the record before it unhashes the
// inode, and a lookup that will find the record free is New for a moment.
func (sb *Superblock) insertNew(t *Task, in *Inode, ino Ino, state uint64) error {
	s := sb.stripe(ino)
	for {
		s.mu.Lock()
		old, _ := sb.find(ino)
		if old == nil {
			in.ino = ino
			in.state.Store(uint64(ino)<<inoShift | state)
			sb.insertLocked(in)
			s.mu.Unlock()
			if len(sb.all) > 0 {
				sb.enlist(in)
			}
			return nil
		}
		if err := sb.waitLocked(t, s, old); err != nil {
			return err
		}
	}
}

// writeNew allocates the blocks of a new file and makes its record durable. If
// it fails, the number is free again, and so are the blocks unless the region
// may have them in a record.
func (sb *Superblock) writeNew(in *Inode, gen media.Gen, f NewFile) error {
	in.gen, in.nlink, in.flags = gen, max(1, f.Nlink), 0
	if f.DAX {
		in.flags = media.FlagDAX
	}
	var blocks []media.Extent
	var err error
	if f.Pages > 0 {
		blocks, err = sb.fs.AllocBlocksNear(uint32(in.ino), in.extents[:0], f.Pages)
		in.extents = blocks
	}
	if err == nil {
		if err = sb.writeRecord(in, f.Pages); err == nil {
			in.setSize(f.Pages)
			return nil
		}
	}
	in.extents = in.extents[:0]
	if e := sb.fs.FreeInode(in.ino); e != nil {
		return fmt.Errorf("%w; and then: %v", err, e)
	}
	sb.fs.FreeBlocks(blocks)
	return err
}

// Unlink takes one link away. At none the file is gone with its last
// reference. The caller holds one.
func (sb *Superblock) Unlink(t *Task, in *Inode) error {
	in.LockIO(t)
	defer in.UnlockIO(t)
	if sb.down.Load() != 0 {
		return ErrShutdown
	}
	if in.nlink == 0 {
		return fmt.Errorf("vfs: unlink of inode %d, which has no links", in.ino)
	}
	in.nlink--
	in.LockLayout(t) // Write may join extents
	err := sb.writeRecord(in, in.size.Load())
	in.UnlockLayout(t)
	if err != nil {
		in.nlink++
		return err
	}
	if in.nlink == 0 {
		in.state.Or(stUnlinked)
	}
	return nil
}
