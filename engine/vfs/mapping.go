package vfs

import (
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
)

// A Mapping is the address_space of one file: which of its pages can be reached
// by a pin, and where they are. Of a DAX file an entry is the page frame
// number of the storage block; of another file it is a page-cache page, which
// holds a copy and may outlive truncation while it is pinned.
//
// Entries appear by Fault and go away by truncation or eviction. A pin reads
// them without a lock and is told by the gate if that was in vain.
type Mapping struct {
	gate    page.Gate
	mu      sync.Mutex                  // guards changes of all below
	entries sync.Pointer[[]sync.Uint32] // by page index: 0 none, else number + 1; replaced when it grows, kept when the inode goes
	lo, hi  uint32                      // all entries lie in [lo, hi)
	n       sync.Uint32                 // number of entries; read without mu
}

// len returns the number of entries.
func (m *Mapping) len() uint32 { return m.n.Load() }

// onlyFirst reports whether there is no entry but at index 0. The kernel keeps
// a single entry at index 0 in the root of i_pages, without a node, which is
// why mapping_shrinkable takes such a mapping for empty.
func (m *Mapping) onlyFirst() bool {
	switch m.n.Load() {
	case 0:
		return true
	case 1:
		return m.at(0) != 0
	}
	return false
}

// at returns the entry at index i, 0 if there is none.
func (m *Mapping) at(i uint32) uint32 {
	e := m.entries.Load()
	if e == nil || i >= uint32(len(*e)) {
		return 0
	}
	return (*e)[i].Load()
}

// growLocked makes room for n entries.
func (m *Mapping) growLocked(n uint32) []sync.Uint32 {
	old := m.entries.Load()
	if old != nil && n <= uint32(len(*old)) {
		return *old
	}
	grown := make([]sync.Uint32, n)
	if old != nil {
		for i := m.lo; i < m.hi; i++ {
			grown[i].Store((*old)[i].Load())
		}
	}
	m.entries.Store(&grown)
	return grown
}

// setLocked enters e, which is not 0, at index i.
func (m *Mapping) setLocked(entries []sync.Uint32, i, e uint32) {
	entries[i].Store(e)
	if m.n.Add(1) == 1 {
		m.lo, m.hi = i, i+1
	} else {
		m.lo, m.hi = min(m.lo, i), max(m.hi, i+1)
	}
}

// dropLocked removes the entries from index from on and calls gone with each.
func (m *Mapping) dropLocked(from uint32, gone func(index, e uint32)) {
	if m.n.Load() == 0 {
		return
	}
	entries := *m.entries.Load()
	from = max(from, m.lo)
	for i := from; i < m.hi; i++ {
		if e := entries[i].Load(); e != 0 {
			entries[i].Store(0)
			m.n.Add(^uint32(0))
			if gone != nil {
				gone(i, e)
			}
		}
	}
	m.hi = max(m.lo, min(m.hi, from))
}

// pieces calls f for each run of blocks that backs the pages [lo, hi) of a
// file, in order, with the run's first page index, until f reports false.
func pieces(extents []media.Extent, lo, hi uint32, f func(index uint32, e media.Extent) bool) {
	index := uint32(0)
	for _, e := range extents {
		first, end := max(index, lo), min(index+e.Len, hi)
		if first < end && !f(first, media.Extent{Start: e.Start + first - index, Len: end - first}) {
			return
		}
		index += e.Len
		if index >= hi {
			return
		}
	}
}
