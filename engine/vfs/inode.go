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
	ino   Ino         // guarded by stripe.mu while hashed; fixed while referenced

	// Links by index into Superblock.inodes; 0 ends a list.
	hashNext           uint32   // guarded by stripe.mu
	lruPrev, lruNext   uint32   // guarded by lru.mu; lruNext also links a dispose list
	listPrev, listNext uint32   // guarded by inodeList.mu
	workNext           uint32   // guarded by worker.mu
	work               workKind // what the worker is to do; likewise

	rec  media.Record // Nlink, Pages: guarded by ioLock; Extents: by layoutMu
	size sync.Uint32  // rec.Pages, for who must not wait for ioLock (kernel: i_size_read)

	ioLock   sync.RWSem
	layoutMu sync.RWSem
	mapping  Mapping
	leases   lease.Set
	sb       *Superblock // fixed
	index    uint32      // of this inode in sb.inodes; fixed
}

// The bits of the state word.
const (
	refOne     = 1
	refMask    = 1<<32 - 1
	stNew      = 1 << 32
	stFreeing  = 1 << 33
	stRefd     = 1 << 34
	stOnLRU    = 1 << 35
	stUnlinked = 1 << 36
	stDontKeep = 1 << 37
	stDAX      = 1 << 38
	stAwaited  = 1 << 39
)

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
	in.ioLock.RLock()
	n := in.rec.Nlink
	in.ioLock.RUnlock()
	return n
}

// Pages returns the file's size in pages. It takes no lock: who holds a pin may
// ask, while a truncater holds ioLock and waits for that pin.
func (in *Inode) Pages() uint32 { return in.size.Load() }

// Leases returns the layout leases on the file.
func (in *Inode) Leases() *lease.Set { return &in.leases }

// IOLock returns the lock that XFS calls IOLOCK and the VFS i_rwsem.
func (in *Inode) IOLock() *sync.RWSem { return &in.ioLock }

// LayoutLock returns the lock that XFS calls MMAPLOCK and the VFS
// invalidate_lock.
func (in *Inode) LayoutLock() *sync.RWSem { return &in.layoutMu }

// DontCache makes the last Iput evict the inode, although it is linked
// (kernel: d_mark_dontcache). The caller holds a reference.
func (in *Inode) DontCache() { in.state.Or(stDontKeep) }
