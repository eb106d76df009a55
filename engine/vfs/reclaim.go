package vfs

import (
	"time"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// BeginReclaim makes t one who reclaims because somebody needs memory, as
// kswapd and the shrinkers do: what it waits for until EndReclaim, it waits for
// in reclaim. The two nest. Direct reclaim calls them itself.
func (sb *Superblock) BeginReclaim(t *Task) {
	if t.reclaim++; t.reclaim == 1 {
		sb.tell(Event{Kind: ReclaimBegin, Task: t})
	}
}

// EndReclaim ends what BeginReclaim began.
func (sb *Superblock) EndReclaim(t *Task) {
	if t.reclaim--; t.reclaim == 0 {
		sb.tell(Event{Kind: ReclaimEnd, Task: t})
	}
}

// beginEvicting counts t, which is about to evict, among those behind whom
// others are throttled, if it is in reclaim.
func (sb *Superblock) beginEvicting(t *Task) {
	if t.InReclaim() {
		sb.evictingFor(t, 1)
	}
}

func (sb *Superblock) endEvicting(t *Task) {
	if t.InReclaim() {
		sb.evictingFor(t, ^uint32(0))
	}
}

func (sb *Superblock) evictingFor(t *Task, n uint32) {
	sb.slots.evicting.Add(n)
	sb.memoryMayBeHad(t)
}

// reclaimTries bounds how often direct reclaim tries before it looks behind whom
// to wait: every unreferenced inode may need two looks, the first of which takes
// its Referenced bit.
const reclaimTries = 4

// reclaim evicts inodes until there is memory, and returns the index of some. If
// nothing is left to reclaim it waits for others for as long as behind says
// that it makes sense (kernel: reclaim_throttle). It returns 0 if it does not,
// or a wait was given up (t.Err).
func (sb *Superblock) reclaim(t *Task, behind func(*Superblock) bool) (i uint32) {
	start, evicted := sync.Now(), t.Stats.Evictions
	throttled := false
	for try := 0; i == 0 && t.err == nil; try++ {
		kicks := sb.slots.kicks.Load()
		want := sb.opts.ReclaimBatch
		if try > 0 {
			want = sb.opts.CacheInodes
		}
		sb.BeginReclaim(t)
		sb.PruneICache(t, want)
		sb.EndReclaim(t)
		if i = sb.take(t); i != 0 || t.err != nil || try < reclaimTries {
			continue
		}
		if !throttled {
			throttled = true
			sb.slots.throttled.Add(1)
			continue // look once more: from here on we are woken
		}
		if !behind(sb) {
			break
		}
		sb.throttle(t, kicks, start)
	}
	if throttled {
		sb.slots.throttled.Add(^uint32(0))
	}
	t.Stats.Reclaims++
	t.Stats.Reclaimed += t.Stats.Evictions - evicted
	t.Stats.ReclaimTime += sync.Now().Sub(start)
	return i
}

// throttle sleeps until memory may be had, unless that was so since kicks was
// read.
func (sb *Superblock) throttle(t *Task, kicks uint32, start time.Time) {
	w := sb.waits.Arm(sync.KeyOf(&sb.slots))
	if sb.slots.kicks.Load() != kicks && !bug.Planted(bug.ThrottleForgetsKicks) {
		sb.waits.Disarm(w)
		return
	}
	t.Stats.Throttles++
	sb.tell(Event{Kind: Throttled, Task: t})
	sb.tell(Event{Kind: WaitBegin, Task: t, Wait: ForMemory})
	s, err := sb.waits.Sleep(t.ctx, w)
	sb.tell(Event{Kind: WaitEnd, Task: t, Wait: ForMemory})
	t.Stats.Throttled += s.Total
	if err != nil {
		t.hung(HungError{What: "memory", After: sync.Now().Sub(start), Cause: err})
	}
}
