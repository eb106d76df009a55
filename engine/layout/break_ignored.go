package layout

import (
	"errors"

	"daxbench/engine/vfs"
)

// breakAndIgnore is what ext4_break_layouts was called for in patch v2.
type breakAndIgnore struct{ facts }

// breakIgnored is P2e, the ext4 half of patch v2: take invalidate_lock, wait
// for the pins as an explicit truncation does, that is interruptibly and with
// the lock cycled, and truncate whatever came of it. It holds nothing while it
// sleeps, and can block on pins and on layoutMu.
var breakIgnored = &breakAndIgnore{facts{
	id: "P2e", name: "break-ignored",
	about:    "wait for pins until a signal comes, and go on whatever came of it",
	origin:   "patch v2, ext4, Sep 2022, never merged",
	holds:    "nothing: layoutMu is cycled",
	blocksOn: "pins, until a signal; layoutMu",
	expect: expect(waits(
		because("U P1r", "With a signal pending the wait ends at once, and the blocks are freed."),
		because("A P1e", "With a signal pending the inode goes while its page is pinned."),
	)...),
}}

func (*breakAndIgnore) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	in.LockLayout(t)
	err := in.BreakLayoutInterruptible(t)
	in.UnlockLayout(t)
	if errors.Is(err, vfs.ErrInterrupted) {
		return nil
	}
	return err
}
