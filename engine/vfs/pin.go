package vfs

import (
	"errors"
	"runtime"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// ErrUnbounded is returned by PinFor under Rules.RefuseUnbounded (kernel: EOPNOTSUPP).
var ErrUnbounded = errors.New("vfs: a pin on a DAX page for an unbounded time is not supported")

// A Pin is a reference to a page that is held for I/O. It can outlive the
// mapping, every reference to the inode, and the inode, unless Rules.PinHolds
// keeps one of them.
//
// Note: a struct of more than 32 bytes, or of more than four fields, the compiler
// keeps in memory. That makes a pair of Pin and Unpin four times as dear; hence
// the parts, and a claim of 32 bits.
type Pin struct {
	pinPage
	owner media.Owner // of the page when it was pinned
	pinNotes
	lease *pinLease // nil unless Rules.NeedLease
}

type pinPage struct {
	page uint32 // page frame number, or number of a page-cache page
	kind pinKind
}

type pinNotes struct {
	claim uint32 // see Mark; 0: not marked
	hold  uint32 // what the pin keeps; see holds.go. 0: nothing
}

// A pinKind says how a pin is counted, and who hears of it.
type pinKind uint8

const (
	pinDAX   pinKind = 1 << iota // the page is storage
	pinDMA                       // of the kind FollPin
	pinBias                      // counted as such in the page's word; see Rules.CountDMAOnly
	pinStore                     // no I/O, but a store by the processor; see WritePage
	pinFolio                     // the word that counts it is that of the folio's first page
)

// count returns what a pin counts in the word of its page.
func (k pinKind) count() uint32 {
	if k&pinBias != 0 {
		return page.PinBias
	}
	return 1
}

// pinOf returns the part of pinKind that an entry says.
func pinOf(e uint32) pinKind {
	if e&entryPMD != 0 {
		return pinDAX | pinFolio
	}
	return pinDAX
}

// Owner returns who owned the page when it was pinned.
func (p Pin) Owner() media.Owner { return p.owner }

// IsDAX reports whether the pinned page is storage.
func (p Pin) IsDAX() bool { return p.kind&pinDAX != 0 }

// PFN returns the page frame number of a DAX page.
func (p Pin) PFN() page.PFN { return page.PFN(p.page) }

// Word returns the page whose word counts the pin, and which a break waits for: the first of the folio, or the page itself.
func (p Pin) Word() page.PFN {
	if p.kind&pinFolio != 0 {
		return page.Head(p.PFN())
	}
	return p.PFN()
}

// How says who wants a pin, and for what.
type How struct {
	Kind      Foll
	Unbounded bool // nothing bounds how long it is held: vmsplice, MSG_ZEROCOPY

	store bool // see pinStore
}

// Foll is by which of its two functions the kernel takes a page.
type Foll uint8

const (
	FollPin Foll = iota // pin_user_pages
	FollGet             // get_user_pages
)

// initPins prepares what the rules need for pins. The table of pages must be
// there.
func (sb *Superblock) initPins() {
	r := &sb.rules
	sb.keeping = r.PinHolds != HoldsNothing || r.NeedLease
	sb.freePins = !sb.keeping && sb.watch == nil
	sb.barePins = sb.freePins && !r.CountDMAOnly && !r.DeferAside && !sb.pages.HasFolios()
	if r.PinHolds == HoldsInodeStriped {
		sb.lanes = make([]pinLane, len(sb.inodes)*pinLanes)
	}
}

// Pin takes a short-term pin on page index of a file, as pin_user_pages does on
// a mapping of it. The caller holds a reference; the pin may outlive it. If the
// layout is just being broken, Pin waits as a page fault would. ErrNotMapped if
// the page was not faulted in, or not any more.
//
// If a page of a DAX file is there to be pinned, as mostly, and the engine runs
// freely, it is done here, without a call: 1.5 times two bare atomic adds. The
// long way would take 2.1 times that.
func (sb *Superblock) Pin(t *Task, in *Inode, index uint32) (Pin, error) {
	if sync.Free() && sb.barePins && in.state.LoadFree()&stDAX != 0 {
		m := &in.mapping
		seq := m.gate.EnterFree()
		if e := m.atFree(index); e != 0 && seq.Open() {
			pfn := page.PFN(entryPage(e))
			if sb.pages.GrabFree(pfn, 1); m.gate.EnterFree() == seq || bug.Planted(bug.PinWithoutRecheck) {
				return Pin{pinPage: pinPage{page: uint32(pfn), kind: pinDAX | pinDMA}, owner: in.Owner()}, nil
			}
			sb.pages.Ungrab(pfn)
		}
	}
	if sync.Free() && sb.freePins && in.state.LoadFree()&stDAX != 0 {
		return sb.pinCounted(t, in, index)
	}
	return sb.pinSlow(t, in, index)
}

// pinCounted is the short way of Pin where pins keep nothing, but are counted
// otherwise, by folios perhaps.
//
// Note: it is pinRuled with what a pin keeps left out. With that in its place a pin
// takes 2 ns more of some 11 (BenchmarkPolicies): in multiples of one of dax-only 2.13
// for 1.79 under dma-pin-only, and 1.98 for 1.67 under defer-aside.
//
//go:noinline
func (sb *Superblock) pinCounted(t *Task, in *Inode, index uint32) (Pin, error) {
	m := &in.mapping
	seq := m.gate.EnterFree()
	if e := m.atFree(index); e != 0 && seq.Open() {
		kind, word := pinOf(e)|sb.kindOf(How{}), entryWord(e)
		sb.pages.GrabFree(word, kind.count())
		if m.gate.EnterFree() == seq || bug.Planted(bug.PinWithoutRecheck) {
			return Pin{pinPage: pinPage{page: entryPage(e), kind: kind}, owner: in.Owner()}, nil
		}
		sb.ungrab(word, kind)
	}
	return sb.pinRuledSlow(t, in, index, How{})
}

// pinSlow is the whole of Pin, with yield points.
//
//go:noinline
func (sb *Superblock) pinSlow(t *Task, in *Inode, index uint32) (Pin, error) {
	if !sb.barePins && in.IsDAX() {
		return sb.pinRuled(t, in, index, How{})
	}
	m := &in.mapping
	for {
		seq := m.gate.Enter()
		if !seq.Open() {
			if err := in.awaitThaw(t); err != nil {
				return Pin{}, err
			}
			continue
		}
		e := m.at(index)
		if e == 0 {
			if m.gate.Enter() != seq {
				continue
			}
			return Pin{}, ErrNotMapped
		}
		p := Pin{pinPage: pinPage{page: entryPage(e)}, owner: in.Owner()}
		if in.IsDAX() {
			p.kind = pinDAX | pinDMA
			if sb.pages.Grab(p.PFN()); m.gate.Enter() == seq || bug.Planted(bug.PinWithoutRecheck) {
				return p, nil
			}
			sb.pages.Ungrab(p.PFN())
		} else if sb.cache.tryGet(p.page) {
			if m.gate.Enter() == seq {
				return p, nil
			}
			sb.cache.put(p.page)
		}
	}
}

// PinFor is Pin for those who have more to say. It returns ErrUnbounded besides
// if the rules are so.
func (sb *Superblock) PinFor(t *Task, in *Inode, index uint32, how How) (Pin, error) {
	if in.IsDAX() && (!sb.barePins || how.Unbounded && sb.rules.RefuseUnbounded) {
		return sb.pinRuled(t, in, index, how)
	}
	p, err := sb.Pin(t, in, index)
	if how.Kind == FollGet {
		p.kind &^= pinDMA
	}
	return p, err
}

// PinLongterm is Pin for holders without a limit in time (FOLL_LONGTERM). It is
// refused on DAX files with ErrLongterm, as check_vma_flags does.
func (sb *Superblock) PinLongterm(t *Task, in *Inode, index uint32) (Pin, error) {
	if in.IsDAX() {
		return Pin{}, ErrLongterm
	}
	return sb.Pin(t, in, index)
}

// awaitThaw waits until whoever shut the gate lets go of the layout. If it was
// shut for good the error is ErrShutdown.
func (in *Inode) awaitThaw(t *Task) error {
	t.Stats.Refaults++
	if in.sb.down.Load() != 0 {
		return ErrShutdown
	}
	in.layoutMu.RLock(in.sb.waits)
	in.layoutMu.RUnlock(in.sb.waits)
	if in.mapping.gate.IsShut() { // the device is going: the gate is shut before that shows
		sync.Pause()
	}
	return nil
}

// pinRuled is Pin on a DAX file where the rules have a say in it, or somebody
// watches. What the pin keeps is taken before the page, so that no moment exists
// in which the page is pinned and its inode may go; Unpin drops them the other
// way round.
//
// As Pin it has a short way, so that a policy pays for what its rules do, and not
// for how it is written.
//
//go:noinline
func (sb *Superblock) pinRuled(t *Task, in *Inode, index uint32, how How) (Pin, error) {
	if sync.Free() && sb.watch == nil && !(how.Unbounded && sb.rules.RefuseUnbounded) {
		m := &in.mapping
		seq := m.gate.EnterFree()
		if e := m.atFree(index); e != 0 && seq.Open() {
			p := Pin{pinPage: pinPage{entryPage(e), pinOf(e) | sb.kindOf(how)}, owner: in.Owner()}
			if sb.keeping && !how.store {
				p.hold, p.lease = sb.keep(t, in)
			}
			sb.pages.GrabFree(p.Word(), p.kind.count())
			same := m.gate.EnterFree() == seq || bug.Planted(bug.PinWithoutRecheck)
			if same && (p.lease == nil || p.lease.begin(t, p)) {
				return p, nil
			}
			sb.ungrab(p.Word(), p.kind)
			if sb.keeping {
				sb.unkeep(p)
			}
		}
	}
	return sb.pinRuledSlow(t, in, index, how)
}

// ungrab takes back a pin that came too late. It was there for a moment, and a busy
// test may have seen it.
func (sb *Superblock) ungrab(word page.PFN, kind pinKind) {
	if kind&pinBias == 0 {
		sb.pages.Ungrab(word)
	} else {
		sb.pages.UnpinDMA(word)
	}
	sb.unpinned()
}

// pinRuledSlow is the whole of pinRuled, with yield points.
//
//go:noinline
func (sb *Superblock) pinRuledSlow(t *Task, in *Inode, index uint32, how How) (Pin, error) {
	m := &in.mapping
	for {
		seq := m.gate.Enter()
		if !seq.Open() {
			if err := in.awaitThaw(t); err != nil {
				return Pin{}, err
			}
			continue
		}
		e := m.at(index)
		if e == 0 {
			if m.gate.Enter() != seq {
				continue
			}
			return Pin{}, ErrNotMapped
		}
		p := Pin{pinPage: pinPage{entryPage(e), pinOf(e) | sb.kindOf(how)}, owner: in.Owner()}
		if how.Unbounded && sb.rules.RefuseUnbounded {
			sb.tellPin(PinRefused, t, p)
			return Pin{}, ErrUnbounded
		}
		if sb.keeping && !how.store {
			p.hold, p.lease = sb.keep(t, in)
		}
		if sb.tryPage(t, m, seq, p) {
			return p, nil
		}
		if sb.keeping {
			sb.unkeep(p)
		}
	}
}

// kindOf returns how a pin on a DAX page is counted.
func (sb *Superblock) kindOf(how How) pinKind {
	var k pinKind
	if how.Kind == FollPin {
		k |= pinDMA
		if sb.rules.CountDMAOnly {
			k |= pinBias
		}
	}
	if how.store {
		k |= pinStore
	}
	return k
}

// tryPage pins the page itself. It fails if the gate has moved, or the pin's
// lease was fenced before it came to that.
func (sb *Superblock) tryPage(t *Task, m *Mapping, seq page.Seq, p Pin) bool {
	ok := false
	if p.kind&pinBias != 0 {
		ok = sb.pages.TryPinDMA(&m.gate, seq, p.Word())
	} else {
		ok = sb.pages.TryPin(&m.gate, seq, p.Word())
	}
	if !ok {
		sb.unpinned() // it was there for a moment, and a busy test may have seen it
		return false
	}
	switch {
	case p.lease == nil:
		sb.tellPin(Pinned, t, p)
	case !p.lease.begin(t, p):
		sb.dropPage(p.Word(), p.kind)
		sb.unpinned()
		return false
	}
	return true
}

// Unpin drops the pin. No reference to the inode is needed. It never sleeps: a
// completion may call it.
func (sb *Superblock) Unpin(p Pin) {
	if bug.Planted(bug.DoubleUnpin) && p.IsDAX() {
		sb.dropPage(p.Word(), p.kind)
	}
	switch {
	case !p.IsDAX():
		sb.cache.put(p.page)
	case sb.barePins:
		sb.pages.Unpin(p.PFN())
	case sb.freePins:
		sb.dropPage(p.Word(), p.kind)
		sb.unpinned()
	default:
		sb.unpinRuled(p)
	}
	runtime.KeepAlive(sb) // for the words of sb.pages
}

//go:noinline
func (sb *Superblock) unpinRuled(p Pin) {
	if bug.Planted(bug.UnpinInodeFirst) {
		sb.unkeep(p)
		sb.dropPage(p.Word(), p.kind)
		return
	}
	if p.lease != nil {
		p.lease.end(p)
	} else {
		sb.endPin(p)
	}
	if sb.keeping {
		sb.unkeep(p)
	}
}

// endPin drops the pin on the page, and tells of it: before, as the block may be
// gone at once.
func (sb *Superblock) endPin(p Pin) {
	sb.tellPin(Unpinned, nil, p)
	sb.dropPage(p.Word(), p.kind)
	sb.unpinned()
}

// dropPage drops the pin on the page whose word counts it.
func (sb *Superblock) dropPage(word page.PFN, kind pinKind) {
	if kind&pinBias != 0 {
		sb.pages.UnpinDMA(word)
	} else {
		sb.pages.Unpin(word)
	}
}

// PinBytes returns the memory of the pinned page, good until Unpin.
func (sb *Superblock) PinBytes(p Pin) []byte {
	if p.IsDAX() {
		return sb.blockBytes(p.page)
	}
	return sb.cache.bytes(p.page)
}

// tellPin is small, so that the compiler inlines it: who is not watched pays a
// comparison.
func (sb *Superblock) tellPin(k EventKind, t *Task, p Pin) {
	if sb.watch != nil {
		sb.tellWatcher(k, t, p)
	}
}

func (sb *Superblock) tellWatcher(k EventKind, t *Task, p Pin) {
	if p.kind&pinStore == 0 {
		sb.watch(Event{Kind: k, Task: t, Owner: p.owner, PFN: p.PFN(), Own: p.kind&pinDMA != 0})
	}
}
