package workloads

import (
	"runtime"
	"testing"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
)

// TestMemoryPerPage bounds what each page of a region takes of the heap: four bytes in the page table, and what package media
// knows of a block, a bit or two. (Words of 2 GiB and more are no part of the heap, and so not looked at here.)
func TestMemoryPerPage(t *testing.T) {
	policy, err := layout.Lookup("dax-only")
	if err != nil {
		t.Fatal(err)
	}
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	takes := func(pages uint32) float64 {
		r, err := pmem.Open(pmem.Options{Size: engine.MinSize(64, pages)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		before := heap()
		e, err := engine.Open(r, engine.Config{Policy: policy, Inodes: 64, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer runtime.KeepAlive(e)
		return heap() - before
	}
	const few, many = 100_000, 400_000
	takes(few) // what the first engine leaves behind for good
	if each := (takes(many) - takes(few)) / (many - few); each < 4 || each > 4.5 {
		t.Errorf("a page takes %.2f bytes, want 4, and half a byte for its block at the most", each)
	} else {
		t.Logf("%.2f bytes", each)
	}
}
