package vfs

import (
	"math/bits"

	"daxbench/engine/internal/sync"
)

// A stripe is a part of the hash table of the inode cache with its own lock.
// The kernel has one lock for all.
type stripe struct {
	mu    sync.Mutex
	heads []uint32      // hash chains by slot index; guarded by mu
	_     [64 - 32]byte // keeps neighbouring stripes off this line
}

// shiftFor returns the shift that leaves the bits of a hash which choose among n,
// a power of two.
func shiftFor(n int) uint8 { return uint8(64 - bits.Len(uint(n-1))) }

// hash spreads inode numbers, which are dense and given out in order.
func hash(ino Ino) uint64 {
	const golden = 0x9E3779B97F4A7C15 // 2^64 / golden ratio
	return uint64(ino) * golden
}

// stripe returns the stripe of ino, and the chain in it.
func (sb *Superblock) stripe(ino Ino) (*stripe, *uint32) {
	h := hash(ino)
	s := &sb.stripes[h>>sb.shift&uint64(len(sb.stripes)-1)]
	return s, &s.heads[h>>24&uint64(len(s.heads)-1)]
}

// findLocked returns the inode with number ino in a chain, or nil. The caller
// holds the stripe's mu.
func (sb *Superblock) findLocked(chain uint32, ino Ino) *Inode {
	for chain != 0 {
		in := &sb.inodes[chain]
		if in.ino == ino {
			return in
		}
		chain = in.hashNext
	}
	return nil
}

// insertLocked puts in at the head of its chain.
func (in *Inode) insertLocked(chain *uint32) {
	in.hashNext, *chain = *chain, in.index
}

// removeLocked takes in out of its chain.
func (in *Inode) removeLocked(chain *uint32) {
	for p := chain; *p != 0; p = &in.sb.inodes[*p].hashNext {
		if *p == in.index {
			*p = in.hashNext
			return
		}
	}
	panic("vfs: inode is not in its hash chain")
}
