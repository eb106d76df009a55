package engine_test

import (
	"errors"
	"flag"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/enginetest/history"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

var linearSeed = flag.Uint64("linear.seed", 0, "TestLinearizable: run this seed only")

// TestLinearizable lets clients call the engine at the same time, and wants an
// order in which the calls, one after the other, would have returned the same,
// for each inode number. It holds for every policy that evicts no inode with a
// pinned page.
//
// A seed says what the clients do, not who comes first: run one that failed
// many times over, and with the tag daxyield.
func TestLinearizable(t *testing.T) {
	const numbers, ops = 16, 10_000
	r := crowdRegion(t, numbers)
	kernels := []string{"", "6.19", "best"}
	if testing.Short() {
		kernels = kernels[:1]
	}
	for i, p := range layout.All {
		if evictsPinned(p) {
			continue // see TestEvictingPinnedIsNotLinearizable
		}
		t.Run(p.Name(), func(t *testing.T) {
			for k, kernel := range kernels {
				s := setting{policy: p, numbers: numbers, clients: 2 + (i+k)%4*2, ops: ops, seed: uint64(i)}
				if kernel != "" {
					s.kernel = must(vfs.LookupPreset(kernel))
				}
				if *linearSeed != 0 {
					s.seed = *linearSeed
				}
				c, err := s.record(t, r)
				if err = errors.Join(err, c.rest()); err != nil {
					t.Errorf("kernel %q, %d clients: %v\nreplay: go test -tags daxyield ./engine -count=20 -run '^TestLinearizable$/^%s$' -linear.seed=%d",
						kernel, s.clients, err, p.Name(), s.seed)
				}
				n := c.stats()
				if n.PinWaits+n.Recalls == 0 && !c.polls() || n.Evictions == 0 || n.Freed == 0 || n.Hits == 0 {
					t.Errorf("kernel %q, %d clients met nowhere: %+v", kernel, s.clients, n)
				}
				t.Logf("kernel %q, %d clients: %d ops; %d hits, %d misses, %d evictions, %d of them freed a file; %d waits for pins, %d for evictions",
					kernel, s.clients, c.log.Len(), n.Hits, n.Misses, n.Evictions, n.Freed, n.PinWaits, n.FreeingWaits)
			}
		})
	}
}

// evictsPinned reports whether p lets an inode go while a page is pinned, even
// without an unplug.
func evictsPinned(p layout.Policy) bool {
	return p.Expect().ViolatesProperty("P1e") && !p.Rules().Notify
}

// record makes a history and looks for its order.
func (s setting) record(t *testing.T, r *pmem.Region) (*crowd, error) {
	c, err := s.play(t, r)
	if err != nil { // calls are missing
		return c, err
	}
	return c, c.log.Check(c.rules(), 10*time.Second)
}

// play makes a history. Who waits for ever is a deadlock, which synctest finds.
func (s setting) play(t *testing.T, r *pmem.Region) (c *crowd, err error) {
	synctest.Test(t, func(t *testing.T) {
		c = s.crowd(t, r)
		err = c.run()
	})
	return c, err
}

// TestEvictingPinnedIsNotLinearizable is the proof that TestLinearizable can
// fail: with each of the other policies an inode goes, or comes back, while a
// page is pinned.
func TestEvictingPinnedIsNotLinearizable(t *testing.T) {
	const numbers, ops = 8, 2000
	r := crowdRegion(t, numbers)
	for _, p := range layout.All {
		if !evictsPinned(p) {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			for seed := range uint64(20) {
				_, err := setting{policy: p, numbers: numbers, clients: 4, ops: ops, seed: seed}.record(t, r)
				var not *history.NotLinearizableError
				if errors.As(err, &not) {
					t.Logf("found with seed %d: %v", seed, not)
					return
				} else if err != nil {
					t.Fatal(err)
				}
			}
			t.Error("every history has an order")
		})
	}
}
