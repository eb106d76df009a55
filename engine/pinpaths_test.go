package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// walkPins faults, pins, unpins and punches pages of a DAX file and another one by one task, drops both files and looks them up
// again, pinned or not, and writes down what came of it.
func walkPins(t *testing.T, r *pmem.Region, p layout.Policy, seed uint64) (log []string) {
	const pages = 8
	e := must(engine.Open(r, engine.Config{Policy: p, Inodes: 4, Seed: 1, Cache: vfs.Options{CacheInodes: 4, WaitQueues: 1}}))
	task := vfs.NewTask(t.Context())
	files := []*vfs.Inode{must(e.Create(task, vfs.NewFile{Pages: pages, DAX: true})), must(e.Create(task, vfs.NewFile{Pages: pages}))}
	rng := rand.New(rand.NewPCG(seed, 0))
	var pins []vfs.Pin
	for range 200 {
		in, index := files[rng.IntN(len(files))], rng.Uint32N(pages+1) // one is beyond the end
		switch rng.IntN(7) {
		case 0:
			log = append(log, fmt.Sprintf("fault %d: %v", index, e.Fault(task, in, index, 1)))
		case 1, 2:
			how := vfs.How{Kind: vfs.Foll(rng.IntN(2)), Unbounded: rng.IntN(4) == 0}
			pin := func() (vfs.Pin, error) { return e.PinFor(task, in, index, how) }
			if how == (vfs.How{}) {
				pin = func() (vfs.Pin, error) { return e.Pin(task, in, index) }
			}
			p, err := pin()
			if err == nil {
				pins = append(pins, p)
			}
			what, _, leased := strings.Cut(fmt.Sprintf("%+v", p), "lease:0x")
			log = append(log, fmt.Sprintf("pin %d: %s %t %v", index, what, leased, err))
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
		case 5: // the last reference, unless the pins have some
			e.Iput(task, in)
			w, ok := e.FindInodeByInoRCU(in.Ino())
			log = append(log, fmt.Sprintf("put: %#x %t", uint64(w), ok))
			must(e.Iget(task, in.Ino()))
		case 6:
			if len(pins) == 0 && e.NeedsWorker() { // so would the worker
				log = append(log, fmt.Sprintf("worker: %d", e.RunWorker(task)))
			}
		}
		w, _ := e.FindInodeByInoRCU(in.Ino())
		log = append(log, fmt.Sprintf("%d pinned, %#x", e.PinnedPages(), uint64(w)))
	}
	for _, p := range pins {
		e.Unpin(p)
	}
	for _, in := range files {
		e.Iput(task, in)
	}
	if e.NeedsWorker() {
		e.RunWorker(task)
	}
	must(0, e.Check())
	return log
}

// TestShortWayOfPinsDoesAsTheLongOne holds the two ways of Pin together, as paths_test.go does for lookups.
func TestShortWayOfPinsDoesAsTheLongOne(t *testing.T) {
	r := must(pmem.Open(pmem.Options{Size: engine.MinSize(4, 32)}))
	defer r.Close()
	for _, p := range layout.All {
		for seed := range uint64(8) {
			same(t, fmt.Sprintf("%s, seed %d", p.Name(), seed), func() []string { return walkPins(t, r, p, seed) })
		}
	}
}
