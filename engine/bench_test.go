package engine_test

import (
	"fmt"
	"testing"

	"daxbench/engine"
	"daxbench/engine/enginetest/turns"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// cached makes files that stay in the cache, and returns their numbers.
func cached(e *engine.Engine, task *vfs.Task) (inos []vfs.Ino) {
	for range 128 {
		in := must(e.Create(task, vfs.NewFile{}))
		inos = append(inos, in.Ino())
		e.Iput(task, in)
	}
	return inos
}

// BenchmarkIget looks up cached inodes and drops them.
func BenchmarkIget(b *testing.B) {
	e := open(b, engine.Config{})
	task := vfs.NewTask(b.Context())
	inos := cached(e, task)
	for i := 0; b.Loop(); i++ {
		e.Iput(task, must(e.Iget(task, inos[i%len(inos)])))
	}
}

// BenchmarkFindInode looks up cached inodes without a reference.
func BenchmarkFindInode(b *testing.B) {
	e := open(b, engine.Config{})
	task := vfs.NewTask(b.Context())
	inos := cached(e, task)
	for i := 0; b.Loop(); i++ {
		if _, ok := e.FindInodeByInoRCU(inos[i%len(inos)]); !ok {
			b.Fatal("not found")
		}
	}
}

// BenchmarkPinUnpin is the whole way through an open file, not only the table.
func BenchmarkPinUnpin(b *testing.B) {
	for _, dax := range []bool{false, true} {
		b.Run(fmt.Sprintf("dax=%t", dax), func(b *testing.B) {
			e := open(b, engine.Config{})
			task := vfs.NewTask(b.Context())
			in := must(e.Create(task, vfs.NewFile{Pages: 16, DAX: dax}))
			must(0, e.Fault(task, in, 0, 16))
			for i := uint32(0); b.Loop(); i++ {
				e.Unpin(must(e.Pin(task, in, i%16)))
			}
		})
	}
}

// BenchmarkEvict reads an inode in and evicts it, by every policy. For a
// comparison of policies use the storm evict-storm, which runs them by turns.
func BenchmarkEvict(b *testing.B) {
	for _, p := range layout.Default {
		for _, pages := range []uint32{0, 1, 16, 512} {
			b.Run(fmt.Sprintf("policy=%s/entries=%d", p.Name(), pages), func(b *testing.B) {
				e := open(b, engine.Config{Policy: p})
				task := vfs.NewTask(b.Context())
				in := must(e.Create(task, vfs.NewFile{Pages: pages, DAX: true}))
				ino := in.Ino()
				e.Iput(task, in)
				for b.Loop() {
					in := must(e.Iget(task, ino))
					if pages > 0 {
						must(0, e.Fault(task, in, 0, pages))
					}
					in.DontCache()
					e.Iput(task, in)
				}
			})
		}
	}
}

// BenchmarkPolicies does what costs the same under every policy unless its rules
// have a say in it, by turns with dax-only: hits of DAX files and of others, and
// pins.
func BenchmarkPolicies(b *testing.B) {
	base := hotPaths(b, policy(b, "dax-only"))
	for _, p := range layout.All {
		for i, path := range hotPaths(b, p) {
			b.Run(fmt.Sprintf("op=%s/policy=%s", path.name, p.Name()), func(b *testing.B) {
				turns.Compare(b, []int{0}, 2000, path.op, 2000, base[i].op)
			})
		}
	}
}

type hotPath struct {
	name string
	op   func(_, n int)
}

// hotPaths are on one engine of their own.
func hotPaths(b *testing.B, p layout.Policy) []hotPath {
	e := open(b, engine.Config{Policy: p})
	task := vfs.NewTask(b.Context())
	hits := func(inos []vfs.Ino) func(_, n int) {
		return func(_, n int) {
			for i := range n {
				e.Iput(task, must(e.Iget(task, inos[i%len(inos)])))
			}
		}
	}
	var dax []vfs.Ino
	for range 64 {
		in := must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
		must(0, e.Fault(task, in, 0, 1))
		dax = append(dax, in.Ino())
		e.Iput(task, in)
	}
	in := must(e.Create(task, vfs.NewFile{Pages: 16, DAX: true}))
	must(0, e.Fault(task, in, 0, 16))
	pins := func(_, n int) {
		for i := range n {
			e.Unpin(must(e.Pin(task, in, uint32(i%16))))
		}
	}
	return []hotPath{{"hit", hits(cached(e, task))}, {"hit-dax", hits(dax)}, {"pin", pins}}
}
