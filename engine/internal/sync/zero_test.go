package sync_test

import (
	"runtime"
	gosync "sync"
	"sync/atomic"
	"testing"
	"unsafe"

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

// tears has clear clear words of all lengths at which its ends are not aligned, while another goroutine looks at them, and returns
// what that has seen if it is neither what a word was nor 0.
func tears(clear func([]sync.Uint32)) uint32 {
	const set = 0x01020304
	all := make([]sync.Uint32, 1026)
	var stop, torn atomic.Uint32
	var wg gosync.WaitGroup
	wg.Go(func() {
		for stop.Load() == 0 {
			for _, i := range []int{0, 1, 2, 3, 512, 513, 514, 515, 516} { // first and last words
				if w := all[i].Load(); w != 0 && w != set {
					torn.Store(w)
				}
			}
		}
	})
	for range 300 {
		for _, n := range []int{1, 2, 3, 513, 514} {
			for from := range 3 {
				words := all[from : from+n]
				for i := range words {
					words[i].Store(set)
				}
				clear(words)
			}
		}
	}
	stop.Store(1)
	wg.Wait()
	return torn.Load()
}

// TestZeroNeverTears: each word is what it was, or 0. What writes two halves does not pass, if there is time between them; of two
// stores in a row hardly anybody sees the first alone, so TestRagged holds what keeps the runtime from that.
func TestZeroNeverTears(t *testing.T) {
	if w := tears(sync.Zero); w != 0 {
		t.Errorf("a word was %#x", w)
	}
	halves := func(words []sync.Uint32) {
		for i := range words {
			words[i].And(0xffff)
			runtime.Gosched()
			words[i].Store(0)
		}
	}
	if runtime.NumCPU() > 1 && tears(halves) == 0 {
		t.Error("words that are written in halves pass")
	}
}

// TestRagged: what is between the ragged ends begins and ends at eight bytes, and the ends are one word at most.
func TestRagged(t *testing.T) {
	all := make([]sync.Uint32, 40)
	for from := range 4 {
		for n := range 20 {
			words := all[from : from+n]
			head, tail := sync.Ragged(words)
			if head > 1 || tail > 1 || head+tail > n || (n-head-tail)%2 != 0 {
				t.Fatalf("%d words from %d: %d before, %d behind", n, from, head, tail)
			}
			if n > head && uintptr(unsafe.Pointer(&words[head]))%8 != 0 {
				t.Fatalf("%d words from %d: behind the first %d they are not aligned", n, from, head)
			}
		}
	}
}
