package vfs

import (
	"fmt"

	"daxbench/engine/media"
)

// SetDAX says whether the file is to be DAX (chattr +x, FS_XFLAG_DAX). The
// record says so at once, durably; the inode in the cache stays what it is until
// it is evicted and read anew, which its last Iput makes happen (d_mark_dontcache).
// The caller holds a reference. The error is ErrShutdown, or one of the region's.
func (sb *Superblock) SetDAX(t *Task, in *Inode, dax bool) error {
	in.LockIO(t)
	defer in.UnlockIO(t)
	in.LockLayout(t) // Write may join extents
	defer in.UnlockLayout(t)
	if sb.down.Load() != 0 {
		return ErrShutdown
	}
	old := in.flags
	in.flags &^= media.FlagDAX
	if dax {
		in.flags |= media.FlagDAX
	}
	if in.flags != old {
		if err := sb.writeRecord(in, in.size.Load()); err != nil {
			in.flags = old
			return fmt.Errorf("set DAX of inode %d: %w", in.ino, err)
		}
	}
	if dax != in.IsDAX() {
		in.DontCache()
	}
	return nil
}
