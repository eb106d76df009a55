package proc

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An Extent is a run of blocks of a file. Bytes.
type Extent struct {
	Logical, Physical, Length int64
	Flags                     uint32
}

// Flags of an Extent, see include/uapi/linux/fiemap.h.
const (
	ExtentLast      = 0x1    // the last of the file
	ExtentUnknown   = 0x2    // Physical is not known
	ExtentDelalloc  = 0x4    // no blocks yet
	ExtentInline    = 0x200  // among metadata
	ExtentUnwritten = 0x800  // allocated, reads as zeros
	ExtentShared    = 0x2000 // with other files
)

// fiemap and fiemapExtent are the structures of the kernel.
type fiemap struct {
	start, length                  uint64
	flags, mapped, count, reserved uint32
	extents                        [64]fiemapExtent
}

type fiemapExtent struct {
	logical, physical, length uint64
	_                         [2]uint64
	flags                     uint32
	_                         [3]uint32
}

// ioctlFiemap is _IOWR('f', 11, 32 bytes), as amd64 and arm64 count it.
const ioctlFiemap = 0xc020660b

// Extents asks the file system where a file lies, without a sync before. It waits for locks of the inode: who may not get
// stuck lets a child ask.
func Extents(fd int) (all []Extent, err error) {
	var m fiemap
	for {
		m = fiemap{start: m.start, length: ^uint64(0) - m.start, count: uint32(len(m.extents))}
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), ioctlFiemap, uintptr(unsafe.Pointer(&m))); errno != 0 {
			return nil, fmt.Errorf("FIEMAP: %w", errno)
		}
		for _, e := range m.extents[:min(m.mapped, m.count)] {
			all = append(all, Extent{int64(e.logical), int64(e.physical), int64(e.length), e.flags})
			m.start = e.logical + e.length
		}
		if m.mapped == 0 || all[len(all)-1].Flags&ExtentLast != 0 {
			return all, nil
		}
	}
}
