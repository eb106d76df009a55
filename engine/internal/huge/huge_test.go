package huge

import (
	"testing"
	"unsafe"
)

// TestMake wants zero values, of which each is its own.
func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, 100, PageSize / 24, 3*PageSize/24 + 1} {
		s := Make[[3]uint64](n)
		if len(s) != n {
			t.Fatalf("%d values, want %d", len(s), n)
		}
		for i := range s {
			if s[i] != [3]uint64{} {
				t.Fatalf("value %d of %d is %d", i, n, s[i])
			}
			s[i][1] = uint64(i)
		}
		for i := range s {
			if s[i][1] != uint64(i) {
				t.Fatalf("value %d of %d is %d", i, n, s[i])
			}
		}
	}
}

// TestMakeAligns: from 4 KiB on the first value is at the beginning of a cache
// line, pointers or not.
func TestMakeAligns(t *testing.T) {
	type line struct {
		next *line
		_    [56]byte
	}
	for n := minAligned / 64; n < 5000; n += 61 {
		if a, b := &Make[line](n)[0], &Make[[64]byte](n)[0]; uintptr(unsafe.Pointer(a))%64 != 0 || uintptr(unsafe.Pointer(b))%64 != 0 {
			t.Fatalf("%d lines begin at %p and %p", n, a, b)
		}
	}
}

// TestWhole: what is advised lies within, begins and ends with a huge page, and
// leaves less than one at either end.
func TestWhole(t *testing.T) {
	mem := make([]byte, 4*PageSize)
	for _, tt := range []struct{ from, n int }{{0, 4 * PageSize}, {1, 3 * PageSize}, {PageSize / 2, PageSize}, {4096, 2*PageSize + 17}, {5, 10}} {
		b := mem[tt.from : tt.from+tt.n]
		w := whole(b)
		lo, hi := uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&b[0]))+uintptr(len(b))
		first := (lo + PageSize - 1) / PageSize * PageSize
		want := max(0, (int(hi)-int(first))/PageSize*PageSize)
		if len(w) != want {
			t.Fatalf("%+v: %d bytes are whole pages, want %d", tt, len(w), want)
		}
		if len(w) > 0 && uintptr(unsafe.Pointer(&w[0])) != first {
			t.Fatalf("%+v: whole pages begin at %p, want %#x", tt, &w[0], first)
		}
	}
}
