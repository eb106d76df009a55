package vfs

import (
	"context"
	"time"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// Scan says what a scan for busy pages overlooks, as kernels did, and where it
// begins. The zero Scan overlooks nothing, and begins at the first page each time,
// as all kernels do. The bits may be joined.
type Scan uint8

const (
	// MappedOnly finds no page of a file busy that nobody has mapped, up to
	// Linux 6.14: who unmaps a file first can truncate it while a device writes
	// into it. At eviction nobody ever has it mapped; the kernels that looked
	// there had dropped that test, as all that was proposed did.
	MappedOnly Scan = 1 << iota
	// SkipLocked passes over entries that are locked, up to Linux 6.14.
	SkipLocked
	// PauseSkips waits for a locked entry, but goes on behind it: Linux 6.15
	// before the xas_pause in dax_layout_busy_page_range became an xas_reset.
	PauseSkips
	// Resumes lets the break of an eviction, after it has waited for a page, look
	// only at that page and those behind it: n pages with k pins that go one by one
	// are n + k to look at, and not n · k. No kernel does so yet. Of a file that
	// shares no block it overlooks nothing that the others see: the gate is shut all
	// the while, so a page that was idle stays so.
	//
	// A page that another file shares does not stay so: it can be pinned through that
	// file, and the pin stays behind when a CowWrite takes the block from that file.
	// If both come after the last scan has passed the page, every scan overlooks the
	// pin, also one that began at the first page. To go on behind that page would only
	// give them more time, so the break of a file with shared blocks begins anew.
	//
	// What a scan passes over because it is locked is not idle either: joined with
	// SkipLocked or PauseSkips it has no effect.
	Resumes
)

// BusyPage shuts the gate of a DAX mapping, so that no new pin can be taken,
// and returns the first pinned page at index from or later:
// dax_layout_busy_page_range, whose unmap_mapping_pages the gate stands for.
// The gate stays shut. Of a mapping that is not DAX it returns none and
// touches nothing, as the kernel's does. For an entry that is locked it sleeps;
// if that is given up, the entry's page counts as busy, and so does WaitPin give
// up. The caller holds layoutMu exclusive or has the inode alone.
//
// A page without an entry is not looked at, as in the kernel: a pin on it, from
// an older instance of the file or from before a CowWrite, stays unseen.
func (in *Inode) BusyPage(t *Task, from uint32) (pfn page.PFN, busy bool) {
	return in.busyRange(t, from, everything)
}

// busyRange is BusyPage for the pages [from, end).
func (in *Inode) busyRange(t *Task, from, end uint32) (pfn page.PFN, busy bool) {
	if !in.IsDAX() {
		return 0, false
	}
	m, sb := &in.mapping, in.sb
	if sb.watch != nil {
		in.tell(t, Event{Kind: MaySleep, Class: EntryLock})
	}
	if !m.gate.IsShut() && !bug.Planted(bug.BreakWithoutGate) {
		m.gate.Shut()
	}
	m.mu.Lock()
	switch {
	case in.entryCount.Load() == 0:
	case m.vmasLocked() != nil || m.locked > 0 || sb.opts.Scan&MappedOnly != 0:
		pfn, busy = in.busySlowLocked(t, from, end)
	default:
		if sb.pages.HasFolios() {
			from, end = m.wholeLocked(from, end)
		}
		pfn, busy = in.busyEntriesLocked(from, end)
	}
	if sb.watch != nil {
		in.tell(t, Event{Kind: Scanned, N: in.scannedLocked(from, end, pfn, busy)})
	}
	m.mu.Unlock()
	return pfn, busy
}

// scannedLocked counts the entries of [from, end) that a scan has looked at: those
// up to the one of pfn, if that was busy, else all. It is for the watcher only.
func (in *Inode) scannedLocked(from, end uint32, pfn page.PFN, busy bool) (n uint32) {
	m := &in.mapping
	if in.entryCount.Load() == 0 {
		return 0
	}
	for i := max(from, m.lo); i < min(end, m.hi); i++ {
		e := m.at(i)
		if e == 0 {
			continue
		}
		if n++; busy && (entryWord(e) == pfn || page.PFN(entryPage(e)) == pfn) {
			return n
		}
	}
	return n
}

// busyEntriesLocked returns the first busy page of the entries [from, end).
func (in *Inode) busyEntriesLocked(from, end uint32) (pfn page.PFN, busy bool) {
	m, pages := &in.mapping, in.sb.pages
	if in.entryCount.Load() == m.hi-m.lo {
		pieces(in.extents, max(from, m.lo), min(end, m.hi), func(_ uint32, e media.Extent) bool {
			if bug.Planted(bug.BreakSeesOnePage) {
				e.Len = 1
			}
			pfn, busy = pages.BusyPage(page.PFN(e.Start), e.Len)
			return !busy
		})
		return pfn, busy
	}
	m.runsLocked(from, end, func(e media.Extent) bool {
		pfn, busy = pages.BusyPage(page.PFN(e.Start), e.Len)
		return !busy
	})
	return pfn, busy
}

// busySlowLocked is busyRange where somebody has the file mapped or an entry
// locked, or the scan is to overlook something.
func (in *Inode) busySlowLocked(t *Task, from, end uint32) (pfn page.PFN, busy bool) {
	m, scan := &in.mapping, in.sb.opts.Scan
	if scan&MappedOnly != 0 && !in.isMappedLocked() && in.state.Load()&stFreeing == 0 {
		return 0, false
	}
	from, end = m.wholeLocked(from, end)
	m.unmapLocked(from, end)
	if m.locked == 0 {
		return in.busyEntriesLocked(from, end)
	}
	for i := max(from, m.lo); i < min(end, m.hi); i++ {
		e := m.at(i)
		waited := false
		for e&entryLocked != 0 && scan&SkipLocked == 0 {
			if in.waitEntryLocked(t, i) != nil {
				m.stuck = true
				return entryWord(e), true
			}
			e, waited = m.at(i), true
		}
		if e == 0 || e&entryLocked != 0 || waited && scan&PauseSkips != 0 {
			continue
		}
		if pfn, busy = in.sb.pages.BusyPage(entryWord(e), 1); busy {
			return pfn, true
		}
	}
	return 0, false
}

// WaitPin waits until pfn, a page of in, is idle. The error is a *HungError.
func (in *Inode) WaitPin(t *Task, pfn page.PFN) error {
	return in.waitPin(t, t.ctx, pfn, time.Time{})
}

// waitPin is WaitPin that ends with sync.ErrDeadline at until unless that is
// zero. If ctx is not the task's own but that of its interruptible sleeps, it
// ends with ErrInterrupted at a signal.
func (in *Inode) waitPin(t *Task, ctx context.Context, pfn page.PFN, until time.Time) error {
	sb := in.sb
	if in.mapping.stuck {
		return t.err
	}
	if sb.watch != nil {
		in.tell(t, Event{Kind: WaitBegin, Wait: ForPins, PFN: pfn})
	}
	s, err := sb.pages.WaitIdleUntil(ctx, pfn, until)
	if sb.watch != nil {
		in.tell(t, Event{Kind: WaitEnd, Wait: ForPins, PFN: pfn})
	}
	if s.Total > 0 {
		t.Stats.PinWaits++
		t.Stats.PinWait += s.Total
		t.noteSleep(in, Sleep{Wait: ForPins, PFN: pfn, Begin: s.Begin, Total: s.Total, Wake: s.Wake})
	}
	if err == nil || err == sync.ErrDeadline || err == ErrInterrupted {
		return err
	}
	return t.hung(HungError{What: "pins", Ino: in.ino, PFN: pfn, Pins: sb.pages.Pins(pfn), After: s.Total, Cause: err})
}

// BreakLayout makes the DAX pages from index from on idle and takes them out of
// the mapping: dax_break_layout. The caller holds layoutMu exclusive; it is
// dropped for each wait and taken again, and the gate opened for as long,
// because who holds a pin may need further faults before it can let go. On
// success the gate is shut and the entries are gone; ThawLayout opens it. The
// error is a *HungError, with the gate open. It returns at once if the inode is
// not DAX.
func (in *Inode) BreakLayout(t *Task, from uint32) error {
	return in.breakRange(t, from, everything)
}

// breakRange is BreakLayout for the pages [from, end).
func (in *Inode) breakRange(t *Task, from, end uint32) error {
	if !in.IsDAX() {
		return nil
	}
	for {
		pfn, busy := in.busyRange(t, from, end)
		if !busy {
			err := in.deleteEntries(t, from, end)
			if err != nil {
				in.ThawLayout()
			}
			return err
		}
		if bug.Planted(bug.BreakWaitsShut) && in.WaitPin(t, pfn) == nil {
			continue
		}
		in.ThawLayout()
		in.UnlockLayout(t)
		err := in.WaitPin(t, pfn)
		in.LockLayout(t)
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
// wait scans from the start again, unless Scan says otherwise. It returns at once
// if the inode is not DAX.
func (in *Inode) BreakLayoutFinal(t *Task) error {
	if !in.IsDAX() {
		return nil
	}
	for from := uint32(0); ; {
		pfn, busy := in.BusyPage(t, from)
		if !busy {
			return in.deleteEntries(t, 0, everything)
		}
		if err := in.WaitPin(t, pfn); err != nil {
			return err
		}
		if bug.Planted(bug.BreakForgetsRescan) {
			return in.deleteEntries(t, 0, everything)
		}
		from = in.resumeAt(from, pfn)
	}
}

// resumeAt returns where a scan that began at index from and found pfn busy goes on,
// by Scan: at the first page, or with Resumes where it found it, or at an index before
// that: of a folio, which page of it is not known. The caller has the inode alone.
func (in *Inode) resumeAt(from uint32, pfn page.PFN) uint32 {
	if in.sb.opts.Scan&(Resumes|SkipLocked|PauseSkips) != Resumes || in.flags&media.FlagShared != 0 {
		return 0
	}
	n := page.PFN(1)
	if in.sb.pages.HasFolios() {
		pfn, n = page.Head(pfn), page.FolioPages
	}
	pieces(in.extents, from, everything, func(index uint32, e media.Extent) bool {
		first, end := max(pfn, page.PFN(e.Start)), min(pfn+n, page.PFN(e.End()))
		if first >= end {
			return true
		}
		from = index + uint32(first) - e.Start
		return false
	})
	return from
}

// BreakLeases recalls the layout leases and waits for them: break_layout. It
// takes no lock; the caller holds none that a lease holder could need.
func (in *Inode) BreakLeases(t *Task) error {
	waits := in.sb.watch != nil && in.IsLeased()
	if waits {
		in.tell(t, Event{Kind: MaySleep})
		in.tell(t, Event{Kind: WaitBegin, Wait: ForLeases})
	}
	b, err := in.leases.Load().Break(t.ctx, in.sb.opts.RecallDeadline)
	if waits {
		in.tell(t, Event{Kind: WaitEnd, Wait: ForLeases})
	}
	t.Stats.Recalls += int64(b.Recalled)
	t.Stats.Fenced += int64(b.Fenced)
	if s := b.Slept; s.Total > 0 {
		t.Stats.RecallWait += s.Total
		t.noteSleep(in, Sleep{Wait: ForLeases, Begin: s.Begin, Total: s.Total, Wake: s.Wake})
	}
	if err == nil {
		return nil
	}
	return t.hung(HungError{What: "layout leases", Ino: in.ino, After: b.Slept.Total, Cause: err})
}

// deleteEntries takes the entries of the pages [from, end) out of a DAX mapping
// (dax_delete_mapping_range). For one that is locked it sleeps; the error is a
// *HungError, and then all are left.
func (in *Inode) deleteEntries(t *Task, from, end uint32) (err error) {
	m := &in.mapping
	m.mu.Lock()
	switch {
	case in.entryCount.Load() == 0:
	case m.vmasLocked() != nil || m.locked > 0 || in.sb.pages.HasFolios():
		err = in.deleteSlowLocked(t, from, end)
	default:
		in.dropLocked(from, end, nil)
	}
	m.mu.Unlock()
	return err
}

// deleteSlowLocked is deleteEntries where somebody has the file mapped, or an
// entry locked, or entries map 2 MiB.
func (in *Inode) deleteSlowLocked(t *Task, from, end uint32) error {
	from, end = in.mapping.wholeLocked(from, end)
	if err := in.awaitEntriesLocked(t, from, end); err != nil {
		return err
	}
	in.deleteLocked(from, end)
	return nil
}

// deleteLocked deletes entries of which none is locked, and cuts through none of
// 2 MiB, unless the caller deletes the rest of it too.
func (in *Inode) deleteLocked(from, end uint32) {
	m, pages := &in.mapping, in.sb.pages
	m.unmapLocked(from, end)
	in.dropLocked(from, end, func(_, e uint32) { pages.Disassociate(page.PFN(entryPage(e))) })
}
