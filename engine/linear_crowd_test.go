package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"daxbench/engine"
	"daxbench/engine/enginetest/history"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// A setting says what a crowd consists of, and what it does.
type setting struct {
	policy  layout.Policy
	kernel  vfs.Preset
	numbers int // of inodes: with fewer than about a dozen the search for an order of 10,000 ops may have no end
	clients int
	ops     int // of all clients
	seed    uint64
}

// A crowd is some clients and one device that use the same few files at the
// same time, and the history of what they did.
type crowd struct {
	setting
	e       *engine.Engine
	log     history.Log
	clients []*client

	device *history.Client
	pins   chan pinned
	worker *vfs.Task
}

// A pinned page goes to the device, which alone drops pins: a client that held
// one could come to wait for itself.
type pinned struct {
	pin  vfs.Pin
	page uint32
}

// crowdRegion returns a region for crowds on so many inode numbers.
func crowdRegion(t testing.TB, numbers int) *pmem.Region {
	r := must(pmem.Open(pmem.Options{Size: engine.MinSize(uint32(numbers), 4*uint32(numbers))}))
	t.Cleanup(func() { r.Close() })
	return r
}

// crowd makes an engine with a cache that has room for fewer than all inodes, so
// that reclaim has work.
func (s setting) crowd(t testing.TB, r *pmem.Region) *crowd {
	c := &crowd{setting: s, pins: make(chan pinned, s.clients), worker: vfs.NewTask(t.Context())}
	c.e = must(engine.Open(r, engine.Config{Policy: s.policy, Inodes: uint32(s.numbers), Seed: 1, Cache: s.kernel.Apply(vfs.Options{
		Stripes: 2, CacheInodes: s.numbers * 3 / 4, ReclaimBatch: 2, WaitQueues: 4, CachePages: 1,
	})}))
	for i := range s.clients {
		c.clients = append(c.clients, &client{
			crowd: c, task: vfs.NewTask(t.Context()), rec: c.log.Client(), rng: rand.New(rand.NewPCG(s.seed, uint64(i))),
		})
	}
	c.device = c.log.Client()
	return c
}

// run lets all clients do their ops. The error is what a call may not return.
func (c *crowd) run() error {
	var clients, device, worker sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	if c.e.NeedsWorker() {
		worker.Go(func() { c.e.ServeWorker(ctx, c.worker) })
	}
	device.Go(c.serve)
	for _, cl := range c.clients {
		clients.Go(cl.run)
	}
	clients.Wait()
	close(c.pins)
	device.Wait()
	stop()
	worker.Wait()
	c.e.RunWorker(c.worker)
	err := c.worker.Err()
	for _, cl := range c.clients {
		err = errors.Join(err, cl.err, cl.task.Err())
	}
	return err
}

// rest looks at the engine afterwards.
func (c *crowd) rest() error { return errors.Join(c.conserved(), c.drained(), c.e.Check()) }

// stats adds up what all tasks did.
func (c *crowd) stats() vfs.Stats {
	sum := c.worker.Stats
	for _, cl := range c.clients {
		sum.Add(&cl.task.Stats)
	}
	return sum
}

// rules says what its histories must keep to.
func (c *crowd) rules() history.Rules {
	return history.Rules{Late: c.e.NeedsWorker() || c.policy.Rules().KeepBusy}
}

// conserved wants every inode that came into the cache to have gone, or to be
// there. The history takes for reclaimed whatever could have been.
func (c *crowd) conserved() error {
	s, created := c.stats(), int64(0)
	for _, cl := range c.clients {
		created += cl.created
	}
	if cached := int64(c.e.Usage().Cached); s.Misses+created != s.Evictions+cached {
		return fmt.Errorf("%d inodes were read in and %d created, but %d evicted and %d are cached", s.Misses, created, s.Evictions, cached)
	}
	return nil
}

// polls reports whether who waits for a pin looks for it all the time: to
// synctest's clock that is not waiting.
func (c *crowd) polls() bool { return c.policy.ID() == "P15" }

// drained wants reclaim to find every inode that is idle.
func (c *crowd) drained() error {
	if c.policy.Expect().ViolatesProperty("P3") || c.e.Options().LRU == vfs.EntriesKeepOff {
		return nil // some it will not find
	}
	task := c.clients[0].task
	for range 2 { // one that was used since gets a second round
		c.e.PruneICache(task, c.numbers)
		c.e.RunWorker(c.worker)
	}
	if u := c.e.Usage(); u.Cached != 0 {
		return fmt.Errorf("reclaim left %+v", u)
	}
	return nil
}

// serve is the device: it writes into each page that it gets, some time later,
// and lets go of it. It waits for nobody while it holds one.
func (c *crowd) serve() {
	rng := rand.New(rand.NewPCG(0, 0))
	var held []pinned
	for p := range c.pins {
		held = append(held, p)
		for len(held) > 0 && (len(c.pins) == 0 || len(held) == cap(c.pins)) {
			if !c.polls() && rng.IntN(16) == 0 {
				time.Sleep(time.Nanosecond) // which by synctest's clock is until all clients wait
			} else if runtime.Gosched(); rng.IntN(4) != 0 {
				continue
			}
			i := rng.IntN(len(held))
			c.unpin(held[i])
			held = append(held[:i], held[i+1:]...)
		}
	}
}

func (c *crowd) unpin(p pinned) {
	owner := p.pin.Owner()
	call := c.device.Call()
	own := c.e.DeviceWrite(p.pin)
	c.e.Unpin(p.pin)
	c.device.Return(call, history.Op{Kind: history.Unpin, Ino: uint32(owner.Ino), Gen: uint32(owner.Gen), N: p.page, Own: own})
}
