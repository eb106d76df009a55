package page

import (
	"context"
	"runtime"
	"time"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// pinsIn returns how many pins a word counts.
func (t *Table) pinsIn(v uint32) uint32 {
	n := v & t.refs
	if t.opts.Refcount != Base1 {
		n -= v >> mapShift & maxMaps
	}
	if t.opts.CountDMAOnly {
		n = n/PinBias + n%PinBias
	}
	return n
}

// isBusy is the test of dax_busy_page.
func (t *Table) isBusy(v uint32) bool {
	if t.opts.Refcount != Base1 {
		v -= v >> mapShift & maxMaps
	}
	return v&t.busy != 0
}

// atRest is what WaitIdle waits for, which Base0 does not have the same as the
// opposite of isBusy.
func (t *Table) atRest(v uint32) bool {
	if t.opts.Refcount == Base0 {
		return v&t.busy == 0
	}
	return !t.isBusy(v)
}

// Pins returns the number of pins on pfn, of either kind.
func (t *Table) Pins(pfn PFN) uint32 { return t.pinsIn(t.words[pfn].Load()) }

// FirstPinned returns the first of the n pages from first on that has a pin, of
// either kind, be it one that does not make it busy. Of a folio that can be the
// first page only. Words that were never used are not made present in memory.
func (t *Table) FirstPinned(first PFN, n uint32) (PFN, bool) {
	for end := first + PFN(n); first < end; first++ {
		first += PFN(sync.FirstSet(t.words[first:end], t.refs))
		if first < end && t.pinsIn(t.words[first].Load()) > 0 {
			return first, true
		}
	}
	return 0, false
}

// Idle reports whether pfn is not busy, as dax_page_is_idle does. Without a
// shut gate the answer is old at once.
func (t *Table) Idle(pfn PFN) bool { return !t.isBusy(t.words[pfn].Load()) }

// BusyPage returns the first busy page of the n pages from first on, as
// dax_layout_busy_page_range does for an extent. Of a folio that is the first
// page.
func (t *Table) BusyPage(first PFN, n uint32) (PFN, bool) {
	if t.special {
		return t.busySpecial(first, n)
	}
	i := sync.FirstSet(t.words[first:first+PFN(n)], t.busy)
	runtime.KeepAlive(t)
	if i < int(n) {
		return first + PFN(i), true
	}
	return 0, false
}

// busySpecial is BusyPage where mappings count, and what is only mapped is not
// busy, or where folios have one word.
func (t *Table) busySpecial(first PFN, n uint32) (PFN, bool) {
	for end := first + PFN(n); first < end; first++ {
		pfn, folio := first, t.inFolio(first)
		if folio {
			pfn = Head(first)
		}
		if v := t.words[pfn].Load(); v&t.busy != 0 && t.isBusy(v) {
			return pfn, true
		}
		if folio {
			first = pfn + FolioPages - 1
		}
	}
	return 0, false
}

// WaitIdle waits until pfn is at rest, and returns how long it slept: nothing
// if the page was so. It returns the cause of ctx if that is done first.
func (t *Table) WaitIdle(ctx context.Context, pfn PFN) (sync.Slept, error) {
	return t.WaitIdleUntil(ctx, pfn, time.Time{})
}

// WaitIdleUntil is WaitIdle that ends with sync.ErrDeadline at until, unless
// that is zero.
func (t *Table) WaitIdleUntil(ctx context.Context, pfn PFN, until time.Time) (sync.Slept, error) {
	var sum sync.Slept
	for !t.atRest(t.words[pfn].Load()) {
		w := t.waits.Arm(uint64(pfn))
		if t.atRest(t.words[pfn].Or(watched)) && !bug.Planted(bug.TestThenArm) {
			t.waits.Disarm(w)
			break
		}
		s, err := t.waits.SleepUntil(ctx, w, until)
		sum.Add(s)
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}
