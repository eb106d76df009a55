package vfs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// A Task is who calls: the kernel's current. It carries the limit on waiting
// and the counters. A task belongs to one goroutine at a time.
type Task struct {
	Stats Stats

	ctx     context.Context
	err     error          // the first wait that ended with ctx; sticky
	reclaim int            // nesting of direct reclaim (kernel: PF_MEMALLOC)
	hand    uint32         // stripe to prune next; 0: not begun
	slots   []uint32       // inode memory at hand, a magazine as in slab allocators
	extents []media.Extent // scratch of Iget
	victims []uint32       // scratch of EvictInodes
	tail    []media.Extent // scratch of Truncate
	idle    []media.Extent // scratch of quarantine
	pinLane uint32         // see pinLane; 0: none chosen yet
	serving bool           // the task serves the worker
	signal  signal
	onSleep func(Sleep) // nil: nobody wants to know
}

// NewTask returns a task whose waits end when ctx is done.
func NewTask(ctx context.Context) *Task {
	return &Task{ctx: ctx, slots: make([]uint32, 0, firstMagazine+1)}
}

// Err returns the error of the first wait that did not end by itself, a
// *HungError. After one, the inode concerned stays Freeing for ever and the
// engine is of no use but to be looked at.
func (t *Task) Err() error { return t.err }

// InReclaim reports whether the task is reclaiming inodes because it, or
// somebody, needs memory.
func (t *Task) InReclaim() bool { return t.reclaim > 0 }

// ErrInterrupted is what ended an interruptible sleep: a signal (kernel: EINTR,
// ERESTARTSYS).
var ErrInterrupted = errors.New("vfs: interrupted by a signal")

// signal is whether a task got SIGKILL, and what its interruptible sleeps end
// by. It alone of a Task may be used by others than the task.
type signal struct {
	mu      sync.Mutex
	pending bool                    // guarded by mu
	ctx     context.Context         // guarded by mu; nil until the first interruptible sleep
	cancel  context.CancelCauseFunc // guarded by mu; of ctx
}

// Signal sends SIGKILL to t: from now on no interruptible sleep of its lasts.
// Any goroutine may call it.
func (t *Task) Signal() {
	s := &t.signal
	s.mu.Lock()
	s.pending = true
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel(ErrInterrupted)
	}
}

// Killed reports whether t got a signal (fatal_signal_pending).
func (t *Task) Killed() bool {
	t.signal.mu.Lock()
	defer t.signal.mu.Unlock()
	return t.signal.pending
}

// interruptible returns what interruptible sleeps of t end by: its own context,
// or ErrInterrupted at a signal.
func (t *Task) interruptible() context.Context {
	s := &t.signal
	s.mu.Lock()
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancelCause(t.ctx)
	}
	ctx, pending, cancel := s.ctx, s.pending, s.cancel
	s.mu.Unlock()
	if pending {
		cancel(ErrInterrupted)
	}
	return ctx
}

// A HungError says that a wait was given up.
type HungError struct {
	What  string // what was waited for
	Ino   Ino
	PFN   page.PFN // 0 if not for a page
	Pins  uint32   // pins on it at the end
	After time.Duration
	Cause error
}

func (e *HungError) Error() string {
	s := fmt.Sprintf("hung: inode %d waited %v for %s", e.Ino, e.After.Round(time.Millisecond), e.What)
	if e.PFN != 0 {
		s += fmt.Sprintf(" on pfn %d (%d still held)", e.PFN, e.Pins)
	}
	return s + ": " + e.Cause.Error()
}

func (e *HungError) Unwrap() error { return e.Cause }

