package layout

import "daxbench/engine/vfs"

type waitPerEntry struct{ facts }

// perEntry is P4, v3 of "Fix the DAX-gup mistake": the generic truncation waits,
// in dax_delete_mapping_entry, for each entry in its turn, uninterruptibly and
// without a lock, if the inode is going away (mapping_exiting). No file system
// can forget it. It holds nothing of the inode and can block on pins. Unlike
// dax-only it never looks at an entry twice.
var perEntry = &waitPerEntry{facts{
	id: "P4", name: "per-entry",
	about:    "wait for each entry in order as it is deleted, without locks",
	origin:   "Williams, v3, Oct 2022, never merged",
	holds:    "nothing of the inode",
	blocksOn: "pins",
	expect:   expect(waits()...),

	inCommonCode: true,
}}

func (*waitPerEntry) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	return in.BreakEntriesFinal(t)
}
