package engine_test

import (
	"testing"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// TestNoAllocations runs what is measured, under each policy, and allows no
// allocation in steady state.
func TestNoAllocations(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		e := open(t, engine.Config{Policy: p, Inodes: 200, Cache: vfs.Options{CacheInodes: 32, Stripes: 4, ReclaimBatch: 8, CachePages: 64}})
		task := vfs.NewTask(t.Context())
		var inos []vfs.Ino
		for range 100 {
			in := must(e.Create(task, vfs.NewFile{Pages: 2, DAX: true}))
			inos = append(inos, in.Ino())
			e.Iput(task, in)
		}
		page := make([]byte, 4096)
		next := 0
		life := func(dax bool) {
			in := must(e.Create(task, vfs.NewFile{Pages: 3, DAX: dax}))
			must(0, e.Fault(task, in, 0, 3))
			must(0, e.WritePage(task, in, 1, page))
			pin := must(e.Pin(task, in, 2))
			e.DeviceWrite(pin)
			e.Unpin(pin)
			e.ForeignWrites(in)
			must(0, e.Truncate(task, in, 1))
			must(0, e.Truncate(task, in, 4))
			must(0, e.Unlink(task, in))
			e.Iput(task, in)
		}
		for name, op := range map[string]func(){
			"iget hit":           func() { e.Iput(task, must(e.Iget(task, inos[0]))) },
			"iget miss, reclaim": func() { e.Iput(task, must(e.Iget(task, inos[next%100]))); next++ },
			"life of a DAX file": func() { life(true) },
			"life of a file":     func() { life(false) },
			"prune":              func() { e.PruneICache(task, 4) },
			"unmount":            func() { e.Iput(task, must(e.Iget(task, inos[0]))); e.EvictInodes(task, nil) },
		} {
			for range 300 {
				op() // until every slot, free list and queue has its size
			}
			if n := testing.AllocsPerRun(200, op); n != 0 {
				t.Errorf("%s: %v allocations", name, n)
			}
		}
		if task.Stats.Reclaims == 0 {
			t.Error("no direct reclaim ran")
		}
		check(t, e)
	})
}
