package sync_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	gosync "sync"
	"sync/atomic"
	"testing"

	"daxbench/engine/internal/sync"
)

// slack is how many clear words before the first other one a skip may leave to FirstSet.
const slack = 3

// checkSkip holds skip to its contract on these words.
func checkSkip(skip func([]sync.Uint32, uint32) int, words []sync.Uint32, mask uint32) error {
	first := 0
	for first < len(words) && words[first].Load()&mask == 0 {
		first++
	}
	if n := skip(words, mask); n > first || n < first-slack {
		return fmt.Errorf("skips %d of %d words, the first with a bit of %#x is %d", n, len(words), mask, first)
	}
	if n := sync.FirstSet(words, mask); n != first {
		return fmt.Errorf("FirstSet of %d words is %d, the first with a bit of %#x is %d", len(words), n, mask, first)
	}
	return nil
}

// checkSkips tries all alignments, the lengths at which a loop begins or ends, and every place for a bit.
func checkSkips(skip func([]sync.Uint32, uint32) int) error {
	all := make([]sync.Uint32, 80)
	for align := range 5 {
		for n := range 70 {
			if n > 9 && n < 30 || n > 38 && n < 62 {
				continue
			}
			words := all[align : align+n]
			for busy := range n + 1 { // n: none
				for _, bit := range []uint32{1, 1 << 31} {
					around := all[align : align+n+1] // the word behind is never to be looked at
					around[n].Store(bit)
					around[busy].Store(bit)
					err := checkSkip(skip, words, bit)
					if err == nil {
						err = checkSkip(skip, words, ^bit) // which no word has
					}
					around[busy].Store(0)
					around[n].Store(0)
					if err != nil {
						return fmt.Errorf("aligned to %d words, bit in word %d: %w", align, busy, err)
					}
				}
			}
		}
	}
	return nil
}

func TestSkipsAgree(t *testing.T) {
	for name, skip := range map[string]func([]sync.Uint32, uint32) int{
		"vectors": sync.SkipClear, "one by one": sync.SkipClearByOne,
	} {
		if err := checkSkips(skip); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, broken := range map[string]func([]sync.Uint32, uint32) int{
		"looks at nothing": func(words []sync.Uint32, _ uint32) int { return len(words) },
		"forgets the mask": func(words []sync.Uint32, _ uint32) int { return sync.SkipClear(words, ^uint32(0)) },
		"skips one more": func(words []sync.Uint32, mask uint32) int {
			return min(len(words), sync.SkipClear(words, mask)+1)
		},
		"gives up early": func(words []sync.Uint32, mask uint32) int { return min(16, sync.SkipClear(words, mask)) },
	} {
		if checkSkips(broken) == nil {
			t.Errorf("a scan that %s passes", name)
		}
	}
}

// TestFirstSetFar goes past what is looked at in one go.
func TestFirstSetFar(t *testing.T) {
	words := make([]sync.Uint32, 3<<18)
	for _, busy := range []int{0, 1<<18 - 1, 1 << 18, 1<<18 + 1, 2<<18 + 5, len(words) - 1} {
		words[busy].Store(4)
		for _, from := range []int{0, 1, 2, 3} {
			if n, want := sync.FirstSet(words[from:], 4), busy-from; n != want && want >= 0 {
				t.Errorf("from %d: %d, want %d", from, n, want)
			}
		}
		words[busy].Store(0)
	}
	if n := sync.FirstSet(words, ^uint32(0)); n != len(words) {
		t.Errorf("%d, want none", n)
	}
}

// TestFirstSetNeverTears scans for a word that another goroutine changes between two values without a common bit: half
// of one and half of the other can be 0.
func TestFirstSetNeverTears(t *testing.T) {
	words := make([]sync.Uint32, 64)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		busy := rng.IntN(len(words))
		words[busy].Store(0xffff)
		var stop atomic.Bool
		var wg gosync.WaitGroup
		wg.Go(func() {
			for !stop.Load() {
				words[busy].Store(0xffff0000)
				words[busy].Store(0x0000ffff)
			}
		})
		for range 2000 {
			if n := sync.FirstSet(words, ^uint32(0)); n != busy {
				t.Errorf("%d, want %d", n, busy)
				break
			}
		}
		stop.Store(true)
		wg.Wait()
		words[busy].Store(0)
	}
}

func FuzzFirstSet(f *testing.F) {
	f.Add([]byte{}, uint32(1), uint8(0))
	f.Add(make([]byte, 1000), ^uint32(0), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, mask uint32, align uint8) {
		words := make([]sync.Uint32, int(align)+len(data)/4)[align:]
		for i := range words {
			words[i].Store(binary.LittleEndian.Uint32(data[4*i:]))
		}
		for _, skip := range []func([]sync.Uint32, uint32) int{sync.SkipClear, sync.SkipClearByOne} {
			if err := checkSkip(skip, words, mask); err != nil {
				t.Error(err)
			}
		}
	})
}
