package layout

import "daxbench/engine/vfs"

// waitLockless waits for the pins of DAX inodes and takes no lock.
type waitLockless struct{ facts }

// daxOnly is P7, what XFS ships since 6.15: xfs_fs_evict_inode tests IS_DAX and
// calls dax_break_layout_final only then. While it waits for pins it holds no
// lock of the inode; but the inode is Freeing and findable, so lookups of it
// wait, and so do the inodes behind it on a dispose list and whatever the
// evicting task holds.
var daxOnly = &waitLockless{facts{
	id: "P7", name: "dax-only",
	about:    "wait for pins without locks, on DAX inodes only",
	origin:   "XFS since Linux 6.15",
	holds:    "nothing of the inode; what the caller holds, such as s_umount",
	blocksOn: "pins",
	expect:   expect(waits()...),
}}

func (*waitLockless) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if !in.IsDAX() {
		return nil
	}
	return in.BreakLayoutFinal(t)
}
