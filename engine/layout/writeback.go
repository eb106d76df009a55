package layout

import "daxbench/engine/vfs"

// waitIfLinked waits for pins in write_inode_now, which unlinked inodes do not
// come to.
type waitIfLinked struct{ facts }

// writeback is P5, Williams' alternative of 24 and 29 Sep 2022: an inode stays
// dirty while a page may be pinned, and the pins are waited for where it is
// written back. So a linked inode with pins does not come onto the LRU but to
// the flusher, here the worker, which waits; and one that is not to be kept is
// waited for by its last Iput, in write_inode_now. An unlinked inode goes
// through neither. Nothing of the inode is held while anybody waits, but lookups
// of one that is not to be kept wait along, and so do the inodes behind it in
// the flusher.
var writeback = &waitIfLinked{facts{
	id: "P5", name: "writeback",
	about:    "keep a pinned inode dirty, and wait for its pins where it is written back",
	origin:   "Williams, 24 and 29 Sep 2022",
	holds:    "nothing of the inode; the flusher's turn",
	blocksOn: "pins, of linked inodes",
	rules:    vfs.Rules{WaitInWriteback: true},
	expect: expect(
		because("U P1r", "An unlinked inode is dropped without being written back, and its blocks are freed."),
		because("A P1e", "An unlinked inode goes while its page is pinned."),
		because("H", "The flusher waits for the pins of one inode, and all dirty inodes behind it wait along."),
		waitsFindable, waitsForItself,
	),

	inCommonCode: true,
}}

func (*waitIfLinked) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if in.IsUnlinked() {
		return nil
	}
	return in.BreakLayoutFinal(t)
}
