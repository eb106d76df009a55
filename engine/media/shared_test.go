package media

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// share makes two files of n blocks each that have the first k in common, and returns them with the share counts.
func share(tb testing.TB, fs *FS, n, k uint32) (a, b *Record) {
	tb.Helper()
	a, b = create(tb, fs, n), create(tb, fs, n)
	old := slices.Clone(b.Extents)
	a.Flags |= FlagShared
	write(tb, fs, a)
	b.Flags |= FlagShared
	b.Extents = []Extent{{a.Extents[0].Start, k}, {old[0].Start + k, n - k}}
	write(tb, fs, b)
	fs.FreeBlocks([]Extent{{old[0].Start, k}})
	return a, b
}

// singly returns the blocks of list one by one, without holes.
func singly(list []Extent) (blocks []Extent) {
	for _, e := range list {
		for b := e.Start; b < e.End() && !e.IsHole(); b++ {
			blocks = append(blocks, Extent{b, 1})
		}
	}
	return blocks
}

func TestSharedBlocks(t *testing.T) {
	fs := newFS(t, 8, 64)
	if fs.Shares() != nil {
		t.Error("a file system without shared blocks counts shares")
	}
	a, b := share(t, fs, 6, 4)
	c := create(t, fs, 1)
	own := slices.Clone(c.Extents)
	c.Flags |= FlagShared
	c.Extents = []Extent{{a.Extents[0].Start + 3, 1}} // three of them
	write(t, fs, c)
	fs.FreeBlocks(own)
	want := map[uint32]uint32{}
	for i := range uint32(4) {
		want[a.Extents[0].Start+i] = 2
	}
	want[a.Extents[0].Start+3] = 3
	for _, fs := range []*FS{fs, must(t)(Mount(fs.Region()))} {
		if report := checkClean(t, fs); report.Shared != 4 || report.Data != 8 {
			t.Errorf("%d shared of %d data blocks, want 4 of 8", report.Shared, report.Data)
		}
		if got := fs.Shares(); !maps.Equal(got, want) {
			t.Errorf("shares %v, want %v", got, want)
		}
	}
	// An orphan shares nothing any more.
	b.Nlink = 0
	write(t, fs, b)
	again := must(t)(Mount(fs.Region()))
	checkClean(t, again)
	if got := again.Shares(); !maps.Equal(got, map[uint32]uint32{c.Extents[0].Start: 2}) {
		t.Errorf("shares without the orphan: %v", got)
	}
}

// TestSharingIsChecked lists what two owners of a block may not be.
func TestSharingIsChecked(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func(fs *FS, a, b *Record)
	}{
		{"one of them has no flag", func(fs *FS, a, b *Record) {
			a.Flags &^= FlagShared
			write(t, fs, a)
		}},
		{"a file shares with itself", func(fs *FS, a, b *Record) {
			a.Extents = append(a.Extents, Extent{a.Extents[0].Start, 1})
			write(t, fs, a)
		}},
		{"the second file shares with itself", func(fs *FS, a, b *Record) {
			b.Extents = append(b.Extents, Extent{a.Extents[0].Start, 1})
			write(t, fs, b)
		}},
		{"an overflow block is shared", func(fs *FS, a, b *Record) {
			fragment(t, fs)
			a.Extents = append(a.Extents, alloc(t, fs, 9)...)
			write(t, fs, a)
			b.Extents = append(b.Extents, Extent{fs.cores[fs.slot(a.Ino)].overflow, 1})
			write(t, fs, b)
		}},
		{"a data block is somebody's overflow block", func(fs *FS, a, b *Record) {
			fragment(t, fs)
			b.Extents = append(b.Extents, alloc(t, fs, 9)...)
			write(t, fs, b)
			a.Extents = append(a.Extents, Extent{fs.cores[fs.slot(b.Ino)].overflow, 1})
			write(t, fs, a)
		}},
	} {
		fs := newFS(t, 8, 100)
		a, b := share(t, fs, 6, 4)
		checkClean(t, fs)
		tt.plant(fs, a, b)
		_, err := fs.Check()
		if err == nil || !strings.Contains(err.Error(), DoubleOwned.String()) {
			t.Errorf("%s: Check: %v", tt.name, err)
		}
		if _, err := Mount(fs.Region()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Mount: %v", tt.name, err)
		}
	}
}

