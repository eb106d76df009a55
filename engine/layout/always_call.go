package layout

import "daxbench/engine/vfs"

type callAlways struct{ facts }

// alwaysCall is P7 in ext4's form: ext4_evict_inode calls
// dax_break_layout_final as its first step for every inode, and the function
// itself returns at once for a mapping that is not DAX. It waits and holds what
// dax-only does.
var alwaysCall = &callAlways{facts{
	id: "P7a", name: "always-call",
	about:    "as dax-only, but call for every inode and return early",
	origin:   "ext4 since Linux 6.15",
	holds:    daxOnly.holds,
	blocksOn: daxOnly.blocksOn,
	expect:   expect(waits()...),
}}

func (*callAlways) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	return in.BreakLayoutFinal(t)
}
