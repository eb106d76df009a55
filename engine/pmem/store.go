package pmem

import (
	"fmt"
	"unsafe"

	"daxbench/engine/internal/sync"
)

// A Tracer sees what is about to happen to a region: each method is called before its effect, by the goroutine that
// causes it. A tracer that panics thus cuts the power at that very point. Offsets are the traced region's.
type Tracer interface {
	Store(off int64, v uint64)
	Flush(off, n int64)
	Fence()
	Copy(off int64, p []byte) // p must not be kept
}

// SetTracer makes t see all stores, flushes and fences of this region, but not those of regions that share its
// mapping; nil ends it. For tests. No other call may run meanwhile.
func (r *Region) SetTracer(t Tracer) { r.tracer = t }

// Store64 stores v at off, which must be a multiple of 8, by one store. It is the unit of power-cut atomicity: storage
// holds the old eight bytes or the new ones. It is not durable before a Flush and a Fence.
//
// Note: plain and not atomic. An XCHG costs 2 ns, x86 keeps stores in order anyhow, and the compiler may at most drop
// a store that another overwrites at once, which a cache does too. On 32-bit processors it is two stores.
func (r *Region) Store64(off int64, v uint64) {
	if r.tracer != nil || off&7 != 0 {
		r.traceStore(off, v)
	}
	*(*uint64)(unsafe.Pointer(&r.mem[off])) = v // fits: off is aligned, and the region is whole pages
}

//go:noinline
func (r *Region) traceStore(off int64, v uint64) {
	if off&7 != 0 {
		panic(fmt.Sprintf("pmem: 8-byte store at %d, which is not aligned", off))
	}
	r.at(off, 8)
	r.tracer.Store(off, v)
}

// Flush starts writing back every cache line that holds one of the n bytes at off. What is flushed is durable after the
// next Fence.
func (r *Region) Flush(off, n int64) {
	p := r.at(off, n)
	if r.tracer != nil {
		r.tracer.Flush(off, n)
	}
	r.writeBack(p, off, n)
}

// writeBack is Flush untraced; p is the address of off.
func (r *Region) writeBack(p unsafe.Pointer, off, n int64) {
	if n == 0 {
		return
	}
	switch r.flush {
	case Msync:
		r.root.note(r.base+off, r.base+off+n)
	case Portable:
	default:
		writeBackLines(r.flush, p, uintptr(n))
	}
}

// Fence waits until everything that this goroutine has flushed or copied is durable. On a file it is msync, which can
// fail: see Err.
func (r *Region) Fence() {
	if r.tracer != nil {
		r.tracer.Fence()
	}
	switch r.flush {
	case Msync:
		r.root.sync()
	case Portable:
		var order sync.Uint32
		order.Store(1) // Go's atomics are sequentially consistent
	default:
		storeFence()
	}
}

// Persist makes the n bytes at off durable: Flush, then Fence.
func (r *Region) Persist(off, n int64) {
	r.Flush(off, n)
	r.Fence()
}

// CopyNT copies src to off, both whole cache lines, by stores that go round the cache where the processor has them:
// for whole pages that is about twice as fast as copying and flushing. It is durable after the next Fence. src may
// have any address outside the region.
func (r *Region) CopyNT(off int64, src []byte) {
	n := int64(len(src))
	if off%CacheLine != 0 || n%CacheLine != 0 {
		panic(fmt.Sprintf("pmem: copy of %d bytes to %d is not in whole cache lines", n, off))
	}
	p := r.at(off, n)
	if r.tracer != nil {
		r.tracer.Copy(off, src)
	}
	if n == 0 {
		return
	}
	if r.copy == NTStore {
		copyLines(p, unsafe.Pointer(&src[0]), uintptr(n))
		return
	}
	copy(r.mem[off:], src)
	r.writeBack(p, off, n)
}
