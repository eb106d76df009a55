package layout

import "daxbench/engine/vfs"

// breakNothing is what policies do at eviction that see to it that no page is
// pinned by then, or do not care.
type breakNothing struct{ facts }

func (*breakNothing) BreakForEvict(*vfs.Task, *vfs.Inode) error { return nil }

// none is P0, what mainline did up to 6.14: eviction deletes the entries,
// warns once if one is busy, and frees the blocks at once. It holds nothing,
// waits for nothing, and lets a device write into the next owner's file.
var none = &breakNothing{facts{
	id: "P0", name: "none",
	about:    "break nothing at eviction; the fast and unsafe floor",
	origin:   "Linux up to 6.14",
	holds:    "nothing; it does not wait",
	blocksOn: "nothing",
	expect: expect(
		because("U P1r", "The blocks of an unlinked file are free at once, and the device still writes."),
		because("A P1e", "The inode goes, and a later truncation finds no trace of the pin."),
	),
}}
