package vfs

import (
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// lru is a list of inodes, coldest first. Referenced inodes may be on it; they
// are dropped when they are looked at. The kernel has one list per node (and per
// memory control group).
//
// It is a list of blocks with the indices of some inodes each. So who takes
// several off the cold end knows which before it has looked at one, and the cache
// misses that each is overlap; and who takes one out of the middle touches no
// other inode.
//
// Note: a list through the inodes made these misses wait for each other.
type lru struct {
	mu         sync.Mutex
	n          uint32     // inodes; guarded by mu, as all below
	head, tail uint32     // blocks with inodes, coldest first; 0: none
	free       uint32     // blocks without, by next
	blocks     []lruBlock // by number; the first is never used
	_          [64 - 48]byte
}

// blockSlots is how many inodes a block has room for; it then fills a cache line.
const blockSlots = 13

// placesPerBlock is by how much the lruPlace of a slot differs from that of the
// same slot in the next block.
const placesPerBlock = 16

// An lruBlock holds some inodes that are neighbours on the list. Those that left
// it leave holes.
type lruBlock struct {
	prev, next uint32 // blocks; 0: none
	n          uint8  // inodes in it; at none it is not on the list
	first      uint8  // no slot before it has one
	end        uint8  // nor this one, nor any behind it, ever had
	slots      [blockSlots]uint32
}

// makeLists makes lists that have room for n inodes between them, if those are
// spread evenly but for an eighth, which holes may take as well. A list grows if
// it must.
func makeLists(lists, n int) []lru {
	blocks := (n/lists + blockSlots - 1) / blockSlots
	list := make([]lru, lists)
	for i := range list {
		list[i].blocks = make([]lruBlock, 1, 2+blocks+blocks/8)
	}
	return list
}

// lruOf returns the list that in belongs on.
func (in *Inode) lruOf() *lru {
	return &in.sb.lrus[hash(in.ino)>>in.sb.lruShift&uint64(len(in.sb.lrus)-1)]
}

// lruAdd puts a referenced inode onto the warm end, if it is on no list, and
// reports whether it did.
func (in *Inode) lruAdd() bool {
	l := in.lruOf()
	l.mu.Lock()
	added := in.state.Or(stOnLRU)&stOnLRU == 0
	if added {
		l.appendLocked(in)
	}
	l.mu.Unlock()
	return added
}

// lruDel takes in off its list, if it is on it. The caller has set Freeing, so
// nobody adds it; but an isolater who looked before that may just be dropping
// it from the list, hence the second look under the lock.
func (in *Inode) lruDel() {
	if in.state.Load()&stOnLRU == 0 {
		return
	}
	l := in.lruOf()
	l.mu.Lock()
	if in.state.And(^uint64(stOnLRU))&stOnLRU != 0 {
		l.removeLocked(in)
	}
	l.mu.Unlock()
}

// coldestLocked returns the index of the coldest inode; there must be one.
func (l *lru) coldestLocked() uint32 {
	b := &l.blocks[l.head]
	for b.slots[b.first] == 0 {
		b.first++
	}
	return b.slots[b.first]
}

func (l *lru) appendLocked(in *Inode) {
	if l.tail == 0 || l.blocks[l.tail].end == blockSlots {
		l.growLocked(in.sb.inodes)
	}
	b := &l.blocks[l.tail]
	b.slots[b.end] = in.index
	in.lruPlace = l.tail*placesPerBlock + uint32(b.end)
	b.end++
	b.n++
	l.n++
}

// removeLocked takes in off the list that it is on: OnLRU, which changes under mu only,
// says whether it is. Whether it is where lruPlace says is checked only in builds in
// which bugs can be planted, because every eviction comes here.
func (l *lru) removeLocked(in *Inode) {
	at := in.lruPlace / placesPerBlock
	b := &l.blocks[at]
	slot := &b.slots[in.lruPlace%placesPerBlock]
	if bug.Built && *slot != in.index {
		panic("vfs: inode is not where its list has it")
	}
	*slot = 0
	l.n--
	if b.n--; b.n == 0 {
		l.shrinkLocked(at)
	}
}

// growLocked makes room in the block at the warm end: a new one, unless there is no
// memory for another and what there is is less than half full, because many have
// left from the middle. Then all move together. So a list asks for more blocks only
// if at least half of the slots are in use. The append then makes room for a quarter to
// once as many on top, and no block is ever given back.
func (l *lru) growLocked(inodes []Inode) {
	if used := len(l.blocks) - 1; l.free == 0 && len(l.blocks) == cap(l.blocks) && int(l.n) < used*blockSlots/2 {
		if l.compactLocked(inodes); l.blocks[l.tail].end < blockSlots {
			return
		}
	}
	i := l.free
	if i != 0 {
		l.free = l.blocks[i].next
	} else {
		i = uint32(len(l.blocks))
		l.blocks = append(l.blocks, lruBlock{})
	}
	l.blocks[i] = lruBlock{prev: l.tail}
	if l.tail != 0 {
		l.blocks[l.tail].next = i
	} else {
		l.head = i
	}
	l.tail = i
}

// compactLocked moves all inodes of a list that has some to its first blocks, in
// order, so that there are no holes. It writes to each of them, 20 to 28 ns an inode
// (BenchmarkCompact), with mu held: milliseconds on a list of a million. At least half
// of the slots are free afterwards, and must be filled before it is called again.
func (l *lru) compactLocked(inodes []Inode) {
	to, end := l.head, uint8(0) // the next goes there
	for from := l.head; from != 0; from = l.blocks[from].next {
		for k, i := range l.blocks[from].slots {
			if i == 0 {
				continue
			}
			if end == blockSlots {
				to, end = l.blocks[to].next, 0
			}
			l.blocks[from].slots[k] = 0
			l.blocks[to].slots[end] = i
			inodes[i].lruPlace = to*placesPerBlock + uint32(end)
			end++
		}
	}
	for i := l.head; i != to; i = l.blocks[i].next {
		b := &l.blocks[i]
		b.n, b.first, b.end = blockSlots, 0, blockSlots
	}
	b := &l.blocks[to]
	b.n, b.first, b.end = end, 0, end
	for i := b.next; i != 0; {
		next := l.blocks[i].next
		l.blocks[i].next, l.free = l.free, i
		i = next
	}
	b.next, l.tail = 0, to
}

// shrinkLocked takes an empty block off the list.
func (l *lru) shrinkLocked(i uint32) {
	b := &l.blocks[i]
	if b.prev != 0 {
		l.blocks[b.prev].next = b.next
	} else {
		l.head = b.next
	}
	if b.next != 0 {
		l.blocks[b.next].prev = b.prev
	} else {
		l.tail = b.prev
	}
	b.next, l.free = l.free, i
}
