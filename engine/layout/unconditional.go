package layout

import "daxbench/engine/vfs"

// unconditional is P2x, the XFS half of "[PATCH v2 05/18] xfs: Add
// xfs_break_layouts() to the inode eviction path" (Sep 2022, never merged): for
// every inode, DAX or not, take both inode locks exclusive, wait for the pins
// (BREAK_UNMAP_FINAL: uninterruptible), then break the layout leases, and only
// then truncate.
//
// It holds ioLock all through the wait for pins; only layoutMu is dropped
// meanwhile. For leases both locks are dropped, and everything is looked at
// again afterwards. It can block on pins, on lease holders (a pNFS client, up
// to the recall deadline) and on both locks, from reclaim too.
//
// Note: the patch drops the locks after truncation, this one before it; nobody
// else can reach the inode in between, so it makes no difference but for who
// holds them while the entries go.
type unconditional struct{}

func (unconditional) Name() string { return "unconditional" }
func (unconditional) About() string {
	return "take both inode locks, wait for pins, recall leases, on every inode"
}
func (unconditional) Origin() string {
	return "P2x; patch v2 05/18, Sep 2022, never merged"
}
func (unconditional) Safe() bool { return true }

func (unconditional) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	io, layout := in.IOLock(), in.LayoutLock()
	io.Lock()
	layout.Lock()
	for {
		err := in.BreakLayout(t, 0)
		if err == nil && in.Leases().Empty() {
			break
		}
		layout.Unlock()
		io.Unlock()
		if err == nil {
			err = in.BreakLeases(t)
		}
		if err != nil {
			return err
		}
		in.ThawLayout()
		io.Lock()
		layout.Lock()
	}
	layout.Unlock()
	io.Unlock()
	return nil
}
