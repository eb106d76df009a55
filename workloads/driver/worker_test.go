package driver

import (
	"math/rand/v2"
	"testing"
)

// TestPicksReach wants a lap of choices to reach as much as there is to choose from, up to a million.
func TestPicksReach(t *testing.T) {
	for _, tt := range []struct{ n, lap int }{{1, 1 << 16}, {1 << 16, 1 << 16}, {1<<16 + 1, 1 << 17}, {1_000_000, 1 << 20}, {10_000_000, 1 << 20}} {
		w := NewWorker(0, 1, nil)
		next := uint32(0)
		w.SetPicks(tt.n, func(*rand.Rand) uint32 { next++; return next })
		lap := 1
		for first := w.Pick(); w.Pick() != first; {
			lap++
		}
		if lap != tt.lap || int(next) != lap {
			t.Errorf("of %d: a lap of %d choices, %d drawn; want %d", tt.n, lap, next, tt.lap)
		}
	}
}
