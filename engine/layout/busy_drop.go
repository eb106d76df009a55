package layout

import "daxbench/engine/vfs"

// waitIfDropped waits for pins only where the kernel has been through
// write_inode_now.
type waitIfDropped struct{ facts }

// busyDrop is P3, Williams' sketch of 20 Sep 2022: generic_drop_inode keeps an
// unlinked inode with a pinned page, invalidate_inodes passes over it, and
// iput_final waits for pins in its other branch, after write_inode_now, which is
// where inodes go that are linked and not to be kept. The test zaps the mapping
// under i_lock. Nothing of the inode is held while it waits.
//
// Nobody looks again at an inode that was kept. Reclaim is not part of the
// sketch: it evicts what it finds.
//
// Note: Chinner's answer was that none of that is legal under a spinlock, and
// that unlinked inodes would be parked on the LRU. Since 5.16 they do not even
// get there.
var busyDrop = &waitIfDropped{facts{
	id: "P3", name: "busy-drop",
	about:    "keep an inode cached at its last iput if a page is pinned",
	origin:   "Williams, sketch of 20 Sep 2022",
	holds:    "i_lock for the test; nothing while it waits",
	blocksOn: "pins, of an inode that is linked and not to be kept",
	rules:    vfs.Rules{KeepBusy: true},
	expect: expect(
		because("U P1r", "The kept inode is on the LRU by the rules before 5.16, and reclaim evicts it, pinned as it is."),
		because("A P1e", "Reclaim evicts a linked inode whose page is pinned."),
		because("L P3", "Nothing evicts the kept inode once its pins are gone, until memory is short or the file system is unmounted."),
		because("H", "Who looks up an inode that is not to be kept waits along while its last Iput waits for the pins."),
		because("X P4", "The test unmaps pages and may wait for an entry, under i_lock."),
		waitsFindable, waitsForItself,
	),

	inCommonCode: true,
}}

func (*waitIfDropped) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if !in.IsDontCache() {
		return nil
	}
	return in.BreakLayoutFinal(t)
}
