package sync

import (
	"context"
	"errors"
	"time"
	"unsafe"
)

// A WaitTable is a table of hashed wait queues, like the one behind the
// kernel's wait_var_event: waiters on different keys can share a queue, and a
// wake looks at each waiter of its queue. The kernel has 256 queues for the
// whole machine.
//
// A wait has three steps, and none may be left out or moved:
//
//	w := t.Arm(key)          // from here on a Wake(key) is not lost
//	if condition holds { t.Disarm(w); return }
//	t.Sleep(ctx, w)          // returns after Wake(key) or when ctx is done
//
// The racer is the waker, who makes the condition true and then calls Wake. If
// it does so before Arm, the test that follows Arm sees the condition; if
// after, Wake finds the waiter in the queue.
type WaitTable struct {
	queues []waitQueue
	mask   uint64
	limit  time.Duration // of one Sleep; 0: none
}

// What ends a sleep besides Wake and its context.
var (
	ErrLimit    = errors.New("hang limit exceeded") // the table's
	ErrDeadline = errors.New("deadline reached")    // the sleeper's own
)

// waitQueue is one bucket; the padding keeps neighbours off its cache line.
type waitQueue struct {
	mu   Mutex
	head *Waiter // guarded by mu
	free *Waiter // guarded by mu; waiters to use again, so that a wait allocates nothing in steady state
	_    [64 - 24]byte
}

// A Waiter is one task's place in a queue. It belongs to the task that armed
// it, until Sleep or Disarm.
type Waiter struct {
	key   uint64
	next  *Waiter
	queue *waitQueue
	timer *time.Timer   // for the table's limit; made at the first sleep, kept
	woken time.Time     // set by Wake before it sends on ch
	ch    chan struct{} // holds one token
}

// Slept says where the time of one Sleep went, or of several in a row.
type Slept struct {
	Begin time.Time     // when the first was called; zero if there was none
	Total time.Duration // from the call to the return
	Wake  time.Duration // of it, from Wake to the return: the cost of the Go runtime and the host, not of the engine
}

// Add adds a sleep that came after those in s.
func (s *Slept) Add(o Slept) {
	if s.Begin.IsZero() {
		s.Begin = o.Begin
	}
	s.Total += o.Total
	s.Wake += o.Wake
}

// NewWaitTable returns a table of n queues; n is rounded up to a power of two.
func NewWaitTable(n int) *WaitTable {
	size := 1
	for size < n {
		size <<= 1
	}
	return &WaitTable{queues: make([]waitQueue, size), mask: uint64(size - 1)}
}

// SetLimit bounds every single sleep to d from here on; 0 is no bound. Nobody
// may be sleeping.
func (t *WaitTable) SetLimit(d time.Duration) { t.limit = d }

// KeyOf returns a key that stands for the variable at p, which must live in
// the heap. Keys made by KeyOf and small numbers used as keys can meet in one
// table only by sharing a queue, never by being equal.
func KeyOf[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) | 1<<63 }

func (t *WaitTable) queue(key uint64) *waitQueue {
	const golden = 0x9E3779B97F4A7C15 // 2^64 / golden ratio, as the kernel's hash_64
	return &t.queues[(key*golden>>32)&t.mask]
}

// Arm queues the caller for key.
func (t *WaitTable) Arm(key uint64) *Waiter {
	q := t.queue(key)
	q.mu.Lock()
	w := q.free
	if w == nil {
		w = &Waiter{queue: q, ch: make(chan struct{}, 1)}
	} else {
		q.free = w.next
	}
	w.key, w.next, q.head = key, q.head, w
	q.mu.Unlock()
	return w
}

// Disarm leaves the queue without sleeping.
func (t *WaitTable) Disarm(w *Waiter) {
	q := w.queue
	q.mu.Lock()
	for p := &q.head; *p != nil; p = &(*p).next {
		if *p == w {
			*p = w.next
			break
		}
	}
	select { // Wake may have been faster.
	case <-w.ch:
	default:
	}
	w.next, q.free = q.free, w
	q.mu.Unlock()
}

// Sleep waits until the key of w is woken, ctx is done or the table's limit is
// over, and leaves the queue. It returns the cause of ctx or ErrLimit in the
// latter cases. A wake-up says only that the condition is worth another look.
func (t *WaitTable) Sleep(ctx context.Context, w *Waiter) (Slept, error) {
	return t.SleepUntil(ctx, w, time.Time{})
}

// SleepUntil is Sleep that ends with ErrDeadline at until, unless that is zero.
func (t *WaitTable) SleepUntil(ctx context.Context, w *Waiter, until time.Time) (Slept, error) {
	start := Now()
	var err error
	woken := false
	if sched != nil { // who is blocked for ever is the scheduler's to find: no limit
		sched.Block(func() bool { return len(w.ch) > 0 || ctx.Err() != nil }, until)
		select {
		case <-w.ch:
			woken = true
		default:
			if err = context.Cause(ctx); err == nil {
				err = ErrDeadline
			}
		}
	} else {
		over, late := t.timer(w, start, until)
		select {
		case <-w.ch:
			woken = true
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-over:
			err = late
		}
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	end := Now()
	s := Slept{Begin: start, Total: end.Sub(start)}
	if woken {
		s.Wake = min(s.Total, end.Sub(w.woken)) // Wake may have come between Arm and this
	}
	t.Disarm(w)
	return s, err
}

// timer sets w's timer to the table's limit or to until, whichever is sooner,
// and returns it with the error that it stands for.
func (t *WaitTable) timer(w *Waiter, start, until time.Time) (<-chan time.Time, error) {
	d, late := t.limit, ErrLimit
	if !until.IsZero() && (d == 0 || until.Sub(start) < d) {
		d, late = max(1, until.Sub(start)), ErrDeadline
	}
	if d == 0 {
		return nil, nil
	}
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	return w.timer.C, late
}

// Wake wakes every task that waits for key and returns how many there were.
// The caller has made the condition true before.
func (t *WaitTable) Wake(key uint64) int {
	q := t.queue(key)
	n := 0
	q.mu.Lock()
	for p := &q.head; *p != nil; {
		w := *p
		if w.key != key {
			p = &w.next
			continue
		}
		*p, w.next = w.next, nil
		w.woken = Now()
		w.ch <- struct{}{} // never blocks: a waiter is in its queue only until its first token
		n++
	}
	q.mu.Unlock()
	return n
}
