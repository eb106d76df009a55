package sync

import (
	"context"

	"daxbench/engine/internal/bug"
)

// An RWSem stands for a kernel rw_semaphore: many readers or one writer, who
// may sleep while holding it. It is one word, as there are two in every cached
// inode; who may have to sleep says in which table, always the same one. The
// zero value is free.
//
// Uncontended it costs one locked instruction to take and one to release, as
// in the kernel (down_write, up_write). That matters here: what a policy pays
// for taking both inode locks at eviction is the very thing that is measured.
//
// Note: sync.RWMutex takes four locked instructions for the same pair, twice
// the kernel's price.
//
//	bit  31     a writer holds it
//	bit  30     somebody waits
//	bit  29     a writer waits; readers queue behind it, so a stream of
//	            overlapping readers cannot starve it
//	bits 28..0  number of readers
type RWSem struct{ word Uint32 }

const (
	semWriter      = 1 << 31
	semWaiters     = 1 << 30
	semWriterWaits = 1 << 29
	semReaders     = semWriterWaits - 1
)

// Fetch reads s for its cache line's sake.
func (s *RWSem) Fetch() { s.word.Fetch() }

// Lock takes s for writing; t is where it waits.
func (s *RWSem) Lock(t *WaitTable) {
	if !s.word.CompareAndSwap(0, semWriter) {
		s.lockSlow(t)
	}
}

// TryLock takes s for writing if nobody holds it or waits for it.
func (s *RWSem) TryLock() bool { return s.word.CompareAndSwap(0, semWriter) }

// Unlock releases s, held for writing.
func (s *RWSem) Unlock(t *WaitTable) {
	const minusWriter = semWriter // its own two's complement
	if s.word.Add(minusWriter)&semWaiters != 0 {
		s.wake(t)
	}
	point()
}

// RLock takes s for reading.
func (s *RWSem) RLock(t *WaitTable) {
	if !s.TryRLock() {
		s.rlockSlow(t)
	}
}

// TryRLock takes s for reading if no writer holds it and nobody waits.
func (s *RWSem) TryRLock() bool {
	for {
		v := s.word.Load()
		if v&^semReaders != 0 {
			return false
		}
		if s.word.CompareAndSwap(v, v+1) {
			return true
		}
	}
}

// RUnlock releases s, held for reading.
func (s *RWSem) RUnlock(t *WaitTable) {
	if v := s.word.Add(^uint32(0)); v&semReaders == 0 && v&semWaiters != 0 {
		s.wake(t)
	}
	point()
}

// lockSlow waits for s and takes it for writing. The flags are set after Arm
// and before the test, so a holder who releases in between either is seen to
// be gone or sees the flags. A writer who gets in takes away the mark that a
// writer waits; another one who still waits is woken at the unlock, as
// semWaiters stays, and sets it anew.
func (s *RWSem) lockSlow(t *WaitTable) {
	for {
		w := t.Arm(KeyOf(s))
		v := s.word.Or(semWaiters|semWriterWaits) | semWaiters | semWriterWaits
		if v&(semWriter|semReaders) == 0 {
			ok := s.word.CompareAndSwap(v, semWriter|semWaiters)
			t.Disarm(w)
			if ok {
				return
			}
			continue
		}
		t.Sleep(context.Background(), w)
	}
}

// rlockSlow waits for s and takes it for reading.
func (s *RWSem) rlockSlow(t *WaitTable) {
	for {
		w := t.Arm(KeyOf(s))
		v := s.word.Or(semWaiters) | semWaiters
		if v&(semWriter|semWriterWaits) == 0 {
			ok := s.word.CompareAndSwap(v, v+1)
			t.Disarm(w)
			if ok {
				return
			}
			continue
		}
		t.Sleep(context.Background(), w)
	}
}

// wake clears the waiter flag and wakes all who wait; each tries again.
func (s *RWSem) wake(t *WaitTable) {
	s.word.And(^uint32(semWaiters))
	if !bug.Planted(bug.SemUnlockForgetsWake) {
		t.Wake(KeyOf(s))
	}
}
