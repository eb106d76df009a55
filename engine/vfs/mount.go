package vfs

import (
	"errors"
	"fmt"
	"time"

	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// ErrBusyInodes is returned by Unmount if inodes are in use (kernel: EBUSY, or
// "VFS: Busy inodes after unmount").
var ErrBusyInodes = errors.New("vfs: busy inodes")

// lockSB takes s_umount. Only what is done to a superblock as a whole takes it:
// no other operation waits for it here, but whoever waits under it holds up all
// that do in the kernel.
func (sb *Superblock) lockSB(t *Task) {
	sb.tell(Event{Kind: MaySleep, Task: t, Class: SBLock})
	if !sb.umount.TryLock() {
		sb.tell(Event{Kind: WaitBegin, Task: t, Wait: ForLock, Class: SBLock})
		sb.umount.Lock(sb.waits)
		sb.tell(Event{Kind: WaitEnd, Task: t, Wait: ForLock, Class: SBLock})
	}
	sb.tell(Event{Kind: LockTaken, Task: t, Class: SBLock})
}

func (sb *Superblock) unlockSB(t *Task) {
	sb.tell(Event{Kind: LockDropped, Task: t, Class: SBLock})
	sb.umount.Unlock(sb.waits)
}

// Unmount evicts all inodes, under s_umount (generic_shutdown_super). What is
// left to the worker is finished first, and what is evicted here is not left to
// it. The error is ErrBusyInodes if inodes are in use, which stay, so that the
// superblock is as good as before; or a *HungError. What is pinned stays pinned:
// see Remount.
func (sb *Superblock) Unmount(t *Task) error {
	sb.lockSB(t)
	defer sb.unlockSB(t)
	if err := sb.finishWork(t); err != nil {
		return err
	}
	serving := t.serving
	t.serving = true
	_, busy := sb.EvictInodes(t, nil)
	t.serving = serving
	switch {
	case t.err != nil:
		return t.err
	case busy > 0:
		return fmt.Errorf("%w: %d", ErrBusyInodes, busy)
	}
	sb.Release(t)
	sb.tell(Event{Kind: Unmounted, Task: t})
	return nil
}

// finishPoll is how often finishWork looks again while another task serves the
// worker.
const finishPoll = time.Millisecond

// finishWork waits until nothing is left to the worker (flush_workqueue), and does
// what there is to do itself.
func (sb *Superblock) finishWork(t *Task) error {
	for sb.NeedsWorker() && !sb.WorkerIdle() && t.err == nil {
		if sb.RunWorker(t) > 0 {
			continue
		}
		w := sb.waits.Arm(sync.KeyOf(&sb.work))
		s, err := sb.waits.SleepUntil(t.ctx, w, sync.Now().Add(finishPoll))
		if err != nil && err != sync.ErrDeadline {
			return t.hung(HungError{What: "deferred work", After: s.Total, Cause: err})
		}
	}
	return t.err
}

// initPages makes the page table and the queues that tasks sleep in, or takes
// over old's, and counts the shares of blocks.
func (sb *Superblock) initPages(old *Superblock) (err error) {
	if sb.opts.Granule == page.Folio {
		sb.fs.AlignLarge(page.FolioPages)
	}
	sb.countShares()
	if old != nil {
		sb.waits, sb.pages = old.waits, old.pages
	} else {
		sb.waits = sync.NewWaitTable(sb.opts.WaitQueues)
		sb.waits.SetLimit(sb.opts.HangLimit)
		sb.pages, err = page.MakeTable(int(sb.fs.BlockCount()), sb.waits, page.Options{
			Refcount: sb.opts.Refcount, Granule: sb.opts.Granule, CountDMAOnly: sb.rules.CountDMAOnly, OnFree: sb.freeQuarantined,
		})
	}
	return err
}

// Remount returns a superblock over fs, which was mounted from the same region
// after sb was unmounted. It has sb's options and its page table: pins outlive
// an unmount, since what they hold is the page. Under Rules.Quarantine, blocks
// that are free and pinned are kept from being given out, as before.
func (sb *Superblock) Remount(fs *media.FS) (*Superblock, error) {
	if fs.Region() != sb.region || fs.BlockCount() != sb.fs.BlockCount() {
		return nil, fmt.Errorf("vfs: remount of another file system")
	}
	next, err := newSuperblock(fs, sb.breaker, sb.opts, sb)
	if err != nil {
		return nil, err
	}
	next.claims.Store(sb.claims.Load()) // a mark of an old pin must not come up again
	next.pages.Retain(next.freeQuarantined)
	if next.rules.Quarantine {
		fs.Withhold(next.quarantineNext)
	}
	return next, nil
}

// quarantineNext leaves the first pinned page of e, which no file has, to its last
// pin.
func (sb *Superblock) quarantineNext(e media.Extent) (block uint32, ok bool) {
	for pfn, end := page.PFN(e.Start), page.PFN(e.End()); pfn < end; pfn++ {
		if !sb.pages.HasFolios() { // of a folio each page counts, but one has the pins
			if pfn, ok = sb.pages.FirstPinned(pfn, uint32(end-pfn)); !ok {
				break
			}
		}
		if sb.pages.Quarantine(pfn) {
			return uint32(pfn), true
		}
	}
	return 0, false
}
