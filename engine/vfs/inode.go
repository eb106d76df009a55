package vfs

import (
	"fmt"

	"daxbench/engine/internal/sync"
	"daxbench/engine/lease"
	"daxbench/engine/media"
)

// Ino is an inode number.
type Ino = media.Ino

// An Inode is a file in the cache. Its memory is type-stable: once evicted it
// becomes another inode, so a pointer is good only while a reference is held.
//
// What is here fills one cache line, and is all that a lookup and an Iput look at,
// and the eviction of a file without pages.
type Inode struct {
	state sync.Uint64 // see the package comment
	ino   Ino         // as in state, for who has the inode; fixed while it is hashed
	index uint32      // of this inode in sb.inodes; fixed

	lruPlace   uint32      // block of the list and slot in it, see lru; guarded by lru.mu
	entryCount sync.Uint32 // of mapping; changed under its mu, read without (kernel: nrpages)

	// The record, but for its extents. Guarded by ioLock, flags by layoutMu too.
	gen   media.Gen // fixed while it is hashed
	nlink uint32
	flags uint32
	size  sync.Uint32 // in pages; read without the lock, too (kernel: i_size_read)

	sb     *Superblock             // fixed
	leases sync.Pointer[lease.Set] // nil until somebody asks for one; it stays with the memory (kernel: i_flctx)
	*rest                          // fixed
}

// The rest of an Inode.
type rest struct {
	ioLock   sync.RWSem
	layoutMu sync.RWSem
	mapping  Mapping
	extents  []media.Extent // of the record, guarded by layoutMu; empty in free memory
}

// fetch reads the line of r that has the locks and the gate.
func (r *rest) fetch() { r.ioLock.Fetch() }

// The bits of the state word.
const (
	refOne     = 1
	refMask    = 1<<24 - 1
	stNew      = 1 << 24
	stFreeing  = 1 << 25
	stRefd     = 1 << 26
	stOnLRU    = 1 << 27
	stUnlinked = 1 << 28
	stDontKeep = 1 << 29
	stDAX      = 1 << 30
	stAwaited  = 1 << 31
	inoShift   = 32

	refTop = 1 << 23 // to take so many references panics; see tooManyRefs
)

// numberOf returns the number in a state word; 0: it is of free memory.
func numberOf(w uint64) Ino { return Ino(w >> inoShift) }

// Ino returns the inode's number.
func (in *Inode) Ino() Ino { return in.ino }

// Owner returns who the inode's blocks belong to.
func (in *Inode) Owner() media.Owner { return media.Owner{Ino: in.ino, Gen: in.gen} }

// IsDAX reports whether the file's pages are the storage itself.
func (in *Inode) IsDAX() bool { return in.state.Load()&stDAX != 0 }

// IsUnlinked reports whether no link is left.
func (in *Inode) IsUnlinked() bool { return in.state.Load()&stUnlinked != 0 }

// IsDontCache reports whether the last Iput evicts the inode although it is
// linked.
func (in *Inode) IsDontCache() bool { return in.state.Load()&stDontKeep != 0 }

// Nlink returns the number of links. The caller holds a reference and no pin
// that a truncater could be waiting for with ioLock held.
func (in *Inode) Nlink() uint32 {
	in.ioLock.RLock(in.sb.waits)
	n := in.nlink
	in.ioLock.RUnlock(in.sb.waits)
	return n
}

// Pages returns the file's size in pages. It takes no lock: who holds a pin may
// ask, while a truncater holds ioLock and waits for that pin.
func (in *Inode) Pages() uint32 { return in.size.Load() }

// hold takes one more reference; the caller has one.
func (in *Inode) hold() {
	if w := in.state.Add(refOne); w&refTop != 0 {
		tooManyRefs(w)
	}
}

// tooManyRefs is what becomes of who takes the reference that refTop is: state word
// w has it.
func tooManyRefs(w uint64) {
	panic(fmt.Sprintf("vfs: inode %d has %d references", numberOf(w), w&refMask))
}

// record returns the record of a file that is to be pages long. The caller holds
// both locks, or the inode is New.
func (in *Inode) record(pages uint32) media.Record {
	return media.Record{Ino: in.ino, Gen: in.gen, Nlink: in.nlink, Flags: in.flags, Pages: pages, Extents: in.extents}
}

// setRecord makes r the record of an inode that is New.
func (in *Inode) setRecord(r *media.Record) {
	in.gen, in.nlink, in.flags = r.Gen, r.Nlink, r.Flags
	if len(r.Extents) > 0 {
		in.extents = append(in.extents[:0], r.Extents...)
	} else if (sync.Scheduled() || sync.Yields) && len(in.extents) > 0 {
		panic(fmt.Sprintf("vfs: inode %d has blocks of the last inode in its memory", in.ino))
	}
	in.setSize(r.Pages)
}

// writeRecord makes durable that a file has pages and its extents, as they are.
func (sb *Superblock) writeRecord(in *Inode, pages uint32) error {
	r := in.record(pages)
	err := sb.fs.Write(&r)
	in.extents = r.Extents // neighbours were merged
	return err
}

// setSize sets what Pages returns. Most often it is that already: an atomic store
// takes as long as a lock.
func (in *Inode) setSize(pages uint32) {
	if in.size.Load() != pages {
		in.size.Store(pages)
	}
}

// Leases returns the layout leases on the file, to grant some.
func (in *Inode) Leases() *lease.Set {
	s := in.leases.Load()
	if s != nil {
		return s
	}
	s = new(lease.Set)
	s.Init(in.sb.waits)
	if in.sb.opts.LeaseHoldsFile || in.sb.watch != nil {
		s.Tell((*leaseFile)(in))
	}
	if !in.leases.CompareAndSwap(nil, s) {
		s = in.leases.Load()
	}
	return s
}

// IsLeased reports whether there is a layout lease on the file.
func (in *Inode) IsLeased() bool { return !in.leases.Load().Empty() }

// DontCache makes the last Iput evict the inode, although it is linked
// (kernel: d_mark_dontcache). The caller holds a reference.
func (in *Inode) DontCache() { in.state.Or(stDontKeep) }
