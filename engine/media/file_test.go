package media

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"daxbench/engine/pmem"
)

// TestFile keeps a file system in a file across a close.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	open := func(size int64) *pmem.Region {
		t.Helper()
		r, err := pmem.Open(pmem.Options{Path: path, Size: size})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	r := open(MinSize(8, 64))
	fs := must(t)(Format(r, Geometry{Inodes: 8, ID: 1}))
	rec := create(t, fs, 5)
	fs.Stamp(rec.Extents[0].Start, Owner{rec.Ino, rec.Gen})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	fs = must(t)(Mount(open(0)))
	if got := state(t, fs); len(got) != 1 || !same(&got[0], rec) {
		t.Errorf("after a close: %+v, want %+v", got, rec)
	}
	if o := fs.Owner(rec.Extents[0].Start); o != (Owner{rec.Ino, rec.Gen}) {
		t.Errorf("after a close the block is of %+v", o)
	}
	checkClean(t, fs)

	// Somebody cuts the file short under the mapping: an error, not a crash.
	if err := os.Truncate(path, BlockSize); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() error{
		"Check":   func() error { _, err := fs.Check(); return err },
		"Mount":   func() error { _, err := Mount(fs.Region()); return err },
		"Inspect": func() error { _, err := Inspect(fs.Region()); return err },
	} {
		var fault *pmem.FaultError
		if err := f(); !errors.As(err, &fault) || fault.Off < BlockSize {
			t.Errorf("%s of a file that shrank: %v", name, err)
		}
	}
}
