package media

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"daxbench/engine/internal/sync"
	"daxbench/engine/pmem"
)

const (
	maxGroups  = 8  // several times the workers that share an engine
	leastGroup = 64 // blocks: below that, a second lock is not worth the shorter extents

	// easyPieces is how many pieces an allocation may come in before the group joins its free extents: what a
	// record holds without overflow.
	easyPieces = inlineExtents
)

// A group hands out the blocks of one stretch of the region. Its free extents are a stack: what was freed last goes out
// first, whole or from its start. That is the worst case for a stale pin and the best one for the caches.
//
// Neighbours are not joined when they are freed, which would lose the order, but when an allocation would come in too
// many pieces.
//
// Note: xfs keeps two B+trees for each group, by place and by size, and gives out blocks near the inode. Freed blocks
// then come back late, and the dangerous reuse becomes rare instead of going away.
type group struct {
	mu     sync.Mutex
	stack  []piece // guarded by mu; the last one goes out first
	free   uint32  // blocks in stack; guarded by mu
	pushed uint32  // pieces pushed since the last join; guarded by mu
	wait   uint32  // how many must be pushed before the next one; guarded by mu

	first, end uint32 // its blocks are [first, end). Immutable

	_ [2*pmem.CacheLine - 56]byte // keeps neighbours off the lines, two of which the processor fetches at a time
}

// A piece is a free extent.
type piece struct {
	Extent
	age uint32 // place in the stack. Only join uses it
}

// makeGroups divides the data blocks into stretches of a power of two, and returns its logarithm.
func makeGroups(dataStart, blocks uint32) (groups []group, shift uint8) {
	n := blocks - dataStart
	shift = uint8(max(bits.Len32(n-1), bits.Len32(maxGroups*leastGroup-1)) - bits.Len32(maxGroups-1))
	groups = make([]group, (n-1)>>shift+1)
	for i := range groups {
		groups[i].first = dataStart + uint32(i)<<shift
		groups[i].end = min(blocks-dataStart, uint32(i+1)<<shift) + dataStart
	}
	if last := &groups[len(groups)-1]; last.end <= last.first { // (i+1)<<shift wrapped
		last.end = blocks
	}
	return groups, shift
}

// AllocBlocks appends extents of n blocks in all to dst, taking them from where blocks were freed last. If fewer are
// free, dst is unchanged and the error is ErrNoSpace. The extents are not joined with those that were in dst; Write
// does that. The blocks belong to nobody until a record that has them is written.
func (fs *FS) AllocBlocks(dst []Extent, n uint32) ([]Extent, error) {
	if fs.wantRecent.Load() == 0 {
		fs.wantRecent.Store(1)
	}
	return fs.allocBlocks(dst, n, fs.recent.Load())
}

// AllocBlocksNear is AllocBlocks, but callers with different hints rarely meet at one lock, and what was freed last is
// that among the blocks of one group. Equal hints have equal groups: with the inode's number as its hint, an inode gets
// the blocks that the last holder of the number had.
func (fs *FS) AllocBlocksNear(hint uint32, dst []Extent, n uint32) ([]Extent, error) {
	return fs.allocBlocks(dst, n, hint)
}

// AlignLarge lets an allocation of align blocks or more, a power of two, begin at a multiple of it if a group has such a
// place, so that memory as large can be mapped at once (xfs: the extent size hint). It must be called before the first
// allocation.
func (fs *FS) AlignLarge(align uint32) { fs.align = align }

// allocBlocks takes all n blocks from one group if it can: first from one that nobody is at, then from any. Only then
// does it piece them together from several, and fails for want of space only while it holds all locks: so of
// two allocations that race for the last blocks, one gets them.
func (fs *FS) allocBlocks(dst []Extent, n, home uint32) ([]Extent, error) {
	if n == 0 {
		return dst, nil
	}
	count := uint32(len(fs.groups))
	home %= count
	for i := range count {
		g := &fs.groups[(home+i)%count]
		if !g.mu.TryLock() {
			continue
		}
		if g.free >= n {
			dst = fs.takeLocked(g, dst, n)
			g.mu.Unlock()
			return dst, nil
		}
		g.mu.Unlock()
	}
	free := fs.lockGroups()
	defer fs.unlockGroups()
	if free < uint64(n) {
		return dst, fmt.Errorf("media: %w: %d blocks asked for, %d free", ErrNoSpace, n, free)
	}
	for i := range count {
		if g := &fs.groups[(home+i)%count]; g.free >= n {
			return fs.takeLocked(g, dst, n), nil
		}
	}
	base := len(dst)
	for i := uint32(0); n > 0; i++ {
		g := &fs.groups[(home+i)%count]
		k := min(n, g.free)
		dst = g.takeLocked(dst, base, k)
		n -= k
	}
	return dst, nil
}