func TestHoles(t *testing.T) {
	fs := newFS(t, 8, 64)
	rec := create(t, fs, 6)
	start := rec.Extents[0].Start
	rec.Extents = []Extent{{start, 1}, {0, 1}, {0, 2}, {start + 4, 2}, {0, 5}}
	write(t, fs, rec)
	fs.FreeBlocks([]Extent{{0, 9}, {start + 1, 3}, {0, 1}})
	want := []Extent{{start, 1}, {0, 3}, {start + 4, 2}, {0, 5}}
	for _, fs := range []*FS{fs, must(t)(Mount(fs.Region()))} {
		if report := checkClean(t, fs); report.Data != 3 {
			t.Errorf("%d data blocks, want 3", report.Data)
		}
		if got := state(t, fs); !slices.Equal(got[0].Extents, want) {
			t.Errorf("extents %v, want %v", got[0].Extents, want)
		}
	}
	// A block with the number of pages before it is no part of the hole.
	if list := fs.merge(1, []Extent{{0, start}, {start, 1}}); len(list) != 2 {
		t.Errorf("a hole and a block were joined: %v", list)
	}
	// More pages in holes than an index can tell apart are damage.
	c := &fs.cores[fs.slot(rec.Ino)]
	for _, n := range []uint32{maxHoles - 8, maxHoles - 7} { // beside the 8 that there are
		rec.Extents = append(slices.Clone(want[:3]), Extent{0, 5 + n})
		write(t, fs, rec)
		if report, err := fs.Check(); (err == nil) != (n == maxHoles-8) || err != nil && report.Problems[0].Kind != BadExtent {
			t.Errorf("%d pages in holes: %v", n+8, err)
		}
	}
	// What the record has no hole for is damage.
	c.seq++
	fs.putRecord(rec.Ino, record{seq: c.seq, gen: c.gen, nlink: 1, flags: flagUsed, pages: 1, extents: 1}, nil)
	if _, err := fs.Check(); err == nil || !strings.Contains(err.Error(), BadExtent.String()) {
		t.Errorf("an empty extent: %v", err)
	}
}

func TestWithhold(t *testing.T) {
	fs := newFS(t, 8, 1024) // several groups
	rec := create(t, fs, 5)
	before := fs.FreeBlockCount()
	odd := func(b uint32) bool { return b%2 == 1 }
	n := fs.Withhold(func(e Extent) (uint32, bool) { b := e.Start | 1; return b, b < e.End() })
	if n < 500 || fs.FreeBlockCount() != before-n {
		t.Fatalf("%d withheld, %d of %d left", n, fs.FreeBlockCount(), before)
	}
	list, err := fs.AllocBlocks(nil, fs.FreeBlockCount())
	if err != nil {
		t.Fatal(err)
	}
	var all []Extent
	for _, e := range list {
		if e.Len != 1 || odd(e.Start) {
			t.Fatalf("%v was given out", e)
		}
	}
	if _, err := fs.AllocBlocks(nil, 1); !errors.Is(err, ErrNoSpace) {
		t.Errorf("withheld blocks are given out: %v", err)
	}
	fs.FreeBlocks(list)
	for b := fs.DataStart(); b < fs.BlockCount(); b++ {
		if e := rec.Extents[0]; odd(b) && (b < e.Start || b >= e.End()) {
			all = append(all, Extent{b, 1})
		}
	}
	fs.FreeBlocks(all)
	checkClean(t, fs)
}

