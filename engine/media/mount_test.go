package media

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/pmem"
)

func TestMountRefuses(t *testing.T) {
	seal := func(v *volume) { v.r.Store64(superCRC, v.superSum()) }
	for _, tt := range []struct {
		name  string
		plant func(*FS)
		want  error
		text  string
	}{
		{"garbage", func(fs *FS) { fs.mem[0] = 'x' }, ErrNotFormatted, "format it first"},
		{"zeros", func(fs *FS) { clear(fs.mem) }, ErrNotFormatted, "format it first"},
		{"torn", func(fs *FS) { fs.r.Store64(24, 99) }, ErrSuperblock, "cut short"},
		{"newer", func(fs *FS) { fs.r.Store64(8, 2|4<<32); seal(&fs.volume) }, ErrVersion, "version 2"},
		{"larger than the region", func(fs *FS) { fs.r.Store64(16, 70|2<<32); seal(&fs.volume) }, pmem.ErrTooSmall, "286720 bytes"},
		{"no inodes", func(fs *FS) { fs.r.Store64(8, version); seal(&fs.volume) }, ErrGeometry, "0 inodes"},
		{"all inodes", func(fs *FS) { fs.r.Store64(8, version|math.MaxUint32<<32); seal(&fs.volume) }, ErrGeometry, "4294967295 inodes"},
		{"table past the end", func(fs *FS) { fs.r.Store64(8, version|3000<<32); seal(&fs.volume) }, ErrGeometry, "3000 inodes"},
		{"no blocks", func(fs *FS) { fs.r.Store64(16, 2<<32); seal(&fs.volume) }, ErrGeometry, "0 blocks"},
		{"data elsewhere", func(fs *FS) { fs.r.Store64(16, 66|9<<32); seal(&fs.volume) }, ErrGeometry, "from block 9"},
	} {
		fs := newFS(t, 4, 64)
		tt.plant(fs)
		_, err := Mount(fs.Region())
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %v with %q", tt.name, err, tt.want, tt.text)
		}
		if _, again := Inspect(fs.Region()); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: Inspect says %v and Mount %v", tt.name, again, err)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	r := newRegion(t, 3)
	_, err := Format(r, Geometry{Inodes: 65})
	if !errors.Is(err, pmem.ErrTooSmall) || !strings.Contains(err.Error(), "take 20480") {
		t.Errorf("one block too few: %v", err)
	}
	if least := MinSize(65, 1); least != 5*BlockSize {
		t.Errorf("MinSize(65, 1) = %d", least)
	}
	if _, err := Format(r, Geometry{Inodes: math.MaxUint32}); !errors.Is(err, pmem.ErrTooSmall) && !errors.Is(err, ErrGeometry) {
		t.Errorf("all inodes: %v", err)
	}
	if got, want := MinSize(math.MaxUint32, math.MaxUint32), int64(1<<27+1+math.MaxUint32)*BlockSize; got != want {
		t.Errorf("largest MinSize is %d, want %d", got, want)
	}
	if pmem.IsRegion(r.Bytes()) {
		t.Error("a format that was refused wrote to the region")
	}
	if _, err := Format(newRegion(t, 1), Geometry{}); !errors.Is(err, pmem.ErrTooSmall) {
		t.Errorf("one block: %v", err)
	}
	if fs, err := Format(newRegion(t, 3), Geometry{}); err != nil || fs.FreeBlockCount() != 1 || fs.FreeInodeCount() != 1 {
		t.Errorf("three blocks: %v", err)
	}
	for blocks, want := range map[int64]uint32{1: 1, 4: 1, 10: 2, 1 << 22: 1 << 22 / 5, 1 << 28: 1 << 20} {
		if got := defaultInodes(blocks); got != want {
			t.Errorf("%d blocks have %d inodes, want %d", blocks, got, want)
		}
	}
}

