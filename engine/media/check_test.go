package media

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestCheckFindsDamage plants one thing at a time and expects it to be named, by Check and, where nothing in memory is
// concerned, by Inspect and Mount.
func TestCheckFindsDamage(t *testing.T) {
	type victim struct {
		fs           *FS
		small, large *Record
	}
	place := func(b uint32) string { return fmt.Sprintf("block %d, byte %d", b, int64(b)*BlockSize) }
	flip := func(v *victim, off int64) { v.fs.mem[off] ^= 4 }
	for _, tt := range []struct {
		name   string
		plant  func(*victim) string // returns what the problem must say
		kind   Kind
		onDisk bool
	}{
		{name: "block of two inodes", kind: DoubleOwned, onDisk: true, plant: func(v *victim) string {
			rec := *v.small
			rec.Extents = append([]Extent{v.large.Extents[8]}, rec.Extents...)
			write(t, v.fs, &rec)
			return place(v.large.Extents[8].Start) + ", also of inode 1"
		}},
		{name: "block twice in one inode", kind: DoubleOwned, onDisk: true, plant: func(v *victim) string {
			rec := *v.small
			rec.Extents = append(rec.Extents, rec.Extents[0])
			write(t, v.fs, &rec)
			return "also of inode 1"
		}},
		{name: "lost block", kind: Lost, plant: func(v *victim) string {
			return "lost: " + place(alloc(t, v.fs, 1)[0].Start)
		}},
		{name: "owned and free", kind: OwnedAndFree, plant: func(v *victim) string {
			v.fs.FreeBlocks(v.small.Extents[:1])
			return "owned-and-free: inode 1, " + place(v.small.Extents[0].Start)
		}},
		{name: "free twice", kind: FreeTwice, plant: func(v *victim) string {
			e := alloc(t, v.fs, 1)
			v.fs.FreeBlocks(e)
			v.fs.FreeBlocks(e)
			return "free-twice: " + place(e[0].Start)
		}},
		{name: "counter", kind: BadCount, plant: func(v *victim) string {
			v.fs.groups[0].free++
			return "group 0 counts"
		}},
		{name: "bit in the current copy", kind: BadRecord, plant: func(v *victim) string {
			off := copyOff(1, v.fs.cores[v.fs.slot(1)].seq)
			flip(v, off+20)
			return fmt.Sprintf("bad-record: inode 1, block 1, byte %d: sequence", off)
		}},
		{name: "bit in the older copy", kind: BadRecord, plant: func(v *victim) string {
			flip(v, copyOff(v.small.Ino, v.fs.cores[v.fs.slot(v.small.Ino)].seq-1)+60)
			return "(older copy)"
		}},
		{name: "bits in both copies", kind: BadRecord, onDisk: true, plant: func(v *victim) string {
			flip(v, copyOff(2, 0)+8)
			flip(v, copyOff(2, 1)+63)
			return "inode 2, block 1, byte 4"
		}},
		{name: "bits in both copies of a free inode", kind: BadRecord, onDisk: true, plant: func(v *victim) string {
			flip(v, copyOff(5, 0)+8)
			flip(v, copyOff(5, 1)+8)
			return "inode 5, block 1, byte 4"
		}},
		{name: "record in the wrong place", kind: BadRecord, onDisk: true, plant: func(v *victim) string {
			copy(v.fs.mem[copyOff(3, 0):][:recordPair], v.fs.mem[copyOff(1, 0):][:recordPair])
			return "inode 3, "
		}},
		{name: "record of another time", kind: BadRecord, onDisk: true, plant: func(v *victim) string {
			off := copyOff(1, v.fs.cores[v.fs.slot(1)].seq)
			old := string(v.fs.mem[off:][:copySize])
			for range 4 {
				write(t, v.fs, v.small)
			}
			copy(v.fs.mem[off:], old)
			return "inode 1, "
		}},
		{name: "free record that owns", kind: BadRecord, onDisk: true, plant: func(v *victim) string {
			c := &v.fs.cores[v.fs.slot(5)]
			for range 2 {
				c.seq++
				v.fs.putRecord(5, record{seq: c.seq, gen: c.gen, extents: 1}, v.small.Extents[:1])
			}
			return fmt.Sprintf("inode 5, block 1, byte %d: free, and yet not empty", copyOff(5, c.seq))
		}},
		{name: "blocks without pages", kind: BadRecord, onDisk: true, plant: func(v *victim) string {
			rec := *v.small
			rec.Pages = 0
			write(t, v.fs, &rec)
			if err := v.fs.Read(rec.Ino, new(Record)); !errors.Is(err, ErrDamaged) {
				t.Errorf("Read: %v", err)
			}
			return fmt.Sprintf("inode %d, block 1, byte %d: %d extents, and no pages", rec.Ino, copyOff(rec.Ino, v.fs.cores[v.fs.slot(rec.Ino)].seq), len(rec.Extents))
		}},
		{name: "bit in an overflow block", kind: BadOverflow, onDisk: true, plant: func(v *victim) string {
			b := v.fs.cores[v.fs.slot(v.large.Ino)].overflow
			flip(v, int64(b)*BlockSize+40)
			return "inode 2, " + place(b) + ": checksum"
		}},
		{name: "overflow block of somebody else", kind: BadOverflow, onDisk: true, plant: func(v *victim) string {
			c := v.fs.cores[v.fs.slot(v.large.Ino)]
			v.fs.storeLink(c.overflow, 0, 9, c.gen, 0, v.large.Extents[inlineExtents:])
			return "it is link 0 of inode 9"
		}},
		{name: "overflow block that leads to itself", kind: BadOverflow, onDisk: true, plant: func(v *victim) string {
			c := v.fs.cores[v.fs.slot(v.large.Ino)]
			v.fs.storeLink(c.overflow, c.overflow, v.large.Ino, c.gen, 0, v.large.Extents[inlineExtents:][:3])
			return "link 0 of inode 2"
		}},
		{name: "overflow block with too many extents", kind: BadOverflow, onDisk: true, plant: func(v *victim) string {
			c := v.fs.cores[v.fs.slot(v.large.Ino)]
			spare := alloc(t, v.fs, 1)
			v.fs.FreeBlocks(spare)
			v.fs.storeLink(c.overflow, 0, v.large.Ino, c.gen, 0, append(v.large.Extents[inlineExtents:], spare...))
			if err := v.fs.Read(v.large.Ino, new(Record)); !errors.Is(err, ErrDamaged) {
				t.Errorf("Read: %v", err)
			}
			return "it holds 17 extents where the record has 16 left"
		}},
		{name: "chain that goes on", kind: BadOverflow, onDisk: true, plant: func(v *victim) string {
			c := v.fs.cores[v.fs.slot(v.large.Ino)]
			v.fs.storeLink(c.overflow, v.fs.BlockCount()-1, v.large.Ino, c.gen, 0, v.large.Extents[inlineExtents:])
			return "inode 2, " + place(v.fs.BlockCount()-1) + ": the chain goes on"
		}},
		{name: "extent in the table", kind: BadExtent, onDisk: true, plant: func(v *victim) string {
			c := v.fs.cores[v.fs.slot(v.large.Ino)]
			list := append([]Extent{{1, 1}}, v.large.Extents[inlineExtents+1:]...)
			v.fs.storeLink(c.overflow, 0, v.large.Ino, c.gen, 0, list)
			return "bad-extent: inode 2, block 1"
		}},
		{name: "inode in use and free", kind: OwnedAndFree, plant: func(v *victim) string {
			v.fs.free.push(2)
			return "inode 2"
		}},
		{name: "inode free twice", kind: FreeTwice, plant: func(v *victim) string {
			v.fs.free.push(5)
			return "inode 5"
		}},
		{name: "lost inode", kind: Lost, plant: func(v *victim) string {
			v.fs.free.free = v.fs.free.free[1:]
			return "the inode is not in use"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := newFS(t, 8, 64)
			v := &victim{fs: fs}
			v.small = create(t, fs, 2)
			blocks := alloc(t, fs, 62)
			for i := uint32(0); i < 62; i += 2 {
				fs.FreeBlocks([]Extent{{blocks[0].Start + i, 1}})
			}
			v.large = &Record{Ino: 2, Gen: 1, Nlink: 1, Pages: 1}
			fs.AllocInode()
			v.large.Extents = alloc(t, fs, 20)
			write(t, fs, v.large)
			for i := uint32(1); i < 62; i += 2 {
				fs.FreeBlocks([]Extent{{blocks[0].Start + i, 1}})
			}
			write(t, fs, v.small)
			checkClean(t, fs)

			text := tt.plant(v)
			expect := func(who string, err error) {
				t.Helper()
				var damage *DamageError
				if !errors.Is(err, ErrDamaged) || !errors.As(err, &damage) {
					t.Fatalf("%s: %v", who, err)
				}
				for _, p := range damage.Report.Problems {
					if p.Kind == tt.kind && strings.Contains(p.Error(), text) {
						return
					}
				}
				t.Errorf("%s found %v\nand not %v with %q", who, damage.Report.Problems, tt.kind, text)
			}
			_, err := fs.Check()
			expect("Check", err)
			if !tt.onDisk {
				return
			}
			if tt.name == "record of another time" || strings.HasPrefix(tt.name, "bits") || strings.HasPrefix(tt.name, "record") {
				text = text[:len("inode 1, ")] // Mount does not know which copy should be the current one
			}
			before := string(fs.mem)
			_, err = Inspect(fs.Region())
			expect("Inspect", err)
			_, err = Mount(fs.Region())
			expect("Mount", err)
			if string(fs.mem) != before {
				t.Error("a region that Mount refused was changed")
			}
		})
	}
}

