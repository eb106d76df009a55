package media

import (
	"errors"
	"sync"
	"testing"
	"unsafe"

	"daxbench/engine/pmem"
)

// TestParallel lets workers create, extend, shrink and remove files of their own on a region that is nearly full, and
// stamps every block: no two workers may ever have one block.
func TestParallel(t *testing.T) {
	const workers, rounds = 4, 1500
	fs := newFS(t, 40, 800)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := newRand(uint64(w))
			var files []*Record
			for range rounds {
				if len(files) == 0 || rng.IntN(2) == 0 {
					ino, gen, err := fs.AllocInode()
					if errors.Is(err, ErrNoInodes) {
						continue
					}
					rec := &Record{Ino: ino, Gen: gen, Nlink: 1, Pages: 1}
					hint := uint32(ino)
					if rec.Extents, err = fs.AllocBlocksNear(hint, nil, rng.Uint32N(40)); err == nil {
						var more []Extent
						if more, err = fs.AllocBlocks(nil, rng.Uint32N(20)); err == nil {
							rec.Extents = append(rec.Extents, more...)
						}
					}
					if err != nil && !errors.Is(err, ErrNoSpace) {
						t.Error(err)
					}
					for _, e := range rec.Extents {
						for b := e.Start; b < e.End(); b++ {
							fs.Stamp(b, Owner{ino, gen})
						}
					}
					if err := fs.Write(rec); errors.Is(err, ErrNoSpace) {
						fs.FreeInode(ino)
						fs.FreeBlocks(rec.Extents)
						continue
					} else if err != nil {
						t.Error(err)
					}
					files = append(files, rec)
					continue
				}
				i := rng.IntN(len(files))
				rec := files[i]
				var got Record
				if err := fs.Read(rec.Ino, &got); err != nil || !same(&got, rec) {
					t.Errorf("read %+v, %v; wrote %+v", got, err, *rec)
				}
				for _, e := range rec.Extents {
					for b := e.Start; b < e.End(); b++ {
						if o := fs.Owner(b); o != (Owner{rec.Ino, rec.Gen}) {
							t.Errorf("block %d of inode %d is stamped by %+v", b, rec.Ino, o)
							return
						}
					}
				}
				if n := len(rec.Extents); n > 4 && rng.IntN(2) == 0 {
					tail := rec.Extents[4:]
					rec.Extents = rec.Extents[:4]
					write(t, fs, rec)
					fs.FreeBlocks(tail)
					continue
				}
				files[i] = files[len(files)-1]
				files = files[:len(files)-1]
				remove(t, fs, rec)
			}
			for _, rec := range files[:len(files)/2] {
				remove(t, fs, rec)
			}
		})
	}
	wg.Wait()
	checkClean(t, fs)
	free := fs.FreeBlockCount()
	if got := must(t)(Mount(fs.Region())).FreeBlockCount(); got != free {
		t.Errorf("%d blocks free, after a mount %d", free, got)
	}
}

// TestNoSpuriousNoSpace has each worker take and give back its share of a region in which there is exactly enough for
// all: none may be told that there is not.
func TestNoSpuriousNoSpace(t *testing.T) {
	const workers = 4
	fs := newFS(t, 8, 600)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range 2000 {
				list, err := fs.AllocBlocks(nil, 600/workers)
				if err != nil {
					t.Error(err)
					return
				}
				fs.FreeBlocks(list)
			}
		})
	}
	wg.Wait()
	checkClean(t, fs)
}

// TestPadding holds what the padding of group and the slots of inCore are for.
func TestPadding(t *testing.T) {
	if n := unsafe.Sizeof(group{}); n != 2*pmem.CacheLine {
		t.Errorf("a group has %d bytes, want two lines", n)
	}
	if n := unsafe.Sizeof(inCore{}) << coreBits; n != 2*pmem.CacheLine {
		t.Errorf("%d bytes of inCore between one inode and the next, want two lines", n)
	}
	for _, inodes := range []uint32{1, 2, 7, 8, 9, 1000, 8191, 8192, 20_000} {
		fs := newFS(t, inodes, 1)
		if most := int(inodes) + 1<<(maxSlotBits+coreBits); len(fs.cores) > min(most, 2*int(inodes)+1<<coreBits) {
			t.Errorf("%d inodes have %d slots", inodes, len(fs.cores))
		}
		seen := make(map[uint32]Ino)
		for ino := Ino(1); ino <= Ino(inodes); ino++ {
			slot := fs.slot(ino)
			if other := seen[slot]; other != 0 || int(slot) >= len(fs.cores) {
				t.Fatalf("%d inodes: inode %d has slot %d, as has inode %d", inodes, ino, slot, other)
			}
			seen[slot] = ino
			if ino > 1 && slot>>coreBits == fs.slot(ino-1)>>coreBits && inodes >= 1<<(coreBits+1) {
				t.Fatalf("%d inodes: inode %d shares lines with the one before", inodes, ino)
			}
		}
	}
}
