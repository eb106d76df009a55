package prefetch

import (
	"testing"
	"unsafe"
)

// TestLinesChangesNothing asks for lines that are there, and for some that are
// not, and wants nothing to have happened: all that the two twins have in common.
func TestLinesChangesNothing(t *testing.T) {
	mem := make([]byte, 3*64)
	for i := range mem {
		mem[i] = byte(i)
	}
	last := unsafe.Pointer(&mem[len(mem)-1])
	Lines(unsafe.Pointer(&mem[0]), last, last)
	Lines(nil, unsafe.Add(last, 1<<46), unsafe.Pointer(&mem[64]))
	for i := range mem {
		if mem[i] != byte(i) {
			t.Fatalf("byte %d is %d", i, mem[i])
		}
	}
}

// BenchmarkLines: what asking costs, where all is at hand.
func BenchmarkLines(b *testing.B) {
	mem := make([]byte, 3*64)
	for b.Loop() {
		Lines(unsafe.Pointer(&mem[0]), unsafe.Pointer(&mem[64]), unsafe.Pointer(&mem[128]))
	}
}
