package media

import (
	"math/rand/v2"
	"testing"
)

// TestOwnersAreAsInAList holds owners against one word per block, on ranges that begin and end near the bounds of
// stretches.
func TestOwnersAreAsInAList(t *testing.T) {
	const whole = 1 << stretchBits
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		n := rng.Uint32N(3*whole) + 1
		o, list := newOwners(n), make([]Ino, n)
		place := func() uint32 { return min(n, uint32(max(0, rng.IntN(4)*whole+rng.IntN(5)-2))) }
		for range 60 {
			lo, hi := place(), place()
			lo, hi = min(lo, hi), max(lo, hi)
			who := Ino(rng.IntN(3))
			o.set(lo, hi, who)
			fill(list[lo:hi], who)
			next := uint32(0)
			o.runs(func(i, end uint32, who Ino) {
				if i != next || end <= i {
					t.Fatalf("seed %d: a run of blocks %d to %d follows block %d", seed, i, end, next)
				}
				if end < n && list[end] == who {
					t.Fatalf("seed %d: a run of %d's ends at %d, in front of one more", seed, who, end)
				}
				for next = i; next < end; next++ {
					if list[next] != who {
						t.Fatalf("seed %d: block %d is %d's, want %d", seed, next, who, list[next])
					}
				}
			})
			if next != n {
				t.Fatalf("seed %d: the runs end at %d of %d", seed, next, n)
			}
			if end := min(n, lo+1+rng.Uint32N(n)); lo < end { // a run is cut off where it shall be
				if _, next := o.run(lo, end); next <= lo || next > end {
					t.Fatalf("seed %d: from %d to %d a run ends at %d", seed, lo, end, next)
				}
			}
		}
	}
}

// TestOwnersOfWholeStretchesTakeNoMemory is why there are stretches.
func TestOwnersOfWholeStretchesTakeNoMemory(t *testing.T) {
	o := newOwners(5<<stretchBits - 7)
	o.set(3, 4, 1)
	o.set(0, 2<<stretchBits, 2)
	o.set(4<<stretchBits, o.n, freeOwner)
	for i, s := range o.stretches {
		if s.each != nil {
			t.Errorf("stretch %d of one owner has %d words", i, len(s.each))
		}
	}
	o.set(1, 2, 3)
	if s := o.stretches[0]; s.each == nil || s.each[0] != 2 || s.each[1] != 3 {
		t.Errorf("a stretch of two owners: %+v", s.all)
	}
}
