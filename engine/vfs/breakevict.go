package vfs

import (
	"time"

	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// The ways to break the layout of an inode that is being evicted which Linux
// 6.15 did not choose. BreakLayoutFinal is the one it did. Each returns at once
// if the inode is not DAX.

// RetryLayoutFinal tries to break the layout without waiting (dax_break_layout
// with a nil callback) until no page is pinned. Between two tries the gate is
// open. The error is a *HungError.
func (in *Inode) RetryLayoutFinal(t *Task) error {
	pfn, ok := in.tryBreakFinal(t)
	if ok {
		return nil
	}
	start := sync.Now()
	in.tellWait(t, WaitBegin, pfn)
	var err error
	last := pfn
	for !ok && err == nil {
		last = pfn
		if err = in.spinFor(t, pfn, start); err == nil {
			pfn, ok = in.tryBreakFinal(t)
		}
		if err == nil && !ok {
			err = t.err // of a wait for a locked entry
		}
	}
	in.tellWait(t, WaitEnd, pfn)
	s := Sleep{Wait: ForPins, PFN: last, Begin: start, Total: sync.Now().Sub(start)}
	t.Stats.PinWaits++
	t.Stats.PinWait += s.Total
	t.noteSleep(in, s)
	return err
}

// tryBreakFinal is one try. If a page was pinned it returns that, with the gate
// open again and the entries as before.
func (in *Inode) tryBreakFinal(t *Task) (pfn page.PFN, ok bool) {
	if !in.IsDAX() {
		return 0, true
	}
	t.Stats.BreakTries++
	pfn, busy := in.BusyPage(t, 0)
	if busy || in.deleteEntries(t, 0, everything) != nil {
		in.ThawLayout()
		return pfn, false
	}
	return 0, true
}

// BreakLayoutBounded is BreakLayoutFinal that leaves the pinned pages alone after
// Options.BreakDeadline, in reclaim at once. It then returns nil, with the gate
// shut and the entries as before. The error is a *HungError.
func (in *Inode) BreakLayoutBounded(t *Task) error {
	if !in.IsDAX() {
		return nil
	}
	until := time.Time{}
	for from := uint32(0); ; {
		pfn, busy := in.BusyPage(t, from)
		if !busy {
			return in.deleteEntries(t, 0, everything)
		}
		if until.IsZero() { // the clock is not looked at if nobody is in the way
			until = sync.Now().Add(in.sb.opts.BreakDeadline)
		}
		err := sync.ErrDeadline
		if !t.InReclaim() {
			err = in.waitPin(t, t.ctx, pfn, until)
		}
		switch err {
		case nil:
			from = in.resumeAt(from, pfn)
		case sync.ErrDeadline:
			t.Stats.Overdue++
			return nil
		default:
			return err
		}
	}
}

// BreakEntriesFinal goes through the entries in order of their index, waits for
// each until its page is idle, and deletes it: dax_delete_mapping_entry as v3 of
// "Fix the DAX-gup mistake" had it. Entries behind are not looked at before their turn,
// and none is twice.
func (in *Inode) BreakEntriesFinal(t *Task) error {
	if !in.IsDAX() || in.entryCount.Load() == 0 {
		return nil
	}
	m := &in.mapping
	for index := m.lo; index < m.hi; index++ {
		for m.at(index) != 0 {
			if pfn, busy := in.busyRange(t, index, index+1); busy {
				if err := in.WaitPin(t, pfn); err != nil {
					return err
				}
			} else if err := in.deleteEntries(t, index, index+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// BreakLayoutInterruptible is BreakLayout for the whole file that ends with
// ErrInterrupted at a signal, as the break before an explicit truncation does.
// The caller holds layoutMu exclusive; it is cycled. After an error the gate is
// open.
func (in *Inode) BreakLayoutInterruptible(t *Task) error {
	if !in.IsDAX() {
		return nil
	}
	for {
		pfn, busy := in.BusyPage(t, 0)
		if !busy {
			return in.deleteEntries(t, 0, everything)
		}
		in.ThawLayout()
		in.UnlockLayout(t)
		err := in.waitPin(t, t.interruptible(), pfn, time.Time{})
		in.LockLayout(t)
		if err == ErrInterrupted {
			t.Stats.Interrupted++
			in.sb.tell(Event{Kind: Signalled, Task: t, Owner: in.Owner()})
		}
		if err != nil {
			return err
		}
	}
}
