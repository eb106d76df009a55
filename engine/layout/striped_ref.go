package layout

import "daxbench/engine/vfs"

// stripedRef is P8b: like inode-ref, but the pins on an inode are counted in
// several counters that tasks use by turns, and the inode has one reference for
// each that is not zero. So pins meet at the inode's own count only when the
// first comes and the last goes.
var stripedRef = &breakNothing{facts{
	id: "P8b", name: "striped-ref",
	about:    "let the pins on an inode hold it together, by striped counters",
	origin:   "daxbench",
	holds:    "nothing; it does not wait",
	blocksOn: "nothing",
	rules:    vfs.Rules{PinHolds: vfs.HoldsInodeStriped},
	expect:   expect(),
}}
