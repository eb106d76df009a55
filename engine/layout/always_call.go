package layout

import "daxbench/engine/vfs"

// alwaysCall is P7 in ext4's form: ext4_evict_inode calls
// dax_break_layout_final as its first step for every inode, and the function
// itself returns at once for a mapping that is not DAX. It waits and holds what
// dax-only does.
type alwaysCall struct{}

func (alwaysCall) Name() string   { return "always-call" }
func (alwaysCall) About() string  { return "as dax-only, but call for every inode and return early" }
func (alwaysCall) Origin() string { return "P7; ext4 since Linux 6.15" }
func (alwaysCall) Safe() bool     { return true }

func (alwaysCall) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	return in.BreakLayoutFinal(t)
}
