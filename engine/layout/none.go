package layout

import "daxbench/engine/vfs"

// none is P0, what mainline did up to 6.14: eviction deletes the entries,
// warns once if one is busy, and frees the blocks at once. It holds nothing,
// waits for nothing, and lets a device write into the next owner's file.
type none struct{}

func (none) Name() string   { return "none" }
func (none) About() string  { return "break nothing at eviction; the fast and unsafe floor" }
func (none) Origin() string { return "P0; Linux up to 6.14" }
func (none) Safe() bool     { return false }

func (none) BreakForEvict(*vfs.Task, *vfs.Inode) error { return nil }
