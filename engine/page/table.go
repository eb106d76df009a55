// Package page keeps who holds a page of persistent memory: one atomic word
// per 4 KiB page, the counterpart of the reference count in the kernel's
// struct page for ZONE_DEVICE memory (include/linux/mm_types.h, mm/gup.c).
//
// A DAX page is the storage itself. A pin on it (get_user_pages) can outlive
// every reference to the file, so before its block is freed somebody must
// make sure that no new pin can be taken and wait for the old ones. The
// package gives the two halves of that: a Gate refuses pins on all pages of a
// mapping at once, and a Table counts pins and lets a task wait until a page
// is idle. It knows no inode and no policy.
//
// # The word
//
//	bit  31     Watched: somebody waits until the page is idle
//	bits 30..0  number of pins
//
// # Pin against freeze
//
// Pinning follows the kernel's gup-fast: take the reference first, then look
// again at what allowed it. There the second look is at the page table entry,
// here at the gate.
//
//	pinner                         breaker
//	P1 seq := gate (open)          B1 gate := shut (seq changes)
//	P2 word += 1                   B2 read word
//	P3 gate == seq ? keep : undo
//
// P2 and B1 are both full barriers. If B1 comes before P3, the pinner sees the
// change and undoes. Otherwise P2 came before P3, hence before B1 and before
// B2, so the breaker sees the pin and waits. Nothing between the two exists:
// once the gate is shut and a word reads 0, that page is frozen and stays
// unpinned until the gate opens. An undo can itself be the last put, so it
// wakes the waiters just as Unpin does.
//
// The gate carries a sequence number besides, because a mapping can be frozen,
// truncated and thawed between P1 and P3, and the block may be another file's
// by then: open is not enough, it must be the same opening.
//
// Note: a frozen bit in each word was tried in the design's prototype (add,
// then test the bit that came back): pins cost the same, but freezing 512
// pages took 1.4 µs against 0.17 µs for a gate and a scan.
package page

import (
	"context"
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// PFN is a page frame number: the index of a 4 KiB page in the region.
type PFN uint32

const (
	watched  = 1 << 31
	pinCount = watched - 1
)

// A Table holds the words of all pages of one region. It takes 4 bytes per
// page and is not touched until a page is used. It is safe for concurrent use.
type Table struct {
	words []sync.Uint32
	waits *sync.WaitTable
}

// NewTable returns the table of n pages; tasks that wait for a page sleep in waits.
func NewTable(n int, waits *sync.WaitTable) *Table {
	return &Table{words: make([]sync.Uint32, n), waits: waits}
}

// Len returns the number of pages.
func (t *Table) Len() int { return len(t.words) }

// TryPin takes a pin on pfn, which the caller found in the mapping behind g
// after it had read seq from it; seq must be open. It reports false if the gate
// has moved since; the page is then not pinned and pfn may be another file's.
// It never blocks.
//
// It and Unpin contain one call each, to a slow path, and no other: so written
// a pair costs 1.2 times two bare atomic adds (BenchmarkPin), as a chain of
// wrapped atomics 2.1 times.
func (t *Table) TryPin(g *Gate, seq Seq, pfn PFN) bool {
	return sync.Free() && t.words[pfn].AddFree(1) != 0 && g.word.LoadFree() == uint64(seq) || t.tryPinSlow(g, seq, pfn)
}

// tryPinSlow undoes a pin that came too late; under a scheduler it is the whole
// of TryPin.
//
//go:noinline
func (t *Table) tryPinSlow(g *Gate, seq Seq, pfn PFN) bool {
	if !sync.Free() {
		if bug.Planted(bug.PinInTwoSteps) {
			t.words[pfn].Store(t.words[pfn].Load() + 1)
		} else {
			t.words[pfn].Add(1)
		}
		if g.word.Load() == uint64(seq) || bug.Planted(bug.PinWithoutRecheck) {
			return true
		}
		if bug.Planted(bug.BackOffForgetsWake) {
			t.words[pfn].Add(^uint32(0))
			return false
		}
	}
	t.Unpin(pfn)
	return false
}

// Unpin drops one pin on pfn and wakes who waits for the last one. It panics
// if the page has none.
func (t *Table) Unpin(pfn PFN) {
	if !sync.Free() || int32(t.words[pfn].AddFree(^uint32(0))) < 0 { // watched, or below zero
		t.unpinSlow(pfn)
	}
}

// unpinSlow wakes the waiters of a page that has become idle; under a scheduler
// it is the whole of Unpin. If the page was pinned again since, that pin's end
// will wake them. The mark comes off before the wake: a waiter who sets it
// again afterwards then tests the count after that, and one who set it before
// is in the queue.
//
//go:noinline
func (t *Table) unpinSlow(pfn PFN) {
	var v uint32
	if sync.Free() {
		v = t.words[pfn].LoadFree()
	} else {
		v = t.words[pfn].Add(^uint32(0))
	}
	switch {
	case v == watched:
		t.words[pfn].And(pinCount)
		if !bug.Planted(bug.UnpinForgetsWake) {
			t.waits.Wake(uint64(pfn))
		}
	case v&pinCount == pinCount:
		panic(fmt.Sprintf("page: unpin of pfn %d, which has no pin (word %#x)", pfn, v))
	}
}

// Pins returns the number of pins on pfn.
func (t *Table) Pins(pfn PFN) uint32 { return t.words[pfn].Load() & pinCount }

// Idle reports whether pfn has no pin, as dax_page_is_idle does. Without a
// shut gate the answer is old at once.
func (t *Table) Idle(pfn PFN) bool { return t.Pins(pfn) == 0 }

// BusyPage returns the first pinned page of the n pages from first on, as
// dax_layout_busy_page_range does for an extent.
func (t *Table) BusyPage(first PFN, n uint32) (PFN, bool) {
	words := t.words[first : first+PFN(n)]
	i := 0
	if sync.Free() {
		for ; i+4 <= len(words); i += 4 {
			w := words[i : i+4 : i+4]
			if (w[0].LoadFree()|w[1].LoadFree()|w[2].LoadFree()|w[3].LoadFree())&pinCount != 0 {
				break
			}
		}
	}
	for ; i < len(words); i++ {
		if words[i].Load()&pinCount != 0 {
			return first + PFN(i), true
		}
	}
	return 0, false
}

// WaitIdle waits until pfn has no pin, and returns how long it slept: nothing
// if the page was idle. It returns the cause of ctx if that is done first.
func (t *Table) WaitIdle(ctx context.Context, pfn PFN) (sync.Slept, error) {
	var sum sync.Slept
	for !t.Idle(pfn) {
		w := t.waits.Arm(uint64(pfn))
		if t.words[pfn].Or(watched)&pinCount == 0 && !bug.Planted(bug.TestThenArm) {
			t.waits.Disarm(w)
			break
		}
		s, err := t.waits.Sleep(ctx, w)
		sum.Total += s.Total
		sum.Wake += s.Wake
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}
