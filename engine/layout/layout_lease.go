package layout

import "daxbench/engine/vfs"

type recallLeases struct{ facts }

// layoutLease is P10, Chinner's: who wants to pin takes a layout lease. Eviction
// recalls it and, at the deadline, fences: the device is kept from the page, and
// the pin counts no more. It holds nothing while it waits, and can block on lease
// holders, for no longer than the recall deadline.
//
// Note: no user interface for such leases exists. nfsd gives its clients two
// lease periods, 180 s.
var layoutLease = &recallLeases{facts{
	id: "P10", name: "layout-lease",
	about:    "give a pin only with a lease, recall it at eviction, and fence it at the deadline",
	origin:   "Chinner, Sep 2022",
	holds:    "nothing of the inode",
	blocksOn: "leases up to the recall deadline",
	rules:    vfs.Rules{NeedLease: true},
	expect: expect(
		because("R P2b", "Reclaim evicts, and waits for the lease to come back, up to the deadline."),
		because("H", "What is behind it on the dispose list waits along, up to the deadline."),
	),
}}

func (*recallLeases) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if !in.IsDAX() || !in.IsLeased() {
		return nil
	}
	return in.BreakLeases(t)
}
