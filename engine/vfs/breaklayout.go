package vfs

import (
	"daxbench/engine/internal/bug"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// BusyPage shuts the gate of a DAX mapping, so that no new pin can be taken,
// and returns the first pinned page at index from or later:
// dax_layout_busy_page_range, whose unmap_mapping_pages the gate stands for.
// The gate stays shut. Of a mapping that is not DAX it returns none and
// touches nothing, as the kernel's does. The caller holds layoutMu exclusive or
// has the inode alone.
func (in *Inode) BusyPage(from uint32) (pfn page.PFN, busy bool) {
	if !in.IsDAX() {
		return 0, false
	}
	m := &in.mapping
	if !m.gate.IsShut() && !bug.Planted(bug.BreakWithoutGate) {
		m.gate.Shut()
	}
	m.mu.Lock()
	if m.n.Load() > 0 {
		pieces(in.rec.Extents, max(from, m.lo), m.hi, func(_ uint32, e media.Extent) bool {
			if bug.Planted(bug.BreakSeesOnePage) {
				e.Len = 1
			}
			pfn, busy = in.sb.pages.BusyPage(page.PFN(e.Start), e.Len)
			return !busy
		})
	}
	m.mu.Unlock()
	return pfn, busy
}

// WaitPin waits until pfn, a page of in, is idle.
func (in *Inode) WaitPin(t *Task, pfn page.PFN) error {
	s, err := in.sb.pages.WaitIdle(t.ctx, pfn)
	if s.Total > 0 {
		t.Stats.PinWaits++
		t.Stats.PinWait += s.Total
		t.noteSleep(s)
	}
	if err == nil {
		return nil
	}
	return t.hung(HungError{What: "pins", Ino: in.ino, PFN: pfn, Pins: in.sb.pages.Pins(pfn), After: s.Total, Cause: err})
}

// BreakLayout makes the DAX pages from index from on idle and takes them out of
// the mapping: dax_break_layout. The caller holds layoutMu exclusive; it is
// dropped for each wait and taken again, and the gate opened for as long, because who holds a pin may need further faults before it can
// let go. On success the gate is shut and the entries are gone; ThawLayout
// opens it. The error is a *HungError, with the gate open. It returns at once
// if the inode is not DAX.
func (in *Inode) BreakLayout(t *Task, from uint32) error {
	if !in.IsDAX() {
		return nil
	}
	for {
		pfn, busy := in.BusyPage(from)
		if !busy {
			in.deleteEntries(from, nil)
			return nil
		}
		if bug.Planted(bug.BreakWaitsShut) && in.WaitPin(t, pfn) == nil {
			continue
		}
		in.ThawLayout()
		in.layoutMu.Unlock()
		err := in.WaitPin(t, pfn)
		in.layoutMu.Lock()
		if err != nil {
			return err
		}
	}
}

// ThawLayout opens the gate if it is shut.
func (in *Inode) ThawLayout() {
	if in.mapping.gate.IsShut() {
		in.mapping.gate.Open()
	}
}

// BreakLayoutFinal is BreakLayout for an inode that is being evicted:
// dax_break_layout_final of Linux 6.15. It takes no lock of the inode, since
// nobody else can reach it, waits without regard to signals, and after each
// wait scans from the start again. It returns at once if the inode is not DAX.
func (in *Inode) BreakLayoutFinal(t *Task) error {
	if !in.IsDAX() {
		return nil
	}
	for {
		pfn, busy := in.BusyPage(0)
		if !busy {
			in.deleteEntries(0, nil)
			return nil
		}
		if err := in.WaitPin(t, pfn); err != nil {
			return err
		}
	}
}

// BreakLeases recalls the layout leases and waits for them: break_layout. It
// takes no lock; the caller holds none that a lease holder could need.
func (in *Inode) BreakLeases(t *Task) error {
	b, err := in.leases.Break(t.ctx, in.sb.opts.RecallDeadline)
	t.Stats.Recalls += int64(b.Recalled)
	t.Stats.Fenced += int64(b.Fenced)
	t.Stats.RecallWait += b.Slept.Total
	t.noteSleep(b.Slept)
	if err == nil {
		return nil
	}
	return t.hung(HungError{What: "layout leases", Ino: in.ino, After: b.Slept.Total, Cause: err})
}

// deleteEntries takes the entries from index from on out of a DAX mapping
// (dax_delete_mapping_range) and calls gone with each if it is not nil.
func (in *Inode) deleteEntries(from uint32, gone func(index, e uint32)) {
	m := &in.mapping
	m.mu.Lock()
	m.dropLocked(from, gone)
	m.mu.Unlock()
}
