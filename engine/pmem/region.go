package pmem

import (
	"fmt"
	"os"
	"unsafe"

	"daxbench/engine/internal/sync"
)

const (
	PageSize  = 4096 // bytes: a page frame, and a block of the file system
	CacheLine = 64   // bytes: the unit of write-back

	// Magic is what every region starts with once it is formatted, and what Open knows one by.
	Magic = "DAXBENCH"
)

// IsRegion reports whether head, the first bytes of a file or device, are those of a formatted region.
func IsRegion(head []byte) bool {
	return len(head) >= len(Magic) && string(head[:len(Magic)]) == Magic
}

// A Region is a range of mapped persistent memory. Offsets count from its own start, also in a slice of another
// region. All methods but SetTracer and Close are safe for concurrent use; two stores to one place need the
// caller's lock, as in any memory.
type Region struct {
	mem    []byte    // page-aligned; whole pages
	flush  WriteBack // how Flush does it; never Auto
	copy   PageCopy
	tracer Tracer // nil but in tests

	root   *mapping
	base   int64 // bytes: where mem starts in root.mem
	isRoot bool  // Close unmaps
}

// A mapping is what a region and its slices share: the mapped memory, and what must be known to make a file durable.
type mapping struct {
	mem  []byte   // whole mapping, on devdax longer than the region
	file *os.File // holds the lock on the file; a memfd's own descriptor
	info Info
	host *host

	syncing sync.RWSem      // held across msync
	waits   *sync.WaitTable // for it
	mu      sync.Mutex      // guards the three below
	lo, hi  int64           // bytes: what was flushed since the last fence, as one span; empty if lo == hi. Msync only
	err     error           // first failure of msync
}

// Bytes returns the region's memory. Stores through it are not traced.
func (r *Region) Bytes() []byte { return r.mem }

// Size returns the region's bytes.
func (r *Region) Size() int64 { return int64(len(r.mem)) }

// Info returns what the region is mapped from and which paths it takes.
func (r *Region) Info() Info {
	info := r.root.info
	info.Size = r.Size()
	return info
}

// Slice returns size bytes at off as a region of their own, on the same mapping, without a tracer. It lives as long as
// the region it was cut from. Both numbers must be whole pages, or the error is ErrBadSize; past the end it is
// ErrTooSmall.
func (r *Region) Slice(off, size int64) (*Region, error) {
	if off < 0 || size <= 0 || off%PageSize != 0 || size%PageSize != 0 {
		return nil, fmt.Errorf("pmem: slice of %d bytes at %d: %w: both must be multiples of %d",
			size, off, ErrBadSize, PageSize)
	}
	if off > r.Size() || size > r.Size()-off {
		return nil, fmt.Errorf("pmem: slice of %d bytes at %d: %w: it has %d bytes", size, off, ErrTooSmall, r.Size())
	}
	mem := r.mem[off : off+size : off+size]
	return &Region{mem: mem, flush: r.flush, copy: r.copy, root: r.root, base: r.base + off}, nil
}

// Close unmaps the region and its slices, which must not be used any more, and gives the file free. It returns what Err
// had to say. Closing a slice does nothing, nor does closing twice.
func (r *Region) Close() error {
	if !r.isRoot || r.mem == nil {
		return nil
	}
	r.mem = nil
	return r.root.close()
}

// at returns the address of byte off, having checked that the n bytes there are the region's. It panics if not: an
// offset is never a user's.
func (r *Region) at(off, n int64) unsafe.Pointer {
	if off < 0 || n < 0 || off > r.Size()-n {
		panic(fmt.Sprintf("pmem: %d bytes at %d are outside a region of %d", n, off, r.Size()))
	}
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(r.mem)), off)
}
