package aide

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/proc"
)

func TestPhysical(t *testing.T) {
	list := []proc.Extent{
		{Logical: 0, Physical: 40960, Length: 8192},
		{Logical: 8192, Physical: 0, Length: 4096, Flags: proc.ExtentDelalloc},
		{Logical: 16384, Physical: 4096, Length: 4096, Flags: proc.ExtentUnwritten},
	}
	for at, want := range map[int64]int64{0: 40960, 4096: 45056, 8191: 49151, 8192: -1, 12288: -1, 16384: 4096, 20480: -1} {
		if got := physical(list, at); got != want {
			t.Errorf("byte %d lies at %d, want %d", at, got, want)
		}
	}
}

func TestOwner(t *testing.T) {
	list := []proc.Extent{
		{Logical: 0, Physical: 1 << 20, Length: 16384},
		{Logical: 16384, Physical: 8192, Length: 1024}, // of a file system with small blocks
		{Logical: 20480, Physical: 1 << 30, Length: 4096, Flags: proc.ExtentUnknown},
	}
	for _, tt := range []struct {
		block int64
		page  int
		found bool
	}{
		{1 << 20, 0, true}, {1<<20 + 12288, 3, true}, {1<<20 + 16384, 0, false}, {1<<20 - 4096, 0, false}, {8192, 4, true}, {4096, 0, false}, {1 << 30, 0, false},
	} {
		if page, found := pageAt(list, tt.block, 4096); page != tt.page || found != tt.found {
			t.Errorf("block at %d: page %d, %v; want %d, %v", tt.block, page, found, tt.page, tt.found)
		}
	}
}

// small mounts a file system of a few MiB.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestFill(t *testing.T) {
	dir := small(t)
	path := filepath.Join(dir, "ballast")
	for _, tt := range []struct{ keep, most, free int64 }{
		{2 << 20, 0, 2 << 20}, {4 << 20, 0, 4 << 20}, {1 << 20, 0, 1 << 20}, {0, 2 << 20, 6 << 20},
	} {
		if tt.most > 0 {
			os.Remove(path)
		}
		a := do(Request{Do: Fill, Path: path, Keep: tt.keep, Most: tt.most})
		if a.Failed != "" || a.Free < tt.free || a.Free >= tt.free+2*step {
			t.Errorf("to keep %d, %d bytes are free: %s", tt.keep, a.Free, a.Failed)
		}
	}
}

func TestBystanderAndEmpty(t *testing.T) {
	dir := t.TempDir()
	if a := do(Request{Do: Bystander, Dir: dir}); a.Failed != "" {
		t.Error(a.Failed)
	}
	os.WriteFile(filepath.Join(dir, "a"), nil, 0o600)
	os.MkdirAll(filepath.Join(dir, "b", "c"), 0o700)
	if a := do(Request{Do: Empty, Path: dir}); a.Failed != "" {
		t.Error(a.Failed)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	if a := do(Request{Do: "nonsense"}); a.Failed == "" {
		t.Error("nonsense is done")
	}
	if a := do(Request{Do: Empty, Path: filepath.Join(dir, "none")}); unix.Errno(a.Errno) != unix.ENOENT {
		t.Errorf("%+v", a)
	}
}

// TestLocate finds the block of a page, who has it, and that nobody has another one.
func TestLocate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Write(bytes.Repeat([]byte{1}, 4*os.Getpagesize()))
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	a := do(Request{Do: Locate, Path: path, Index: 2})
	if a.Failed != "" || a.Block <= 0 {
		t.Skipf("the file system does not tell: %+v", a)
	}
	if w := do(Request{Do: Whose, Dirs: []string{dir}, Block: a.Block}); !w.Found || w.Path != "f" || w.Page != 2 {
		t.Errorf("%+v", w)
	}
	if w := do(Request{Do: Whose, Dirs: []string{dir}, But: []string{"f"}, Block: a.Block}); w.Failed != "" || w.Found {
		t.Errorf("%+v", w)
	}
	if w := do(Request{Do: Whose, Dirs: []string{dir}, Block: 1 << 60}); w.Failed != "" || w.Found {
		t.Errorf("%+v", w)
	}
	if a := do(Request{Do: Locate, Path: path, Index: 9}); a.Failed != "" || a.Block != -1 {
		t.Errorf("behind the end: %+v", a)
	}
}

// TestFillNames has names find room where the file system is full from the last time, and take it from nobody.
func TestFillNames(t *testing.T) {
	for _, r := range []Request{{}, {Unnamed: true}} {
		dir := ext4(t, "16M", "0", "-N", "4096")
		if r.Path = filepath.Join(dir, "ballast"); r.Unnamed {
			r.Path = dir
		}
		r.Do, r.Dir = Fill, dir
		for _, tt := range []struct {
			keep  int64
			names int
		}{{0, 10}, {1 << 20, 3000}, {2 << 20, 100}, {0, 0}} {
			r.Keep, r.Names = tt.keep, tt.names
			if a := do(r); a.Failed != "" || a.Free < tt.keep || a.Free >= tt.keep+2*step {
				t.Errorf("unnamed %t: to keep %d besides %d names, %d bytes are free: %s", r.Unnamed, tt.keep, tt.names, a.Free, a.Failed)
			}
		}
		if unnamed != nil {
			unnamed.Close()
			unnamed = nil
		}
	}
}

// TestFillUnnamed fills with a file that nobody sees, makes it larger and smaller, and has the space back with it.
func TestFillUnnamed(t *testing.T) {
	dir := small(t)
	for _, keep := range []int64{4 << 20, 2 << 20, 6 << 20} {
		a := do(Request{Do: Fill, Path: dir, Unnamed: true, Keep: keep})
		if unix.Errno(a.Errno) == unix.EOPNOTSUPP {
			t.Skip(a.Failed)
		}
		if a.Failed != "" || a.Free < keep || a.Free >= keep+2*step {
			t.Errorf("to keep %d, %d bytes are free: %s", keep, a.Free, a.Failed)
		}
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	unnamed.Close()
	unnamed = nil
	if a := do(Request{Do: Look, Path: dir}); a.Free < 7<<20 {
		t.Errorf("%d bytes are free: %s", a.Free, a.Failed)
	}
}
