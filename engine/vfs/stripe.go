package vfs

import (
	"math/bits"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/huge"
	"daxbench/engine/internal/sync"
)

// A stripe is a part of the hash table of the inode cache with its own lock.
// The kernel has one lock for all.
type stripe struct {
	mu sync.Mutex   // guards changes of the stripe's buckets; lookups go without
	_  [64 - 8]byte // keeps neighbouring stripes off this line
}

// A bucket is the part of a stripe in which some numbers are looked for: slots
// with the indices of inodes, and a tag of eight bits for each, which says
// whether its slot can be that of a number. It fills a cache line. If it is full
// there is another behind it; the last ones of a row go elsewhere when they are empty.
//
// No inode ever moves from one slot to another, and a slot is filled before its
// tag says so. So a lookup without a lock, which reads tags, slot and inode one
// after the other, misses a number only if that was out of the cache at some
// moment meanwhile. So it is if a bucket goes elsewhere under its eyes, since there
// was none behind: what is behind those before it by then came after the lookup had
// read them. What it finds may be another's by the time it looks: the state word of
// the inode, which has the number in it, decides.
//
// Note: with deletion by moving another inode into the hole a lookup would need
// a sequence number to know that it has missed nothing. Full numbers in the slots
// in place of tags would make seven of eleven.
type bucket struct {
	tags  sync.Uint64              // of slots 0 to 7, the first in the lowest byte; 0: the slot is free
	tags2 sync.Uint32              // of slots 8 to 10; the upper byte is 0
	slots [bucketSlots]sync.Uint32 // indices into Superblock.inodes
	next  sync.Pointer[bucket]     // nil: none
}

const (
	bucketSlots = 11

	// bucketLoad is how many inodes there are for a bucket if the cache is full. With
	// numbers by chance one in thirty buckets then overflows, with numbers in a
	// row none.
	bucketLoad = 6.5

	// bucketsPerSpare is for how many buckets there is a spare one from the start.
	bucketsPerSpare = 20
)

// makeBuckets makes at least n buckets, as many for each stripe, and spare ones.
func (sb *Superblock) makeBuckets(n int) {
	n = (n + len(sb.stripes) - 1) / len(sb.stripes) * len(sb.stripes)
	all := huge.Make[bucket](n + n/bucketsPerSpare)
	sb.buckets = all[:n]
	for i := range all[n:] {
		sb.spares.give(&all[n+i])
	}
}

// shiftFor returns the shift that leaves the bits of a hash which choose among n,
// a power of two.
func shiftFor(n int) uint8 { return uint8(64 - bits.Len(uint(n-1))) }

// hash spreads inode numbers, which are dense and given out in order.
func hash(ino Ino) uint64 {
	const golden = 0x9E3779B97F4A7C15 // 2^64 / golden ratio
	return uint64(ino) * golden
}

// tagOf returns the tag of a number, which is never 0. Of its hash it takes bits
// that do not choose the bucket, but come of all bits of the number.
func tagOf(h uint64) uint64 { return max(h>>24&0xff, 1) }

// stripe returns the stripe of ino.
func (sb *Superblock) stripe(ino Ino) *stripe {
	return &sb.stripes[hash(ino)>>sb.shift&uint64(len(sb.stripes)-1)]
}

// bucket returns the first bucket of a number with hash h. Those of one stripe
// lie side by side, in the order of their hashes.
func (sb *Superblock) bucket(h uint64) *bucket {
	i, _ := bits.Mul64(h, uint64(len(sb.buckets)))
	return &sb.buckets[i]
}

// match returns a bit for each slot whose tag is tag, and sometimes one more for a
// slot behind it; slotOf says which slot the lowest bit is for. For tags it is bit
// 7 of a byte, for tags2 bit 6.
func match(tags, tags2, tag uint64) uint64 {
	const (
		lows, lows2   = 0x0101010101010101, 0x010101
		highs, highs2 = lows << 7, lows2 << 7
	)
	all := tag * lows
	x, y := tags^all, tags2^all&(1<<24-1)
	return (x-lows)&^x&highs | (y-lows2)&^y&highs2>>1
}

// slotOf returns which slot the lowest bit of what match returned stands for.
func slotOf(m uint64) uint {
	bit := uint(bits.TrailingZeros64(m))
	return bit>>3 + ^bit&1<<3
}

// find returns the inode with number ino and its state word; nil if there is
// none. It takes no lock and no reference: unless the caller holds the stripe's
// mu, the inode may be another by the time it returns.
func (sb *Superblock) find(ino Ino) (*Inode, uint64) {
	h := hash(ino)
	for b := sb.bucket(h); b != nil; b = b.next.Load() {
		for m := match(b.tags.Load(), uint64(b.tags2.Load()), tagOf(h)); m != 0; m &= m - 1 {
			in := &sb.inodes[b.slots[slotOf(m)].Load()]
			if w := in.state.Load(); numberOf(w) == ino || w != 0 && bug.Planted(bug.FindTrustsTag) {
				return in, w
			}
		}
	}
	return nil, 0
}

