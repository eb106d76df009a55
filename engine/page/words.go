//go:build !race

package page

import (
	"fmt"
	"runtime"
	"unsafe"

	"daxbench/engine/internal/sync"
	"golang.org/x/sys/unix"
)

// leastMapped is how many bytes of words are mapped rather than allocated: those of 2 GiB, one huge page. Only tests
// change it.
var leastMapped = 2 << 20

// makeWords gives the table the words of n pages, all zero. Many of them are a mapping of their own, which takes no memory
// where nobody has stored yet, and goes with the table. So the table must be reachable until the last call has returned;
// who calls Grab or Unpin, which are inlined, sees to that with runtime.KeepAlive, or has the table in a place that stays.
//
// Note: the Go heap, too, leaves new memory as it comes from the kernel, but clears what a table had before: the second
// table of a 1 TiB region took a second, and 1 GiB of memory. It also counts it as used: the next garbage collection would
// wait for another 1 GiB of garbage.
//
// Note: huge pages make a pin on any page of 16 GiB take 0.80 [0.78, 0.81] of the time that it takes without, of 256 GiB 0.68
// [0.66, 0.71]. For that the first pin within 2 GiB waits until the kernel has found and cleared 2 MiB: 8 to 65 ms where memory
// was short, and 7 µs without (virtual machine, Zen 4). So who times pins on a large region has to touch it before.
func (t *Table) makeWords(n int) error {
	size := n * int(unsafe.Sizeof(sync.Uint32{}))
	if size < leastMapped {
		t.words = make([]sync.Uint32, n)
		return nil
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("page: mapping %d bytes for the words of %d pages: %w; take a smaller region, or allow the process more addresses (ulimit -v)", size, n, err)
	}
	unix.Madvise(mem, unix.MADV_HUGEPAGE) // advice
	t.words = unsafe.Slice((*sync.Uint32)(unsafe.Pointer(unsafe.SliceData(mem))), n)
	runtime.AddCleanup(t, func(mem []byte) { unix.Munmap(mem) }, mem)
	return nil
}
