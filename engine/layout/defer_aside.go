package layout

import "daxbench/engine/vfs"

// deferAside is P13 with a worker that puts an inode aside which is still busy,
// goes on with the next, and looks again when a pin has gone. So no inode waits
// for another's pins.
var deferAside = &waitLockless{facts{
	id: "P13a", name: "defer-aside",
	about:    "hand a busy inode to a worker, who goes past those that are still busy",
	origin:   "daxbench",
	holds:    "nothing",
	blocksOn: "room in the queue",
	rules:    vfs.Rules{Defer: deferLimit, DeferAside: true},
	expect: expect(
		because("H", "An unmount has to wait for the pins all the same, and with it whoever needs s_umount."),
		because("P2 P2f", waitsFindable.because),
		because("P2 P2s", "Who holds a pin may find the queue full, and wait for room behind its own inode."),
	),

	inCommonCode: true,
}}
