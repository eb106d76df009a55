package layout

import "daxbench/engine/vfs"

// vmaPin is P9, Chinner's and Kara's: a pin holds the mapping that it was taken
// through until it is dropped, and the mapping holds the file. So munmap takes
// effect with the last unpin only, and no inode with a pinned page is evicted.
// Truncation still has to wait. Eviction holds nothing and waits for nothing.
//
// Note: it breaks programs that unmap ranges which are pinned and expect the
// address space back.
var vmaPin = &breakNothing{facts{
	id: "P9", name: "vma-pin",
	about:    "let every pin hold the mapping it was taken through, and so the file",
	origin:   "Chinner and Kara, Sep 2022",
	holds:    "nothing; it does not wait",
	blocksOn: "nothing",
	rules:    vfs.Rules{PinHolds: vfs.HoldsVMA},
	expect:   expect(),
}}
