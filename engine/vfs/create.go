package vfs

import (
	"fmt"

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
func (sb *Superblock) Create(t *Task, f NewFile) (*Inode, error) {
	in, err := sb.alloc(t)
	if err != nil {
		return nil, err
	}
	ino, gen, err := sb.fs.AllocInode()
	if err != nil {
		sb.give(t, in.index)
		return nil, err
	}
	in.rec.Extents, err = sb.fs.AllocBlocksNear(uint32(ino), in.rec.Extents[:0], f.Pages)
	if err == nil {
		in.rec.Ino, in.rec.Gen, in.rec.Nlink, in.rec.Pages, in.rec.Flags = ino, gen, max(1, f.Nlink), f.Pages, 0
		if f.DAX {
			in.rec.Flags = media.FlagDAX
		}
		if err = sb.fs.Write(&in.rec); err != nil {
			sb.fs.FreeBlocks(in.rec.Extents)
		}
	}
	if err != nil {
		if e := sb.fs.FreeInode(ino); e != nil {
			err = fmt.Errorf("%w; and then: %v", err, e)
		}
		sb.give(t, in.index)
		return nil, fmt.Errorf("create: %w", err)
	}
	in.mapping.reset()
	state := uint64(refOne)
	if f.DAX {
		state |= stDAX
	}
	for {
		// The number may still be hashed: the evictor of its last owner frees
		// the record before it unhashes the inode.
		s, chain := sb.stripe(ino)
		s.mu.Lock()
		old := sb.findLocked(*chain, ino)
		if old == nil {
			in.ino = ino
			in.state.Store(state)
			in.insertLocked(chain)
			s.mu.Unlock()
			return in, nil
		}
		if err := sb.waitLocked(t, s, old); err != nil {
			return nil, err
		}
	}
}

// Unlink takes one link away. At none the file is gone with its last
// reference. The caller holds one.
func (sb *Superblock) Unlink(t *Task, in *Inode) error {
	in.ioLock.Lock()
	defer in.ioLock.Unlock()
	if in.rec.Nlink == 0 {
		return fmt.Errorf("vfs: unlink of inode %d, which has no links", in.ino)
	}
	in.rec.Nlink--
	in.layoutMu.Lock() // Write may join extents
	err := sb.fs.Write(&in.rec)
	in.layoutMu.Unlock()
	if err != nil {
		in.rec.Nlink++
		return err
	}
	if in.rec.Nlink == 0 {
		in.state.Or(stUnlinked)
	}
	return nil
}
