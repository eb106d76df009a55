package layout

import "daxbench/engine/vfs"

// breakWithLocks is patch v2: everything that an explicit truncation does.
type breakWithLocks struct{ facts }

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
var unconditional = &breakWithLocks{facts{
	id: "P2x", name: "unconditional",
	about:    "take both inode locks, wait for pins, recall leases, on every inode",
	origin:   "patch v2 05/18, Sep 2022, never merged",
	holds:    "ioLock while it waits for pins, nothing while it waits for leases",
	blocksOn: "pins, leases up to the recall deadline, ioLock and layoutMu",
	expect: expect(waits(
		because("K", "Reclaim wants ioLock of an inode while others allocate with theirs held, as readdir does."),
	)...),
}}

func (*breakWithLocks) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	in.LockIO(t)
	in.LockLayout(t)
	for {
		err := in.BreakLayout(t, 0)
		if err == nil && !in.IsLeased() {
			break
		}
		in.UnlockLayout(t)
		in.UnlockIO(t)
		if err == nil {
			err = in.BreakLeases(t)
		}
		if err != nil {
			return err
		}
		in.ThawLayout()
		in.LockIO(t)
		in.LockLayout(t)
	}
	in.UnlockLayout(t)
	in.UnlockIO(t)
	return nil
}
