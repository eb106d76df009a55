package layout

import "daxbench/engine/vfs"

// daxOnly is P7, what XFS ships since 6.15: xfs_fs_evict_inode tests IS_DAX and
// calls dax_break_layout_final only then. While it waits for pins it holds no
// lock of the inode; but the inode is Freeing and findable, so lookups of it
// wait, and so do the inodes behind it on a dispose list and whatever the
// evicting task holds.
type daxOnly struct{}

func (daxOnly) Name() string   { return "dax-only" }
func (daxOnly) About() string  { return "wait for pins without locks, on DAX inodes only" }
func (daxOnly) Origin() string { return "P7; XFS since Linux 6.15" }
func (daxOnly) Safe() bool     { return true }

func (daxOnly) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if !in.IsDAX() {
		return nil
	}
	return in.BreakLayoutFinal(t)
}
