package layout

import "daxbench/engine/vfs"

// quarantine is P14, after the busy extents of XFS and Gunthorpe's "free only
// when both agree": the inode is torn down at once, and those of its blocks that
// are pinned are not free before their last unpin. It holds nothing and waits
// for nothing. Pins can keep a file system full, and after a crash the busy
// blocks are simply free.
var quarantine = &breakNothing{facts{
	id: "P14", name: "quarantine",
	about:    "tear the inode down at once, but free a pinned block with its last unpin",
	origin:   "daxbench, after XFS's busy extents",
	holds:    "nothing; it does not wait",
	blocksOn: "nothing",
	rules:    vfs.Rules{Quarantine: true},
	expect: expect(
		because("A P1e", "The inode is gone while its page is pinned: a memory failure there finds no file."),
	),
}}
