package vfs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestListWithHolesStaysSmall takes all but every thirteenth inode off the middle of a list again and again, and fills it
// up: one inode is left in each block then, and the list must not take a block for each.
func TestListWithHolesStaysSmall(t *testing.T) {
	const inodes = 13 * 200
	sb := table(1, 1, inodes)
	l := &makeLists(1, inodes)[0]
	room := cap(l.blocks)
	for round := range 100 {
		for i := 1; i <= inodes; i++ {
			if i%13 != round%13 || round == 0 {
				l.appendLocked(&sb.inodes[i])
			}
		}
		keep := (round + 1) % 13
		for i := 1; i <= inodes; i++ {
			if i%13 != keep {
				l.removeLocked(&sb.inodes[i])
			}
		}
		if int(l.n) != inodes/13 || len(l.blocks) > room {
			t.Fatalf("round %d: %d inodes in %d blocks, made with room for %d", round, l.n, len(l.blocks)-1, room-1)
		}
	}
}

// TestListAgainstSlice does random steps on one list and wants the order that a
// slice has: appended at the warm end, taken from the cold one and from the middle.
func TestListAgainstSlice(t *testing.T) {
	for _, inodes := range []int{3, 40, 400} {
		sb := table(1, 1, inodes)
		l, rng := &makeLists(1, inodes)[0], rand.New(rand.NewPCG(uint64(inodes), 1))
		var want []uint32
		for step := range 20_000 {
			i := 1 + rng.Uint32N(uint32(inodes))
			in, at := &sb.inodes[i], slices.Index(want, i)
			switch {
			case at >= 0 && rng.IntN(2) == 0:
				l.removeLocked(in)
				want = slices.Delete(want, at, at+1)
			case at >= 0:
				l.rotateLocked(in)
				want = append(slices.Delete(want, at, at+1), i)
			default:
				l.appendLocked(in)
				want = append(want, i)
			}
			if l.n != uint32(len(want)) || len(want) > 0 && l.coldestLocked() != want[0] {
				t.Fatalf("step %d: %d inodes, want %d", step, l.n, want)
			}
		}
		var got []uint32
		for b := l.head; b != 0; b = l.blocks[b].next {
			for _, i := range l.blocks[b].slots {
				if i != 0 {
					got = append(got, i)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d, want %d", got, want)
		}
		for range want {
			l.removeLocked(&sb.inodes[l.coldestLocked()])
		}
		if l.head != 0 || l.tail != 0 || l.n != 0 {
			t.Errorf("an empty list has blocks %d to %d, %d inodes", l.head, l.tail, l.n)
		}
	}
}

// BenchmarkCompact moves the inodes of one list together, whose blocks have six of thirteen on average: what growLocked
// does under the list's lock when it compacts.
func BenchmarkCompact(b *testing.B) {
	for _, inodes := range []int{100_000, 1_000_000, 4_000_000} {
		b.Run(fmt.Sprintf("room=%d", inodes), func(b *testing.B) {
			sb := table(1, 1, inodes)
			order := rand.New(rand.NewPCG(1, 2)).Perm(inodes)
			for b.Loop() {
				b.StopTimer()
				l := &makeLists(1, inodes)[0]
				for _, i := range order {
					l.appendLocked(&sb.inodes[1+i])
				}
				for i := range inodes {
					if i%13 >= 6 {
						l.removeLocked(&sb.inodes[1+i])
					}
				}
				b.StartTimer()
				l.compactLocked(sb.inodes)
				b.ReportMetric(float64(l.n), "inodes")
			}
		})
	}
}
