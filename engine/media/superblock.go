package media

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"daxbench/engine/pmem"
)

// BlockSize is the unit of allocation, in bytes: one page.
const BlockSize = pmem.PageSize

// version changes with every change of the layout. Magic and checksum stay where they are, so that a newer
// format can be told from a damaged superblock.
const version = 1

const (
	superSize = pmem.CacheLine
	superCRC  = superSize - 8 // covers all before it
	noSum     = 1 << 32       // in its place: no checksum is that long

	// defaultBlocksPerInode is how many data blocks there are to an inode if Geometry does not say; xfs has one inode
	// of 512 bytes to every 2 KiB and up, ext4 one to every four blocks.
	defaultBlocksPerInode = 4

	// maxDefaultInodes keeps the table, which Format writes as a whole, at 128 MiB: on a region of 1 TiB it would else
	// have 6.4 GiB. Linux defers that instead: xfs makes inodes as they are needed, ext4 zeroes its tables in the
	// background (lazy_itable_init).
	maxDefaultInodes = 1 << 20

	// maxBlocks keeps block numbers and their sums with a length within 32 bits: 16 TiB.
	maxBlocks = math.MaxUint32
)

// Geometry is what Format is told. The size is the region's.
type Geometry struct {
	Inodes uint32 // 0 for one to every four blocks, up to a million

	// ID tells the stamps of this format from those that an older one left in the same blocks. 0 takes the clock.
	ID uint64
}

// A volume is a region with a known layout. It is immutable; what it says of the records it reads from the region.
type volume struct {
	r         *pmem.Region
	mem       []byte
	inodes    uint32
	blocks    uint32 // of the file system, superblock and table included; the region may be longer
	dataStart uint32 // block
	id        uint64
	stampKey  uint64 // see Stamp
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MinSize returns how many bytes a region with so many inodes and data blocks takes.
func MinSize(inodes, dataBlocks uint32) int64 {
	return (tableBlocks(inodes) + 1 + int64(dataBlocks)) * BlockSize
}

// tableBlocks returns the length of the inode table.
func tableBlocks(inodes uint32) int64 {
	return (int64(inodes)*recordPair + BlockSize - 1) / BlockSize
}

// Format makes a new file system on r and mounts it. What was on the region is gone. If it holds fewer bytes than the
// inodes and one data block take, the error is pmem.ErrTooSmall and says how many it must be.
//
// The region carries its magic from the first store on, so that pmem.Open knows it again, and a valid superblock only
// from the last: a cut in between makes Mount return ErrSuperblock.
func Format(r *pmem.Region, geo Geometry) (fs *FS, err error) {
	err = r.Guard(func() error {
		fs, err = format(r, geo)
		return err
	})
	return fs, err
}

func format(r *pmem.Region, geo Geometry) (*FS, error) {
	blocks := min(r.Size()/BlockSize, maxBlocks)
	if geo.Inodes == 0 {
		geo.Inodes = defaultInodes(blocks)
	}
	if geo.Inodes == math.MaxUint32 {
		return nil, fmt.Errorf("media: format: %w: %d inodes, at most %d", ErrGeometry, geo.Inodes, uint32(math.MaxUint32-1))
	}
	if least := MinSize(geo.Inodes, 1); blocks*BlockSize < least {
		return nil, fmt.Errorf("media: format: %w: %d bytes; %d inodes and one block take %d", pmem.ErrTooSmall,
			r.Size(), geo.Inodes, least)
	}
	if geo.ID == 0 {
		geo.ID = uint64(time.Now().UnixNano())
	}
	v := newVolume(r, geo.Inodes, uint32(blocks), geo.ID)

	r.Store64(superCRC, noSum)
	r.Store64(0, binary.NativeEndian.Uint64([]byte(pmem.Magic)))
	r.Persist(0, superSize)
	for ino := Ino(1); ino <= Ino(v.inodes); ino++ {
		blank := record{gen: 1}
		for seq := range uint32(2) {
			blank.seq = seq
			v.putRecord(ino, blank, nil)
		}
	}
	r.Store64(8, version|uint64(v.inodes)<<32)
	r.Store64(16, uint64(v.blocks)|uint64(v.dataStart)<<32)
	r.Store64(24, v.id)
	for off := int64(32); off < superCRC; off += 8 {
		r.Store64(off, 0)
	}
	r.Persist(0, superSize)
	r.Store64(superCRC, v.superSum())
	r.Persist(0, superSize)
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("media: format: %w", err)
	}
	return mount(r)
}

func defaultInodes(blocks int64) uint32 {
	return uint32(min(max(1, blocks/(defaultBlocksPerInode+1)), maxDefaultInodes))
}

// superSum returns the checksum of the superblock as it stands on the region.
func (v *volume) superSum() uint64 {
	return uint64(crc32.Checksum(v.mem[:superCRC], castagnoli))
}

// openVolume reads the superblock of r.
func openVolume(r *pmem.Region) (*volume, error) {
	mem := r.Bytes()
	if len(mem) < BlockSize || !pmem.IsRegion(mem) {
		return nil, fmt.Errorf("media: mount: %w on this region: format it first", ErrNotFormatted)
	}
	if sum := uint64(crc32.Checksum(mem[:superCRC], castagnoli)); sum != load64(mem, superCRC) {
		return nil, fmt.Errorf("media: mount: %w: checksum is %#x, its bytes have %#x: a format was cut short or the "+
			"block is damaged; format it again", ErrSuperblock, load64(mem, superCRC), sum)
	}
	ver, inodes := halves(load64(mem, 8))
	if ver != version {
		return nil, fmt.Errorf("media: mount: %w %d: this program knows %d; use the one that formatted it, or format it "+
			"again", ErrVersion, ver, version)
	}
	blocks, dataStart := halves(load64(mem, 16))
	if int64(blocks) > r.Size()/BlockSize {
		return nil, fmt.Errorf("media: mount: %w: the file system has %d bytes and the region %d: it was cut short, or "+
			"opened with too small a size", pmem.ErrTooSmall, int64(blocks)*BlockSize, r.Size())
	}
	if inodes == 0 || inodes == math.MaxUint32 || MinSize(inodes, 1) > int64(blocks)*BlockSize {
		return nil, fmt.Errorf("media: mount: %w: %d inodes in %d blocks", ErrGeometry, inodes, blocks)
	}
	v := newVolume(r, inodes, blocks, load64(mem, 24))
	if v.dataStart != dataStart {
		return nil, fmt.Errorf("media: mount: %w: data from block %d, but the table of %d inodes ends before block %d",
			ErrGeometry, dataStart, inodes, v.dataStart)
	}
	return v, nil
}

func newVolume(r *pmem.Region, inodes, blocks uint32, id uint64) *volume {
	return &volume{
		r: r, mem: r.Bytes(), inodes: inodes, blocks: blocks, id: id,
		dataStart: uint32(1 + tableBlocks(inodes)),
		stampKey:  (id | 1) * golden64,
	}
}

// golden64 is 2^64 divided by the golden ratio, as in the kernel's hash_64.
const golden64 = 0x9E3779B97F4A7C15

// load64 loads the word at off by one load.
func load64(mem []byte, off int64) uint64 { return binary.NativeEndian.Uint64(mem[off : off+8]) }

func halves(w uint64) (lo, hi uint32) { return uint32(w), uint32(w >> 32) }