// TestReadFindsDamage flips every bit of a record and of a chain in turn: Read must notice each.
func TestReadFindsDamage(t *testing.T) {
	fs := newFS(t, 4, 100)
	fragment(t, fs)
	rec := create(t, fs, 9)
	c := fs.cores[fs.slot(rec.Ino)]
	var got Record
	flipAll := func(off, n int64) {
		t.Helper()
		for i := range n * 8 {
			fs.mem[off+i/8] ^= 1 << (i % 8)
			if err := fs.Read(rec.Ino, &got); !errors.Is(err, ErrDamaged) {
				t.Fatalf("bit %d of byte %d: %v", i%8, off+i/8, err)
			}
			fs.mem[off+i/8] ^= 1 << (i % 8)
		}
	}
	flipAll(copyOff(rec.Ino, c.seq), copySize)
	flipAll(int64(c.overflow)*BlockSize, chainHeader+8*5)
	if err := fs.Read(rec.Ino, &got); err != nil || !same(&got, rec) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReportIsBounded(t *testing.T) {
	fs := newFS(t, 1000, 10)
	clear(fs.mem[BlockSize : int64(fs.DataStart())*BlockSize])
	report, err := fs.Check()
	if err == nil || len(report.Problems) != maxProblems || report.Total < 1000 {
		t.Errorf("%d problems of %d listed, %v", len(report.Problems), report.Total, err)
	}
}
