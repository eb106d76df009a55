package proc

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

const block = 4096

// TestExtents writes every second block of a file, more of them than one FIEMAP tells.
func TestExtents(t *testing.T) {
	for _, dir := range places(t) {
		file, err := os.Create(filepath.Join(dir, "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if all, err := Extents(int(file.Fd())); errors.Is(err, unix.EOPNOTSUPP) {
			t.Logf("%s: %v", dir, err)
			continue
		} else if err != nil || all != nil {
			t.Errorf("%s: an empty file: %v, %v", dir, all, err)
		}
		const n = 150
		for i := range int64(n) {
			if _, err := file.WriteAt(make([]byte, block), i*2*block); err != nil {
				t.Fatal(err)
			}
		}
		if err := file.Sync(); err != nil {
			t.Fatal(err)
		}
		all, err := Extents(int(file.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		owner, written := map[int64]int64{}, 0
		for i, e := range all {
			if e.Length <= 0 || e.Length%block != 0 || (e.Flags&ExtentLast != 0) != (i == len(all)-1) {
				t.Errorf("%s: extent %d of %d: %+v", dir, i, len(all), e)
			}
			if e.Flags&(ExtentUnwritten|ExtentDelalloc|ExtentUnknown) != 0 {
				continue
			}
			for off := int64(0); off < e.Length; off += block {
				if other, taken := owner[e.Physical+off]; taken {
					t.Errorf("%s: block %d is at %d and at %d", dir, e.Physical+off, other, e.Logical+off)
				}
				owner[e.Physical+off] = e.Logical + off
				written++
			}
		}
		if written < n {
			t.Errorf("%s: %d blocks written, %d told", dir, n, written)
		}
	}
	if all, err := Extents(-1); !errors.Is(err, unix.EBADF) {
		t.Errorf("no descriptor: %v, %v", all, err)
	}
}

// places are folders to make files in: a usual one, and mounts with DAX, if this is a machine to try that.
func places(t *testing.T) []string {
	all := []string{t.TempDir()}
	for _, m := range []string{"/mnt/xfs", "/mnt/ext4"} {
		if dir, err := os.MkdirTemp(m, "proc-test-"); err == nil {
			t.Cleanup(func() { os.RemoveAll(dir) })
			all = append(all, dir)
		}
	}
	return all
}
