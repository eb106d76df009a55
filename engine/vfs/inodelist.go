package vfs

import "daxbench/engine/internal/sync"

// An inodeList holds every inode of the cache that chose it: s_inodes of the
// kernel's super_block, of which there is one, and per-CPU lists in patches
// that were not merged. Unmount walks it. Without any, unmount walks the hash
// table, and an inode that comes and goes pays for no list.
type inodeList struct {
	mu   sync.Mutex
	head uint32 // inode index; guarded by mu
	_    [64 - 12]byte
}

// A listLink is the place of one inode in its list, by index; 0 ends it. It is
// guarded by inodeList.mu.
type listLink struct{ prev, next uint32 }

// listOf returns the list for in, or nil if there are none.
func (sb *Superblock) listOf(in *Inode) *inodeList {
	if len(sb.all) == 0 {
		return nil
	}
	return &sb.all[in.index%uint32(len(sb.all))]
}

// enlist puts an inode that was just hashed onto its list (inode_sb_list_add).
// It is New meanwhile and referenced, so unmount would not take it anyway.
func (sb *Superblock) enlist(in *Inode) {
	l := sb.listOf(in)
	if l == nil {
		return
	}
	l.mu.Lock()
	sb.links[in.index] = listLink{next: l.head}
	if l.head != 0 {
		sb.links[l.head].prev = in.index
	}
	l.head = in.index
	l.mu.Unlock()
}

// delist takes it off again, before it is unhashed (inode_sb_list_del).
func (sb *Superblock) delist(in *Inode) {
	l := sb.listOf(in)
	if l == nil {
		return
	}
	l.mu.Lock()
	k := sb.links[in.index]
	if k.prev != 0 {
		sb.links[k.prev].next = k.next
	} else {
		l.head = k.next
	}
	if k.next != 0 {
		sb.links[k.next].prev = k.prev
	}
	l.mu.Unlock()
}

// each calls visit with every cached inode, under a lock that keeps it from
// being unhashed: that of its list or, if there are no lists, of its stripe.
func (sb *Superblock) each(visit func(*Inode)) {
	for i := range sb.all {
		l := &sb.all[i]
		l.mu.Lock()
		for j := l.head; j != 0; j = sb.links[j].next {
			visit(&sb.inodes[j])
		}
		l.mu.Unlock()
	}
	if len(sb.all) > 0 {
		return
	}
	for i := range sb.stripes {
		s := &sb.stripes[i]
		s.mu.Lock()
		sb.eachLocked(i, visit)
		s.mu.Unlock()
	}
}
