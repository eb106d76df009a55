package pmem

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const openSize = 4 * PageSize

func TestMemfd(t *testing.T) {
	for _, populate := range []bool{false, true} {
		r := mustOpen(t, Options{Size: openSize, Populate: populate})
		info := r.Info()
		if info.Backing != Memfd || info.Populated != populate || info.Size != openSize || info.Path != "" || info.MapSync || info.HugeNote == "" {
			t.Errorf("Info = %+v", info)
		}
		if info.Flush != Detect().Flush || info.PageCopy != Detect().PageCopy {
			t.Errorf("memory does not take this processor's path %+v: %+v", Detect(), info)
		}
		wantPresent := 0
		if populate {
			wantPresent = openSize / PageSize
		}
		if got := present(t, r); got != wantPresent {
			t.Errorf("populate=%v: %d pages present, want %d", populate, got, wantPresent)
		}
		if !isZero(r.Bytes()) {
			t.Error("new memory is not zero")
		}
	}
}

// present counts the pages of r that exist.
func present(t *testing.T, r *Region) (n int) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(int(r.root.file.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	return int(st.Blocks * 512 / PageSize)
}

func TestSparseMemfdMayExceedMemory(t *testing.T) {
	if unsafePointerBits == 32 {
		t.Skip("32-bit addresses")
	}
	const size = 1 << 40
	r := mustOpen(t, Options{Size: size})
	r.Store64(size-8, 1)
	r.Persist(size-8, 8)
	if n := present(t, r); n != 1 {
		t.Errorf("%d pages present after one store", n)
	}
}

const unsafePointerBits = 32 << (^uintptr(0) >> 63)

func TestBadOptions(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		o    Options
		want error
	}{
		{Options{}, ErrBadSize},
		{Options{Size: -PageSize}, ErrBadSize},
		{Options{Size: 100}, ErrBadSize},
		{Options{Size: PageSize + 1, Path: filepath.Join(dir, "odd")}, ErrBadSize},
		{Options{Path: filepath.Join(dir, "none")}, ErrTooSmall}, // zero: all that a file has
		{Options{Size: PageSize, Flush: Msync}, ErrWriteBack},    // no medium to sync to
		{Options{Size: PageSize, Flush: Portable, Path: filepath.Join(dir, "f")}, ErrWriteBack},
		{Options{Size: 1 << 55, Path: filepath.Join(dir, "huge")}, ErrNoSpace}, // refused before the disk is filled
		{Options{Size: PageSize, Path: filepath.Join(dir, "no/such/dir/f")}, fs.ErrNotExist},
		{Options{Size: PageSize, Path: dir}, ErrNotRegion},
		{Options{Size: PageSize, Path: "/dev/null"}, ErrNotRegion},
	} {
		h := linux()
		h.fallocate = func(fd int, mode uint32, off, size int64) error {
			if c.want == ErrNoSpace {
				t.Error("the disk is being filled")
				return unix.EIO
			}
			return unix.Fallocate(fd, mode, off, size)
		}
		r, err := h.open(c.o)
		if !errors.Is(err, c.want) {
			t.Errorf("Open(%+v) = %v, want %v", c.o, err, c.want)
		}
		if err == nil {
			r.Close()
		} else if c.o.Path != "" && !strings.Contains(err.Error(), c.o.Path) {
			t.Errorf("Open(%+v) = %v, which does not name the path", c.o, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("failed opens left %v", left)
	}
}

func TestFileIsMadeAndFilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	r := mustOpen(t, Options{Path: path, Size: openSize})
	info := r.Info()
	if info.Backing == File && (info.Flush != Msync || info.MapSync || info.PageCopy != CopyFlush) {
		t.Errorf("Info = %+v", info)
	}
	if info.Path != path || info.FileSystem == "" {
		t.Errorf("Info = %+v", info)
	}
	if n := present(t, r); n < openSize/PageSize {
		t.Errorf("%d pages reserved of %d: a store could meet a full disk", n, openSize/PageSize)
	}
}

// TestAcceptedFiles: each file is taken, keeps its bytes and is at least as long as asked for, without holes.
func TestAcceptedFiles(t *testing.T) {
	region := append([]byte(Magic), noise(2*PageSize)...)
	for _, c := range []struct {
		name          string
		data          []byte
		sparse        int64 // length given by truncate
		size          int64 // asked for
		wantMap, want int64
	}{
		{"empty", nil, 0, openSize, openSize, openSize},
		{"one hole", nil, 10 * PageSize, openSize, openSize, 10 * PageSize},
		{"one hole, all of it", nil, 10*PageSize + 5, 0, 10 * PageSize, 10*PageSize + 5},
		{"short hole grows", nil, 100, openSize, openSize, openSize},
		{"region grows", region, 0, openSize, openSize, openSize},
		{"region with a hole", region, 64 * PageSize, 32 * PageSize, 32 * PageSize, 64 * PageSize},
		{"region, all of it", region, 0, 0, 2 * PageSize, int64(len(region))},
		{"region, part of it", region, 0, PageSize, PageSize, int64(len(region))},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "region")
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			if c.sparse > 0 {
				if err := os.Truncate(path, c.sparse); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Open(Options{Path: path, Size: c.size, Populate: true})
			if err != nil {
				t.Fatal(err)
			}
			if r.Size() != c.wantMap {
				t.Errorf("Size = %d, want %d", r.Size(), c.wantMap)
			}
			if n := present(t, r); int64(n) < c.wantMap/PageSize {
				t.Errorf("%d pages reserved of %d", n, c.wantMap/PageSize)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(got)) != c.want {
				t.Errorf("file has %d bytes, want %d", len(got), c.want)
			}
			if !bytes.HasPrefix(got, c.data) || !isZero(got[len(c.data):]) {
				t.Error("Open changed the file's bytes")
			}
		})
	}
}

