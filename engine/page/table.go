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
//	bit  31      Watched: the last drop has something to do
//	bit  30      Quarantined: it is to call Options.OnFree
//	bits 29..20  mappings, if Options.Refcount counts them: else part of the next
//	bits 19..0   references: pins, and mappings if they count
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
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// PFN is a page frame number: the index of a 4 KiB page in the region.
type PFN uint32

const (
	watched     = 1 << 31
	quarantined = 1 << 30
	marks       = watched | quarantined

	mapShift = 20
	maxMaps  = quarantined>>mapShift - 1
	oneMap   = 1<<mapShift + 1 // a mapping, and its reference
)

// PinBias is what a pin of the kind FOLL_PIN counts under Options.CountDMAOnly
// (kernel: GUP_PIN_COUNTING_BIAS). Any other counts 1.
const PinBias = 1 << 10

// A Table holds the words of all pages of one region. It takes 4 bytes per
// page, of which those of a large region are no memory until a page near them
// is used. It is safe for concurrent use.
type Table struct {
	words   []sync.Uint32
	waits   *sync.WaitTable
	refs    uint32                  // mask of the references in a word; fixed
	busy    uint32                  // mask of those that can make a page busy; fixed
	special bool                    // there is more to a busy test than that mask; fixed
	opts    Options                 // fixed
	folio   []sync.Uint32           // for every FolioPages pages a word, see joined; nil if Granule is Page
	free    sync.Pointer[func(PFN)] // Options.OnFree, or what Retain put in its place

	mu   sync.Mutex
	held map[PFN][]PFN // guarded by mu; quarantined pages by whose word they wait for; used if there are folios
}

// NewTable is MakeTable for who has memory for sure: it panics instead.
func NewTable(n int, waits *sync.WaitTable, o Options) *Table {
	t, err := MakeTable(n, waits, o)
	if err != nil {
		panic(err.Error())
	}
	return t
}

// MakeTable returns the table of n pages; tasks that wait for a page sleep in waits. The
// error is that of the system, which has no memory, or no addresses, for so many words.
func MakeTable(n int, waits *sync.WaitTable, o Options) (*Table, error) {
	t := &Table{waits: waits, opts: o, refs: quarantined - 1}
	if o.Refcount != Base1 {
		t.refs = 1<<mapShift - 1
	}
	if t.busy = t.refs; o.CountDMAOnly {
		t.busy &^= PinBias - 1
	}
	if o.Granule == Folio {
		t.folio = make([]sync.Uint32, (n+FolioPages-1)/FolioPages)
	}
	t.special = o.Refcount != Base1 || t.folio != nil
	if o.OnFree != nil {
		t.free.Store(&o.OnFree)
	}
	return t, t.makeWords(n)
}

// Len returns the number of pages.
func (t *Table) Len() int { return len(t.words) }

// Grab takes a pin on pfn before it is known whether that may be, as the kernel's try_grab_folio does: step P2. The
// caller, who found pfn in a mapping after it had read seq from the gate, must then look again whether the gate is as
// it was, and if not, drop the pin by Ungrab. Of a folio, pfn is the first page.
//
// Note: Grab and Unpin contain one call each, to a slow path, and are inlined. A pair then costs as much as two bare
// atomic adds, and 1.2 to 1.6 times that as calls (BenchmarkPin): a locked instruction waits for all that was stored
// before it, as each call stores where it is to return to. TryPin with its four arguments is just too long for that.
func (t *Table) Grab(pfn PFN) {
	if t.words[pfn].SlowInc() {
		t.grabSlow(pfn)
	}
}

// GrabFree is Grab for a caller that has just seen sync.Free, of a pin that counts n:
// 1 or PinBias.
func (t *Table) GrabFree(pfn PFN, n uint32) { t.words[pfn].AddFree(n) }

// grabSlow is the whole of Grab under a scheduler.
//
//go:noinline
func (t *Table) grabSlow(pfn PFN) {
	if bug.Planted(bug.PinInTwoSteps) {
		t.words[pfn].Store(t.words[pfn].Load() + 1)
	} else {
		t.words[pfn].Add(1)
	}
}

// Ungrab drops a pin that came too late.
//
//go:noinline
func (t *Table) Ungrab(pfn PFN) {
	if bug.Planted(bug.BackOffForgetsWake) {
		t.words[pfn].Add(^uint32(0))
		return
	}
	t.Unpin(pfn)
}

