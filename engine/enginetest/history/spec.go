package history

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// MaxPages is how many pages of a file a history can speak of.
const MaxPages = 2

// A Kind is what an op did.
type Kind uint8

// The kinds. Which fields count is said beside them; Ino always does but for the
// two of reclaim.
const (
	Create    Kind = iota // a file of N pages; Gen
	Get                   // a reference taken; Gen, and Fresh if the inode was read in
	Missed                // a lookup that found no such file
	Put                   // a reference dropped; Freed if the file went with it
	Unlink                // the only link taken away
	NoLink                // an unlink refused, as there is no link
	Fault                 // page N made reachable
	Beyond                // a fault of N pages refused, since the file has fewer
	Pin                   // page N; Gen
	NoPin                 // a pin refused, since page N is not mapped
	Unpin                 // page N, pinned when the generation was Gen; Own if the device found it still the file's
	Shrink                // a truncation to N pages: layout broken
	Resize                // the same call: the new size seen
	Size                  // the file was seen to have N pages
	Unmap                 // the pages from N on made unreachable, as by a truncation that then waits
	Reclaim               // a call began that evicts what is idle: what, and how often, is not known
	Reclaimed             // the same call: it is over
	Evict                 // unmount evicted this inode
	kinds
)

var kindNames = [kinds]string{"create", "get", "missed", "put", "unlink", "no link", "fault", "beyond", "pin", "no pin", "unpin",
	"shrink", "resize", "size", "unmap", "reclaim", "end of reclaim", "evict"}

// aside reports whether the op is a part of calls that concern all inodes.
func (k Kind) aside() bool { return k == Reclaim || k == Reclaimed }

// An Op is one thing that one call did, and what it returned.
type Op struct {
	Kind  Kind
	Ino   uint32 // 0: any
	Gen   uint32
	N     uint32
	Fresh bool
	Freed bool
	Own   bool
}

func (o Op) String() string {
	s := kindNames[o.Kind]
	switch o.Kind {
	case Create, Fault, Beyond, Pin, NoPin, Unpin, Shrink, Resize, Size, Unmap:
		s += fmt.Sprint(" ", o.N)
	}
	if o.Gen != 0 {
		s += fmt.Sprintf(", generation %d", o.Gen)
	}
	switch {
	case o.Fresh:
		s += ", read in"
	case o.Freed:
		s += ", freed"
	case o.Kind == Unpin && !o.Own:
		s += ", no longer the file's"
	}
	return s
}

// A presence says whether an inode is in the cache, as far as results tell.
type presence uint8

const (
	out   presence = iota
	maybe          // idle, and something was reclaimed since
	in
)

// A hold is what a truncater has of an inode.
type hold uint8

const (
	open    hold = iota
	growing      // pins go on, faults wait
	frozen       // pins wait, too
)

// A state is what one inode number is. It is comparable.
type state struct {
	linked  bool
	core    presence
	reclaim int32 // calls that may evict it while it is idle
	refs    int32
	gen     uint32
	size    uint32
	hold    hold
	mapped  [MaxPages]bool
	pins    [MaxPages]int32
}

func (s state) String() string {
	return fmt.Sprintf("linked %t, in core %s, %d refs, generation %d, %d pages, mapped %t, pins %d, truncation %s",
		s.linked, [...]string{"no", "perhaps", "yes"}[s.core], s.refs, s.gen, s.size, s.mapped, s.pins,
		[...]string{"none", "growing", "shrinking"}[s.hold])
}

// Rules are what differs between engines that are all correct. The zero Rules
// are the strictest.
type Rules struct {
	// Late: who drops the last reference, or takes an inode for reclaim, need
	// not end the eviction, but may leave it to somebody else, or to the last
	// unpin. Until then lookups may still find the inode.
	Late bool
}

// spec is what one inode number may do. An eviction, and what it waits for, is
// one step: while an inode is being evicted nobody has a reference, lookups
// wait, and nothing but the unpins that it waits for can happen to it. A
// truncation is two: the layout is broken before the new size is seen. A fault
// of two pages is two as well: a pin may find one of them before the other.
func spec(r Rules) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{gen: 1} },
		Step: func(s, input, _ any) (bool, any) {
			next := s.(state)
			ok := next.step(r, input.(Op))
			return ok, next
		},
		Hash: func(s any) uint64 { return s.(state).hash() },
	}
}

