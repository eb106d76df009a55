package vfs

import (
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
)

// A State is what the state word of a cached inode said at one moment. The
// package comment has its bits.
type State uint64

// Refs returns the number of references.
func (s State) Refs() uint32 { return uint32(s & refMask) }

// IsNew reports whether the inode is being read in (I_NEW).
func (s State) IsNew() bool { return s&stNew != 0 }

// IsFreeing reports whether the inode is being evicted (I_FREEING).
func (s State) IsFreeing() bool { return s&stFreeing != 0 }

// IsReferenced reports whether it was used since it came onto the LRU (I_REFERENCED).
func (s State) IsReferenced() bool { return s&stRefd != 0 }

// IsOnLRU reports whether it is on its LRU list, referenced or not.
func (s State) IsOnLRU() bool { return s&stOnLRU != 0 }

// IsUnlinked reports whether no link is left.
func (s State) IsUnlinked() bool { return s&stUnlinked != 0 }

// IsDAX reports whether the file's pages are the storage itself.
func (s State) IsDAX() bool { return s&stDAX != 0 }

// FindInodeByInoRCU says whether inode ino is in the cache, and its state. It
// takes neither a lock nor a reference, writes nothing that others read and waits
// for nobody: not for the end of New or Freeing either (find_inode_by_ino_rcu, by
// which ext4 looks whether inodes that share a block with one that it writes are
// cached, and dirty). What it says was so at one moment between call and return.
func (sb *Superblock) FindInodeByInoRCU(ino Ino) (State, bool) {
	if ino == 0 { // the number in the state word of free memory
		return 0, false
	}
	if !sync.Free() {
		_, w := sb.find(ino)
		return State(w), w != 0
	}
	h := hash(ino)
	for b := sb.bucket(h); b != nil; b = b.next.LoadFree() {
		for m := match(b.tags.LoadFree(), uint64(b.tags2.LoadFree()), tagOf(h)); m != 0; m &= m - 1 {
			w := sb.inodes[b.slots[slotOf(m)].LoadFree()].state.LoadFree()
			if numberOf(w) == ino || w != 0 && bug.Planted(bug.FindTrustsTag) {
				return State(w), true
			}
		}
	}
	return 0, false
}
