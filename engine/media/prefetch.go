package media

import (
	"unsafe"

	"daxbench/engine/internal/prefetch"
)

// Prefetch asks the processor for what Read of an inode will look at: what memory knows of it, and both copies of its
// record. The caller need not have the inode.
func (fs *FS) Prefetch(ino Ino) {
	if ino == 0 || uint32(ino) > fs.inodes {
		return
	}
	off := copyOff(ino, 0)
	prefetch.Lines(unsafe.Pointer(&fs.cores[fs.slot(ino)]), unsafe.Pointer(&fs.mem[off]), unsafe.Pointer(&fs.mem[off+copySize]))
}
