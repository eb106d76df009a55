package layout

import "daxbench/engine/vfs"

type waitBounded struct{ facts }

// boundedWait is P16: as dax-only, but after a deadline (Options.BreakDeadline;
// none at all in reclaim) the inode is torn down all the same and its pinned
// blocks are quarantined. It holds nothing and can block on pins until the
// deadline.
var boundedWait = &waitBounded{facts{
	id: "P16", name: "bounded-wait",
	about:    "wait for pins until a deadline, then free pinned blocks with their last unpin",
	origin:   "daxbench",
	holds:    daxOnly.holds,
	blocksOn: "pins until the deadline, in reclaim not at all",
	rules:    vfs.Rules{Quarantine: true},
	expect: expect(
		because("A P1e", "After the deadline the inode is gone while its page is pinned."),
		because("H", "What is behind it on the dispose list waits along, up to the deadline."),
	),
}}

func (*waitBounded) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	return in.BreakLayoutBounded(t)
}