// FreeBlocks gives blocks back, and passes over holes. No durable record may have them any more: free an inode, or write
// its shorter record, first. The next allocation gets the first of them first.
func (fs *FS) FreeBlocks(list []Extent) {
	var g *group
	for _, e := range slices.Backward(list) {
		if e.IsHole() {
			continue
		}
		if !fs.isData(e) {
			panic(fmt.Sprintf("media: free: extent %+v is not in data blocks %d to %d", e, fs.dataStart, fs.blocks-1))
		}
		for e.Len > 0 { // from its end, one group at a time
			home := (e.End() - 1 - fs.dataStart) >> fs.groupShift
			if next := &fs.groups[home]; next != g {
				if g != nil {
					g.mu.Unlock()
				}
				g = next
				g.mu.Lock()
				if fs.wantRecent.Load() != 0 && fs.recent.Load() != home {
					fs.recent.Store(home)
				}
			}
			n := min(e.Len, e.End()-g.first)
			g.pushLocked(Extent{e.End() - n, n})
			e.Len -= n
		}
	}
	if g != nil {
		g.mu.Unlock()
	}
}

// FreeBlockCount returns how many blocks are free.
func (fs *FS) FreeBlockCount() uint32 {
	n := fs.lockGroups()
	fs.unlockGroups()
	return uint32(n)
}

// lockGroups locks all groups and returns how many blocks are free in them.
func (fs *FS) lockGroups() (free uint64) {
	for i := range fs.groups {
		fs.groups[i].mu.Lock()
		free += uint64(fs.groups[i].free)
	}
	return free
}

func (fs *FS) unlockGroups() {
	for i := range fs.groups {
		fs.groups[i].mu.Unlock()
	}
}

// pushLocked puts e on the stack. If e ends where the top starts they become one, which keeps the order: blocks are
// taken from the start.
func (g *group) pushLocked(e Extent) {
	g.free += e.Len
	if top := len(g.stack) - 1; top >= 0 && g.stack[top].Start == e.End() {
		g.stack[top].Start = e.Start
		g.stack[top].Len += e.Len
		return
	}
	if len(g.stack) == cap(g.stack) && g.worthJoining() {
		g.joinLocked()
	}
	g.stack = append(g.stack, piece{Extent: e})
	g.pushed++
}

// takeLocked appends n blocks of g to dst, of which there must be as many, from where they are aligned if they should be.
func (fs *FS) takeLocked(g *group, dst []Extent, n uint32) []Extent {
	if fs.align > 0 && n >= fs.align {
		if e, ok := g.takeAlignedLocked(n, fs.align); ok {
			return append(dst, e)
		}
	}
	return g.takeLocked(dst, len(dst), n)
}

// takeAlignedLocked takes n blocks in a row from an aligned place out of the youngest piece that has one.
func (g *group) takeAlignedLocked(n, align uint32) (Extent, bool) {
	if g.worthJoining() {
		g.joinLocked()
	}
	for i := len(g.stack) - 1; i >= 0; i-- {
		p := g.stack[i].Extent
		skip := -p.Start & (align - 1)
		if p.Len < n || p.Len-n < skip {
			continue
		}
		head, tail := Extent{p.Start, skip}, Extent{p.Start + skip + n, p.Len - skip - n}
		g.free -= n
		g.stack = slices.Delete(g.stack, i, i+1)
		for _, e := range []Extent{head, tail} { // the head comes to lie above
			if e.Len > 0 {
				g.stack = slices.Insert(g.stack, i, piece{Extent: e})
			}
		}
		return Extent{p.Start + skip, n}, true
	}
	return Extent{}, false
}

// takeLocked appends n blocks to dst, of which there must be as many, joining them with what is in dst from base on.
func (g *group) takeLocked(dst []Extent, base int, n uint32) []Extent {
	if g.worthJoining() && g.manyPieces(n) {
		g.joinLocked()
	}
	g.free -= n
	for n > 0 {
		top := &g.stack[len(g.stack)-1]
		k := min(n, top.Len)
		if last := len(dst) - 1; last >= base && dst[last].End() == top.Start {
			dst[last].Len += k
		} else {
			dst = append(dst, Extent{top.Start, k})
		}
		top.Start += k
		top.Len -= k
		if top.Len == 0 {
			g.stack = g.stack[:len(g.stack)-1]
		}
		n -= k
	}
	return dst
}

// manyPieces reports whether n blocks would come in more than easyPieces.
func (g *group) manyPieces(n uint32) bool {
	for i := 1; i <= easyPieces && i <= len(g.stack); i++ {
		k := g.stack[len(g.stack)-i].Len
		if k >= n {
			return false
		}
		n -= k
	}
	return n > 0
}

// worthJoining bounds what joining costs. On a region that is all holes it is in vain, and is then tried ever more rarely.
func (g *group) worthJoining() bool { return g.pushed > g.wait }

// joinLocked joins neighbours. A joined extent has the place in the stack that its youngest part had.
func (g *group) joinLocked() {
	for i := range g.stack {
		g.stack[i].age = uint32(i)
	}
	slices.SortFunc(g.stack, func(a, b piece) int { return cmp.Compare(a.Start, b.Start) })
	before, n := uint32(len(g.stack)), 0
	for _, p := range g.stack[min(1, before):] {
		if last := &g.stack[n]; last.End() == p.Start {
			last.Len += p.Len
			last.age = max(last.age, p.age)
			continue
		}
		n++
		g.stack[n] = p
	}
	g.stack = g.stack[:min(n+1, len(g.stack))]
	slices.SortFunc(g.stack, func(a, b piece) int { return cmp.Compare(a.age, b.age) })
	after := uint32(len(g.stack))
	if g.pushed = 0; after > before-before/8 {
		g.wait = min(max(after, 2*g.wait), 16*after)
	} else {
		g.wait = after / 4
	}
}
