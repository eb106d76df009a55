// Package lease models layout leases: the right of somebody outside the file
// system (a pNFS client, through nfsd) to use a file's blocks directly. Before
// the blocks may change, the leases are recalled and waited for. The kernel's
// counterparts are FL_LAYOUT leases, break_layout and __break_lease
// (fs/locks.c), nfsd4_layout_lm_break and the fencing after a client that does
// not answer (fs/nfsd/nfs4layouts.c).
//
// It is not a general lease package: there are no read leases, no upgrades and
// no downgrades.
//
// Lock: Set.mu guards the list. Under it come the wait table, Fencer.Fence and
// the File. A holder is asked to return its lease with no lock held.
package lease

import (
	"context"
	"errors"
	"time"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// A Holder is whoever was granted a lease.
type Holder interface {
	// Recall asks for l back. The holder answers with l.Return, at once, later
	// from anywhere, or never. It is called once per lease.
	Recall(l *Lease)
}

// A Fencer is a Holder who is kept from the blocks when its lease is taken away,
// instead of looking before each access whether it was.
type Fencer interface {
	Holder
	// Fence ends the holder's access: when it returns none is under way and
	// none will come. It is called once at most per grant, while l is still
	// outstanding and with the set locked, and may neither sleep nor call l or
	// the set. So a holder whose Return has come back is not being fenced.
	Fence(l *Lease)
}

// A File is what the leases of a Set are on. It is told of each with the set
// locked, and may neither sleep nor call the set.
type File interface {
	// LeaseGranted comes before anybody can recall the lease.
	LeaseGranted()
	// LeaseEnded comes while the lease is still counted: nobody who waits for
	// the end of all has gone on.
	LeaseEnded(fenced bool)
}

// A Set holds the leases on one inode. It must be given its wait table by Init
// before use and is safe for concurrent use. A nil Set is one without leases, of
// an inode on which there never was any (kernel: i_flctx): it can be asked and
// broken, but not granted from.
type Set struct {
	n          sync.Uint32 // number of leases; changed under mu, read without it
	mu         sync.Mutex
	head, tail *Lease // guarded by mu; those that were not recalled come first
	waits      *sync.WaitTable
	file       File // nil: nobody wants to know; fixed
}

// A Lease is one grant. Its memory belongs to the holder, who may use it again
// once it is neither Outstanding nor being recalled.
type Lease struct {
	set        *Set   // of the last grant; changed by the holder only, in Grant
	prev, next *Lease // guarded by set.mu
	holder     Holder
	recalled   bool        // guarded by set.mu
	state      sync.Uint32 // changed under set.mu, read without it
}

// The states of a lease.
const (
	idle uint32 = iota
	outstanding
	fenced
)

// ErrOutstanding is returned by Grant for a lease that is in use.
var ErrOutstanding = errors.New("lease: already outstanding")

// Init makes s ready; t is where tasks that break its leases sleep.
func (s *Set) Init(t *sync.WaitTable) { s.waits = t }

// Tell has f told of the leases from here on. None may be outstanding.
func (s *Set) Tell(f File) { s.file = f }

// Empty reports whether nobody holds a lease, as on a nil Set. It is the one
// test that break_layout makes on an inode without leases.
func (s *Set) Empty() bool { return s == nil || s.n.Load() == 0 }

// Len returns the number of leases.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return int(s.n.Load())
}

// Grant gives l to h.
func (s *Set) Grant(l *Lease, h Holder) error {
	s.mu.Lock()
	if !l.state.CompareAndSwap(idle, outstanding) && !l.state.CompareAndSwap(fenced, outstanding) {
		s.mu.Unlock()
		return ErrOutstanding
	}
	if s.file != nil {
		s.file.LeaseGranted()
	}
	l.set, l.holder, l.recalled = s, h, false
	s.pushFrontLocked(l)
	s.n.Add(1)
	s.mu.Unlock()
	s.waits.Wake(sync.KeyOf(s)) // a breaker who sleeps must ask this holder too
	return nil
}

// Outstanding reports whether the holder has the lease.
func (l *Lease) Outstanding() bool { return l.state.Load() == outstanding }

