package engine_test

import (
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

var stormSeed = flag.Uint64("storm.seed", 0, "TestStorm: run this seed only")

// TestStorm lets devices write into files that come and go. With a policy that
// is safe no device finds its page another file's, and no file a foreign write;
// with any other one both oracles must see it, or they see nothing.
func TestStorm(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4}
	if *stormSeed != 0 {
		seeds = []uint64{*stormSeed}
	}
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		var devices, owners, pinned int64
		for _, seed := range seeds {
			synctest.Test(t, func(t *testing.T) {
				s := &storm{e: open(t, engine.Config{Policy: p, Inodes: 64, Cache: vfs.Options{CacheInodes: 24, Stripes: 2, ReclaimBatch: 4}})}
				s.run(t, seed)
				check(t, s.e)
				if p.Safe() && s.devices.Load()+s.owners.Load()+s.stats.EvictedPinned+s.stats.FreedPinned != 0 {
					t.Errorf("%d devices wrote into foreign pages, %d files found foreign writes, %+v\nreplay: go test ./engine -run '^TestStorm$/^%s$' -storm.seed=%d",
						s.devices.Load(), s.owners.Load(), s.stats, p.Name(), seed)
				}
				devices += s.devices.Load()
				owners += s.owners.Load()
				pinned += s.stats.FreedPinned
			})
		}
		if !p.Safe() && (devices == 0 || owners == 0 || pinned == 0) {
			t.Errorf("an oracle saw nothing: devices %d, owners %d, pages freed while pinned %d", devices, owners, pinned)
		}
		t.Logf("foreign writes seen by devices: %d, by owners: %d; pages freed while pinned: %d", devices, owners, pinned)
	})
}

type storm struct {
	e       *engine.Engine
	io      sync.WaitGroup // writes in flight
	devices atomic.Int64   // that found their page another file's
	owners  atomic.Int64   // foreign writes that files found
	mu      sync.Mutex
	stats   vfs.Stats // guarded by mu
}

func (s *storm) run(t *testing.T, seed uint64) {
	var workers sync.WaitGroup
	for w := range uint64(3) {
		workers.Go(func() {
			task, rng := vfs.NewTask(t.Context()), rand.New(rand.NewPCG(seed, w))
			for range 60 {
				s.file(task, rng)
			}
			if err := task.Err(); err != nil {
				t.Error(err)
			}
			s.e.Release(task)
			s.mu.Lock()
			s.stats.Add(&task.Stats)
			s.mu.Unlock()
		})
	}
	workers.Wait()
	s.io.Wait()
}

// file lets a file live: devices write into it, perhaps for longer than it
// lives; it is shortened, looks at its pages, and goes, or stays for reclaim.
func (s *storm) file(task *vfs.Task, rng *rand.Rand) {
	size := 1 + uint32(rng.IntN(4))
	in := must(s.e.Create(task, vfs.NewFile{Pages: size, DAX: rng.IntN(8) != 0}))
	must(0, s.e.Fault(task, in, 0, size))
	for range rng.IntN(3) {
		s.write(must(s.e.Pin(task, in, uint32(rng.IntN(int(size))))), time.Duration(rng.IntN(50))*time.Millisecond)
	}
	if rng.IntN(3) == 0 {
		must(0, s.e.Truncate(task, in, size/2))
		must(0, s.e.Truncate(task, in, size))
		must(0, s.e.Fault(task, in, 0, size))
	}
	time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
	s.owners.Add(int64(s.e.ForeignWrites(in)))
	if s.e.FS().FreeInodeCount() < 20 || rng.IntN(4) != 0 {
		must(0, s.e.Unlink(task, in))
	}
	s.e.Iput(task, in)
	if rng.IntN(8) == 0 {
		s.e.PruneICache(task, 4)
	}
}

// write starts a device that takes so long.
func (s *storm) write(p vfs.Pin, d time.Duration) {
	s.io.Go(func() {
		time.Sleep(d)
		if !s.e.DeviceWrite(p) {
			s.devices.Add(1)
		}
		s.e.Unpin(p)
	})
}

// TestForeignWritesLooksAtMappedPagesOnly makes a hole in the mapping, over a
// block in which the last owner's device left its own stamp.
func TestForeignWritesLooksAtMappedPagesOnly(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	in := must(e.Create(task, vfs.NewFile{Pages: 3, DAX: true}))
	must(0, e.Fault(task, in, 0, 3))
	pin := must(e.Pin(task, in, 1))
	e.DeviceWrite(pin)
	e.Unpin(pin)
	must(0, e.Unlink(task, in))
	e.Iput(task, in)
	in = must(e.Create(task, vfs.NewFile{Pages: 3, DAX: true}))
	must(0, e.Fault(task, in, 0, 1))
	must(0, e.Fault(task, in, 2, 1))
	if n := e.ForeignWrites(in); n != 0 {
		t.Errorf("%d foreign writes in pages that were never mapped", n)
	}
	e.Iput(task, in)
	check(t, e)
}
