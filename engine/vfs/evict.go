package vfs

// evict takes an inode out of the cache for good: evict() in fs/inode.c. The
// caller has made it Freeing and has it alone; lookups find it and wait. It
// reports false if a wait was given up: then the inode stays as it is.
func (sb *Superblock) evict(t *Task, in *Inode) bool {
	if err := sb.breaker.BreakForEvict(t, in); err != nil {
		if t.err == nil {
			t.err = err
		}
		return false
	}
	unlinked := in.state.Load()&stUnlinked != 0
	sb.truncateFinal(t, in, unlinked)
	if n := in.leases.Abandon(); n > 0 {
		t.Stats.LeasesAbandoned += int64(n)
	}
	if unlinked {
		if err := sb.freeOnMedia(in); err != nil {
			if t.err == nil {
				t.err = err
			}
			return false
		}
		t.Stats.Freed++
	}
	t.Stats.Evictions++
	sb.unhash(t, in)
	return true
}

// freeOnMedia frees the record, durably, and then the blocks. The blocks are
// the next to be given out, to any file.
func (sb *Superblock) freeOnMedia(in *Inode) error {
	if err := sb.fs.FreeInode(in.ino); err != nil {
		return err
	}
	sb.fs.FreeBlocks(in.rec.Extents)
	return nil
}