// Fenced reports whether the lease was taken away because its holder did not
// answer in time. What it does to the blocks afterwards is refused by the
// fence; the holder must look before each access.
func (l *Lease) Fenced() bool { return l.state.Load() == fenced }

// Return gives the lease back. It reports false if it was fenced before.
func (l *Lease) Return() bool {
	s := l.set
	if s == nil {
		return false
	}
	s.mu.Lock()
	ok := l.Outstanding()
	if ok {
		s.endLocked(l, idle)
	}
	s.mu.Unlock()
	if ok && !bug.Planted(bug.LeaseReturnNoWake) {
		s.waits.Wake(sync.KeyOf(s))
	}
	return ok
}

// endLocked takes l off the list, and only then out of outstanding: from that
// moment its holder may grant it again, from another set. The set is empty
// last: a breaker who sees that goes ahead, so the holder must be told before.
func (s *Set) endLocked(l *Lease, state uint32) {
	s.removeLocked(l)
	l.state.Store(state)
	if s.file != nil {
		s.file.LeaseEnded(state == fenced)
	}
	s.n.Add(^uint32(0))
}

func (s *Set) pushFrontLocked(l *Lease) {
	l.prev, l.next = nil, s.head
	if s.head != nil {
		s.head.prev = l
	} else {
		s.tail = l
	}
	s.head = l
}

func (s *Set) pushBackLocked(l *Lease) {
	l.prev, l.next = s.tail, nil
	if s.tail != nil {
		s.tail.next = l
	} else {
		s.head = l
	}
	s.tail = l
}

func (s *Set) removeLocked(l *Lease) {
	if l.prev != nil {
		l.prev.next = l.next
	} else {
		s.head = l.next
	}
	if l.next != nil {
		l.next.prev = l.prev
	} else {
		s.tail = l.prev
	}
	l.prev, l.next = nil, nil
}

// Broken says what a Break did.
type Broken struct {
	Recalled int // holders that were asked
	Fenced   int // of them, those that did not answer in time
	Slept    sync.Slept
}

// Break recalls every lease and waits until all are back. Leases that are not
// back after the deadline are fenced. New leases that are granted meanwhile are
// recalled too, so the caller keeps grants away if it wants an end before the
// deadline. It returns the cause of ctx if that is done first.
//
// The kernel's waiter polls once per jiffy; this one is woken by the last
// return.
func (s *Set) Break(ctx context.Context, deadline time.Duration) (Broken, error) {
	var b Broken
	if s.Empty() {
		return b, nil
	}
	until := sync.Now().Add(deadline)
	for {
		b.Recalled += s.recall()
		w := s.waits.Arm(sync.KeyOf(s))
		if s.Empty() {
			s.waits.Disarm(w)
			return b, nil
		}
		slept, err := s.waits.SleepUntil(ctx, w, until)
		b.Slept.Add(slept)
		if err == sync.ErrDeadline {
			b.Fenced += s.fence()
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

// recall asks each holder that was not asked yet and returns how many.
func (s *Set) recall() int {
	for n := 0; ; n++ {
		s.mu.Lock()
		l := s.head
		if l == nil || l.recalled {
			s.mu.Unlock()
			return n
		}
		l.recalled = true
		s.removeLocked(l)
		s.pushBackLocked(l)
		h := l.holder
		s.mu.Unlock()
		h.Recall(l)
	}
}

// fence takes away what is still out and returns how many leases that were. It
// is also what becomes of leases on an inode that is evicted without a recall.
func (s *Set) fence() int {
	n := 0
	s.mu.Lock()
	for ; s.head != nil; n++ {
		l := s.head
		if bug.Planted(bug.LeaseFencedUnlocked) {
			s.mu.Unlock()
			s.mu.Lock()
		}
		if f, ok := l.holder.(Fencer); ok {
			f.Fence(l)
		}
		s.endLocked(l, fenced)
	}
	s.mu.Unlock()
	if n > 0 {
		s.waits.Wake(sync.KeyOf(s))
	}
	return n
}

// Abandon fences every lease without asking and returns how many there were.
// An eviction that did not break leases does it, so that the next inode in the
// same memory starts with none.
func (s *Set) Abandon() int {
	if s.Empty() {
		return 0
	}
	return s.fence()
}