func TestMountFreesOrphansAndRepairsTornCopies(t *testing.T) {
	fs := newFS(t, 8, 64)
	a, b, c := create(t, fs, 3), create(t, fs, 4), create(t, fs, 5)
	b.Nlink = 0
	write(t, fs, b)
	if report := checkClean(t, fs); report.Orphans != 1 || report.Data != 12 {
		t.Fatalf("an orphan owns its blocks while it is open: %+v", report)
	}
	seq := fs.cores[fs.slot(c.Ino)].seq
	c.Flags = 0
	write(t, fs, c)
	fs.mem[copyOff(c.Ino, seq+1)+8] ^= 1 // torn: what stands is the record before
	report, err := Inspect(fs.Region())
	if err != nil || report.Torn != 1 || report.Orphans != 1 || report.Free != 64-8 || report.Data != 8 {
		t.Errorf("Inspect: %+v, %v", report, err)
	}
	again := must(t)(Mount(fs.Region()))
	if got := again.Recovered(); got != (Recovery{Torn: 1, Orphans: 1}) {
		t.Errorf("recovered %+v", got)
	}
	c.Flags = FlagDAX
	if got := state(t, again); len(got) != 2 || !same(&got[0], a) || !same(&got[1], c) {
		t.Errorf("left: %+v", got)
	}
	checkClean(t, again)
	if got := must(t)(Mount(fs.Region())).Recovered(); got != (Recovery{}) {
		t.Errorf("the next mount recovered %+v", got)
	}
	if ino, gen, err := again.AllocInode(); ino != b.Ino || gen != b.Gen+1 || err != nil {
		t.Errorf("the orphan comes back as inode %d of generation %d, %v", ino, gen, err)
	}
}

// TestMountTakesAnyFlipForTorn flips every bit of either copy of a record in turn. One copy is left: it is the record.
func TestMountTakesAnyFlipForTorn(t *testing.T) {
	fs := newFS(t, 4, 64)
	rec := create(t, fs, 3)
	older := *rec
	write(t, fs, rec)
	rec.Flags = 0
	write(t, fs, rec)
	seq := fs.cores[fs.slot(rec.Ino)].seq
	image := slices.Clone(fs.mem)
	for i := range int64(recordPair * 8) {
		copy(fs.mem, image)
		off := copyOff(rec.Ino, 0) + i/8
		fs.mem[off] ^= 1 << (i % 8)
		want := rec
		if off-copyOff(rec.Ino, seq) < copySize && off >= copyOff(rec.Ino, seq) {
			want = &older
		}
		again, err := Mount(fs.Region())
		if err != nil || again.Recovered().Torn != 1 {
			t.Fatalf("bit %d of byte %d: %v", i%8, off, err)
		}
		if got := state(t, again); len(got) != 1 || !same(&got[0], want) {
			t.Fatalf("bit %d of byte %d: %+v, want %+v", i%8, off, got, want)
		}
	}
}

// TestSequenceWraps writes across the largest sequence number.
func TestSequenceWraps(t *testing.T) {
	fs := newFS(t, 4, 16)
	rec := create(t, fs, 1)
	c := &fs.cores[fs.slot(rec.Ino)]
	c.seq = math.MaxUint32 - 4
	for i := range uint32(9) {
		rec.Pages = i
		write(t, fs, rec)
		if i == 0 {
			continue // the other copy is still the one from before
		}
		checkClean(t, fs)
		if got := state(t, must(t)(Mount(fs.Region()))); len(got) != 1 || !same(&got[0], rec) {
			t.Fatalf("sequence %d: %+v, want %+v", c.seq, got, rec)
		}
	}
	if c.seq > 9 {
		t.Errorf("sequence is %d: it did not wrap", c.seq)
	}
}

// TestRegionLongerThanFileSystem mounts a file system in a mapping that has grown.
func TestRegionLongerThanFileSystem(t *testing.T) {
	small := newFS(t, 4, 16)
	rec := create(t, small, 3)
	r := newRegion(t, 100)
	copy(r.Bytes(), small.mem)
	fs := must(t)(Mount(r))
	if got := state(t, fs); len(got) != 1 || !same(&got[0], rec) || fs.FreeBlockCount() != 13 {
		t.Errorf("%+v, %d free", got, fs.FreeBlockCount())
	}
}

