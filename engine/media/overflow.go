package media

import (
	"fmt"
	"hash/crc32"
)

const (
	chainHeader  = 24 // bytes
	chainExtents = (BlockSize - chainHeader) / 8
)

// chainSum returns the checksum of overflow block b, which holds n extents.
func (v *volume) chainSum(b, n uint32) uint32 {
	off := int64(b) * BlockSize
	return crc32.Update(n, castagnoli, v.mem[off+8:off+chainHeader+8*int64(n)])
}

// storeLink writes overflow block b, the i-th of its chain, and starts writing it back. The caller fences.
func (v *volume) storeLink(b, next uint32, ino Ino, gen Gen, i int, list []Extent) {
	off := int64(b) * BlockSize
	v.r.Store64(off+8, uint64(next)|uint64(ino)<<32)
	v.r.Store64(off+16, uint64(gen)|uint64(i)<<32)
	for j, e := range list {
		v.r.Store64(off+chainHeader+8*int64(j), uint64(e.Start)|uint64(e.Len)<<32)
	}
	n := uint32(len(list))
	v.r.Store64(off, uint64(v.chainSum(b, n))|uint64(n)<<32)
	v.r.Flush(off, chainHeader+8*int64(n))
}

// loadLink verifies overflow block b as the i-th of the inode's chain, and returns its extents' number and the block
// after it.
func (v *volume) loadLink(b uint32, ino Ino, gen Gen, i uint32) (n, next uint32, err error) {
	bad := Problem{Kind: BadOverflow, Ino: ino, Block: b, Offset: int64(b) * BlockSize}
	if !v.isData(Extent{b, 1}) {
		bad.Note = "not a data block"
		return 0, 0, bad
	}
	sum, n := halves(load64(v.mem, bad.Offset))
	if n == 0 || n > chainExtents {
		bad.Note = fmt.Sprintf("%d extents, at most %d fit", n, chainExtents)
		return 0, 0, bad
	}
	if want := v.chainSum(b, n); sum != want {
		bad.Note = fmt.Sprintf("checksum %#x, want %#x", sum, want)
		return 0, 0, bad
	}
	next, foundIno := halves(load64(v.mem, bad.Offset+8))
	foundGen, place := halves(load64(v.mem, bad.Offset+16))
	if Ino(foundIno) != ino || Gen(foundGen) != gen || place != i {
		bad.Note = fmt.Sprintf("it is link %d of inode %d, generation %d; want link %d, generation %d", place, foundIno, foundGen, i, gen)
		return 0, 0, bad
	}
	return n, next, nil
}

// linkExtent returns the j-th extent of overflow block b.
func (v *volume) linkExtent(b, j uint32) Extent {
	start, n := halves(load64(v.mem, int64(b)*BlockSize+chainHeader+8*int64(j)))
	return Extent{start, n}
}

// readChain appends the extents of the inode's overflow chain. It ends after the number of extents that the record
// has, so a chain that leads into itself ends too.
func (v *volume) readChain(ino Ino, rec record, dst []Extent) ([]Extent, error) {
	b, left := rec.overflow, rec.extents-inlineExtents
	for i := uint32(0); left > 0; i++ {
		n, next, err := v.loadLink(b, ino, rec.gen, i)
		if err != nil {
			return dst, err
		}
		if n > left {
			return dst, v.chainTooLong(b, ino, n, left)
		}
		for j := range n {
			dst = append(dst, v.linkExtent(b, j))
		}
		b, left = next, left-n
	}
	return dst, nil
}

func (v *volume) chainTooLong(b uint32, ino Ino, n, left uint32) Problem {
	return Problem{
		Kind: BadOverflow, Ino: ino, Block: b, Offset: int64(b) * BlockSize,
		Note: fmt.Sprintf("it holds %d extents where the record has %d left", n, left),
	}
}

// writeChain puts the extents that the record has no room for into an overflow chain, and returns its first block. If
// they are what the current chain holds, it is that one. Otherwise the chain is new and durable, and the record can
// point to it; on error nothing has changed.
//
// The last block is written first, so that each knows the one that follows it.
func (fs *FS) writeChain(rec *Record, c *inCore) (first uint32, err error) {
	list := rec.Extents[inlineExtents:]
	if c.overflow != 0 && fs.sameChain(rec.Ino, c, list) {
		return c.overflow, nil
	}
	links := (len(list) + chainExtents - 1) / chainExtents
	for i := links - 1; i >= 0; i-- {
		var one [1]Extent
		got, err := fs.AllocBlocksNear(uint32(rec.Ino), one[:0], 1)
		if err != nil {
			if first != 0 {
				fs.freeChain(rec.Ino, rec.Gen, first)
			}
			return 0, fmt.Errorf("overflow block %d of %d: %w", links-i, links, err)
		}
		part := list[i*chainExtents : min(len(list), (i+1)*chainExtents)]
		fs.storeLink(got[0].Start, first, rec.Ino, rec.Gen, i, part)
		first = got[0].Start
	}
	fs.r.Fence()
	return first, nil
}

// sameChain reports whether the inode's current chain is whole and holds exactly these extents.
func (fs *FS) sameChain(ino Ino, c *inCore, list []Extent) bool {
	b := c.overflow
	for i := uint32(0); b != 0; i++ {
		n, next, err := fs.loadLink(b, ino, c.gen, i)
		if err != nil || int(n) > len(list) {
			return false
		}
		for j := range n {
			if fs.linkExtent(b, j) != list[j] {
				return false
			}
		}
		b, list = next, list[n:]
	}
	return len(list) == 0
}

// freeChain gives the blocks of a chain back that no durable record points to any more. Past a damaged link the rest
// is unknown, and stays lost until the next mount.
func (fs *FS) freeChain(ino Ino, gen Gen, b uint32) {
	for i := fs.place(b); b != 0; i++ {
		_, next, err := fs.loadLink(b, ino, gen, i)
		if err != nil {
			return
		}
		one := [1]Extent{{b, 1}}
		fs.FreeBlocks(one[:])
		b = next
	}
}

// place returns the place of block b in its chain, which is not 0 if the chain was given up half-written.
func (v *volume) place(b uint32) uint32 {
	_, i := halves(load64(v.mem, int64(b)*BlockSize+16))
	return i
}
