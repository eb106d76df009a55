package media

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestWriteRead(t *testing.T) {
	fs := newFS(t, 40, 6000)
	keep := fragment(t, fs)
	rng := newRand(1)
	var files []*Record
	for _, n := range []uint32{0, 1, 4, 5, 9, 4 + chainExtents, 5 + chainExtents, 4 + 2*chainExtents} {
		rec := create(t, fs, n)
		if len(rec.Extents) != int(n) {
			t.Fatalf("%d blocks in %d extents; the test wants every one apart", n, len(rec.Extents))
		}
		files = append(files, rec)
		for range rng.IntN(4) { // either copy may be the current one
			rec.Flags ^= 2
			write(t, fs, rec)
		}
	}
	fs.FreeBlocks(keep)
	verify := func(fs *FS) {
		t.Helper()
		var got Record
		for _, want := range files {
			if err := fs.Read(want.Ino, &got); err != nil {
				t.Fatal(err)
			}
			if !same(&got, want) {
				t.Fatalf("read %+v, wrote %+v", got, want)
			}
		}
		report := checkClean(t, fs)
		if report.Used != uint32(len(files)) || report.Overflow != 1+1+1+2+2 {
			t.Errorf("used %d, overflow %d; want %d, 7", report.Used, report.Overflow, len(files))
		}
	}
	verify(fs)
	again := must(t)(Mount(fs.Region()))
	verify(again)
	if again.FreeBlockCount() != fs.FreeBlockCount() || again.FreeInodeCount() != fs.FreeInodeCount() {
		t.Errorf("after a mount %d blocks and %d inodes are free, before %d and %d", again.FreeBlockCount(),
			again.FreeInodeCount(), fs.FreeBlockCount(), fs.FreeInodeCount())
	}
	if again.Recovered() != (Recovery{}) {
		t.Errorf("a clean region needed %+v", again.Recovered())
	}
	for _, rec := range files {
		remove(t, again, rec)
	}
	if report := checkClean(t, again); report.Data+report.Overflow != 0 {
		t.Errorf("all is removed, and %d+%d blocks are owned", report.Data, report.Overflow)
	}
}

