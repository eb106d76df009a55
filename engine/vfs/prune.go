package vfs

// visit is how many inodes PruneICache takes from one stripe before it goes on
// to the next.
const visit = 16

// A disposal is a private list of Freeing inodes on their way to evict, linked
// by lruNext, like the kernel's dispose lists.
type disposal struct{ head, tail uint32 }

func (d *disposal) add(in *Inode) {
	in.lruNext = 0
	if d.tail != 0 {
		in.sb.inodes[d.tail].lruNext = in.index
	} else {
		d.head = in.index
	}
	d.tail = in.index
}

// dispose evicts a list, one after the other, in order: an inode that must
// wait holds up all behind it. It stops at the first wait that is given up.
func (sb *Superblock) dispose(t *Task, d disposal, done func(Ino)) {
	for i := d.head; i != 0; {
		in := &sb.inodes[i]
		ino := in.ino
		i = in.lruNext // evict gives the memory away
		if !sb.evict(t, in) {
			return
		}
		if done != nil {
			done(ino)
		}
	}
}

// PruneICache evicts up to want unreferenced inodes from the cold ends of the
// LRU lists, as prune_icache_sb does, and returns how many. It looks at each
// list once at most, so fewer come back if many are in use or Referenced.
func (sb *Superblock) PruneICache(t *Task, want int) int {
	before := t.Stats.Evictions
	if t.hand == 0 { // tasks start at stripes far apart, or they would meet at every lock
		t.hand = sb.hands.Add(uint32(len(sb.stripes))*5/8 + 1)
	}
	for range sb.stripes {
		left := want - int(t.Stats.Evictions-before)
		if left <= 0 || t.err != nil {
			break
		}
		s := &sb.stripes[t.hand&uint32(len(sb.stripes)-1)]
		t.hand++
		sb.dispose(t, sb.isolate(s, min(left, visit)), nil)
	}
	return int(t.Stats.Evictions - before)
}

// isolate moves up to want inodes off the list of s and makes them Freeing. It
// is inode_lru_isolate: one in use leaves the list, one that was used since
// gets another round, one that reclaim must not touch leaves the list.
//
// Making an inode Freeing is a compare-and-swap against "no references", so a
// lookup that takes one at the same moment either comes first and keeps the
// inode, or sees Freeing and waits.
func (sb *Superblock) isolate(s *stripe, want int) disposal {
	var d disposal
	l := &s.lru
	l.mu.Lock()
	for scan := l.n; scan > 0 && want > 0; scan-- {
		in := &sb.inodes[l.head]
		w := in.state.Load()
		switch {
		case w&stFreeing != 0: // its evictor will take it off
			l.rotateLocked(in)
		case w&refMask != 0 || !sb.shrinkable(in):
			// An Iput that saw OnLRU in between fails its compare-and-swap
			// and adds the inode again.
			l.removeLocked(in)
			in.state.And(^uint64(stOnLRU | stRefd))
		case w&stRefd != 0:
			in.state.And(^uint64(stRefd))
			l.rotateLocked(in)
		case sb.opts.LRU == EntriesKeepOff && in.IsDAX() && in.mapping.len() > 0:
			l.rotateLocked(in) // one entry at index 0: on the list, never freed
		case in.state.CompareAndSwap(w, (w|stFreeing)&^stOnLRU):
			l.removeLocked(in)
			d.add(in)
			want--
		default:
			l.rotateLocked(in) // somebody was faster
		}
	}
	l.mu.Unlock()
	return d
}

func (l *lru) rotateLocked(in *Inode) {
	l.removeLocked(in)
	l.appendLocked(in)
}

// EvictInodes evicts every unreferenced inode, as unmount does (evict_inodes),
// and returns how many were evicted and how many were in use and stay. All are
// collected first, then evicted in order. After each, done is called if it is
// not nil.
func (sb *Superblock) EvictInodes(t *Task, done func(Ino)) (evicted, busy int) {
	var d disposal
	for i := range sb.stripes {
		s := &sb.stripes[i]
		s.mu.Lock()
		for _, head := range s.heads {
			for ; head != 0; head = sb.inodes[head].hashNext {
				in := &sb.inodes[head]
				w := in.state.Load()
				for w&(refMask|stNew|stFreeing) == 0 && !in.state.CompareAndSwap(w, w|stFreeing) {
					w = in.state.Load()
				}
				switch {
				case w&(refMask|stNew) != 0:
					busy++
				case w&stFreeing == 0:
					in.lruDel()
					d.add(in)
				}
			}
		}
		s.mu.Unlock()
	}
	before := t.Stats.Evictions
	sb.dispose(t, d, done)
	return int(t.Stats.Evictions - before), busy
}
