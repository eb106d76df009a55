package media

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func alloc(tb testing.TB, fs *FS, n uint32) []Extent {
	tb.Helper()
	list, err := fs.AllocBlocks(nil, n)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func TestLastFreedFirst(t *testing.T) {
	fs := newFS(t, 4, 4096) // several groups
	if len(fs.groups) != maxGroups {
		t.Fatalf("%d groups, want %d", len(fs.groups), maxGroups)
	}
	fragment(t, fs) // so that most of what is freed comes in pieces
	rng := newRand(2)
	var held [][]Extent
	for range 200 {
		held = append(held, alloc(t, fs, 1+rng.Uint32N(12)))
	}
	rng.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	for range 2000 {
		i := rng.IntN(len(held))
		fs.FreeBlocks(held[i])
		var n uint32
		for _, e := range held[i] {
			n += e.Len
		}
		if k := 1 + rng.Uint32N(n); k < n { // a part of it comes first as well
			part := alloc(t, fs, k)
			if part[0].Start != held[i][0].Start {
				t.Fatalf("freed %v last and got %v", held[i], part)
			}
			fs.FreeBlocks(part)
		}
		if got := alloc(t, fs, n); !slices.Equal(got, held[i]) {
			t.Fatalf("freed %v last and got %v", held[i], got)
		}
	}
}

// TestReuseByNumber is what the package promises for parallel workers: the next holder of an inode number gets the
// blocks of the last one.
func TestReuseByNumber(t *testing.T) {
	fs := newFS(t, 64, 4096)
	for ino := uint32(1); ino < 40; ino++ {
		first, err := fs.AllocBlocksNear(ino, nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		fs.FreeBlocks(first)
		fs.FreeBlocks(alloc(t, fs, 5)) // elsewhere, or the same
		if again, err := fs.AllocBlocksNear(ino, nil, 3); err != nil || !slices.Equal(again, first) {
			t.Fatalf("inode %d had %v and got %v (%v)", ino, first, again, err)
		}
	}
}

// TestJoin frees a whole group block by block, in random order, and expects it back in few pieces.
func TestJoin(t *testing.T) {
	fs := newFS(t, 4, 64)
	rng := newRand(3)
	for range 20 {
		all := alloc(t, fs, 64)
		if len(all) > easyPieces {
			t.Fatalf("64 blocks of 64 in %d pieces", len(all))
		}
		blocks := rng.Perm(64)
		for _, b := range blocks {
			fs.FreeBlocks([]Extent{{fs.DataStart() + uint32(b), 1}})
		}
		if got := alloc(t, fs, 1); got[0].Start != fs.DataStart()+uint32(blocks[63]) {
			t.Fatalf("the first block is %d, and %d was freed last: joined too early", got[0].Start, fs.DataStart()+uint32(blocks[63]))
		} else {
			fs.FreeBlocks(got)
		}
	}
}

// TestJoinKeepsOrder joins what is not the youngest and expects the youngest first.
func TestJoinKeepsOrder(t *testing.T) {
	fs := newFS(t, 4, 64)
	alloc(t, fs, 64)
	at := func(b uint32) uint32 { return fs.DataStart() + b }
	for _, b := range []uint32{10, 12, 14, 30, 11, 13, 50} {
		fs.FreeBlocks([]Extent{{at(b), 1}})
	}
	got := alloc(t, fs, 7)
	want := []Extent{{at(50), 1}, {at(10), 5}, {at(30), 1}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestNoSpaceIsExact takes blocks from all groups down to the last one.
func TestNoSpaceIsExact(t *testing.T) {
	fs := newFS(t, 4, 1000)
	for i := range fs.groups {
		if n := len(fs.groups[i].stack); n != 1 {
			t.Errorf("group %d is mounted in %d pieces, want one", i, n)
		}
	}
	free := fs.FreeBlockCount()
	if free != 1000 {
		t.Fatalf("%d blocks free, want 1000", free)
	}
	dst := []Extent{{7, 7}}
	got, err := fs.AllocBlocks(dst, free+1)
	if !errors.Is(err, ErrNoSpace) || !strings.Contains(err.Error(), "1001 blocks asked for, 1000 free") || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	got, err = fs.AllocBlocks(dst, free)
	if err != nil || len(got) != 2 || got[1] != (Extent{fs.DataStart(), free}) || got[0] != dst[0] {
		t.Errorf("%v, %v: groups that follow each other make one extent", got, err)
	}
	fs.FreeBlocks(got[1:]) // an extent over all groups goes back to each
	for i := range fs.groups {
		if g := &fs.groups[i]; g.free != g.end-g.first || len(g.stack) != 1 {
			t.Errorf("group %d has %d blocks in %d pieces, want %d in one", i, g.free, len(g.stack), g.end-g.first)
		}
	}
	checkClean(t, fs)
}

// TestAllocatorAgainstModel compares random allocations with a set of free blocks.
func TestAllocatorAgainstModel(t *testing.T) {
	for _, size := range []uint32{1, 63, 64, 65, 511, 513, 2000} {
		fs := newFS(t, 4, size)
		rng := newRand(uint64(size))
		taken := make(map[uint32]bool)
		var held [][]Extent
		for range 5000 {
			if rng.IntN(2) == 0 {
				n := rng.Uint32N(size/10 + 2)
				list, err := fs.AllocBlocksNear(rng.Uint32(), nil, n)
				if wantErr := n > size-uint32(len(taken)); wantErr != (err != nil) {
					t.Fatalf("size %d: %d blocks of %d: %v", size, n, size-uint32(len(taken)), err)
				}
				var got uint32
				for _, e := range list {
					got += e.Len
					for b := e.Start; b < e.End(); b++ {
						if taken[b] || b < fs.DataStart() || b >= fs.BlockCount() {
							t.Fatalf("size %d: block %d given out twice, or from nowhere", size, b)
						}
						taken[b] = true
					}
				}
				if err == nil && got != n {
					t.Fatalf("size %d: %d blocks for %d", size, got, n)
				}
				held = append(held, list)
			} else if len(held) > 0 {
				i := rng.IntN(len(held))
				for _, e := range held[i] {
					for b := e.Start; b < e.End(); b++ {
						delete(taken, b)
					}
				}
				fs.FreeBlocks(held[i])
				held = slices.Delete(held, i, i+1)
			}
			if got := fs.FreeBlockCount(); got != size-uint32(len(taken)) {
				t.Fatalf("size %d: %d free, want %d", size, got, size-uint32(len(taken)))
			}
		}
	}
}
