package layout

import "daxbench/engine/vfs"

// deferFIFO is P13, after the inodegc of XFS: who evicts never waits for a
// pin, but hands a busy inode to a worker, which waits for the inodes in its
// queue one after the other. The inode stays Freeing and findable until then.
// Nothing is held. If the queue is full, who evicts waits for room, except in
// reclaim.
var deferFIFO = &waitLockless{facts{
	id: "P13", name: "defer",
	about:    "hand a busy inode to a worker, who waits for each in its turn",
	origin:   "daxbench, after XFS's inodegc",
	holds:    "the worker's turn",
	blocksOn: "room in the queue; the worker, pins",
	rules:    vfs.Rules{Defer: deferLimit},
	expect: expect(
		because("L H", "One pin that stays keeps the worker from every inode behind it."),
		because("P2 P2f", waitsFindable.because),
		because("P2 P2s", "Who holds a pin may find the queue full, and wait for room behind its own inode."),
	),

	inCommonCode: true,
}}

// deferLimit is how many inodes the queue takes (kernel:
// XFS_INODEGC_MAX_BACKLOG, eight clusters of 32 inodes).
const deferLimit = 256
