package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"daxbench/engine"
	"daxbench/engine/internal/sched"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// walkPins faults, pins, unpins and punches pages of a DAX file and another one by one task, and writes down what came of it.
func walkPins(t *testing.T, r *pmem.Region, seed uint64) (log []string) {
	const pages = 8
	e := must(engine.Open(r, engine.Config{Policy: policy(t, "dax-only"), Inodes: 4, Seed: 1, Cache: vfs.Options{CacheInodes: 4, WaitQueues: 1}}))
	task := vfs.NewTask(t.Context())
	files := []*vfs.Inode{must(e.Create(task, vfs.NewFile{Pages: pages, DAX: true})), must(e.Create(task, vfs.NewFile{Pages: pages}))}
	rng := rand.New(rand.NewPCG(seed, 0))
	var pins []vfs.Pin
	for range 200 {
		in, index := files[rng.IntN(len(files))], rng.Uint32N(pages+1) // one is beyond the end
		switch rng.IntN(5) {
		case 0:
			log = append(log, fmt.Sprintf("fault %d: %v", index, e.Fault(task, in, index, 1)))
		case 1, 2:
			p, err := e.Pin(task, in, index)
			if err == nil {
				pins = append(pins, p)
			}
			log = append(log, fmt.Sprintf("pin %d: %+v %v", index, p, err))
		case 3:
			if len(pins) > 0 {
				i := rng.IntN(len(pins))
				e.Unpin(pins[i])
				pins = slices.Delete(pins, i, i+1)
			}
		case 4:
			if len(pins) == 0 { // a punch would wait for a pin
				log = append(log, fmt.Sprintf("punch %d: %v", index, e.Punch(task, in, index, 1)))
			}
		}
		log = append(log, fmt.Sprintf("%d pinned", e.PinnedPages()))
	}
	for _, p := range pins {
		e.Unpin(p)
	}
	for _, in := range files {
		e.Iput(task, in)
	}
	must(0, e.Check())
	return log
}

// TestShortWayOfPinsDoesAsTheLongOne holds the two ways of Pin together, as paths_test.go does for lookups.
func TestShortWayOfPinsDoesAsTheLongOne(t *testing.T) {
	r := must(pmem.Open(pmem.Options{Size: engine.MinSize(4, 32)}))
	defer r.Close()
	for seed := range uint64(20) {
		short := walkPins(t, r, seed)
		var long []string
		w := sched.New(sched.InOrder(), sched.Options{MaxSteps: 1 << 20})
		w.Go("walk", func() { long = walkPins(t, r, seed) })
		res := w.Run()
		w.Kill()
		if res.Err != nil {
			t.Fatal(res.Err)
		}
		if !slices.Equal(short, long) {
			for i := range min(len(short), len(long)) {
				if short[i] != long[i] {
					t.Fatalf("seed %d, line %d: short %q, long %q", seed, i, short[i], long[i])
				}
			}
			t.Fatalf("seed %d: %d lines and %d", seed, len(short), len(long))
		}
	}
}
