package vfs

import (
	"math"

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
	entries sync.Pointer[[]sync.Uint32] // by page index; replaced when it grows, kept when the inode goes
	lo, hi  uint32                      // all entries lie in [lo, hi); Inode.entryCount says how many
	users   *users                      // nil until somebody maps a file in this memory; it stays with it
	locked  uint32                      // entries that are locked
	stuck   bool                        // a wait for one was given up
}

// users is who has a file mapped. All of it is guarded by Mapping.mu.
type users struct {
	vmas    *VMA        // all of them (kernel: i_mmap)
	mapped  media.Owner // the last file that had one
	pinned  uint32      // pins that hold a VMA; see Rules.PinHolds
	pinHeld bool        // there is a reference to the file for those of them that no VMA was there for
}

// vmasLocked returns the first VMA of the mapping.
func (m *Mapping) vmasLocked() *VMA {
	if m.users == nil {
		return nil
	}
	return m.users.vmas
}

// usersLocked returns who has the file mapped, to be added to.
func (m *Mapping) usersLocked() *users {
	if m.users == nil {
		m.users = new(users)
	}
	return m.users
}

// An entry, as the kernel's values in i_pages:
//
//	bit  31     locked: who must change the entry waits; a pin does not care
//	bit  30     dirty: the page was written to since the last Sync
//	bit  29     PMD: the word of the folio's first page counts, see page.Table
//	bits 28..0  number of the page, + 1
//
// The upper bits are a DAX file's. 0 is no entry.
const (
	entryLocked = 1 << 31
	entryDirty  = 1 << 30
	entryPMD    = 1 << 29
	entryNumber = entryPMD - 1
)

// everything is the end of a range that has none.
const everything = math.MaxUint32

// entryPage returns the number of an entry's page.
func entryPage(e uint32) uint32 { return e&entryNumber - 1 }

// entryWord returns the page whose word counts for a DAX entry.
func entryWord(e uint32) page.PFN {
	pfn := page.PFN(entryPage(e))
	if e&entryPMD != 0 {
		pfn = page.Head(pfn)
	}
	return pfn
}

// wholeFolio reports whether an entry at index i is one of those that map 2 MiB
// at once: the others that have PMD are in a folio for another file's sake.
func wholeFolio(i, e uint32) bool {
	return e&entryPMD != 0 && (entryPage(e)-i)%page.FolioPages == 0
}

// onlyFirst reports whether there is no entry but at index 0. The kernel keeps
// a single entry at index 0 in the root of i_pages, without a node, which is
// why mapping_shrinkable takes such a mapping for empty.
func (in *Inode) onlyFirst() bool {
	switch in.entryCount.Load() {
	case 0:
		return true
	case 1:
		return in.mapping.at(0) != 0
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

// atFree is at for a caller that has just seen sync.Free.
func (m *Mapping) atFree(i uint32) uint32 {
	if e := m.entries.LoadFree(); e != nil && i < uint32(len(*e)) {
		return (*e)[i].LoadFree()
	}
	return 0
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
func (in *Inode) setLocked(entries []sync.Uint32, i, e uint32) {
	m := &in.mapping
	entries[i].Store(e)
	if in.entryCount.Add(1) == 1 {
		m.lo, m.hi = i, i+1
	} else {
		m.lo, m.hi = min(m.lo, i), max(m.hi, i+1)
	}
}

// sparse says that of so many pages less than one has an entry: then the entries are looked for rather than all memory
// written, most of which may never have been touched.
const sparse = 16

// dropLocked removes the entries of the pages [from, end) and calls gone with
// each if it is not nil.
func (in *Inode) dropLocked(from, end uint32, gone func(index, e uint32)) {
	m := &in.mapping
	left := in.entryCount.Load()
	if left == 0 {
		return
	}
	entries := *m.entries.Load()
	from, to := max(from, m.lo), min(end, m.hi)
	switch whole := from == m.lo && to == m.hi; {
	case from >= to:
	case gone == nil && left == m.hi-m.lo: // every page between the first and the last entry has one
		sync.Zero(entries[from:to])
		left -= to - from
	case gone == nil && whole && left > (to-from)/sparse:
		sync.Zero(entries[from:to])
		left = 0
	default:
		for i := from; i < to; i++ {
			if e := entries[i].Load(); e != 0 {
				entries[i].Store(0)
				left--
				if gone != nil {
					gone(i, e)
				}
			}
		}
	}
	in.entryCount.Store(left)
	if end >= m.hi {
		m.hi = max(m.lo, min(m.hi, from))
	}
}

// wholeLocked widens a range of pages so that it cuts through no entry of 2 MiB.
func (m *Mapping) wholeLocked(from, end uint32) (uint32, uint32) {
	if e := m.at(from); e != 0 && wholeFolio(from, e) {
		from &^= page.FolioPages - 1
	}
	if end != everything {
		if e := m.at(end); e != 0 && wholeFolio(end, e) {
			end = (end + page.FolioPages - 1) &^ (page.FolioPages - 1)
		}
	}
	return from, end
}

// runsLocked calls f for each run of pages in a row that the entries [from, end)
// of a DAX file name, until f reports false. If every page between the first and
// the last entry has one, as mostly, the file's extents name the same pages, and
// are faster to go through.
func (m *Mapping) runsLocked(from, end uint32, f func(media.Extent) bool) {
	var run media.Extent
	for i := max(from, m.lo); i < min(end, m.hi); i++ {
		switch e := m.at(i); {
		case e == 0:
		case run.Len > 0 && entryPage(e) == run.End():
			run.Len++
		default:
			if run.Len > 0 && !f(run) {
				return
			}
			run = media.Extent{Start: entryPage(e), Len: 1}
		}
	}
	if run.Len > 0 {
		f(run)
	}
}

// pieces calls f for each run of blocks that backs the pages [lo, hi) of a
// file, in order, with the run's first page index, until f reports false. It
// passes over holes, and is small enough for the compiler to inline it.
func pieces(extents []media.Extent, lo, hi uint32, f func(index uint32, e media.Extent) bool) {
	index := uint32(0)
	for _, e := range extents {
		first, end := max(index, lo), min(index+e.Len, hi)
		if e.Start > 0 && first < end && !f(first, media.Extent{Start: e.Start + first - index, Len: end - first}) {
			return
		}
		if index += e.Len; index >= hi {
			return
		}
	}
}
