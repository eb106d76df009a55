package pmem

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Err returns the first failure of msync on this mapping, for Fence cannot. After it nothing more is known to be
// durable: the kernel reports a write error once, and may have dropped the page.
func (r *Region) Err() error {
	m := r.root
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// note remembers that bytes lo to hi of the mapping want msync.
//
// Note: one span, and not a bitmap. Two far flushes make msync look at all pages between them, but it writes
// only the dirty ones, and each takes some 100 µs.
func (m *mapping) note(lo, hi int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lo == m.hi {
		m.lo, m.hi = lo, hi
		return
	}
	m.lo, m.hi = min(m.lo, lo), max(m.hi, hi)
}

// sync makes durable what was noted before it was called, by whomever.
//
// The racer is another sync that has taken our span and is still inside msync: finding nothing noted we would return
// before our bytes are durable. Hence syncing, taken before the span is: we then wait for that msync. Either we find
// our span, or the sync that had it has ended.
func (m *mapping) sync() {
	m.syncing.Lock(m.waits)
	defer m.syncing.Unlock(m.waits)
	m.mu.Lock()
	lo, hi := m.lo, m.hi
	m.lo, m.hi = 0, 0
	m.mu.Unlock()
	if lo == hi {
		return
	}
	lo = lo &^ (PageSize - 1)
	hi = (hi + PageSize - 1) &^ (PageSize - 1)
	if err := retry(func() error { return m.host.msync(m.mem[lo:hi], unix.MS_SYNC) }); err != nil {
		m.fail(fmt.Errorf("pmem: %s: msync of %d bytes at %d: %w: what was stored may be lost", m.info.Path, hi-lo, lo, err))
	}
}

func (m *mapping) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
}

// close unmaps, and unlocks the file by closing it.
func (m *mapping) close() error {
	return errors.Join(m.err, m.host.munmap(m.mem), m.file.Close())
}

// retry calls fn until a signal does not interrupt it: the Go runtime sends itself many.
func retry(fn func() error) error {
	for {
		if err := fn(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
