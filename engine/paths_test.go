package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"daxbench/engine"
	"daxbench/engine/internal/sched"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// Iget and FindInodeByInoRCU have a short way for when no scheduler is installed,
// which is what is measured, and a long one with yield points, which is what
// explorations check. This test holds the two together, as paths_test.go in
// package page does for pins.

// walkCache does n random operations on a small cache by one task and writes
// down what each returned and left.
func walkCache(t *testing.T, r *pmem.Region, p layout.Policy, seed uint64, n int) (log []string) {
	e := must(engine.Open(r, engine.Config{Policy: p, Inodes: 24, Seed: 1, Cache: vfs.Options{Stripes: 1 << (seed % 3), CacheInodes: 12, WaitQueues: 1}}))
	task := vfs.NewTask(t.Context())
	rng := rand.New(rand.NewPCG(seed, 0))
	var refs []*vfs.Inode
	for range n {
		ino := vfs.Ino(1 + rng.IntN(26)) // two that never are
		switch rng.IntN(6) {
		case 0, 1:
			in, err := e.Iget(task, ino)
			if err == nil {
				refs = append(refs, in)
			}
			log = append(log, fmt.Sprintf("get %d: %v", ino, err))
		case 2, 3:
			if len(refs) > 0 {
				i := rng.IntN(len(refs))
				e.Iput(task, refs[i])
				refs = append(refs[:i], refs[i+1:]...)
			}
		case 4:
			in, err := e.Create(task, vfs.NewFile{DAX: rng.IntN(2) == 0})
			if err == nil {
				refs = append(refs, in)
			}
			log = append(log, fmt.Sprintf("create: %v", err))
		case 5:
			if len(refs) > 0 && rng.IntN(3) == 0 {
				log = append(log, fmt.Sprintf("unlink: %v", e.Unlink(task, refs[0])))
			} else {
				log = append(log, fmt.Sprintf("pruned %d", e.PruneICache(task, 1+rng.IntN(4))))
			}
		}
		w, ok := e.FindInodeByInoRCU(ino)
		log = append(log, fmt.Sprintf("%d: %#x %t; %+v, %d hits", ino, uint64(w), ok, e.Usage(), task.Stats.Hits))
	}
	return log
}

func TestShortWayOfLookupsDoesAsTheLongOne(t *testing.T) {
	r := must(pmem.Open(pmem.Options{Size: engine.MinSize(24, 8)}))
	defer r.Close()
	for _, p := range layout.All {
		for seed := range uint64(6) {
			same(t, fmt.Sprintf("%s, seed %d", p.Name(), seed), func() []string { return walkCache(t, r, p, seed, 200) })
		}
	}
}

// same wants a walk to write down the same with a scheduler as without.
func same(t *testing.T, name string, walk func() []string) {
	t.Helper()
	short := walk()
	var long []string
	w := sched.New(sched.InOrder(), sched.Options{MaxSteps: 1 << 20})
	w.Go("walk", func() { long = walk() })
	r := w.Run()
	w.Kill()
	if r.Err != nil {
		t.Fatalf("%s: %v", name, r.Err)
	}
	for i := range max(len(short), len(long)) {
		if i >= len(short) || i >= len(long) || short[i] != long[i] {
			t.Fatalf("%s, line %d of %d and %d: short %q, long %q", name, i, len(short), len(long), short[min(i, len(short)-1)], long[min(i, len(long)-1)])
		}
	}
}

// TestNoInodeZero has number 0, which the state word of free memory has, be nobody's.
func TestNoInodeZero(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	if in, err := e.Iget(task, 0); !errors.Is(err, vfs.ErrNotExist) {
		t.Errorf("%v, %v", in, err)
	}
	if state, ok := e.FindInodeByInoRCU(0); ok {
		t.Errorf("inode 0 is cached: %v", state)
	}
}
