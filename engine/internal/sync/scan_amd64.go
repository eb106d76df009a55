//go:build !race && !daxshort

package sync

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// skipClear returns how many words from the first on have no bit of mask; there may be more such words behind them.
//
// It loads four words at a time. That this does as well as one atomic load for each rests on two things:
//
// No word is torn. A VMOVDQA with VEX.128 prefix from an address aligned to its 16 bytes in write-back memory, as is
// all of a process's that it can have words in, is one atomic access on processors of either maker that have AVX: Intel
// SDM volume 3A, "Guaranteed Atomic Operations"; AMD APM volume 2, "Access Atomicity". No manual promises that for 32
// or 64 bytes, or for their parts.
//
// No load is too early. In such memory loads of any width are not reordered with each other or with locked
// instructions (Intel SDM volume 3A, "Memory Ordering in P6 and More Recent Processor Families"; AMD APM volume 2,
// "Multiprocessor Memory Access Ordering"), and the compiler moves nothing across a call of assembly. So who moved a
// gate by a locked instruction, and then scans, finds each pin whose taker did not see the gate moved.
//
// VEX.128 instructions leave the upper halves of the registers clear, so there is no VZEROUPPER.
//
// The race detector sees nothing of what assembly loads; with it, skipClearByOne takes its place.
//
// Note: with loads of 32 and 64 bytes 512 words take 19 and 15 ns in place of 32, and 262,144 take 13.2 and 12.3 µs in
// place of 16.1; one by one, 200 ns and 97 µs (Zen 4, medians by turns).
func skipClear(words []Uint32, mask uint32) int {
	const width = 16 / unsafe.Sizeof(Uint32{})
	head := int(-uintptr(unsafe.Pointer(unsafe.SliceData(words))) / unsafe.Sizeof(Uint32{}) % width)
	if !cpu.X86.HasAVX || len(words) < head+int(width) {
		return skipClearByOne(words, mask)
	}
	for i := range head {
		if words[i].LoadFree()&mask != 0 {
			return i
		}
	}
	for n := head; ; {
		part := words[n:min(n+stretch, len(words))]
		if len(part) < int(width) {
			return n
		}
		k := skipClearAVX(&part[0], len(part), mask)
		if n += k; k < stretch {
			return n
		}
	}
}

// stretch is how many words are looked at in one go, some 16 µs, in which nobody can interrupt the thread: the pages of
// 1 GiB, and a multiple of what a vector load takes.
const stretch = 1 << 18

// skipClearAVX is skipClear for n words from p on, which is aligned to 16 bytes. It returns a multiple of four.
//
//go:noescape
func skipClearAVX(p *Uint32, n int, mask uint32) int
