package sync_test

import (
	gosync "sync"
	"sync/atomic"
	"testing"

	"daxbench/engine/internal/sync"
)

// TestZero tries all alignments to 64 bytes, and the lengths at which a way of clearing begins or ends: all words become 0,
// and none of their neighbours.
func TestZero(t *testing.T) {
	const set = ^uint32(0)
	all := make([]sync.Uint32, 5000)
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 511, 513, 2049, 4900} {
		for from := 1; from <= 17; from++ {
			for i := range all {
				all[i].Store(set)
			}
			sync.Zero(all[from : from+n])
			for i := range all {
				want := set
				if from <= i && i < from+n {
					want = 0
				}
				if got := all[i].Load(); got != want {
					t.Fatalf("%d words from %d: word %d is %#x", n, from, i, got)
				}
			}
		}
	}
}

// TestZeroNeverTears looks at words while they are cleared: each is what it was, or 0.
func TestZeroNeverTears(t *testing.T) {
	const set = 0x01020304
	words := make([]sync.Uint32, 1031)[3:]
	var stop, torn atomic.Uint32
	var wg gosync.WaitGroup
	wg.Go(func() {
		for stop.Load() == 0 {
			for i := range words {
				if w := words[i].Load(); w != 0 && w != set {
					torn.Store(w)
				}
			}
		}
	})
	for range 500 {
		for i := range words {
			words[i].Store(set)
		}
		sync.Zero(words)
	}
	stop.Store(1)
	wg.Wait()
	if w := torn.Load(); w != 0 {
		t.Errorf("a word was %#x", w)
	}
}
