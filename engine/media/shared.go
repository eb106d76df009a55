package media

// Shares surveys a mounted file system, which must be at rest, and returns how many records have each block that more
// than one has; nil if there is none. Who gives blocks back keeps these counts: FreeBlocks wants those of nobody.
//
// They are not stored, since the records say it all: that is what makes sharing a block, and ceasing to, one record's
// write, which a power cut leaves done or not done.
func (fs *FS) Shares() map[uint32]uint32 {
	if fs.sharing.Load() == 0 {
		return nil
	}
	s := newSurvey(&fs.volume)
	for ino := Ino(1); ino <= Ino(fs.inodes); ino++ {
		s.running(ino, &fs.cores[fs.slot(ino)])
	}
	var n map[uint32]uint32
	for b, by := range s.shared {
		if n == nil {
			n = make(map[uint32]uint32, len(s.shared))
		}
		n[b] = by.n
	}
	return n
}

// Withhold takes blocks off the free lists, and returns how many: next returns the first block of an extent that is to be
// kept, and false if there is none. Each is the caller's to give to FreeBlocks later, and lost to Check until then. next
// is called under a lock, and may not call the file system.
func (fs *FS) Withhold(next func(Extent) (block uint32, ok bool)) (n uint32) {
	for i := range fs.groups {
		g := &fs.groups[i]
		g.mu.Lock()
		n += g.withholdLocked(next)
		g.mu.Unlock()
	}
	return n
}

// withholdLocked splits the pieces of which some blocks are kept. The order of the rest stays.
func (g *group) withholdLocked(next func(Extent) (uint32, bool)) (n uint32) {
	old := g.stack
	g.stack = make([]piece, 0, cap(old))
	for _, p := range old {
		rest := p.Extent
		for rest.Len > 0 {
			b, ok := next(rest)
			if !ok {
				break
			}
			n++
			g.stack = appendPiece(g.stack, piece{Extent: Extent{rest.Start, b - rest.Start}})
			rest = Extent{b + 1, rest.End() - b - 1}
		}
		g.stack = appendPiece(g.stack, piece{Extent: rest})
	}
	g.free -= n
	return n
}

func appendPiece(stack []piece, p piece) []piece {
	if p.Len > 0 {
		stack = append(stack, p)
	}
	return stack
}