// FuzzMount changes an image and, so as to get past the checksums, makes some of them right again. Mount, Inspect and
// Check must not panic; Inspect must accept what Mount accepts, and what Mount accepts must pass Check, mount again
// and be usable.
func FuzzMount(f *testing.F) {
	fs := newFS(f, 6, 40)
	_, holed := share(f, fs, 4, 1)
	holed.Extents = append(holed.Extents, Extent{0, 3})
	write(f, fs, holed)
	keep := fragment(f, fs)
	create(f, fs, 3)
	create(f, fs, 9)
	fs.FreeBlocks(keep)
	orphan := create(f, fs, 2)
	orphan.Nlink = 0
	write(f, fs, orphan)
	image := slices.Clone(fs.mem)
	link := int64(fs.cores[fs.slot(4)].overflow) * BlockSize

	// A change is an offset and what is xored to the byte there. Offsets count over the superblock, the table and the
	// overflow block.
	places := []int64{0, superSize, BlockSize, 6 * recordPair, link, 128}
	at := func(i uint16) int64 {
		off := int64(i)
		for p := 0; p < len(places); p += 2 {
			if off < places[p+1] {
				return places[p] + off
			}
			off -= places[p+1]
		}
		return off % int64(len(image))
	}
	f.Add([]byte{}, uint8(0))
	f.Add([]byte{1, 0, 1}, uint8(0))
	for i := range uint16(64 + 6*recordPair + 128) {
		f.Add([]byte{byte(i), byte(i >> 8), 1}, uint8(7))
		f.Add([]byte{byte(i), byte(i >> 8), 0xff}, uint8(7))
	}
	r := newRegion(f, int64(len(image)/BlockSize))
	f.Fuzz(func(t *testing.T, changes []byte, seal uint8) {
		copy(r.Bytes(), image)
		for ; len(changes) >= 3; changes = changes[3:] {
			r.Bytes()[at(binary.LittleEndian.Uint16(changes))] ^= changes[2]
		}
		v := newVolume(r, 6, uint32(len(image)/BlockSize), 1)
		if seal&1 != 0 {
			r.Store64(superCRC, v.superSum())
		}
		for ino := Ino(1); seal&2 != 0 && ino <= 6; ino++ {
			for i := range uint32(2) {
				off := copyOff(ino, i)
				_, seq := halves(load64(v.mem, off))
				r.Store64(off, uint64(seq)<<32|uint64(v.recordSum(ino, seq, off)))
			}
		}
		if _, n := halves(load64(v.mem, link)); seal&4 != 0 && n <= chainExtents {
			r.Store64(link, uint64(n)<<32|uint64(v.chainSum(uint32(link/BlockSize), n)))
		}
		report, inspectErr := Inspect(r)
		fs, err := Mount(r)
		if (inspectErr == nil) != (err == nil) {
			t.Fatalf("Inspect says %v and Mount %v", inspectErr, err)
		}
		if err != nil {
			return
		}
		if after := checkClean(t, fs); after.Free != report.Free {
			t.Fatalf("Inspect counts %d free blocks, Check %d", report.Free, after.Free)
		}
		before := state(t, fs)
		if fs = must(t)(Mount(r)); !reflect.DeepEqual(state(t, fs), before) {
			t.Fatalf("mounted again: %+v, before: %+v", state(t, fs), before)
		}
		if fs.FreeInodeCount() > 0 && fs.FreeBlockCount() > 0 {
			remove(t, fs, create(t, fs, 1))
		}
		for _, rec := range before {
			last := slices.DeleteFunc(singly(rec.Extents), func(e Extent) bool { return fs.Shares()[e.Start] > 0 })
			rec.Nlink = 0
			write(t, fs, &rec)
			if err := fs.FreeInode(rec.Ino); err != nil {
				t.Fatal(err)
			}
			fs.FreeBlocks(last)
		}
		checkClean(t, fs)
	})
}
