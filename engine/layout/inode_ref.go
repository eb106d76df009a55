package layout

import "daxbench/engine/vfs"

// inodeRef is P8, Kara's and Gunthorpe's: every pin takes a reference to the
// inode (igrab), so no inode with a pinned page is ever evicted. Unpin may run in
// a completion, where a final iput has no place, so the last reference is handed
// to a worker. Eviction holds nothing and waits for nothing; it is the count of
// the inode that everybody meets at.
var inodeRef = &breakNothing{facts{
	id: "P8", name: "inode-ref",
	about:    "let every pin hold the inode",
	origin:   "Kara and Gunthorpe, Sep 2022",
	holds:    "nothing; it does not wait",
	blocksOn: "nothing",
	rules:    vfs.Rules{PinHolds: vfs.HoldsInode},
	expect:   expect(),
}}
