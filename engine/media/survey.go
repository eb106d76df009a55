package media

import (
	"fmt"
	"math"
)

// A survey reads records and notes who owns which block.
type survey struct {
	*volume
	CheckReport
	owners        // of the data blocks
	torn    []Ino // other copy invalid
	orphans []Ino // found by mounted

	sharing bool               // a record has FlagShared; the rest is nil before
	sharers map[Ino]bool       // whose record has
	links   map[uint32]bool    // overflow blocks of theirs, which nobody can share
	shared  map[uint32]sharing // blocks that several of them have

	holes uint64 // pages of the present record that have no block
}

// sharing is who has a block that is in several records.
type sharing struct {
	n    uint32 // how many
	last Ino    // of them; records are surveyed in order, so it would be the next one again
}

// maxHoles keeps page indices within 32 bits: a file has as many pages in holes at most, and not more blocks than there
// are.
const maxHoles = math.MaxUint32 / 2

// freeOwner marks blocks of the free list in Check.
const freeOwner = Ino(math.MaxUint32)

func newSurvey(v *volume) *survey {
	return &survey{
		volume:      v,
		CheckReport: CheckReport{Inodes: v.inodes, Blocks: v.blocks, Meta: v.dataStart},
		owners:      newOwners(v.blocks - v.dataStart),
	}
}

func (s *survey) add(p Problem) {
	if s.Total++; len(s.Problems) < maxProblems {
		s.Problems = append(s.Problems, p)
	}
}

// err returns the problems as an error.
func (s *survey) err() error {
	if s.Total == 0 {
		return nil
	}
	return &DamageError{s.CheckReport}
}

// mounted surveys an inode of which nothing is known yet. Orphans own nothing.
func (s *survey) mounted(ino Ino) inCore {
	var recs [2]record
	var ok [2]bool
	for i := range uint32(2) {
		if _, seq := halves(load64(s.mem, copyOff(ino, i))); seq&1 == i {
			recs[i], ok[i] = s.loadRecord(ino, seq)
		}
	}
	newer := 0
	switch d := recs[1].seq - recs[0].seq; {
	case !ok[0] && !ok[1]:
		off := copyOff(ino, 0)
		s.add(Problem{Kind: BadRecord, Ino: ino, Block: uint32(off / BlockSize), Offset: off, Note: "neither copy is valid"})
		return inCore{}
	case !ok[0]:
		newer = 1
	case !ok[1]:
	case d == 1:
		newer = 1
	case d == math.MaxUint32:
	default:
		off := copyOff(ino, 0)
		s.add(Problem{Kind: BadRecord, Ino: ino, Block: uint32(off / BlockSize), Offset: off,
			Note: fmt.Sprintf("the copies have sequences %d and %d, which do not follow each other", recs[0].seq, recs[1].seq)})
		return inCore{}
	}
	if !ok[0] || !ok[1] {
		s.Torn++
		s.torn = append(s.torn, ino)
	}
	rec := recs[newer]
	c := inCore{seq: rec.seq, gen: rec.gen, overflow: rec.overflow, used: rec.flags&flagUsed != 0}
	if c.used && rec.nlink == 0 {
		s.Orphans++
		s.orphans = append(s.orphans, ino)
		return c
	}
	s.record(ino, rec)
	return c
}

// running surveys an inode of a mounted file system: both copies must be those that it wrote.
func (s *survey) running(ino Ino, c *inCore) {
	rec, ok := s.loadRecord(ino, c.seq)
	if !ok {
		s.add(s.badRecord(ino, c.seq))
	}
	if _, okOld := s.loadRecord(ino, c.seq-1); !okOld {
		p := s.badRecord(ino, c.seq-1)
		p.Note += " (older copy)"
		s.add(p)
	}
	if !ok {
		return
	}
	used := rec.flags&flagUsed != 0
	if used && !c.used || rec.gen != c.gen || rec.overflow != c.overflow {
		off := copyOff(ino, c.seq)
		s.add(Problem{Kind: BadRecord, Ino: ino, Block: uint32(off / BlockSize), Offset: off,
			Note: fmt.Sprintf("record %+v disagrees with memory %+v", rec, *c)})
	}
	if used && rec.nlink == 0 {
		s.Orphans++
	}
	s.record(ino, rec)
}