// step changes s as o says, and reports whether o may happen then.
func (s *state) step(r Rules, o Op) bool {
	if r.Late && (o.Kind == Missed || o.Kind == Create) && s.core != out && !s.linked && s.refs == 0 && s.idle() {
		s.leave() // it is seen to have ended by now
	}
	switch o.Kind {
	case Create:
		ok := !s.linked && s.core == out && o.Gen == s.gen
		*s = state{linked: true, core: in, refs: 1, gen: s.gen, size: o.N, reclaim: s.reclaim}
		return ok
	case Get:
		s.refs++
		if o.Fresh {
			ok := s.linked && (s.core != in || s.reclaim > 0 && s.refs == 1) && o.Gen == s.gen && s.idle()
			s.core, s.mapped = in, [MaxPages]bool{}
			return ok
		}
		ok := s.core != out && o.Gen == s.gen
		s.core = in
		return ok
	case Missed:
		return !s.linked && s.core == out
	case Put:
		s.refs--
		last := s.refs == 0 && !s.linked
		ok := s.refs >= 0 && (o.Freed == last || last && r.Late) && (!o.Freed || s.idle())
		if o.Freed {
			s.leave()
		}
		return ok
	case Unlink:
		ok := s.linked && s.refs > 0
		s.linked = false
		return ok
	case Reclaim:
		s.reclaim++
		return true
	case Reclaimed:
		s.reclaim--
		if s.core == in && s.refs == 0 && (r.Late || s.idle()) {
			s.core = maybe
		}
		return s.reclaim >= 0
	case Evict:
		if r.Late {
			s.core = min(s.core, maybe)
			return s.refs == 0
		}
		ok := s.core != out && s.refs == 0 && s.idle()
		s.leave()
		return ok
	}
	return s.refs > 0 && s.stepOpen(o) || o.Kind == Unpin && s.unpin(o)
}

// stepOpen does what needs a reference.
func (s *state) stepOpen(o Op) bool {
	switch o.Kind {
	case NoLink:
		return !s.linked
	case Fault:
		s.mapped[o.N] = true
		return s.hold == open && o.N < s.size
	case Beyond:
		return s.hold == open && o.N > s.size
	case Pin:
		s.pins[o.N]++
		return s.hold != frozen && s.mapped[o.N] && o.Gen == s.gen
	case NoPin:
		return s.hold != frozen && !s.mapped[o.N]
	case Shrink:
		ok := s.hold == open
		s.hold = growing
		for i := o.N; i < s.size; i++ {
			s.hold, s.mapped[i] = frozen, false
			ok = ok && s.pins[i] == 0
		}
		return ok
	case Unmap:
		for i := o.N; i < MaxPages; i++ {
			s.mapped[i] = false
		}
		return s.hold == open
	case Resize:
		ok := s.hold != open
		s.hold, s.size = open, o.N
		return ok
	case Size:
		return s.size == o.N
	}
	return false
}

func (s *state) unpin(o Op) bool {
	s.pins[o.N]--
	return s.pins[o.N] >= 0 && o.Gen == s.gen && o.Own
}

// idle reports whether no page is pinned.
func (s *state) idle() bool { return s.pins == [MaxPages]int32{} }

// leave takes the inode out of the cache, and the file with it if it has no
// link. Pins stay as they are: there may be none.
func (s *state) leave() {
	s.core, s.mapped = out, [MaxPages]bool{}
	if !s.linked {
		s.gen, s.size = s.gen+1, 0
	}
}

// hash is FNV-1a over what differs most often.
func (s state) hash() uint64 {
	h := uint64(14695981039346656037)
	for _, v := range []uint64{uint64(s.gen), uint64(s.refs), uint64(s.pins[0]), uint64(s.pins[1]), uint64(s.core), uint64(s.size), uint64(s.hold), uint64(s.reclaim)} {
		h = (h ^ v) * 1099511628211
	}
	return h
}
