package pmem

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// failing returns a host whose n-th call fails with errno, and a counter of the calls made.
func failing(n int, errno unix.Errno) (h *host, calls *int) {
	calls = new(int)
	real := linux()
	fail := func() bool { *calls++; return *calls == n }
	return &host{
		openFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			if fail() {
				return nil, &os.PathError{Op: "open", Path: name, Err: errno}
			}
			return real.openFile(name, flag, perm)
		},
		memfd: func(name string, flags int) (int, error) {
			if fail() {
				return -1, errno
			}
			return real.memfd(name, flags)
		},
		mmap: func(fd int, off int64, size, prot, flags int) ([]byte, error) {
			if fail() {
				return nil, errno
			}
			return real.mmap(fd, off, size, prot, flags)
		},
		flock:     func(fd, how int) error { return orFail(fail, errno, func() error { return real.flock(fd, how) }) },
		ftruncate: func(fd int, n int64) error { return orFail(fail, errno, func() error { return real.ftruncate(fd, n) }) },
		madvise:   func(p []byte, a int) error { return orFail(fail, errno, func() error { return real.madvise(p, a) }) },
		fallocate: func(fd int, mode uint32, off, n int64) error {
			return orFail(fail, errno, func() error { return real.fallocate(fd, mode, off, n) })
		},
		munmap: real.munmap,
		msync:  real.msync,
		sys:    real.sys,
	}, calls
}

func orFail(fail func() bool, errno unix.Errno, call func() error) error {
	if fail() {
		return errno
	}
	return call()
}

// TestEveryCallFails makes the first, second … call of Open fail until there is none left. Open then either does
// without, or leaves no file, descriptor or mapping, and an old region as it was.
func TestEveryCallFails(t *testing.T) {
	old := append([]byte(Magic), noise(openSize)...)
	for _, errno := range []unix.Errno{unix.EIO, unix.ENOSPC, unix.ENOMEM, unix.EINTR, unix.EINVAL, unix.EPERM, unix.EOPNOTSUPP} {
		for _, kind := range []string{"memfd", "new file", "old region"} {
			failed := 0
			for n := 1; ; n++ {
				dir := t.TempDir()
				o := Options{Size: 2 * openSize, Populate: true, Path: filepath.Join(dir, "region")}
				switch kind {
				case "memfd":
					o.Path = ""
				case "old region":
					if err := os.WriteFile(o.Path, old, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				before := leftovers(t)
				h, calls := failing(n, errno)
				r, err := h.open(o)
				if err != nil {
					failed++
					if files, _ := os.ReadDir(dir); kind == "new file" && len(files) != 0 {
						t.Errorf("%s: call %d: %v: the file was left behind (%v)", kind, n, errno, err)
					}
					if got, _ := os.ReadFile(o.Path); kind == "old region" && (!bytes.HasPrefix(got, old) || !isZero(got[len(old):])) {
						t.Errorf("%s: call %d: %v: the region has changed (%v)", kind, n, errno, err)
					}
				} else if err := r.Close(); err != nil {
					t.Error(err)
				}
				if after := leftovers(t); after != before {
					t.Errorf("%s: call %d: %v: descriptors and mappings %+v, were %+v (%v)", kind, n, errno, after, before, err)
				}
				if *calls < n {
					break
				}
			}
			if failed == 0 && errno == unix.EIO {
				t.Errorf("%s: no failing call made Open fail: the test tests nothing", kind)
			}
		}
	}
}

type left struct{ fds, maps int }

// leftovers counts this process's descriptors of, and mappings from, regions.
func leftovers(t *testing.T) (l left) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if name, _ := os.Readlink("/proc/self/fd/" + fd.Name()); isOurs(name) {
			l.fds++
		}
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if isOurs(line) {
			l.maps++
		}
	}
	return l
}

func isOurs(name string) bool {
	return strings.Contains(name, "memfd:daxbench") || strings.Contains(name, "/region")
}

func TestLeftoversSeesARegion(t *testing.T) {
	before := leftovers(t)
	mustOpen(t, Options{Size: openSize})
	mustOpen(t, Options{Size: openSize, Path: filepath.Join(t.TempDir(), "region")})
	if after := leftovers(t); after.fds != before.fds+2 || after.maps != before.maps+2 {
		t.Errorf("two regions: %+v, were %+v", after, before)
	}
}

