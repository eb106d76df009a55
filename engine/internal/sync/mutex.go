package sync

import (
	"sync"
	"time"
)

// A Mutex stands where the kernel has a spinlock. Nothing sleeps while holding
// one. The zero value is unlocked.
//
// Note: a hand-written spin lock was no faster here (4.6 ns against 4.7 ns a
// pair) and gives no help when its holder is preempted.
type Mutex struct{ mu sync.Mutex }

// Lock takes the lock.
func (m *Mutex) Lock() {
	if sched != nil {
		m.lockScheduled()
		return
	}
	if Yields {
		jostle()
	}
	m.mu.Lock()
}

// TryLock takes the lock if it is free, and reports whether it did.
func (m *Mutex) TryLock() bool { point(); return m.mu.TryLock() }

// Unlock releases the lock.
func (m *Mutex) Unlock() {
	m.mu.Unlock()
	point()
}

//go:noinline
func (m *Mutex) lockScheduled() {
	sched.Yield()
	for !m.mu.TryLock() {
		sched.Block(m.free, time.Time{})
	}
}

// free reports whether nobody holds m; under a scheduler no one can take it in between.
func (m *Mutex) free() bool {
	if !m.mu.TryLock() {
		return false
	}
	m.mu.Unlock()
	return true
}
