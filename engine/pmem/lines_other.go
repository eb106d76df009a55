//go:build !amd64

package pmem

import "unsafe"

// detect offers the portable path only.
//
// Note: arm64 has DC CVAP, but no processor with persistent memory to try it on.
func detect() Processor { return Processor{Flush: Portable, PageCopy: CopyFlush} }

func writeBackLines(w WriteBack, _ unsafe.Pointer, _ uintptr) {
	panic("pmem: no write-back by " + w.String() + " on this processor")
}

func storeFence() { panic("pmem: no store fence on this processor") }

func copyLines(_, _ unsafe.Pointer, _ uintptr) {
	panic("pmem: no non-temporal stores on this processor")
}
