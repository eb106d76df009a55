package vfs

import (
	"math/bits"

	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// A VMA is a user's mapping of a range of a file (vm_area_struct). It holds a
// reference to the file, which is all that ties a process's pins to it; a pin
// that was taken through a VMA outlives it, unless Rules.PinHolds says
// otherwise.
//
// A file can be used without: Fault and Pin then stand for somebody's mapping
// that nobody looks at. VMAs are for those to whom it matters whether the file
// is still mapped (Options.Scan), how often a page is (Options.Refcount), or
// when munmap comes (litmus).
type VMA struct {
	in       *Inode
	first, n uint32 // pages of the file; fixed

	// All below is guarded by the Mapping.mu of in.
	next  *VMA
	ptes  []uint64 // a bit for each page from base on that has a page table entry
	state vmaState
}

// A vmaState says what became of a VMA.
type vmaState uint8

const (
	vmaLive vmaState = iota
	vmaHeld          // unmapped, and kept by pins
	vmaGone
)

// Map maps the pages [first, first+n) of a file, which may be beyond its end.
// The caller holds a reference; the VMA takes its own.
func (sb *Superblock) Map(t *Task, in *Inode, first, n uint32) (*VMA, error) {
	if sb.down.Load() != 0 {
		return nil, ErrShutdown
	}
	v := &VMA{in: in, first: first, n: n}
	v.ptes = make([]uint64, (first-v.base()+n+63)/64)
	in.hold()
	m := &in.mapping
	m.mu.Lock()
	u := m.usersLocked()
	v.next, u.vmas, u.mapped = u.vmas, v, in.Owner()
	m.mu.Unlock()
	return v, nil
}

// Inode returns the file that is mapped.
func (v *VMA) Inode() *Inode { return v.in }

// Fault is Superblock.Fault through v; the pages must be v's. What is mapped
// already gets a page table entry of v all the same.
func (v *VMA) Fault(t *Task, first, n uint32) error {
	if first < v.first || first+n < first || first+n > v.first+v.n {
		return ErrNotMapped // kernel: SIGSEGV
	}
	return v.in.sb.fault(t, v.in, first, n, v)
}

// Munmap takes v away, and its reference to the file with it: the last one makes
// it an Iput like any other. While pins hold v (Rules.PinHolds) it stays, without
// page table entries, and the last of the pins takes it away. Unmapping what is
// unmapped does nothing: an unplug may have been faster.
func (sb *Superblock) Munmap(t *Task, v *VMA) {
	if sb.unmapVMA(v) {
		sb.Iput(t, v.in)
	}
}

// unmapVMA is Munmap without the Iput, and reports whether it is due.
func (sb *Superblock) unmapVMA(v *VMA) bool {
	m := &v.in.mapping
	m.mu.Lock()
	defer m.mu.Unlock()
	if v.state != vmaLive {
		return false
	}
	v.zapLocked(0, everything)
	if m.users.pinned > 0 {
		v.state = vmaHeld
		return false
	}
	v.unlinkLocked()
	return true
}

func (v *VMA) unlinkLocked() {
	v.state = vmaGone
	for p := &v.in.mapping.users.vmas; *p != nil; p = &(*p).next {
		if *p == v {
			*p = v.next
			return
		}
	}
	panic("vfs: VMA is not in its mapping")
}

// base is the page that the first bit of ptes stands for: a 2 MiB entry has its
// bit at its first page, which may lie before the VMA.
func (v *VMA) base() uint32 { return v.first &^ (page.FolioPages - 1) }

// fillLocked gives those of the pages [first, first+n) of v a page table entry that
// have one in the file.
func (v *VMA) fillLocked(entries []sync.Uint32, first, n uint32) {
	for i := first; i < first+n; i++ {
		if e := entries[i].Load(); e != 0 {
			v.setLocked(i, e)
		}
	}
}

// setLocked gives page index of v, which has entry e, a page table entry. It
// counts as a mapping of the page if the table counts those; 2 MiB at once are
// one.
func (v *VMA) setLocked(index, e uint32) {
	if wholeFolio(index, e) {
		index &^= page.FolioPages - 1
	}
	word, bit := &v.ptes[(index-v.base())/64], uint64(1)<<((index-v.base())%64)
	if *word&bit != 0 {
		return
	}
	*word |= bit
	if t := v.in.sb.pages; t.CountsMaps() {
		t.Map(entryWord(e))
	}
}

// zapLocked takes away the page table entries of v for the pages [from, end) of
// the file.
func (v *VMA) zapLocked(from, end uint32) {
	base, m, t := v.base(), &v.in.mapping, v.in.sb.pages
	for i := range v.ptes {
		for left := v.ptes[i]; left != 0; left &= left - 1 {
			index := base + uint32(i)*64 + uint32(bits.TrailingZeros64(left))
			e := m.at(index)
			last := index
			if wholeFolio(index, e) {
				last += page.FolioPages - 1
			}
			if last < from || index >= end {
				continue
			}
			v.ptes[i] &^= left & -left
			if t.CountsMaps() {
				t.Unmap(entryWord(e))
			}
		}
	}
}

// unmapLocked takes the pages [from, end) from every VMA: unmap_mapping_pages.
// Who has the inode's layout, or the inode, alone calls it; or a fault would
// bring them back. Mapping.mu is held.
func (m *Mapping) unmapLocked(from, end uint32) {
	for v := m.vmasLocked(); v != nil; v = v.next {
		v.zapLocked(from, end)
	}
}

// isMappedLocked is mapping_mapped: somebody has a VMA of the file, or had none
// from the start, and so is nobody who could have unmapped it.
func (in *Inode) isMappedLocked() bool {
	u := in.mapping.users
	return u == nil || u.vmas != nil || u.pinHeld || u.mapped != in.Owner()
}

// holdVMA lets a pin that is about to be taken hold the VMAs of the file, as
// Rules.PinHolds says; if there is none, that of whoever takes it, for which
// the file gets a reference. The caller has one.
//
// Note: a pin does not know its VMA, so all of the file's stay while any of its
// pages is pinned. What matters is that the last one's reference does.
func (in *Inode) holdVMA() {
	m := &in.mapping
	m.mu.Lock()
	u := m.usersLocked()
	if u.vmas == nil && !u.pinHeld {
		in.hold()
		u.pinHeld = true
	}
	u.pinned++
	m.mu.Unlock()
}

// releaseVMA ends that, and returns how many references to the file are the
// caller's to drop.
func (in *Inode) releaseVMA() (refs int) {
	m := &in.mapping
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.users
	if u.pinned--; u.pinned > 0 {
		return 0
	}
	if u.pinHeld {
		u.pinHeld = false
		refs++
	}
	for v := u.vmas; v != nil; v = v.next {
		if v.state == vmaHeld {
			v.unlinkLocked()
			refs++
		}
	}
	return refs
}
