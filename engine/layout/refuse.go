package layout

import "daxbench/engine/vfs"

// refuse is P11, Kara's on vmsplice: who may hold a pin for as long as it
// likes is treated as FOLL_LONGTERM and refused; for the others eviction waits
// as dax-only does, and holds and blocks on the same. It bounds the waits by the
// slowest block I/O, and breaks programs that vmsplice from DAX files.
var refuse = &waitLockless{facts{
	id: "P11", name: "refuse",
	about:    "as dax-only, but refuse pins that nothing bounds in time",
	origin:   "Kara on vmsplice, Sep 2022",
	holds:    daxOnly.holds,
	blocksOn: "pins of bounded holders",
	rules:    vfs.Rules{RefuseUnbounded: true},
	expect:   expect(waits()...),
}}
