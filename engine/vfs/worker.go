package vfs

import (
	"context"
	"errors"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// A worker is what a Superblock leaves to somebody else: to a task that has
// called ServeWorker or RunWorker. In the kernel these are three: delayed iputs,
// XFS's inodegc (fs/xfs/xfs_icache.c), and the flusher (fs/fs-writeback.c). A
// policy needs one of them at most.
//
// Inodes are queued by a link that each has. None is queued twice: a deferred eviction
// has Freeing, which one task sets, and the others bring the only reference,
// which stays until their turn (see delayedIput).
//
// Lock: mu is a leaf.
type worker struct {
	mu         sync.Mutex
	head, tail uint32 // slot indices: to do, in order; guarded by mu
	aside      uint32 // evictions that were found busy, last first; guarded by mu
	hands      int    // inodes that a task is at; guarded by mu
	seen       uint32 // kicks when the busy ones were last queued again; guarded by mu
	server     *Task  // who called ServeWorker last; guarded by mu
	stats      Stats  // of server, after its last inode; guarded by mu

	links []workLink // of inodes, by index; nil if nothing is ever left over; guarded by mu

	deferred sync.Uint32 // evictions that were handed over and are not over
	kicks    sync.Uint32 // changes whenever a busy one may have become idle
	room     byte        // its address is what those wait for who find the queue full
}

// A workLink is the place of an inode in a queue of the worker's.
type workLink struct {
	next uint32 // inode index; 0: none
	kind workKind
}

// A workKind says what there is to do for a queued inode.
type workKind uint8

const (
	workIput  workKind = iota // drop the reference
	workEvict                 // end its eviction
	workWrite                 // wait for its pins, then drop the reference
)

// NeedsWorker reports whether a task must serve the worker, or inodes are left
// over.
func (sb *Superblock) NeedsWorker() bool {
	r := &sb.rules
	return r.PinHolds != HoldsNothing || r.Defer > 0 || r.WaitInWriteback || sb.opts.LeaseHoldsFile
}

// IsFull reports whether an error of Create or Iget says that there is no room.
// There may be some when the worker has done what is left to it.
func IsFull(err error) bool {
	return errors.Is(err, media.ErrNoInodes) || errors.Is(err, media.ErrNoSpace) || errors.Is(err, ErrCacheFull)
}

// ServeWorker does what is left to the worker, as t, and sleeps in between,
// until ctx is done or a wait of t was given up (t.Err). What is queued then
// stays so.
func (sb *Superblock) ServeWorker(ctx context.Context, t *Task) {
	t.serving = true
	sb.work.mu.Lock()
	sb.work.server = t
	sb.work.mu.Unlock()
	for ctx.Err() == nil && t.err == nil {
		if sb.serveOne(t) {
			continue
		}
		sb.Release(t) // the memory of what was evicted is for those who need it
		w := sb.waits.Arm(sync.KeyOf(&sb.work))
		if sb.work.ready() {
			sb.waits.Disarm(w)
			continue
		}
		// What it returns is the end of ctx, or of the hang limit, which is not
		// meant for who has nothing to do.
		_, _ = sb.waits.Sleep(ctx, w)
	}
	sb.Release(t)
	t.serving = false
}

// RunWorker does, as t, what is left to the worker until nothing more can be
// done, and returns how many inodes it took up. It may wait for pins: for those
// of the first inode in the queue, or, with Rules.DeferAside, for none.
func (sb *Superblock) RunWorker(t *Task) (n int) {
	t.serving = true
	for t.err == nil && sb.serveOne(t) {
		n++
	}
	sb.Release(t)
	t.serving = false
	return n
}

// WorkerIdle reports whether nothing is left to the worker.
func (sb *Superblock) WorkerIdle() bool {
	w := &sb.work
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.head == 0 && w.aside == 0 && w.hands == 0
}

// WorkerStats returns what the task that called ServeWorker has counted, up to
// the inode that it is at.
func (sb *Superblock) WorkerStats() Stats {
	w := &sb.work
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// IsWorker reports whether the task is serving the worker: what others hand
// over, it does.
func (t *Task) IsWorker() bool { return t.serving }

// deferEviction hands an inode that t has made Freeing over to the worker, which
// ends its eviction. If Rules.Defer are there already, t waits for room
// (xfs_inodegc_want_flush_work), but not if it is in reclaim: nobody should wait
// there for pins, even behind a queue. The error is a *HungError, with the inode
// still the caller's.
func (sb *Superblock) deferEviction(t *Task, in *Inode) error {
	for !sb.work.reserve(uint32(sb.rules.Defer), t.InReclaim()) {
		w := sb.waits.Arm(sync.KeyOf(&sb.work.room))
		if sb.work.deferred.Load() < uint32(sb.rules.Defer) {
			sb.waits.Disarm(w)
			continue
		}
		sb.tell(Event{Kind: WaitBegin, Task: t, Wait: ForRoom})
		s, err := sb.waits.Sleep(t.ctx, w)
		sb.tell(Event{Kind: WaitEnd, Task: t, Wait: ForRoom})
		if err != nil {
			return t.hung(HungError{What: "room in the queue of deferred evictions", Ino: in.ino, After: s.Total, Cause: err})
		}
	}
	sb.tell(Event{Kind: Deferred, Task: t, Owner: in.Owner()})
	sb.work.push(in, workEvict)
	sb.wakeWorker()
	return nil
}

// deferWriteback hands a linked inode over to the worker together with the
// caller's reference, which is the only one. The worker waits until no page is
// pinned and drops it then; unless somebody uses the inode by that time, it
// comes onto the LRU.
func (sb *Superblock) deferWriteback(t *Task, in *Inode) {
	sb.tell(Event{Kind: Deferred, Task: t, Owner: in.Owner()})
	sb.work.push(in, workWrite)
	sb.wakeWorker()
}

// reserve takes one of limit places for a deferred eviction, or, by force, one
// more.
func (w *worker) reserve(limit uint32, force bool) bool {
	for {
		n := w.deferred.Load()
		if n >= limit && !force {
			return false
		}
		if w.deferred.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// push queues an inode. The caller then wakes the worker.
func (w *worker) push(in *Inode, kind workKind) {
	w.mu.Lock()
	w.links[in.index] = workLink{kind: kind}
	if w.tail != 0 {
		w.links[w.tail].next = in.index
	} else {
		w.head = in.index
	}
	w.tail = in.index
	w.mu.Unlock()
}

func (sb *Superblock) wakeWorker() {
	if !bug.Planted(bug.HandoverForgetsWake) {
		sb.waits.Wake(sync.KeyOf(&sb.work))
	}
}

// unpinned is called when a pin on a page has gone. With Rules.DeferAside
// somebody must look at the busy inodes again.
//
// The racer is the worker, who finds an inode busy and puts it aside. It was
// counted in deferred long before. So if its look came before the pin went, the
// unpinner finds deferred above zero and changes kicks. The worker compares them
// with what they were before its look, and once more after it is in the wait
// queue.
func (sb *Superblock) unpinned() {
	if sb.rules.DeferAside {
		sb.kickWorker()
	}
}

func (sb *Superblock) kickWorker() {
	if sb.work.deferred.Load() > 0 && !bug.Planted(bug.UnpinForgetsAside) {
		sb.work.kicks.Add(1)
		sb.wakeWorker()
	}
}

// ready reports whether there is anything to take up.
func (w *worker) ready() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.head != 0 || w.aside != 0 && w.seen != w.kicks.Load()
}

// pop takes the next inode off the queue, with what is to do; nil if there is none. If the queue is
// empty the busy ones are queued again, once after each kick.
func (w *worker) pop(sb *Superblock) (in *Inode, kind workKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if kicks := w.kicks.Load(); w.head == 0 && w.seen != kicks {
		w.seen = kicks
		for w.aside != 0 { // the last put aside comes first here, and is looked at last
			i := w.aside
			l := &w.links[i]
			w.aside = l.next
			if l.next = w.head; w.head == 0 {
				w.tail = i
			}
			w.head = i
		}
	}
	if w.head == 0 {
		return nil, 0
	}
	in = &sb.inodes[w.head]
	l := w.links[w.head]
	if w.head = l.next; w.head == 0 {
		w.tail = 0
	}
	w.hands++
	return in, l.kind
}

// serveOne does what there is to do for the next inode. It reports false if
// there is none.
func (sb *Superblock) serveOne(t *Task) bool {
	w := &sb.work
	in, kind := w.pop(sb)
	if in == nil {
		return false
	}
	switch kind {
	case workIput:
		sb.Iput(t, in)
	case workWrite:
		if in.awaitPins(t) == nil {
			sb.Iput(t, in)
		}
	case workEvict:
		if sb.rules.DeferAside && sb.putAside(t, in) {
			return true
		}
		if sb.evict(t, in) && w.deferred.Add(^uint32(0)) == uint32(sb.rules.Defer)-1 && !bug.Planted(bug.WorkerForgetsRoom) {
			sb.waits.Wake(sync.KeyOf(&w.room)) // at any other count nobody waits, or not for this one
		}
	}
	w.mu.Lock()
	w.hands--
	if w.server == t {
		w.stats = t.Stats
	}
	w.mu.Unlock()
	return true
}

// putAside keeps an inode for later if a page is pinned, and reports whether it
// did.
func (sb *Superblock) putAside(t *Task, in *Inode) bool {
	w := &sb.work
	kicks := w.kicks.Load()
	for {
		if _, busy := in.BusyPage(t, 0); !busy {
			return false
		}
		w.mu.Lock()
		now := w.kicks.Load()
		if now == kicks {
			w.links[in.index].next, w.aside = w.aside, in.index
			w.hands--
			w.mu.Unlock()
			return true
		}
		w.mu.Unlock()
		kicks = now
	}
}

// awaitPins waits until no page of in is pinned or somebody else refers to it,
// whose last Iput will hand it over again. It keeps nobody from pinning.
func (in *Inode) awaitPins(t *Task) error {
	for in.state.Load()&refMask == 1 {
		pfn, busy := in.pinnedPage()
		if !busy {
			return nil
		}
		if err := in.WaitPin(t, pfn); err != nil {
			return err
		}
	}
	return nil
}

// pinnedPage returns the first busy page of a DAX file, and keeps nobody from
// pinning more.
func (in *Inode) pinnedPage() (pfn page.PFN, busy bool) {
	m := &in.mapping
	in.layoutMu.RLock(in.sb.waits)
	m.mu.Lock()
	if in.IsDAX() && in.entryCount.Load() > 0 {
		pfn, busy = in.busyEntriesLocked(0, everything)
	}
	m.mu.Unlock()
	in.layoutMu.RUnlock(in.sb.waits)
	return pfn, busy
}
