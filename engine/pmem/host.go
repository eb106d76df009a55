package pmem

import (
	"os"

	"golang.org/x/sys/unix"
)

// A host is what mapping a region asks of the machine. Tests make parts of it fail, or put a fake in their place.
type host struct {
	openFile  func(name string, flag int, perm os.FileMode) (*os.File, error)
	memfd     func(name string, flags int) (int, error)
	flock     func(fd, how int) error
	fallocate func(fd int, mode uint32, off, size int64) error
	ftruncate func(fd int, size int64) error
	mmap      func(fd int, off int64, size, prot, flags int) ([]byte, error)
	munmap    func(mem []byte) error
	madvise   func(mem []byte, advice int) error
	msync     func(mem []byte, flags int) error

	sys string // where sysfs is mounted
}

func linux() *host {
	return &host{
		openFile:  os.OpenFile,
		memfd:     unix.MemfdCreate,
		flock:     unix.Flock,
		fallocate: unix.Fallocate,
		ftruncate: unix.Ftruncate,
		mmap:      unix.Mmap,
		munmap:    unix.Munmap,
		madvise:   unix.Madvise,
		msync:     unix.Msync,
		sys:       "/sys",
	}
}