// TestPowerCutShared cuts the power while blocks come to be shared and cease to. The counts are not on the region: what
// a cut leaves must be free or not by the records alone.
func TestPowerCutShared(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		images, err := powerCutShared(t, seed, false)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		t.Logf("seed %d: %d images", seed, images)
	}
}

// TestPowerCutFindsUnflaggedSharing is the proof that TestPowerCutShared can fail: here the second owner is written
// before the first has the flag.
func TestPowerCutFindsUnflaggedSharing(t *testing.T) {
	for seed := range uint64(10) {
		if _, err := powerCutShared(t, seed, true); err != nil {
			if !strings.Contains(err.Error(), DoubleOwned.String()) {
				t.Errorf("found %v, want a block of two owners", err)
			}
			return
		}
	}
	t.Error("not found")
}

func powerCutShared(t *testing.T, seed uint64, flagLate bool) (int, error) {
	s := &script{tb: t, rng: newRand(seed), tape: new(tape), model: make(map[Ino]fileState), write: (*FS).Write}
	s.fs = newFS(t, 12, 150)
	fragment(t, s.fs)
	s.create()
	start, model := slices.Clone(s.fs.mem), maps.Clone(s.model)
	s.tape = new(tape)
	s.fs.r.SetTracer(s.tape)
	shares := make(map[uint32]uint32)
	for range 50 {
		s.shareStep(shares, flagLate)
	}
	s.fs.r.SetTracer(nil)
	for b, n := range s.fs.Shares() {
		if shares[b] != n {
			t.Fatalf("block %d has %d owners, the script counts %d", b, n, shares[b])
		}
	}
	c := &cutter{r: newRegion(t, s.fs.r.Size()/BlockSize), rng: s.rng, nested: 97}
	err := c.cuts(start, s.tape, model, 6)
	return c.images, err
}

// shareStep makes a file, or lets one take blocks of another, give blocks back, or go.
func (s *script) shareStep(shares map[uint32]uint32, flagLate bool) {
	if len(s.files) < 2 {
		s.create()
		return
	}
	i := s.rng.IntN(len(s.files))
	src, dst := s.files[i], s.files[(i+1)%len(s.files)]
	switch k := s.rng.IntN(10); {
	case k < 2:
		s.create()
	case k < 6 && len(src.Extents) > 0:
		e := src.Extents[s.rng.IntN(len(src.Extents))]
		has := func(d Extent) bool { return e.Start < d.End() && d.Start < e.End() }
		if slices.ContainsFunc(dst.Extents, has) || len(dst.Extents) > 20 {
			return
		}
		dst.Extents = append(dst.Extents, e)
		dst.Flags |= FlagShared
		if flagLate {
			s.put(dst, "share")
		}
		if src.Flags&FlagShared == 0 {
			src.Flags |= FlagShared
			s.put(src, "flag")
		}
		if !flagLate {
			s.put(dst, "share")
		}
		for b := e.Start; b < e.End(); b++ {
			shares[b] = max(1, shares[b]) + 1
		}
	case k < 8 && len(src.Extents) > 0:
		n := s.rng.IntN(len(src.Extents))
		tail := slices.Clone(src.Extents[n:])
		src.Extents = src.Extents[:n]
		s.put(src, "truncate")
		s.unshare(shares, tail)
	case k >= 8:
		tail := slices.Clone(src.Extents)
		s.files = slices.Delete(s.files, i, i+1)
		src.Nlink = 0
		s.put(src, "unlink")
		s.durable(src.Ino, fileState{gen: src.Gen.next()}, "free", func() error { return s.fs.FreeInode(src.Ino) })
		s.unshare(shares, tail)
	}
}

// unshare frees the blocks of list that nobody else has.
func (s *script) unshare(shares map[uint32]uint32, list []Extent) {
	for _, e := range list {
		for b := e.Start; b < e.End(); b++ {
			switch shares[b] {
			case 0:
				s.fs.FreeBlocks([]Extent{{b, 1}})
			case 2:
				delete(shares, b)
			default:
				shares[b]--
			}
		}
	}
}
