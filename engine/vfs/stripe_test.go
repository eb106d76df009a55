package vfs

import (
	"fmt"
	"math/rand/v2"
	gosync "sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"daxbench/engine/enginetest"
)

// table returns a superblock with nothing in it but a hash table of so many
// buckets, and free inodes.
func table(stripes, buckets, inodes int) *Superblock {
	sb := &Superblock{inodes: make([]Inode, inodes+1), stripes: make([]stripe, stripes), buckets: make([]bucket, buckets), shift: shiftFor(stripes)}
	for i := range sb.inodes {
		sb.inodes[i].sb, sb.inodes[i].index = sb, uint32(i)
	}
	return sb
}

func (sb *Superblock) insert(i uint32, ino Ino) {
	in := &sb.inodes[i]
	in.ino = ino
	in.state.Store(uint64(ino) << inoShift)
	s := sb.stripe(ino)
	s.mu.Lock()
	sb.insertLocked(in)
	s.mu.Unlock()
}

func (sb *Superblock) remove(i uint32) {
	in := &sb.inodes[i]
	s := sb.stripe(in.ino)
	s.mu.Lock()
	sb.removeLocked(in)
	in.state.Store(0)
	s.mu.Unlock()
}

// TestTableAgainstMap does random insertions and removals on tables that are far
// too small, so that buckets overflow, and wants each to find what a map has.
func TestTableAgainstMap(t *testing.T) {
	for _, tt := range []struct{ stripes, buckets, inodes int }{{1, 1, 4}, {1, 1, 60}, {4, 4, 60}, {4, 12, 300}} {
		t.Run(fmt.Sprintf("%+v", tt), func(t *testing.T) {
			sb, rng := table(tt.stripes, tt.buckets, tt.inodes), rand.New(rand.NewPCG(1, 2))
			have := make(map[Ino]uint32)
			for step := range 20_000 {
				i, ino := 1+rng.Uint32N(uint32(tt.inodes)), 1+Ino(rng.Uint32N(2*uint32(tt.inodes)))
				switch old := sb.inodes[i].state.Load(); {
				case old != 0:
					delete(have, numberOf(old))
					sb.remove(i)
				case have[ino] == 0:
					have[ino] = i
					sb.insert(i, ino)
				}
				in, w := sb.find(ino)
				if want := have[ino]; want == 0 && in != nil || want != 0 && (in != &sb.inodes[want] || numberOf(w) != ino) {
					t.Fatalf("step %d: number %d found in %p, want slot %d", step, ino, in, want)
				}
				if w, ok := sb.FindInodeByInoRCU(ino); ok != (have[ino] != 0) || ok && numberOf(uint64(w)) != ino {
					t.Fatalf("step %d: number %d in the cache: %t, in state %#x", step, ino, ok, w)
				}
			}
			n := 0
			for i := range sb.stripes {
				sb.eachLocked(i, func(in *Inode) {
					if have[in.ino] != in.index {
						t.Errorf("number %d in slot %d, want %d", in.ino, in.index, have[in.ino])
					}
					if sb.stripe(in.ino) != &sb.stripes[i] {
						t.Errorf("number %d is in stripe %d", in.ino, i)
					}
					n++
				})
			}
			if n != len(have) {
				t.Errorf("%d inodes in the table, want %d", n, len(have))
			}
		})
	}
}

// TestTableWhileItChanges looks numbers up that stay, without a lock, while
// others come and go in the same buckets. The race detector looks on.
func TestTableWhileItChanges(t *testing.T) {
	const stay, inodes, steps = 8, 30, 20_000
	sb := table(1, 1, inodes)
	for i := range uint32(inodes) {
		sb.insert(i+1, Ino(i+1))
	}
	var over atomic.Bool
	var wg gosync.WaitGroup
	wg.Go(func() {
		rng := rand.New(rand.NewPCG(3, 4))
		for range steps {
			i := stay + 1 + rng.Uint32N(inodes-stay)
			sb.remove(i)
			sb.insert(i, Ino(i+inodes*rng.Uint32N(1000)))
		}
		over.Store(true)
	})
	for !over.Load() {
		for ino := Ino(1); ino <= stay; ino++ {
			if in, _ := sb.find(ino); in != &sb.inodes[ino] {
				t.Fatalf("number %d is lost", ino)
			}
			if _, ok := sb.FindInodeByInoRCU(ino); !ok {
				t.Fatalf("number %d is lost without a scheduler", ino)
			}
		}
	}
	wg.Wait()
}