func TestWriteMergesNeighbours(t *testing.T) {
	fs := newFS(t, 4, 64)
	rec := create(t, fs, 1)
	for range 9 {
		var err error
		if rec.Extents, err = fs.AllocBlocks(rec.Extents, 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(rec.Extents) != 10 {
		t.Fatalf("AllocBlocks joined the extents of the caller: %v", rec.Extents)
	}
	write(t, fs, rec)
	if want := []Extent{{fs.DataStart(), 10}}; !slices.Equal(rec.Extents, want) {
		t.Errorf("extents %v, want %v", rec.Extents, want)
	}
	checkClean(t, fs)
}

// TestUnlinkNeedsNoSpace unlinks a fragmented file while not one block is free.
func TestUnlinkNeedsNoSpace(t *testing.T) {
	fs := newFS(t, 4, 200)
	fragment(t, fs)
	rec := create(t, fs, 40)
	if _, err := fs.AllocBlocks(nil, fs.FreeBlockCount()); err != nil {
		t.Fatal(err)
	}
	tail := slices.Clone(rec.Extents)
	rec.Extents = rec.Extents[:30]
	if err := fs.Write(rec); !errors.Is(err, ErrNoSpace) || !strings.Contains(err.Error(), "1 blocks asked for, 0 free") {
		t.Fatalf("a new chain in no space: %v", err)
	}
	var got Record
	rec.Extents = tail
	if err := fs.Read(rec.Ino, &got); err != nil || !same(&got, rec) {
		t.Fatalf("the failed write changed the record to %+v (%v)", got, err)
	}
	remove(t, fs, rec)
	if got := fs.FreeBlockCount(); got != 41 {
		t.Errorf("%d blocks free, want 40 and the overflow block", got)
	}
}

func TestGenerations(t *testing.T) {
	fs := newFS(t, 3, 8)
	a, b := create(t, fs, 1), create(t, fs, 1)
	if a.Ino != 1 || b.Ino != 2 || a.Gen != 1 {
		t.Fatalf("first inodes are %d and %d of generation %d", a.Ino, b.Ino, a.Gen)
	}
	remove(t, fs, a)
	remove(t, fs, b)
	reuse := func(want Gen) {
		t.Helper()
		ino, gen, err := fs.AllocInode()
		if err != nil || ino != b.Ino || gen != want {
			t.Fatalf("allocated inode %d of generation %d (%v), want %d of %d: last freed first", ino, gen, err, b.Ino, want)
		}
		if err := fs.Read(ino, new(Record)); !errors.Is(err, ErrFree) {
			t.Fatalf("an inode that was never written reads as %v", err)
		}
		if err := fs.FreeInode(ino); err != nil {
			t.Fatal(err)
		}
	}
	reuse(2)
	reuse(3)
	fs = must(t)(Mount(fs.Region()))
	create(t, fs, 1) // mount puts lower ones first
	reuse(4)
	reuse(5)
	if next := Gen(1<<32 - 1).next(); next != 1 {
		t.Errorf("the last generation is followed by %d, want 1", next)
	}
}

func TestMisuse(t *testing.T) {
	fs := newFS(t, 3, 8)
	a := create(t, fs, 1)
	old := *a
	remove(t, fs, a)
	var rec Record
	for name, tt := range map[string]struct{ got, want error }{
		"read none":        {fs.Read(0, &rec), ErrBadIno},
		"read past end":    {fs.Read(4, &rec), ErrBadIno},
		"read free":        {fs.Read(1, &rec), ErrFree},
		"write free":       {fs.Write(&old), ErrFree},
		"free twice":       {fs.FreeInode(1), ErrFree},
		"free none":        {fs.FreeInode(0), ErrBadIno},
		"write reused":     {func() error { create(t, fs, 1); return fs.Write(&old) }(), ErrStale},
		"no inodes":        {func() error { create(t, fs, 1); create(t, fs, 1); _, _, err := fs.AllocInode(); return err }(), ErrNoInodes},
		"too many blocks":  {func() error { _, err := fs.AllocBlocks(nil, 6); return err }(), ErrNoSpace},
		"4 billion blocks": {func() error { _, err := fs.AllocBlocks(nil, 1<<32-1); return err }(), ErrNoSpace},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
	for name, f := range map[string]func(){
		"free the table":     func() { fs.FreeBlocks([]Extent{{1, 1}}) },
		"free nothing":       func() { fs.FreeBlocks([]Extent{{fs.DataStart(), 0}}) },
		"free past the end":  func() { fs.FreeBlocks([]Extent{{fs.DataStart(), 1<<32 - 1}}) },
		"own the table":      func() { fs.Write(&Record{Ino: 2, Gen: 1, Extents: []Extent{{1, 1}}}) },
		"stamp the table":    func() { fs.Stamp(1, Owner{}) },
		"owner past the end": func() { fs.Owner(fs.BlockCount()) },
		"foreign flags":      func() { fs.Write(&Record{Ino: 2, Gen: 1, Flags: flagUsed}) },
	} {
		if !panics(f) {
			t.Errorf("%s: no panic", name)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return
}

func TestStamp(t *testing.T) {
	fs := newFS(t, 3, 8)
	b := fs.DataStart() + 3
	if o := fs.Owner(b); o != (Owner{}) {
		t.Fatalf("a fresh block is of %+v", o)
	}
	want := Owner{7, 9}
	fs.Stamp(b, want)
	if o := fs.Owner(b); o != want {
		t.Fatalf("owner %+v, want %+v", o, want)
	}
	fs.Stamp(b, Owner{}) // that nobody owns it can be said, too
	if o := fs.Owner(b); o != (Owner{}) {
		t.Fatalf("owner %+v, want none", o)
	}
	// Torn: the first word of one stamp and the second of another.
	fs.Stamp(b, want)
	fs.Region().Store64(int64(b)*BlockSize, 8|9<<32)
	if o := fs.Owner(b); o != (Owner{}) {
		t.Errorf("a torn stamp is of %+v", o)
	}
	fs.Stamp(b, want)
	if o := must(t)(Mount(fs.Region())).Owner(b); o != want {
		t.Errorf("after a mount it is of %+v, want %+v", o, want)
	}
	if o := must(t)(Format(fs.Region(), Geometry{Inodes: 3, ID: 2})).Owner(b); o != (Owner{}) {
		t.Errorf("after a format it is of %+v", o)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	fs := newFS(t, 64, 4000)
	create(t, fs, 3)
	fragment(t, fs)
	small, large := create(t, fs, 3), create(t, fs, 700)
	var got Record
	list := make([]Extent, 0, 64)
	flip := large.Extents[len(large.Extents)-1]
	for name, f := range map[string]func(){
		"Read small":  func() { fs.Read(small.Ino, &got) },
		"Read large":  func() { fs.Read(large.Ino, &got) },
		"Write small": func() { fs.Write(small) },
		"Write large": func() { fs.Write(large) },
		"Write large, new chain": func() {
			if n := len(large.Extents); large.Extents[n-1] == flip {
				large.Extents = large.Extents[:n-1]
			} else {
				large.Extents = append(large.Extents, flip)
			}
			fs.Write(large)
		},
		"AllocBlocks, FreeBlocks": func() {
			list, _ = fs.AllocBlocks(list[:0], 17)
			fs.FreeBlocks(list)
		},
		"AllocInode, FreeInode": func() { ino, _, _ := fs.AllocInode(); fs.FreeInode(ino) },
		"Stamp, Owner":          func() { fs.Stamp(flip.Start, Owner{1, 1}); fs.Owner(flip.Start) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