// TestPopulateByTouching is for kernels that do not know MADV_POPULATE_WRITE.
func TestPopulateByTouching(t *testing.T) {
	h := linux()
	h.madvise = func([]byte, int) error { return unix.EINVAL }
	r, err := h.open(Options{Size: openSize, Populate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := present(t, r); n != openSize/PageSize {
		t.Errorf("%d pages present of %d", n, openSize/PageSize)
	}
	want := noise(openSize)
	copy(r.Bytes(), want)
	if err := h.populate(r.Bytes()); err != nil || !bytes.Equal(r.Bytes(), want) {
		t.Errorf("populating again changed bytes: %v", err)
	}
}

// TestGuardCatchesTruncation shrinks a mapped file and touches what is gone, by each kind of access.
func TestGuardCatchesTruncation(t *testing.T) {
	line := make([]byte, CacheLine)
	path := filepath.Join(t.TempDir(), "region")
	r := mustOpen(t, Options{Path: path, Size: openSize})
	s, err := r.Slice(PageSize, 2*PageSize)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, PageSize); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r    *Region
		fn   func()
		want int64
	}{
		"store":          {r, func() { r.Store64(3*PageSize+8, 1) }, 3*PageSize + 8},
		"store to slice": {s, func() { s.Store64(16, 1) }, PageSize + 16},
		"load":           {r, func() { line[0] = r.Bytes()[2*PageSize+5] }, 2*PageSize + 5},
		"copy":           {s, func() { s.CopyNT(0, line) }, PageSize},
		"nt copy": {r, func() {
			nt := *r
			nt.copy = Detect().PageCopy
			nt.CopyNT(2*PageSize, line)
		}, 2 * PageSize},
	} {
		var fault *FaultError
		err := c.r.Guard(func() error { c.fn(); return nil })
		if !errors.As(err, &fault) || fault.Path != path {
			t.Errorf("%s: %v, want a FaultError at %d", name, err, c.want)
			continue
		}
		if fault.Off != c.want && name != "copy" && name != "nt copy" { // which byte of a copy faults first is its own affair
			t.Errorf("%s: offset %d, want %d", name, fault.Off, c.want)
		}
		if fault.Off < c.want || fault.Off >= c.want+CacheLine {
			t.Errorf("%s: offset %d is outside the access at %d", name, fault.Off, c.want)
		}
	}
	if err := r.Guard(func() error { r.Store64(0, 1); return nil }); err != nil {
		t.Errorf("what is left of the file: %v", err)
	}
}

func TestGuardPassesOnTheRest(t *testing.T) {
	r := mustOpen(t, Options{Size: openSize})
	other := holed(t, Auto)
	wrong := errors.New("wrong")
	if err := r.Guard(func() error { return wrong }); err != wrong {
		t.Errorf("Guard returned %v, want what its function returned", err)
	}
	for name, fn := range map[string]func(){
		"panic":              func() { panic(wrong) },
		"nil pointer":        func() { var p *Region; p.Size() },
		"index":              func() { r.Store64(openSize, 1) },
		"fault in no region": func() { other.Store64(PageSize, 1) },
	} {
		if !panics(func() { r.Guard(func() error { fn(); return nil }) }) {
			t.Errorf("%s: Guard swallowed it", name)
		}
	}
	for _, old := range []bool{false, true} {
		was := debug.SetPanicOnFault(old)
		r.Guard(func() error { return nil })
		panics(func() { r.Guard(func() error { panic(wrong) }) })
		if got := debug.SetPanicOnFault(was); got != old {
			t.Errorf("Guard left SetPanicOnFault %v, was %v", got, old)
		}
	}
	var fault *FaultError
	nested := r.Guard(func() error { return other.Guard(func() error { other.Store64(PageSize+8, 1); return nil }) })
	if !errors.As(nested, &fault) || fault.Off != PageSize+8 || !strings.Contains(fault.Error(), "memfd") {
		t.Errorf("nested Guard: %v", nested)
	}
}
