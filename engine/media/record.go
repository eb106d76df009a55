package media

import (
	"fmt"
	"hash/crc32"
	"math/bits"

	"daxbench/engine/pmem"
)

// An Ino is an inode number. 0 is none, as in the kernel; the first inode is 1.
type Ino uint32

// A Gen is an inode's generation: how often its number has been used. 0 is none.
type Gen uint32

// An Extent is a run of blocks, or if it starts at block 0, which is never data, a hole of so many pages.
type Extent struct{ Start, Len uint32 }

// IsHole reports whether the extent is a hole: pages of a file that have no block.
func (e Extent) IsHole() bool { return e.Start == 0 }

// End returns the first block after the extent.
func (e Extent) End() uint32 { return e.Start + e.Len }

// Flags of a Record. The upper half of the word is the package's own.
const (
	FlagDAX    uint32 = 1 << 0 // kernel: S_DAX
	FlagShared uint32 = 1 << 1 // a block may be in other records that have the flag, too (kernel: XFS_DIFLAG2_REFLINK)
	flagUsed   uint32 = 1 << 31

	userFlags uint32 = 1<<16 - 1
)

// A Record is an inode as the region holds it.
type Record struct {
	Ino     Ino
	Gen     Gen
	Nlink   uint32   // 0: unlinked but still open. Mount frees it
	Flags   uint32   // lower 16 bits
	Pages   uint32   // file size in blocks; compared with the extents only if it is 0: then there are none
	Extents []Extent // in file order
}

const (
	copySize      = pmem.CacheLine // one copy of a record
	recordPair    = 2 * copySize   // both
	inlineExtents = 4              // what fits a copy beside its header
	extentsOff    = 32             // where they start in it
)

// A record is the header of a copy, decoded.
//
// Note: copies of two lines would hold 12 extents. They would double what most writes flush, and a file that was
// allocated at once on a region that is not full of holes has one extent.
type record struct {
	seq      uint32 // wraps. An even one lies in the first copy, an odd one in the second
	gen      Gen
	nlink    uint32
	flags    uint32
	pages    uint32
	extents  uint32 // number of them, inline and in the overflow chain
	overflow uint32 // block, 0 for none
}

// copyOff returns where the copy with this sequence number lies.
func copyOff(ino Ino, seq uint32) int64 {
	return BlockSize + int64(ino-1)*recordPair + int64(seq&1)*copySize
}

// recordSum returns the checksum of the copy at off. The inode and sequence numbers are its seed, so that a line that
// landed in the wrong place, or is one of another time, does not pass.
func (v *volume) recordSum(ino Ino, seq uint32, off int64) uint32 {
	seed := uint32(ino)*0x9E3779B1 ^ bits.ReverseBytes32(seq)
	return crc32.Update(seed, castagnoli, v.mem[off+8:off+copySize])
}

// loadRecord reads the copy with this sequence number. It reports false if the checksum fails or the copy has another.
func (v *volume) loadRecord(ino Ino, seq uint32) (record, bool) {
	off := copyOff(ino, seq)
	sum, found := halves(load64(v.mem, off))
	if found != seq || sum != v.recordSum(ino, seq, off) {
		return record{seq: found}, false
	}
	rec := record{seq: seq}
	gen, nlink := halves(load64(v.mem, off+8))
	rec.gen, rec.nlink = Gen(gen), nlink
	rec.flags, rec.pages = halves(load64(v.mem, off+16))
	rec.extents, rec.overflow = halves(load64(v.mem, off+24))
	return rec, true
}

// inlineExtent returns the i-th extent of the copy.
func (v *volume) inlineExtent(ino Ino, seq, i uint32) Extent {
	start, n := halves(load64(v.mem, copyOff(ino, seq)+extentsOff+8*int64(i)))
	return Extent{start, n}
}

// putRecord writes a copy, which must not be the current one, and starts writing it back. The caller fences. The
// checksum is taken over the stored words: they are in the cache, and a buffer beside them would be moved to the heap.
func (v *volume) putRecord(ino Ino, rec record, inline []Extent) {
	off := copyOff(ino, rec.seq)
	v.r.Store64(off+8, uint64(rec.gen)|uint64(rec.nlink)<<32)
	v.r.Store64(off+16, uint64(rec.flags)|uint64(rec.pages)<<32)
	v.r.Store64(off+24, uint64(rec.extents)|uint64(rec.overflow)<<32)
	for i := range int64(inlineExtents) {
		var e Extent
		if i < int64(len(inline)) {
			e = inline[i]
		}
		v.r.Store64(off+extentsOff+8*i, uint64(e.Start)|uint64(e.Len)<<32)
	}
	v.r.Store64(off, uint64(v.recordSum(ino, rec.seq, off))|uint64(rec.seq)<<32)
	v.r.Flush(off, copySize)
}