// TestRefusedFiles: somebody's data is refused whatever is asked for, and neither bytes, length nor time change.
func TestRefusedFiles(t *testing.T) {
	for name, data := range map[string][]byte{
		"text":            []byte("hello\n"),
		"one byte":        {'D'},
		"one zero":        {0},
		"almost magic":    append([]byte("DAXBENCx"), noise(PageSize)...),
		"magic further":   append([]byte(" "+Magic), noise(PageSize)...),
		"part of magic":   []byte("DAXBEN"),
		"zeros then data": append(make([]byte, 8*PageSize), 1),
		"noise":           noise(3 * openSize),
	} {
		for _, o := range []Options{{}, {Size: PageSize}, {Size: openSize, Populate: true}, {Size: openSize, Flush: Msync}} {
			t.Run(fmt.Sprintf("%s/size=%d", name, o.Size), func(t *testing.T) {
				o.Path = filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(o.Path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				before, _ := os.Stat(o.Path)
				if r, err := Open(o); !errors.Is(err, ErrNotRegion) {
					if err == nil {
						r.Close()
					}
					t.Errorf("Open = %v, want ErrNotRegion", err)
				}
				after, err := os.Stat(o.Path)
				if err != nil {
					t.Fatal(err)
				}
				got, _ := os.ReadFile(o.Path)
				if !bytes.Equal(got, data) || !after.ModTime().Equal(before.ModTime()) || !os.SameFile(before, after) {
					t.Error("the refused file has changed")
				}
			})
		}
	}
}

func TestLinksAreFollowed(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{Path: link, Size: openSize})
	if st, _ := os.Stat(path); st.Size() != openSize {
		t.Errorf("the link's target has %d bytes", st.Size())
	}
}

func TestBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	r := mustOpen(t, Options{Path: path, Size: openSize})
	copy(r.Bytes(), Magic)
	before, _ := os.ReadFile(path)
	_, err := Open(Options{Path: path, Size: 2 * openSize})
	if !errors.Is(err, ErrBusy) {
		t.Fatalf("second Open = %v, want ErrBusy", err)
	}
	if pid := fmt.Sprint(" by process ", os.Getpid()); !strings.Contains(err.Error(), pid) {
		t.Errorf("%q does not say%s", err, pid)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("a refused open changed the file")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(Options{Path: path, Size: openSize})
	if err != nil {
		t.Fatalf("Open after Close: %v", err)
	}
	again.Close()
}

// TestFileVanishesBeforeLock plays the race that lockFile tells of: another process removes the file that we opened.
func TestFileVanishesBeforeLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	h := linux()
	locks, lost := 0, 3
	h.flock = func(fd, how int) error {
		if locks++; locks <= lost {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}
		return unix.Flock(fd, how)
	}
	r, err := h.open(Options{Path: path, Size: openSize})
	if err != nil {
		t.Fatal(err)
	}
	copy(r.Bytes(), Magic)
	r.Close()
	if got, err := os.ReadFile(path); err != nil || !IsRegion(got) || locks != lost+1 {
		t.Errorf("the region is not what path names after %d tries: %v", locks, err)
	}
	lost = 1000
	if _, err := h.open(Options{Path: path, Size: openSize}); !errors.Is(err, ErrBusy) {
		t.Errorf("a file that always vanishes: %v, want ErrBusy", err)
	}
}

func TestOtherNodesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		mode uint32
		dev  uint64
	}{
		"pipe":             {unix.S_IFIFO, 0},
		"socket":           {unix.S_IFSOCK, 0},
		"block device":     {unix.S_IFBLK, unix.Mkdev(7, 0xffff0)}, // a loop device that is not there
		"character device": {unix.S_IFCHR, unix.Mkdev(1, 5)},       // zero
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "node")
			if err := unix.Mknod(path, c.mode|0o600, int(c.dev)); err != nil {
				t.Skipf("cannot make one: %v", err)
			}
			if _, err := Open(Options{Path: path, Size: openSize}); !errors.Is(err, ErrNotRegion) {
				t.Errorf("Open = %v, want ErrNotRegion", err)
			}
		})
	}
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root may write anything: the kernel's answer is put in its place")
	}
	h := linux()
	h.openFile = func(name string, _ int, _ os.FileMode) (*os.File, error) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: unix.EACCES}
	}
	_, err := h.open(Options{Path: filepath.Join(t.TempDir(), "f"), Size: openSize})
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "may write") {
		t.Errorf("err = %v", err)
	}
}

// TestFullDisk uses up a real file system of 64 KiB.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).Run(); err != nil {
		t.Skipf("cannot mount a small tmpfs: %v", err)
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("a file is still open: %v", err)
			unix.Unmount(dir, unix.MNT_DETACH)
		}
	}()
	fullDisk(t, linux(), dir, 1<<20)
}

// TestNoSpace is TestFullDisk for those who may not mount: space ends at the second call.
func TestNoSpace(t *testing.T) {
	h := linux()
	h.fallocate = func(fd int, mode uint32, off, size int64) error {
		if off+size > openSize {
			unix.Fallocate(fd, mode, off, openSize-off)
			return unix.ENOSPC
		}
		return unix.Fallocate(fd, mode, off, size)
	}
	fullDisk(t, h, t.TempDir(), 1<<20)
}

// fullDisk expects that dir has no room for size bytes: a new file goes, an old region stays as it was.
func fullDisk(t *testing.T, h *host, dir string, size int64) {
	t.Helper()
	fresh, old := filepath.Join(dir, "new"), filepath.Join(dir, "old")
	if _, err := h.open(Options{Path: fresh, Size: size}); !errors.Is(err, ErrNoSpace) || !errors.Is(err, unix.ENOSPC) {
		t.Errorf("new file: %v, want ErrNoSpace", err)
	}
	if _, err := os.Stat(fresh); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the new file was left behind: %v", err)
	}
	data := append([]byte(Magic), noise(PageSize)...)
	if err := os.WriteFile(old, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.open(Options{Path: old, Size: size}); !errors.Is(err, ErrNoSpace) {
		t.Errorf("growing a region: %v, want ErrNoSpace", err)
	}
	if got, _ := os.ReadFile(old); !bytes.Equal(got, data) {
		t.Errorf("the region that could not grow has changed: %d bytes, was %d", len(got), len(data))
	}
}

func TestNoFallocate(t *testing.T) {
	h := linux()
	h.fallocate = func(int, uint32, int64, int64) error { return unix.EOPNOTSUPP }
	path := filepath.Join(t.TempDir(), "region")
	data := append([]byte(Magic), noise(PageSize)...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := h.open(Options{Path: path, Size: 3<<20 + PageSize})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := present(t, r); int64(n) < r.Size()/PageSize {
		t.Errorf("%d pages written of %d", n, r.Size()/PageSize)
	}
	if !bytes.HasPrefix(r.Bytes(), data) || !isZero(r.Bytes()[len(data):]) {
		t.Error("filling with zeros changed the region")
	}
}

// TestNothingIsCreatedUnderDev: a mistyped device must not become a file.
func TestNothingIsCreatedUnderDev(t *testing.T) {
	const path = "/dev/daxbench-no-such-device"
	if _, err := Open(Options{Path: path, Size: PageSize}); !errors.Is(err, ErrNoDevice) {
		t.Errorf("Open(%s) = %v, want ErrNoDevice", path, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		os.Remove(path)
		t.Errorf("%s was created", path)
	}
}
