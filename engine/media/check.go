package media

import "fmt"

// maxProblems is how many problems a report lists. A damaged table has one per inode.
const maxProblems = 100

// A CheckReport says what a region holds and what is wrong with it.
type CheckReport struct {
	Inodes   uint32 // in the table
	Used     uint32 // of them, orphans included
	Orphans  uint32 // unlinked and not freed
	Torn     uint32 // copies that a cut has torn: only before a mount
	Blocks   uint32 // of the file system
	Meta     uint32 // superblock and table
	Data     uint32 // blocks that inodes own for their contents
	Overflow uint32 // blocks that they own for their extents
	Free     uint32
	Shared   uint32 // of Data, those with more than one owner

	Problems []Problem // the first of them
	Total    int       // how many there are
}

// Check verifies the whole region of a mounted file system, which must be at rest: every checksum, and that each data
// block is owned once or on the free list once. Blocks that were allocated and are in no record yet are therefore
// lost. The report is whole even if the error is not nil, which then is a DamageError.
func (fs *FS) Check() (report CheckReport, err error) {
	err = fs.r.Guard(func() error {
		s := newSurvey(&fs.volume)
		for ino := Ino(1); ino <= Ino(fs.inodes); ino++ {
			s.running(ino, &fs.cores[fs.slot(ino)])
		}
		fs.checkInodeList(s)
		fs.checkGroups(s)
		s.lost()
		report = s.CheckReport
		return s.err()
	})
	return report, err
}

// checkInodeList compares the list of free inodes with those that are not in use.
func (fs *FS) checkInodeList(s *survey) {
	fs.free.mu.Lock()
	defer fs.free.mu.Unlock()
	listed := make([]bool, fs.inodes+1)
	for _, ino := range fs.free.free {
		off := copyOff(ino, 0)
		p := Problem{Kind: FreeTwice, Ino: ino, Block: uint32(off / BlockSize), Offset: off}
		if listed[ino] {
			p.Note = "the inode is on the free list twice"
			s.add(p)
		}
		listed[ino] = true
		if fs.cores[fs.slot(ino)].used {
			p.Kind, p.Note = OwnedAndFree, "the inode is in use and on the free list"
			s.add(p)
		}
	}
	for ino := Ino(1); ino <= Ino(fs.inodes); ino++ {
		if !listed[ino] && !fs.cores[fs.slot(ino)].used {
			off := copyOff(ino, 0)
			s.add(Problem{Kind: Lost, Ino: ino, Block: uint32(off / BlockSize), Offset: off, Note: "the inode is not in use and not on the free list"})
		}
	}
}

// checkGroups notes the free blocks beside the owned ones.
func (fs *FS) checkGroups(s *survey) {
	fs.lockGroups()
	defer fs.unlockGroups()
	for i := range fs.groups {
		g := &fs.groups[i]
		var n uint32
		for _, p := range g.stack {
			n += p.Len
			if p.Len == 0 || p.Start < g.first || p.Start >= g.end || p.Len > g.end-p.Start {
				s.add(Problem{Kind: BadExtent, Block: p.Start, Count: p.Len, Offset: int64(p.Start) * BlockSize,
					Note: fmt.Sprintf("free extent outside group %d", i)})
				continue
			}
			s.noteFree(p.Extent)
		}
		if n != g.free {
			s.add(Problem{Kind: BadCount, Block: g.first, Offset: int64(g.first) * BlockSize,
				Note: fmt.Sprintf("group %d counts %d free blocks and lists %d", i, g.free, n)})
		}
	}
}

// noteFree notes that e is on the free list.
func (s *survey) noteFree(e Extent) {
	for at, end := e.Start-s.dataStart, e.End()-s.dataStart; at < end; {
		who, next := s.run(at, end)
		if who == 0 {
			s.set(at, next, freeOwner)
			s.Free += next - at
		}
		for ; at < next && who != 0; at++ {
			p := Problem{Kind: OwnedAndFree, Ino: who, Block: s.dataStart + at, Offset: int64(s.dataStart+at) * BlockSize}
			if who == freeOwner {
				p.Kind, p.Ino = FreeTwice, 0
			}
			s.add(p)
		}
		at = next
	}
}

// lost finds the blocks that are nobody's and not free.
func (s *survey) lost() {
	for _, e := range s.unowned() {
		s.add(Problem{Kind: Lost, Block: e.Start, Count: e.Len, Offset: int64(e.Start) * BlockSize})
	}
}