// record notes what a valid record owns.
func (s *survey) record(ino Ino, rec record) {
	if rec.flags&flagUsed == 0 {
		if rec != (record{seq: rec.seq, gen: rec.gen}) {
			off := copyOff(ino, rec.seq)
			s.add(Problem{Kind: BadRecord, Ino: ino, Block: uint32(off / BlockSize), Offset: off,
				Note: fmt.Sprintf("free, and yet not empty: %+v", rec)})
		}
		return
	}
	s.Used++
	if rec.isOversized() {
		s.add(s.oversized(ino, rec))
	}
	s.holes = 0
	if rec.flags&FlagShared != 0 {
		s.noteSharer(ino)
	}
	for i := range min(rec.extents, inlineExtents) {
		s.claim(ino, s.inlineExtent(ino, rec.seq, i), copyOff(ino, rec.seq), &s.Data)
	}
	if rec.extents <= inlineExtents {
		if rec.overflow != 0 {
			s.add(Problem{Kind: BadOverflow, Ino: ino, Block: rec.overflow, Offset: copyOff(ino, rec.seq),
				Note: fmt.Sprintf("an overflow block for %d extents", rec.extents)})
		}
		return
	}
	b, left := rec.overflow, rec.extents-inlineExtents
	for i := uint32(0); left > 0; i++ {
		n, next, err := s.loadLink(b, ino, rec.gen, i)
		if err != nil {
			s.add(err.(Problem))
			return
		}
		if s.sharers[ino] {
			s.links[b] = true
		}
		s.claim(ino, Extent{b, 1}, int64(b)*BlockSize, &s.Overflow)
		if n > left {
			s.add(s.chainTooLong(b, ino, n, left))
			return
		}
		for j := range n {
			s.claim(ino, s.linkExtent(b, j), int64(b)*BlockSize, &s.Data)
		}
		b, left = next, left-n
	}
	if b != 0 {
		s.add(Problem{Kind: BadOverflow, Ino: ino, Block: b, Offset: int64(b) * BlockSize,
			Note: "the chain goes on after the record's last extent"})
	}
}

func (s *survey) noteSharer(ino Ino) {
	if !s.sharing {
		s.sharing = true
		s.sharers, s.links, s.shared = make(map[Ino]bool), make(map[uint32]bool), make(map[uint32]sharing)
	}
	s.sharers[ino] = true
}

// claim notes ino as an owner of e, which the line at off says.
func (s *survey) claim(ino Ino, e Extent, off int64, count *uint32) {
	if e.IsHole() && e.Len > 0 && count == &s.Data {
		if s.holes += uint64(e.Len); s.holes > maxHoles {
			s.add(Problem{Kind: BadExtent, Ino: ino, Offset: off, Note: fmt.Sprintf("holes of more than %d pages", maxHoles)})
		}
		return
	}
	if !s.isData(e) {
		s.add(Problem{Kind: BadExtent, Ino: ino, Block: e.Start, Count: e.Len, Offset: off, Note: fmt.Sprintf(
			"not in data blocks %d to %d", s.dataStart, s.blocks-1)})
		return
	}
	for at, end := e.Start-s.dataStart, e.End()-s.dataStart; at < end; {
		other, next := s.run(at, end)
		run := Extent{at + s.dataStart, next - at}
		if other == 0 {
			s.set(at, next, ino)
			*count += run.Len
		} else if !s.share(ino, other, run) {
			s.add(Problem{Kind: DoubleOwned, Ino: ino, Other: other, Block: run.Start, Count: run.Len,
				Offset: int64(run.Start) * BlockSize})
		}
		at = next
	}
}

// share notes ino as one more owner of e, which other had first, and reports whether the two may share it.
func (s *survey) share(ino, other Ino, e Extent) bool {
	if ino == other || !s.sharers[ino] || !s.sharers[other] {
		return false
	}
	for b := e.Start; b < e.End(); b++ {
		if s.links[b] || s.shared[b].last == ino {
			return false
		}
	}
	for b := e.Start; b < e.End(); b++ {
		n := max(1, s.shared[b].n)
		if n == 1 {
			s.Shared++
		}
		s.shared[b] = sharing{n + 1, ino}
	}
	return true
}

// countFree counts the blocks of nobody.
func (s *survey) countFree() {
	s.Free = 0
	for _, e := range s.unowned() {
		s.Free += e.Len
	}
}

// unowned returns the blocks of nobody, in ascending order.
func (s *survey) unowned() (list []Extent) {
	s.runs(func(i, end uint32, who Ino) {
		if who == 0 {
			list = append(list, Extent{s.dataStart + i, end - i})
		}
	})
	return list
}
