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
	for b, by := range s.owners {
		if n == nil {
			n = make(map[uint32]uint32, len(s.owners))
		}
		n[b] = by.n
	}
	return n
}

// Withhold takes those blocks off the free lists for which keep reports true, and returns how many. Each is the
// caller's to give to FreeBlocks later, and lost to Check until then. keep is called under a lock, and may not call the
// file system.
func (fs *FS) Withhold(keep func(block uint32) bool) (n uint32) {
	for i := range fs.groups {
		g := &fs.groups[i]
		g.mu.Lock()
		n += g.withholdLocked(keep)
		g.mu.Unlock()
	}
	return n
}

// withholdLocked splits the pieces of which some blocks are kept. The order of the rest stays.
func (g *group) withholdLocked(keep func(block uint32) bool) (n uint32) {
	old := g.stack
	g.stack = make([]piece, 0, cap(old))
	for _, p := range old {
		run := piece{Extent: Extent{Start: p.Start}}
		for b := p.Start; b < p.End(); b++ {
			if !keep(b) {
				run.Len++
				continue
			}
			n++
			g.stack = appendPiece(g.stack, run)
			run = piece{Extent: Extent{Start: b + 1}}
		}
		g.stack = appendPiece(g.stack, run)
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
