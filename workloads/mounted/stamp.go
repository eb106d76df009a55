package mounted

import (
	"encoding/binary"
	"fmt"
)

// What files hold: each word of a file is its stamp, of 56 bits that no other file
// of the cell has but by chance. So a block that belongs to another file, or did,
// is found by any of its words.

// stamp returns the stamp of the n-th file of a worker. None of its bytes is 0.
func stamp(seed uint64, worker int, n int64) uint64 {
	x := seed ^ uint64(worker+1)<<48 ^ uint64(n)
	// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): one to one.
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return x | 0x0101010101010101
}

// stampPage fills a page.
func stampPage(page []byte, stamp uint64) {
	for i := 0; i < len(page); i += 8 {
		binary.LittleEndian.PutUint64(page[i:], stamp)
	}
}

// checkWhole looks for a word that is not the file's.
func checkWhole(data []byte, f *file) error {
	for i := 0; i < len(data); i += 8 {
		if w := binary.LittleEndian.Uint64(data[i:]); w != f.stamp {
			return foreign(f, i, w)
		}
	}
	return nil
}

// checkRaced looks for a byte that is neither the file's nor zero. Others may be
// writing or punching: a word can be half of each.
func checkRaced(data []byte, f *file) error {
	for i := 0; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		if w == f.stamp || w == 0 {
			continue
		}
		for shift := 0; shift < 64; shift += 8 {
			if b := byte(w >> shift); b != 0 && b != byte(f.stamp>>shift) {
				return foreign(f, i, w)
			}
		}
	}
	return nil
}

func foreign(f *file, offset int, w uint64) error {
	return fmt.Errorf("%w: %s has %#016x at byte %d, and its own is %#016x", ErrContent, &f.name, w, offset, f.stamp)
}
