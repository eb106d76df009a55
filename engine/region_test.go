//go:build !race

package engine_test

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"daxbench/engine"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// residentBytes returns how much memory of this process is present.
func residentBytes(t testing.TB) int64 {
	t.Helper()
	debug.FreeOSMemory() // what earlier tests left must not hide what grows
	status := must(os.ReadFile("/proc/self/status"))
	_, rest, ok := bytes.Cut(status, []byte("VmRSS:"))
	kB, _, ok2 := bytes.Cut(rest, []byte("kB"))
	if !ok || !ok2 {
		t.Skip("the kernel does not say how much memory is present")
	}
	return must(strconv.ParseInt(string(bytes.TrimSpace(kB)), 10, 64)) << 10
}

// TestOpensSparseRegionWithoutTouchingIt opens a region of 1 TiB, whose page table has 1 GiB, uses a file, and looks at all
// of it. It is not for the race detector, which has its own memory for each byte of the page table.
func TestOpensSparseRegionWithoutTouchingIt(t *testing.T) {
	const size, bound = 1 << 40, 64 << 20 // bytes
	r, err := pmem.Open(pmem.Options{Size: size})
	if err != nil {
		t.Skipf("this machine maps no region of %d bytes: %v", int64(size), err)
	}
	defer r.Close()
	for range 2 { // the second one finds the memory of the first, if that was the Go heap's
		before := residentBytes(t)
		e := must(engine.Open(r, engine.Config{Policy: policy(t, "dax-only"), Inodes: 4096}))
		task := vfs.NewTask(t.Context())
		in := must(e.Create(task, vfs.NewFile{Pages: 512, DAX: true}))
		must(0, e.Fault(task, in, 0, 512))
		p := must(e.Pin(task, in, 511))
		if n := e.PinnedPages(); n != 1 {
			t.Errorf("%d pages are pinned, want 1", n)
		}
		e.Unpin(p)
		in.DontCache()
		e.Iput(task, in)
		if err := e.Check(); err != nil {
			t.Error(err)
		}
		e = must(e.Remount(task))
		grown := residentBytes(t) - before
		if n := e.FS().BlockCount(); n != size/pmem.PageSize {
			t.Errorf("%d blocks, want %d", n, size/pmem.PageSize)
		}
		if grown > bound {
			t.Errorf("%d MiB more are present, want less than %d", grown>>20, bound>>20)
		}
		t.Logf("%d KiB more are present", grown>>10)
	}
	before := residentBytes(t)
	for off := int64(1 << 39); off < 1<<39+2*bound; off += pmem.PageSize {
		r.Bytes()[off] = 1
	}
	if grown := residentBytes(t) - before; grown < bound {
		t.Errorf("the test does not see %d MiB that were touched, only %d", 2*bound>>20, grown>>20)
	}
}

// TestLargestRegion goes to the most that an entry of a mapping can name, and beyond.
func TestLargestRegion(t *testing.T) {
	const most = 1<<41 - pmem.PageSize // bytes
	for size, ok := range map[int64]bool{most: true, most + pmem.PageSize: false} {
		r, err := pmem.Open(pmem.Options{Size: size})
		if err != nil {
			t.Skipf("this machine maps no region of %d bytes: %v", size, err)
		}
		if _, err := engine.Open(r, engine.Config{Policy: policy(t, "dax-only"), Inodes: 4}); (err == nil) != ok {
			t.Errorf("%d bytes: %v", size, err)
		}
		r.Close()
	}
}

// BenchmarkOpen formats and mounts a sparse region, and says how much memory that makes present. Of inodes there are
// as many at each size, since the table of their records is written.
func BenchmarkOpen(b *testing.B) {
	for _, bb := range []struct {
		name string
		size int64
	}{{"64MiB", 64 << 20}, {"1GiB", 1 << 30}, {"64GiB", 64 << 30}, {"1TiB", 1 << 40}} {
		b.Run("size="+bb.name, func(b *testing.B) {
			r, err := pmem.Open(pmem.Options{Size: bb.size})
			if err != nil {
				b.Skip(err)
			}
			defer r.Close()
			c := engine.Config{Policy: policy(b, "dax-only"), Inodes: 4096}
			before := residentBytes(b)
			e := must(engine.Open(r, c))
			grown := residentBytes(b) - before
			for b.Loop() {
				e = must(engine.Open(r, c))
			}
			b.ReportMetric(float64(grown), "resident-B")
			runtime.KeepAlive(e)
		})
	}
}
