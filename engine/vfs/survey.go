package vfs

import "daxbench/engine/media"

// Surveyed is what Survey says of one cached inode.
type Surveyed struct {
	Owner      media.Owner
	Refs       uint32
	New        bool
	Freeing    bool
	Unlinked   bool
	OnLRU      bool
	Referenced bool
	Empty      bool // it has no page
	Shrinkable bool // reclaim may look at it, once it is idle
}

// Survey tells of every cached inode, and changes nothing. On an engine at work
// what it says belongs to different moments. visit is called under a lock and
// may not call the engine.
func (sb *Superblock) Survey(visit func(Surveyed)) {
	sb.each(func(in *Inode) {
		w := State(in.state.Load())
		visit(Surveyed{
			Owner: in.Owner(), Refs: w.Refs(),
			New: w.IsNew(), Freeing: w.IsFreeing(), Unlinked: w.IsUnlinked(), OnLRU: w.IsOnLRU(),
			Referenced: w.IsReferenced(), Empty: in.entryCount.Load() == 0,
			Shrinkable: sb.shrinkable(in),
		})
	})
}
