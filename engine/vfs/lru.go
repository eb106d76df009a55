package vfs

import "daxbench/engine/internal/sync"

// lru is a list of inodes, coldest first. Referenced inodes may be on it; they
// are dropped when they are looked at. The kernel has one list per node (and per
// memory control group).
type lru struct {
	mu         sync.Mutex
	head, tail uint32        // slot indices; guarded by mu
	n          uint32        // guarded by mu
	_          [64 - 24]byte // keeps neighbouring lists off this line
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

func (l *lru) appendLocked(in *Inode) {
	inodes := in.sb.inodes
	in.lruPrev, in.lruNext = l.tail, 0
	if l.tail != 0 {
		inodes[l.tail].lruNext = in.index
	} else {
		l.head = in.index
	}
	l.tail = in.index
	l.n++
}

func (l *lru) removeLocked(in *Inode) {
	inodes := in.sb.inodes
	if in.lruPrev != 0 {
		inodes[in.lruPrev].lruNext = in.lruNext
	} else {
		l.head = in.lruNext
	}
	if in.lruNext != 0 {
		inodes[in.lruNext].lruPrev = in.lruPrev
	} else {
		l.tail = in.lruPrev
	}
	l.n--
}