// insertLocked puts in, whose state word has its number, into the hash table.
// The caller holds the stripe's mu.
func (sb *Superblock) insertLocked(in *Inode) {
	h := hash(in.ino)
	b := sb.bucket(h)
	for {
		free := match(b.tags.Load(), uint64(b.tags2.Load()), 0)
		if free != 0 {
			i := slotOf(free)
			b.slots[i].Store(in.index)
			b.setTag(i, tagOf(h))
			return
		}
		next := b.next.Load()
		if next == nil {
			next = sb.spares.take()
			b.next.Store(next)
		}
		b = next
	}
}

// removeLocked takes in out of the hash table. The caller holds the stripe's mu.
func (sb *Superblock) removeLocked(in *Inode) {
	h := hash(in.ino)
	first := sb.bucket(h)
	for b := first; b != nil; b = b.next.Load() {
		for m := match(b.tags.Load(), uint64(b.tags2.Load()), tagOf(h)); m != 0; m &= m - 1 {
			if i := slotOf(m); b.slots[i].Load() == in.index {
				if bug.Planted(bug.UnhashMovesAnother) {
					i = b.moveLastInto(i)
				}
				b.setTag(i, 0)
				if b != first && b.isEmpty() && b.next.Load() == nil {
					sb.trimLocked(first)
				}
				return
			}
		}
	}
	panic("vfs: inode is not in the hash table")
}

// trimLocked unlinks the last bucket of first's row and makes it a spare, as long as
// that one is empty: the one before it may have been empty for long, and is then the
// next to go. An empty bucket in front of one that is not stays in the row; the next
// insertions fill it first.
func (sb *Superblock) trimLocked(first *bucket) {
	for {
		before, last := first, first.next.Load()
		if last == nil {
			return
		}
		for next := last.next.Load(); next != nil; next = last.next.Load() {
			before, last = last, next
		}
		if !last.isEmpty() {
			return
		}
		before.next.Store(nil)
		sb.spares.give(last)
	}
}

func (b *bucket) isEmpty() bool { return b.tags.Load() == 0 && b.tags2.Load() == 0 }

// spares are the buckets that stand behind no other. They are empty, and have none
// behind them.
//
// Lock: mu is a leaf.
type spares struct {
	mu   sync.Mutex
	free []*bucket // guarded by mu
	_    [64]byte  // keeps them off what all look at
}

func (s *spares) take() (b *bucket) {
	s.mu.Lock()
	if n := len(s.free); n > 0 {
		b, s.free = s.free[n-1], s.free[:n-1]
	}
	s.mu.Unlock()
	if b == nil {
		b = new(bucket)
	}
	return b
}

func (s *spares) give(b *bucket) {
	s.mu.Lock()
	s.free = append(s.free, b)
	s.mu.Unlock()
}

// moveLastInto puts the inode of the last slot that is in use into slot i, and
// returns that last slot (bug.UnhashMovesAnother).
func (b *bucket) moveLastInto(i uint) (last uint) {
	tags := [2]uint64{b.tags.Load(), uint64(b.tags2.Load())}
	for last = bucketSlots - 1; tags[last/8]>>(last%8*8)&0xff == 0; last-- {
	}
	b.slots[i].Store(b.slots[last].Load())
	b.setTag(i, tags[last/8]>>(last%8*8)&0xff)
	return last
}

// setTag stores the tag of slot i. The caller holds the stripe's mu.
func (b *bucket) setTag(i uint, tag uint64) {
	if i < 8 {
		b.tags.Store(b.tags.Load()&^(0xff<<(8*i)) | tag<<(8*i))
		return
	}
	i -= 8
	b.tags2.Store(b.tags2.Load()&^(0xff<<(8*i)) | uint32(tag)<<(8*i))
}

// eachLocked calls visit with every inode of the buckets of stripe i, whose mu the
// caller holds.
func (sb *Superblock) eachLocked(i int, visit func(*Inode)) {
	n := len(sb.buckets) / len(sb.stripes)
	for j := range sb.buckets[i*n : (i+1)*n] {
		for b := &sb.buckets[i*n+j]; b != nil; b = b.next.Load() {
			tags := [2]uint64{b.tags.Load(), uint64(b.tags2.Load())}
			for k := range b.slots {
				if tags[k/8]>>(k%8*8)&0xff != 0 {
					visit(&sb.inodes[b.slots[k].Load()])
				}
			}
		}
	}
}