// overflowing is a scene in which bucket 0 is full and has two more behind it, with
// one inode each: remove takes that of the first of them out and puts another in
// while the other is looked up.
func overflowing(remove func(sb *Superblock, i uint32)) func() enginetest.Scene {
	return func() enginetest.Scene {
		const (
			full   = 2 * bucketSlots
			wanted = full + 1
			other  = full + 2
		)
		sb := table(1, 1, other)
		for i := uint32(1); i <= wanted; i++ {
			sb.insert(i, Ino(i))
		}
		for i := uint32(bucketSlots + 1); i < full; i++ {
			sb.remove(i)
		}
		return enginetest.Scene{
			Tasks: []func(){
				func() { remove(sb, full); sb.insert(other, other) },
				func() {
					if in, _ := sb.find(wanted); in != &sb.inodes[wanted] {
						panic("an inode that stays in the cache was not found")
					}
				},
			},
			Check: func() error {
				sb.remove(wanted) // of the last bucket; the one before may be empty already
				sb.remove(other)
				if sb.buckets[0].next.Load() != nil || len(sb.spares.free) != 2 {
					return fmt.Errorf("%d buckets are spare, want the two that are empty", len(sb.spares.free))
				}
				return nil
			},
		}
	}
}

// TestBucketsGoElsewhere explores that, and shows that it would find a bucket that
// goes elsewhere although there is another behind it.
func TestBucketsGoElsewhere(t *testing.T) {
	b := enginetest.Bound{Schedules: 1e5, Preemptions: 2}
	enginetest.MustHold(t, b, overflowing((*Superblock).remove))
	enginetest.MustFail(t, b, overflowing(func(sb *Superblock, i uint32) {
		first := &sb.buckets[0]
		second := first.next.Load()
		sb.remove(i)
		first.next.Store(second.next.Load())
		second.next.Store(nil)
		sb.spares.give(second)
	}))
}

// TestRowsStayShort lets many numbers of one bucket come and go in waves of all sizes. A row is never longer than the
// largest wave since it was empty needs, and when all are gone no bucket is left behind the first: what was emptied in
// the middle goes with the last.
func TestRowsStayShort(t *testing.T) {
	const inodes = 20 * bucketSlots
	sb, rng := table(1, 1, inodes), rand.New(rand.NewPCG(7, 8))
	row := func() (n int) {
		for b := &sb.buckets[0]; b != nil; b = b.next.Load() {
			n++
		}
		return n
	}
	for wave := range 200 {
		n := 1 + rng.IntN(inodes)
		for _, i := range rng.Perm(n) {
			sb.insert(uint32(i+1), Ino(wave*inodes+i+1))
		}
		if want := (n + bucketSlots - 1) / bucketSlots; row() != want {
			t.Fatalf("wave %d: %d buckets for %d inodes, want %d", wave, row(), n, want)
		}
		for _, i := range rng.Perm(n) {
			sb.remove(uint32(i + 1))
		}
		if row() != 1 {
			t.Fatalf("wave %d: %d buckets for none", wave, row())
		}
	}
	if n := len(sb.spares.free); n >= inodes/bucketSlots {
		t.Errorf("%d buckets are spare, more than were ever in use behind the first", n)
	}
}

// TestMatch compares the comparison of all tags at once with one after the other.
func TestMatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		var tags [bucketSlots]uint64
		var words [2]uint64
		for i := range tags {
			tags[i] = rng.Uint64N(4) // few, so that they are often equal
			words[i/8] |= tags[i] << (i % 8 * 8)
		}
		tag := rng.Uint64N(4)
		m := match(words[0], words[1], tag)
		if m != 0 && tags[slotOf(m)] != tag {
			t.Fatalf("tags %d: the first match for %d is slot %d", tags, tag, slotOf(m))
		}
		found := [bucketSlots]bool{}
		for ; m != 0; m &= m - 1 {
			found[slotOf(m)] = true
		}
		for i := range tags {
			if tags[i] == tag && !found[i] {
				t.Fatalf("tags %d: slot %d is no match for %d", tags, i, tag)
			}
		}
	}
}

// TestLines: a lookup reads one cache line of a bucket and one of an inode.
func TestLines(t *testing.T) {
	if a, b := unsafe.Sizeof(bucket{}), unsafe.Sizeof(Inode{}); a != 64 || b != 64 {
		t.Errorf("a bucket has %d bytes, an inode %d", a, b)
	}
}
