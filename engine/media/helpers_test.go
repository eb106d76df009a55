package media

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"daxbench/engine/pmem"
)

// newRegion returns memory for so many blocks.
func newRegion(tb testing.TB, blocks int64) *pmem.Region {
	tb.Helper()
	r, err := pmem.Open(pmem.Options{Size: blocks * BlockSize})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { r.Close() })
	return r
}

// newFS formats a region with so many inodes and data blocks.
func newFS(tb testing.TB, inodes, data uint32) *FS {
	tb.Helper()
	r := newRegion(tb, MinSize(inodes, data)/BlockSize)
	return must(tb)(Format(r, Geometry{Inodes: inodes, ID: 1}))
}

// must returns a function that fails tb on an error and else passes the value on.
func must(tb testing.TB) func(*FS, error) *FS {
	return func(fs *FS, err error) *FS {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return fs
	}
}

// create makes a linked inode of n blocks.
func create(tb testing.TB, fs *FS, n uint32) *Record {
	tb.Helper()
	ino, gen, err := fs.AllocInode()
	if err != nil {
		tb.Fatal(err)
	}
	rec := &Record{Ino: ino, Gen: gen, Nlink: 1, Flags: FlagDAX, Pages: n}
	if rec.Extents, err = fs.AllocBlocks(nil, n); err != nil {
		tb.Fatal(err)
	}
	write(tb, fs, rec)
	return rec
}

func write(tb testing.TB, fs *FS, rec *Record) {
	tb.Helper()
	if err := fs.Write(rec); err != nil {
		tb.Fatal(err)
	}
}

// remove unlinks and frees an inode in the order that survives a cut.
func remove(tb testing.TB, fs *FS, rec *Record) {
	tb.Helper()
	rec.Nlink = 0
	write(tb, fs, rec)
	if err := fs.FreeInode(rec.Ino); err != nil {
		tb.Fatal(err)
	}
	fs.FreeBlocks(rec.Extents)
}

// checkClean fails tb unless Check finds nothing.
func checkClean(tb testing.TB, fs *FS) CheckReport {
	tb.Helper()
	report, err := fs.Check()
	if err != nil {
		for _, p := range report.Problems {
			tb.Log(p)
		}
		tb.Fatal(err)
	}
	if report.Free != fs.FreeBlockCount() || report.Meta+report.Data+report.Overflow+report.Free != report.Blocks {
		tb.Fatalf("counts do not add up: %+v, FreeBlockCount %d", report, fs.FreeBlockCount())
	}
	return report
}

// fragment leaves no two free blocks beside each other: it takes all and gives every other one back. It returns those
// that it keeps.
func fragment(tb testing.TB, fs *FS) []Extent {
	tb.Helper()
	all, err := fs.AllocBlocks(nil, fs.FreeBlockCount())
	if err != nil {
		tb.Fatal(err)
	}
	var keep, give []Extent
	for _, e := range all {
		for b := e.Start; b < e.End(); b++ {
			if b%2 == 0 {
				keep = append(keep, Extent{b, 1})
			} else {
				give = append(give, Extent{b, 1})
			}
		}
	}
	fs.FreeBlocks(give)
	return keep
}

// state is all that the records of a file system say.
func state(tb testing.TB, fs *FS) []Record {
	tb.Helper()
	var all []Record
	if err := fs.Inodes(func(rec *Record) error {
		one := *rec
		one.Extents = slices.Clone(rec.Extents)
		all = append(all, one)
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
	return all
}

// same reports whether two records are equal; no extents are as good as none.
func same(a, b *Record) bool {
	x, y := *a, *b
	x.Extents, y.Extents = nil, nil
	return reflect.DeepEqual(x, y) && slices.Equal(a.Extents, b.Extents)
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
