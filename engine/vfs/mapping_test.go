package vfs

import (
	"math/rand/v2"
	"testing"
)

// TestDropEntries holds the entries of a mapping to a map of them, while random ranges come and go: dense ones and such with holes,
// as the two are dropped in different ways.
func TestDropEntries(t *testing.T) {
	const pages = 40
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		in := &Inode{rest: new(rest)}
		entries := in.mapping.growLocked(pages)
		want := map[uint32]uint32{}
		for range 12 {
			from := rng.Uint32N(pages)
			end := from + 1 + rng.Uint32N(pages-from)
			if rng.IntN(8) == 0 {
				from, end = 0, everything
			}
			if rng.IntN(2) == 0 {
				holes := rng.IntN(2) == 0
				for i := from; i < min(end, pages); i++ {
					if want[i] == 0 && (!holes || rng.IntN(3) > 0) {
						in.setLocked(entries, i, i+1)
						want[i] = i + 1
					}
				}
				continue
			}
			var gone func(index, e uint32)
			told := map[uint32]uint32{}
			if rng.IntN(2) == 0 {
				gone = func(index, e uint32) { told[index] = e }
			}
			in.dropLocked(from, end, gone)
			for i := from; i < min(end, pages); i++ {
				if gone != nil && told[i] != want[i] {
					t.Fatalf("round %d: entry %d was %d and is told as %d", round, i, want[i], told[i])
				}
				delete(want, i)
			}
			checkEntries(t, in, want, pages)
		}
	}
}

// checkEntries holds the entries of a mapping, their number, and the range that they are said to lie in, to want.
func checkEntries(t *testing.T, in *Inode, want map[uint32]uint32, pages uint32) {
	t.Helper()
	m := &in.mapping
	for i := range pages {
		if got := m.at(i); got != want[i] {
			t.Fatalf("entry %d is %d, want %d", i, got, want[i])
		}
		if want[i] != 0 && (i < m.lo || i >= m.hi) {
			t.Fatalf("entry %d is not in [%d, %d)", i, m.lo, m.hi)
		}
	}
	if got := in.entryCount.Load(); got != uint32(len(want)) {
		t.Fatalf("there are %d entries, and %d are counted", len(want), got)
	}
}