// Read fills rec with the record of inode ino; its Extents keep their capacity. ErrFree if the inode is free, or was
// allocated and never written; ErrDamaged if a checksum fails. AllocInode may give the number out meanwhile: a lookup by
// an old number knows no better.
func (fs *FS) Read(ino Ino, rec *Record) error {
	c, err := fs.anyCore(ino)
	if err != nil {
		return fmt.Errorf("media: read: %w", err)
	}
	raw, ok := fs.loadRecord(ino, c.seq)
	if !ok {
		return fs.badRecord(ino, c.seq)
	}
	if raw.flags&flagUsed == 0 {
		return fmt.Errorf("media: read inode %d: %w", ino, ErrFree)
	}
	rec.Ino, rec.Gen, rec.Nlink = ino, raw.gen, raw.nlink
	rec.Flags, rec.Pages = raw.flags&userFlags, raw.pages
	rec.Extents = rec.Extents[:0]
	for i := range min(raw.extents, inlineExtents) {
		rec.Extents = append(rec.Extents, fs.inlineExtent(ino, raw.seq, i))
	}
	if raw.extents > inlineExtents {
		rec.Extents, err = fs.readChain(ino, raw, rec.Extents)
	}
	if err == nil && raw.isOversized() {
		err = fs.oversized(ino, raw)
	}
	return err
}

// Write makes rec the record of its inode, which AllocInode must have given out with the same generation: else the error
// is ErrFree or ErrStale. It is durable when Write returns, and power cut at any store leaves the old record or the new
// one. Neighbours in rec.Extents are merged in place.
//
// More than four extents need overflow blocks, which can fail with ErrNoSpace; then the old record stands. A record
// whose extents are those it had keeps the blocks it has, so unlinking never needs space; nor does truncating to four
// extents or fewer.
func (fs *FS) Write(rec *Record) error {
	c, err := fs.core(rec.Ino)
	if err != nil {
		return fmt.Errorf("media: write: %w", err)
	}
	if rec.Gen != c.gen {
		return fmt.Errorf("media: write inode %d of generation %d: %w: it is at %d", rec.Ino, rec.Gen, ErrStale, c.gen)
	}
	if rec.Flags&^userFlags != 0 {
		panic(fmt.Sprintf("media: inode %d: flags %#x are not the caller's", rec.Ino, rec.Flags&^userFlags))
	}
	rec.Extents = fs.merge(rec.Ino, rec.Extents)
	raw := record{
		seq: c.seq + 1, gen: rec.Gen, nlink: rec.Nlink, flags: rec.Flags | flagUsed, pages: rec.Pages,
		extents: uint32(len(rec.Extents)),
	}
	old := c.overflow
	if len(rec.Extents) > inlineExtents {
		if raw.overflow, err = fs.writeChain(rec, c); err != nil {
			return fmt.Errorf("media: write inode %d with %d extents: %w", rec.Ino, len(rec.Extents), err)
		}
	}
	if rec.Flags&FlagShared != 0 {
		fs.sharing.Store(1)
	}
	fs.putRecord(rec.Ino, raw, rec.Extents)
	if err := fs.fence(); err != nil {
		return fmt.Errorf("media: write inode %d: %w", rec.Ino, err)
	}
	c.seq, c.overflow = raw.seq, raw.overflow
	if old != 0 && old != raw.overflow {
		fs.freeChain(rec.Ino, c.gen, old)
	}
	return nil
}

// merge joins extents that follow each other, in place, and holes. An extent that is empty or outside the data blocks is
// the caller's mistake.
func (fs *FS) merge(ino Ino, list []Extent) []Extent {
	n := 0
	for _, e := range list {
		if !fs.isData(e) && (!e.IsHole() || e.Len == 0) {
			panic(fmt.Sprintf("media: inode %d: extent %+v is not in data blocks %d to %d", ino, e, fs.dataStart, fs.blocks-1))
		}
		if n > 0 && e.follows(list[n-1]) {
			list[n-1].Len += e.Len
			continue
		}
		list[n] = e
		n++
	}
	return list[:n]
}

// follows reports whether one extent can stand for both.
func (e Extent) follows(last Extent) bool {
	if last.IsHole() || e.IsHole() {
		return last.Start == e.Start
	}
	return last.End() == e.Start
}

// isData reports whether e is a run of data blocks. Its End then does not wrap.
func (v *volume) isData(e Extent) bool {
	return e.Len != 0 && e.Start >= v.dataStart && e.Start < v.blocks && e.Len <= v.blocks-e.Start
}

// isOversized reports whether a file without pages has blocks. No writer leaves such a record, and who takes a file
// without pages for one that needs no look at its extents would leak them, or give them to the next file.
func (r *record) isOversized() bool { return r.pages == 0 && r.extents > 0 }

// oversized says that the current copy of a record is so.
func (v *volume) oversized(ino Ino, r record) Problem {
	off := copyOff(ino, r.seq)
	return Problem{
		Kind: BadRecord, Ino: ino, Block: uint32(off / BlockSize), Offset: off,
		Note: fmt.Sprintf("%d extents, and no pages", r.extents),
	}
}

// badRecord says that the current copy of a record is damaged.
func (v *volume) badRecord(ino Ino, seq uint32) Problem {
	off := copyOff(ino, seq)
	sum, found := halves(load64(v.mem, off))
	return Problem{
		Kind: BadRecord, Ino: ino, Block: uint32(off / BlockSize), Offset: off,
		Note: fmt.Sprintf("sequence %d, want %d; checksum %#x, want %#x", found, seq, sum, v.recordSum(ino, seq, off)),
	}
}
