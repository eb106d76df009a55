package engine_test

import (
	"runtime"
	"testing"

	"daxbench/engine"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// TestMemoryPerInode bounds what a cached inode takes of the heap in all: itself,
// its shares of the hash table, the LRU and the lists of free memory, and what
// package media knows of its record.
func TestMemoryPerInode(t *testing.T) {
	const inodes = 100_000
	for _, tt := range []struct {
		name  string
		pages uint32
		most  float64 // bytes
	}{
		{"without pages", 0, 192},
		{"with a block", 1, 192 + 8 + 5}, // a list of one extent; for the block a word in the page table, and a bit or two
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := must(pmem.Open(pmem.Options{Size: engine.MinSize(inodes, max(8, tt.pages*inodes))}))
			defer r.Close()
			heap := func() float64 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return float64(m.HeapAlloc)
			}
			before := heap()
			e := must(engine.Open(r, engine.Config{Policy: policy(t, "dax-only"), Inodes: inodes, Seed: 1, Cache: vfs.Options{CacheInodes: inodes, CachePages: 1}}))
			empty := heap() - before
			task := vfs.NewTask(t.Context())
			for range inodes {
				e.Iput(task, must(e.Create(task, vfs.NewFile{Pages: tt.pages})))
			}
			all := heap() - before
			if u := e.Usage(); u.Cached != inodes || u.OnLRU != inodes {
				t.Fatalf("%+v, want %d cached and on a list", u, inodes)
			}
			t.Logf("%.1f bytes, %.1f of them from the start", all/inodes, empty/inodes)
			if all/inodes > tt.most {
				t.Errorf("an inode takes %.1f bytes, want at most %.0f", all/inodes, tt.most)
			}
			runtime.KeepAlive(e)
		})
	}
}
