package vfs

import (
	"daxbench/engine/internal/sync"
	"daxbench/engine/lease"
	"daxbench/engine/media"
)

// Ino is an inode number.
type Ino = media.Ino

// An Inode is a file in the cache. Its memory is type-stable: once evicted it
// becomes another inode, so a pointer is good only while a reference is held.
type Inode struct {
	state sync.Uint64 // see the package comment
	ino   Ino         // as in state, for who has the inode; fixed while it is hashed
	index uint32      // of this inode in sb.inodes; fixed

	// Links by index into Superblock.inodes; 0 ends a list.
	lruPrev, lruNext uint32 // guarded by lru.mu; lruNext also links a dispose list

	sb     *Superblock             // fixed
	leases sync.Pointer[lease.Set] // nil until somebody asks for one; it stays with the memory (kernel: i_flctx)
	*rest                          // fixed
	size   sync.Uint32             // rec.Pages, for who must not wait for ioLock (kernel: i_size_read)

	workNext uint32   // guarded by worker.mu
	work     workKind // what the worker is to do; likewise
}

// The rest of an Inode is what neither a lookup nor an Iput looks at, nor the
// eviction of a file without pages.
type rest struct {
	rec      media.Record // Nlink, Pages: guarded by ioLock; Extents: by layoutMu
	ioLock   sync.RWSem
	layoutMu sync.RWSem
	mapping  Mapping
}

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

	refTop = 1 << 23 // a lookup refuses to count further than this
)

// numberOf returns the number in a state word; 0: it is of free memory.
func numberOf(w uint64) Ino { return Ino(w >> inoShift) }

// Ino returns the inode's number.
func (in *Inode) Ino() Ino { return in.ino }

// Owner returns who the inode's blocks belong to.
func (in *Inode) Owner() media.Owner { return media.Owner{Ino: in.ino, Gen: in.rec.Gen} }

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
	n := in.rec.Nlink
	in.ioLock.RUnlock(in.sb.waits)
	return n
}

// Pages returns the file's size in pages. It takes no lock: who holds a pin may
// ask, while a truncater holds ioLock and waits for that pin.
func (in *Inode) Pages() uint32 { return in.size.Load() }

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