// Stats counts what a task did. Plain numbers: one task writes them, and they
// are added up when it rests.
type Stats struct {
	Hits, Misses int64 // Iget found the inode cached, or read it

	Evictions   int64 // inodes that went through evict
	Freed       int64 // of them, unlinked: their blocks were freed
	Reclaims    int64 // direct reclaim runs by this task
	ReclaimTime time.Duration
	Reclaimed   int64 // inodes evicted in them

	PinWaits       int64         // sleeps for a pin
	PinWait        time.Duration // their length
	Recalls        int64         // leases asked back
	Fenced         int64         // of them, taken away at the deadline
	RecallWait     time.Duration // time slept for them
	FreeingWaits   int64         // lookups that met a Freeing inode
	FreeingWait    time.Duration
	Wake           time.Duration // of PinWait and RecallWait: from the wake-up call to running again
	ReclaimBlocked time.Duration // of PinWait and RecallWait: while in reclaim

	BreakTries  int64         // breaks tried without waiting
	Interrupted int64         // breaks that a signal ended
	Overdue     int64         // breaks that went past their deadline
	KeptBusy    int64         // inodes that stayed cached because a page was pinned
	Quarantined int64         // blocks left to their last pin to free
	Throttles   int64         // waits for memory behind another's reclaim
	Throttled   time.Duration // their length
	Reserves    int64         // memory taken from the reserves

	EvictedPinned   int64 // inodes torn down with a pinned page: the pin loses its file here, or had lost it with a former owner of the block
	FreedPinned     int64 // pages freed with a pin on them: the next owner can be written over
	LeasesAbandoned int64 // leases still out when their inode was torn down
	Refaults        int64 // pins that found the gate shut and went the slow way
}

// Add adds o to s.
func (s *Stats) Add(o *Stats) {
	s.Hits += o.Hits
	s.Misses += o.Misses
	s.Evictions += o.Evictions
	s.Freed += o.Freed
	s.Reclaims += o.Reclaims
	s.ReclaimTime += o.ReclaimTime
	s.Reclaimed += o.Reclaimed
	s.PinWaits += o.PinWaits
	s.PinWait += o.PinWait
	s.Recalls += o.Recalls
	s.Fenced += o.Fenced
	s.RecallWait += o.RecallWait
	s.FreeingWaits += o.FreeingWaits
	s.FreeingWait += o.FreeingWait
	s.Wake += o.Wake
	s.ReclaimBlocked += o.ReclaimBlocked
	s.BreakTries += o.BreakTries
	s.Interrupted += o.Interrupted
	s.Overdue += o.Overdue
	s.KeptBusy += o.KeptBusy
	s.Quarantined += o.Quarantined
	s.Throttles += o.Throttles
	s.Throttled += o.Throttled
	s.Reserves += o.Reserves
	s.EvictedPinned += o.EvictedPinned
	s.FreedPinned += o.FreedPinned
	s.LeasesAbandoned += o.LeasesAbandoned
	s.Refaults += o.Refaults
}

// A Sleep is one wait of a task before it breaks the layout of a file, whether it came to its end or was given up.
// A break may take several: one for each page that it finds pinned, and one for the leases.
//
// Note: a clone that breaks two files at once (breakTwo) tells of none.
type Sleep struct {
	Wait  WaitKind      // ForPins or ForLeases
	Ino   Ino           // whose layout
	PFN   page.PFN      // the page that was pinned; 0 for leases
	Begin time.Time     // when it began, by the monotonic clock
	Total time.Duration // how long it lasted
	Wake  time.Duration // of it, from the wake-up call to running again; 0 for who tried again and again
}

// OnSleep has f told of every Sleep of t from here on, by t itself right after it has woken up and before it goes on.
// f may neither sleep nor use t. Who does not sleep pays nothing for it.
func (t *Task) OnSleep(f func(Sleep)) { t.onSleep = f }

// noteSleep counts a sleep for the layout of in.
func (t *Task) noteSleep(in *Inode, s Sleep) {
	t.Stats.Wake += s.Wake
	if t.InReclaim() {
		t.Stats.ReclaimBlocked += s.Total
	}
	if t.onSleep != nil {
		s.Ino = in.ino
		t.onSleep(s)
	}
}

// hung keeps the first wait that was given up.
func (t *Task) hung(h HungError) error {
	if t.err == nil {
		t.err = &h
	}
	return &h
}
