package layout

import "daxbench/engine/vfs"

type waitWithLocks struct{ facts }

// lockedFinal is P6, v3 to v6 of "Fix FS DAX page reference counts" (Nov 2024 to
// Jan 2025): for DAX inodes only, take both inode locks, wait uninterruptibly
// with layoutMu cycled, delete the entries, unlock, truncate. Leases are not
// broken. It holds ioLock while it waits, and can block on pins and on both
// locks.
//
// Note: the ext4 half of it passed the function that cycles the lock without
// ever taking the lock. Wong's remark that nobody else can reach the inode led
// to dax-only.
var lockedFinal = &waitWithLocks{facts{
	id: "P6", name: "locked-final",
	about:    "take both inode locks and wait for pins, on DAX inodes only",
	origin:   "Popple, v3 to v6, Nov 2024 to Jan 2025",
	holds:    "ioLock",
	blocksOn: "pins, ioLock and layoutMu",
	expect: expect(waits(
		because("K", "Reclaim wants ioLock of an inode while others allocate with theirs held."),
	)...),
}}

func (*waitWithLocks) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if !in.IsDAX() {
		return nil
	}
	in.LockIO(t)
	in.LockLayout(t)
	err := in.BreakLayout(t, 0)
	in.UnlockLayout(t)
	in.UnlockIO(t)
	return err
}
