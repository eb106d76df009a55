package vfs

import (
	"math"
	"slices"

	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
)

// sharedOwner is whose stamp a block has that several files share, or have
// shared: no one's of them.
var sharedOwner = media.Owner{Ino: math.MaxUint32, Gen: 1}

// shareCounts is how many files have each block that more than one has (kernel:
// the refcount B+tree of XFS). It is counted at mount and kept in memory.
//
// Lock: mu is a leaf.
type shareCounts struct {
	mu sync.Mutex
	n  map[uint32]uint32 // by block; 2 or more; guarded by mu
}

// countShares takes over what the mount found. Until a file has shared a block
// there is nothing to look at when one is freed.
func (sb *Superblock) countShares() {
	if n := sb.fs.Shares(); n != nil {
		sb.shares.Store(&shareCounts{n: n})
	}
}

// addShares counts one more file for each block of list. The caller's locks of
// that file and of one that has the blocks keep them from going meanwhile.
func (sb *Superblock) addShares(list []media.Extent) {
	sb.sharing.Lock()
	s := sb.shares.Load()
	if s == nil {
		s = &shareCounts{n: make(map[uint32]uint32)}
		sb.shares.Store(s)
	}
	sb.sharing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		for b := e.Start; b < e.End() && !e.IsHole(); b++ {
			s.n[b] = max(1, s.n[b]) + 1
		}
	}
}

// isShared reports whether another file has the block too.
func (sb *Superblock) isShared(block uint32) bool {
	s := sb.shares.Load()
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n[block] > 0
}

// dropShares counts one file less for each block of list, and returns those that
// no file has any more; list itself, if nothing is shared. Holes are left out.
func (sb *Superblock) dropShares(list []media.Extent) []media.Extent {
	s := sb.shares.Load()
	if s == nil && !slices.ContainsFunc(list, media.Extent.IsHole) {
		return list
	}
	var last []media.Extent
	for _, e := range list {
		if e.IsHole() {
			continue
		}
		if s == nil {
			last = append(last, e)
			continue
		}
		run := media.Extent{Start: e.Start}
		for b := e.Start; b < e.End(); b++ {
			if s.drop(b) {
				run.Len++
				continue
			}
			last = appendRun(last, run)
			run = media.Extent{Start: b + 1}
		}
		last = appendRun(last, run)
	}
	return last
}

// drop counts one file less for a block, and reports whether that was the last.
func (s *shareCounts) drop(block uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.n[block]
	if bug.Planted(bug.ShareDropInTwoSteps) {
		s.mu.Unlock()
		s.mu.Lock()
	}
	switch n {
	case 0:
		return true
	case 2:
		delete(s.n, block)
	default:
		s.n[block] = n - 1
	}
	return false
}

// Shares returns how many files have each block that more than one has, as the
// engine counts; nil if there is none. media.FS.Shares counts what is on the
// region; at rest the two are equal.
func (sb *Superblock) Shares() map[uint32]uint32 {
	s := sb.shares.Load()
	if s == nil || len(s.n) == 0 {
		return nil
	}
	return s.n
}
