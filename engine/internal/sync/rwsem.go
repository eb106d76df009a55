package sync

import (
	"context"

	"daxbench/engine/internal/bug"
)

// An RWSem stands for a kernel rw_semaphore: many readers or one writer, who
// may sleep while holding it. It must be given its wait table by Init before
// use.
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
type RWSem struct {
	word  Uint32
	waits *WaitTable
}

const (
	semWriter      = 1 << 31
	semWaiters     = 1 << 30
	semWriterWaits = 1 << 29
	semReaders     = semWriterWaits - 1
)

// Init makes s ready; t is where its waiters sleep.
func (s *RWSem) Init(t *WaitTable) { s.waits = t }

// Lock takes s for writing.
func (s *RWSem) Lock() {
	if !s.word.CompareAndSwap(0, semWriter) {
		s.lockSlow()
	}
}

// TryLock takes s for writing if nobody holds it or waits for it.
func (s *RWSem) TryLock() bool { return s.word.CompareAndSwap(0, semWriter) }

// Unlock releases s, held for writing.
func (s *RWSem) Unlock() {
	const minusWriter = semWriter // its own two's complement
	if s.word.Add(minusWriter)&semWaiters != 0 {
		s.wake()
	}
	point()
}

// RLock takes s for reading.
func (s *RWSem) RLock() {
	if !s.TryRLock() {
		s.rlockSlow()
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
func (s *RWSem) RUnlock() {
	if v := s.word.Add(^uint32(0)); v&semReaders == 0 && v&semWaiters != 0 {
		s.wake()
	}
	point()
}

// lockSlow waits for s and takes it for writing. The flags are set after Arm
// and before the test, so a holder who releases in between either is seen to
// be gone or sees the flags. A writer who gets in takes away the mark that a
// writer waits; another one who still waits is woken at the unlock, as
// semWaiters stays, and sets it anew.
func (s *RWSem) lockSlow() {
	for {
		w := s.waits.Arm(KeyOf(s))
		v := s.word.Or(semWaiters|semWriterWaits) | semWaiters | semWriterWaits
		if v&(semWriter|semReaders) == 0 {
			ok := s.word.CompareAndSwap(v, semWriter|semWaiters)
			s.waits.Disarm(w)
			if ok {
				return
			}
			continue
		}
		s.waits.Sleep(context.Background(), w)
	}
}

// rlockSlow waits for s and takes it for reading.
func (s *RWSem) rlockSlow() {
	for {
		w := s.waits.Arm(KeyOf(s))
		v := s.word.Or(semWaiters) | semWaiters
		if v&(semWriter|semWriterWaits) == 0 {
			ok := s.word.CompareAndSwap(v, v+1)
			s.waits.Disarm(w)
			if ok {
				return
			}
			continue
		}
		s.waits.Sleep(context.Background(), w)
	}
}

// wake clears the waiter flag and wakes all who wait; each tries again.
func (s *RWSem) wake() {
	s.word.And(^uint32(semWaiters))
	if !bug.Planted(bug.SemUnlockForgetsWake) {
		s.waits.Wake(KeyOf(s))
	}
}
