package media

import (
	"fmt"
	"math/bits"

	"daxbench/engine/internal/sync"
	"daxbench/engine/pmem"
)

// An FS is a mounted region. Its methods may run in parallel, except two for one inode; see the package comment.
type FS struct {
	volume
	cores      []inCore // by slot
	slotBits   uint8    // see slot
	groupShift uint8    // logarithm of a group's blocks
	align      uint32   // see AlignLarge; 0: no
	msync      bool     // a fence can fail
	recovered  Recovery

	groups     []group
	sharing    sync.Uint32 // 1 once a record had FlagShared
	wantRecent sync.Uint32 // 1 once AllocBlocks was called: else recent is not kept, which all that free would write
	free       inodeList
	_          [2 * pmem.CacheLine]byte
	recent     sync.Uint32 // group that blocks were freed into last
}

// Recovery is what Mount did after a cut.
type Recovery struct {
	Torn    uint32 // record copies that were rewritten
	Orphans uint32 // unlinked inodes that were freed
}

// Mount reads the file system on r and rebuilds its free lists from what the inodes own. Unlinked inodes are freed, and
// record copies that a power cut has torn are written again.
//
// The errors are ErrNotFormatted, ErrSuperblock, ErrVersion, ErrGeometry and pmem.ErrTooSmall for a region without a
// usable superblock, and a DamageError, ErrDamaged, that lists the inodes with their offsets if a record has no valid
// copy, an overflow block is bad or a block has two owners. Such a region is refused and left untouched: what the lost
// record owned is not known, so any unowned block may be part of a file, and none can be given out. Inspect shows what
// there is.
//
// The one damage that Mount cannot tell is a newest copy that rotted while the region was not mounted: it is taken for
// torn, and the inode is as it was before its last write. If its blocks went to others since, they have two owners,
// and Mount says so.
func Mount(r *pmem.Region) (fs *FS, err error) {
	err = r.Guard(func() error {
		fs, err = mount(r)
		return err
	})
	return fs, err
}

func mount(r *pmem.Region) (*FS, error) {
	v, err := openVolume(r)
	if err != nil {
		return nil, err
	}
	fs := &FS{volume: *v, msync: r.Info().Flush == pmem.Msync}
	fs.slotBits = uint8(min(max(0, bits.Len32(fs.inodes)-coreBits), maxSlotBits))
	stretch := 1 << (fs.slotBits + coreBits)
	fs.cores = make([]inCore, (int(fs.inodes)/stretch+1)*stretch)
	s := newSurvey(&fs.volume)
	for ino := Ino(1); ino <= Ino(fs.inodes); ino++ {
		fs.cores[fs.slot(ino)] = s.mounted(ino)
	}
	if err := s.err(); err != nil {
		return nil, err
	}
	if err := fs.recover(s); err != nil {
		return nil, err
	}
	fs.buildFree(s)
	if s.sharing {
		fs.sharing.Store(1)
	}
	return fs, nil
}

// Inspect looks at a region that is not mounted and changes nothing. The errors are those of Mount; with a DamageError
// the report is whole all the same.
func Inspect(r *pmem.Region) (report CheckReport, err error) {
	err = r.Guard(func() error {
		v, err := openVolume(r)
		if err != nil {
			return err
		}
		s := newSurvey(v)
		for ino := Ino(1); ino <= Ino(v.inodes); ino++ {
			s.mounted(ino)
		}
		s.countFree()
		report = s.CheckReport
		return s.err()
	})
	return report, err
}

// recover frees the orphans and writes torn copies again, as the record before the current one with the same contents.
//
// A torn copy is made void first. It may lack but one word, which its rewriting could then complete: and a second cut
// would leave the very record that this mount found not to be there.
func (fs *FS) recover(s *survey) error {
	for _, ino := range s.torn {
		fs.void(ino, fs.cores[fs.slot(ino)].seq)
	}
	if err := fs.fence(); err != nil {
		return fmt.Errorf("media: mount: %w", err)
	}
	for _, ino := range s.orphans {
		c := &fs.cores[fs.slot(ino)]
		*c = inCore{seq: c.seq + 1, gen: c.gen.next()}
		fs.putRecord(ino, record{seq: c.seq, gen: c.gen}, nil)
	}
	if err := fs.fence(); err != nil {
		return fmt.Errorf("media: mount: %w", err)
	}
	for _, ino := range s.torn {
		fs.rewrite(ino, fs.cores[fs.slot(ino)].seq)
	}
	fs.recovered = Recovery{Torn: uint32(len(s.torn)), Orphans: uint32(len(s.orphans))}
	if err := fs.fence(); err != nil {
		return fmt.Errorf("media: mount: %w", err)
	}
	return nil
}

// void gives the copy that is not current a sequence number that can only stand in the other place.
func (fs *FS) void(ino Ino, seq uint32) {
	off := copyOff(ino, seq-1)
	fs.r.Store64(off, uint64(seq)<<32)
	fs.r.Flush(off, 8)
}

// rewrite makes the other copy of an inode's record equal to the current one but for the sequence number.
func (fs *FS) rewrite(ino Ino, seq uint32) {
	rec, _ := fs.loadRecord(ino, seq)
	var inline [inlineExtents]Extent
	for i := range inline {
		inline[i] = fs.inlineExtent(ino, seq, uint32(i))
	}
	rec.seq--
	fs.putRecord(ino, rec, inline[:])
}

// buildFree makes the free lists. Lower numbers go out first.
func (fs *FS) buildFree(s *survey) {
	fs.free.free = make([]Ino, 0, fs.inodes)
	for ino := Ino(fs.inodes); ino > 0; ino-- {
		if !fs.cores[fs.slot(ino)].used {
			fs.free.free = append(fs.free.free, ino)
		}
	}
	fs.groups, fs.groupShift = makeGroups(fs.dataStart, fs.blocks)
	fs.FreeBlocks(s.unowned())
	for i := range fs.groups {
		fs.groups[i].pushed = 0 // nothing to join
	}
}

// fence makes what was flushed durable. Only msync can fail.
func (fs *FS) fence() error {
	fs.r.Fence()
	if fs.msync {
		return fs.r.Err()
	}
	return nil
}

// coreBits is the logarithm of how many inCores share the lines that the processor fetches together.
const coreBits = 3

// maxSlotBits is the logarithm of how far apart at most the numbers of inodes are whose inCores share lines: farther than workers
// that make files at the same time are. The array is rounded up to eight times as many, so it is no larger.
const maxSlotBits = 10

// slot returns where an inode's inCore is. Inodes that are allocated one after the other, by different workers, lie far
// apart, or each Write would take the line away from the other worker.
func (fs *FS) slot(ino Ino) uint32 {
	near := uint32(1)<<fs.slotBits - 1
	far := near<<coreBits | (1<<coreBits - 1)
	n := uint32(ino)
	return n&^far | n&near<<coreBits | n&far>>fs.slotBits
}

// Recovered returns what Mount had to repair.
func (fs *FS) Recovered() Recovery { return fs.recovered }

// InodeCount returns how many inodes there are, free ones included. They are numbered from 1.
func (fs *FS) InodeCount() uint32 { return fs.inodes }

// DataStart returns the first data block.
func (fs *FS) DataStart() uint32 { return fs.dataStart }

// BlockCount returns how many blocks there are, superblock and inode table included: one more than the last block.
func (fs *FS) BlockCount() uint32 { return fs.blocks }

// Region returns what the file system lies on.
func (fs *FS) Region() *pmem.Region { return fs.r }
