package pmem

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syncing opens a file region whose msync is fn, which is told the span it got. It skips where the file is on DAX.
func syncing(t *testing.T, fn func(lo, hi int64) error) *Region {
	t.Helper()
	h := linux()
	var r *Region
	h.msync = func(mem []byte, flags int) error {
		if flags != unix.MS_SYNC {
			t.Errorf("msync flags %#x", flags)
		}
		lo := int64(uintptr(unsafe.Pointer(&mem[0])) - uintptr(unsafe.Pointer(&r.root.mem[0])))
		return fn(lo, lo+int64(len(mem)))
	}
	h.mmap = func(fd int, off int64, size, prot, flags int) ([]byte, error) {
		if flags&unix.MAP_SYNC != 0 {
			return nil, unix.EOPNOTSUPP
		}
		return unix.Mmap(fd, off, size, prot, flags)
	}
	r, err := h.open(Options{Path: filepath.Join(t.TempDir(), "region"), Size: 8 * PageSize})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

type span struct{ lo, hi int64 }

func TestFenceSyncsWhatWasFlushed(t *testing.T) {
	var got []span
	r := syncing(t, func(lo, hi int64) error { got = append(got, span{lo, hi}); return nil })
	s, err := r.Slice(4*PageSize, 2*PageSize)
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, CacheLine)
	for _, c := range []struct {
		name string
		fn   func()
		want []span
	}{
		{"nothing flushed", func() { r.Fence() }, nil},
		{"empty flush", func() { r.Persist(8, 0) }, nil},
		{"one byte", func() { r.Persist(PageSize+1, 1) }, []span{{PageSize, 2 * PageSize}}},
		{"only once", func() { r.Fence() }, nil},
		{"over an edge", func() { r.Persist(PageSize-1, 2) }, []span{{0, 2 * PageSize}}},
		{"two flushes", func() { r.Flush(7*PageSize, 8); r.Flush(PageSize, 8); r.Fence() }, []span{{PageSize, 8 * PageSize}}},
		{"in a slice", func() { s.Persist(PageSize, 8) }, []span{{5 * PageSize, 6 * PageSize}}},
		{"slice's flush, root's fence", func() { s.Flush(0, 8); r.Fence() }, []span{{4 * PageSize, 5 * PageSize}}},
		{"copy", func() { s.CopyNT(0, line); s.Fence() }, []span{{4 * PageSize, 5 * PageSize}}},
		{"store alone", func() { r.Store64(0, 1); r.Fence() }, nil},
	} {
		got = nil
		c.fn()
		if len(got) != len(c.want) || len(got) == 1 && got[0] != c.want[0] {
			t.Errorf("%s: msync of %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMsyncErrorSticks(t *testing.T) {
	errs := []error{unix.EINTR, nil, unix.EIO, unix.ENOSPC, nil}
	r := syncing(t, func(lo, hi int64) error {
		err := errs[0]
		errs = errs[1:]
		return err
	})
	r.Persist(0, 8) // interrupted, then fine
	if err := r.Err(); err != nil {
		t.Fatalf("Err = %v before anything failed", err)
	}
	for range 3 {
		r.Persist(0, 8)
		if err := r.Err(); !errors.Is(err, unix.EIO) {
			t.Fatalf("Err = %v, want the first failure, EIO", err)
		}
	}
	if err := r.Close(); !errors.Is(err, unix.EIO) {
		t.Errorf("Close = %v, want EIO", err)
	}
}

// TestFenceWaitsForAnothersMsync plays the race that mapping.sync tells of: b's fence has taken a's span along.
func TestFenceWaitsForAnothersMsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := syncing(t, func(lo, hi int64) error { <-release; return nil })
		aDone, bDone := false, false
		r.Flush(0, 8) // a
		r.Flush(PageSize, 8)
		go func() { r.Fence(); bDone = true }()
		synctest.Wait() // b is inside msync
		go func() { r.Fence(); aDone = true }()
		synctest.Wait()
		if aDone || bDone {
			t.Fatalf("a fence returned before its bytes were durable: a %v, b %v", aDone, bDone)
		}
		close(release)
		synctest.Wait()
		if !aDone || !bDone {
			t.Fatalf("a fence never returned: a %v, b %v", aDone, bDone)
		}
	})
}

func TestConcurrentFences(t *testing.T) {
	var flushed [8]bool // pages that wanted msync, and got it
	r := syncing(t, func(lo, hi int64) error {
		for i := lo / PageSize; i < hi/PageSize; i++ {
			flushed[i] = true // exclusive: one msync at a time
		}
		return nil
	})
	done := make(chan bool)
	for i := range flushed {
		go func() {
			for range 200 {
				r.Persist(int64(i)*PageSize, 8)
			}
			done <- true
		}()
	}
	for range flushed {
		<-done
	}
	for i, ok := range flushed {
		if !ok {
			t.Errorf("page %d was never synced", i)
		}
	}
}