// TryPin is Grab with what belongs to it: seq must be open, and is what the caller read from g before it found pfn in
// the mapping behind g. It reports false if the gate has moved since; the page is then not pinned, and may be another
// file's. It never blocks.
func (t *Table) TryPin(g *Gate, seq Seq, pfn PFN) bool {
	if t.Grab(pfn); g.Enter() == seq || bug.Planted(bug.PinWithoutRecheck) {
		return true
	}
	t.Ungrab(pfn)
	return false
}

// Unpin drops one pin on pfn. If it was the last one it wakes who waits for
// that, and a quarantined page is freed. It panics if the page has none, but for one case: a page
// that is mapped, where mappings count, that nobody waits for, without a scheduler. To look at the mappings each time
// is more than the compiler inlines.
func (t *Table) Unpin(pfn PFN) {
	if t.words[pfn].SlowSub(1) { // bit 31: watched; any: below zero, if no mapping counts
		t.unpinSlow(pfn)
	}
}

// unpinSlow does what is left to do after the last pin; under a scheduler it is
// the whole of Unpin.
//
//go:noinline
func (t *Table) unpinSlow(pfn PFN) { t.dropSlow(pfn, 1) }

// dropSlow is unpinSlow for what counted n.
func (t *Table) dropSlow(pfn PFN, n uint32) {
	if sync.Free() {
		t.dropped(pfn, t.words[pfn].LoadFree(), n)
	} else {
		t.drop(pfn, n)
	}
}

// dropped does what must be done after n was dropped and the word became v. If
// the page was pinned again since, the marks stay for whoever drops that pin.
//
// The marks come off first, and then the waiters are woken. A waiter queues itself
// before it sets Watched: if it did that before the marks came off, the wake finds it
// in the queue; if after, it sees in the same step that the page is at rest.
func (t *Table) dropped(pfn PFN, v, n uint32) {
	if (v+n)&t.refs < n&t.refs || t.opts.Refcount != Base1 && v&t.refs < v>>mapShift&maxMaps {
		panic(fmt.Sprintf("page: unpin of pfn %d, which has no pin (word %#x)", pfn, v))
	}
	for v&watched != 0 {
		rest, free := t.atRest(v), v&quarantined != 0 && t.pinsIn(v) == 0
		next := v
		if free {
			next &^= quarantined
		}
		if rest && next&quarantined == 0 {
			next &^= watched
		}
		if !rest && !free {
			return
		}
		onFree := t.free.Load()
		if next != v && !t.words[pfn].CompareAndSwap(v, next) {
			v = t.words[pfn].Load()
			continue
		}
		if rest && !bug.Planted(bug.UnpinForgetsWake) {
			t.waits.Wake(uint64(pfn))
		}
		if free {
			t.release(pfn, onFree)
		}
		return
	}
}

// TryPinDMA is TryPin for a pin of the kind FOLL_PIN under Options.CountDMAOnly;
// it counts PinBias. UnpinDMA drops it.
func (t *Table) TryPinDMA(g *Gate, seq Seq, pfn PFN) bool {
	t.words[pfn].Add(PinBias)
	if g.Enter() == seq {
		return true
	}
	t.UnpinDMA(pfn)
	return false
}

// UnpinDMA drops a pin that TryPinDMA took. It panics if there is none, also where mappings count: what a drop lacks
// is then borrowed from them, which none of bits 31 to 29 shows.
func (t *Table) UnpinDMA(pfn PFN) {
	if t.CountsMaps() {
		t.drop(pfn, PinBias)
	} else if t.words[pfn].SlowSub(PinBias) {
		t.dropSlow(pfn, PinBias)
	}
}

// drop drops n, which a reference counts.
func (t *Table) drop(pfn PFN, n uint32) {
	t.dropped(pfn, t.words[pfn].Add(-n), n)
}

// CountsMaps reports whether the table counts user mappings.
func (t *Table) CountsMaps() bool { return t.opts.Refcount != Base1 }

// Map counts a user mapping of pfn, and a reference for it. Only a table that
// counts mappings has these two.
func (t *Table) Map(pfn PFN) {
	if v := t.words[pfn].Add(oneMap); v>>mapShift&maxMaps == 0 || t.opts.Refcount == Base1 {
		panic(fmt.Sprintf("page: pfn %d is mapped more than %d times (word %#x)", pfn, maxMaps, v))
	}
}

// Unmap takes back what Map counted.
func (t *Table) Unmap(pfn PFN) { t.drop(pfn, oneMap) }
