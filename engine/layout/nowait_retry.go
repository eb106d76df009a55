package layout

import "daxbench/engine/vfs"

type tryAgain struct{ facts }

// nowaitRetry is P15, what dax_break_layout without a callback asks of its
// caller: try, and if a page is pinned drop everything and try again. It holds
// nothing between two tries, sleeps on nothing, and burns a processor for as
// long as the pin lasts. XFS does so where it locks two inodes for a dedupe.
//
// Note: it does not back off. A sleep between two tries, growing or not, would be
// a worse wait for the pin, not another policy.
var nowaitRetry = &tryAgain{facts{
	id: "P15", name: "nowait-retry",
	about:    "try without waiting, over and over",
	origin:   "how XFS locks two inodes, as in Linux 6.19",
	holds:    "nothing of the inode between two tries",
	blocksOn: "a processor, until the pins are gone",
	expect:   expect(waits()...),
}}

func (*tryAgain) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	return in.RetryLayoutFinal(t)
}
