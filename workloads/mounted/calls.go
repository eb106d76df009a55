package mounted

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// System calls on the measured path. Those of golang.org/x/sys/unix that take a
// name allocate; a cname does not.

// pageSize is that of the files' pages and of DAX mappings.
const pageSize = 4096

// A cname is a file name that ends in NUL.
type cname [16]byte

func newCname(prefix byte, i int) (n cname) {
	copy(n[:len(n)-1], fmt.Sprintf("%c%d", prefix, i))
	return n
}

func (n *cname) String() string { return unix.ByteSliceToString(n[:]) }

func openat(dir int, name *cname, flags int) (int, error) {
	for {
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(name)), uintptr(flags|unix.O_CLOEXEC), 0o600, 0, 0)
		if errno == 0 {
			return int(fd), nil
		}
		if errno != unix.EINTR {
			return -1, &callError{"open", name, errno}
		}
	}
}

func unlinkat(dir int, name *cname) error {
	if _, _, errno := unix.Syscall(unix.SYS_UNLINKAT, uintptr(dir), uintptr(unsafe.Pointer(name)), 0); errno != 0 {
		return &callError{"unlink", name, errno}
	}
	return nil
}

// pwrite writes all of data.
func pwrite(f *file, data []byte, offset int64) error {
	for len(data) > 0 {
		n, err := unix.Pwrite(f.fd, data, offset)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return &callError{"write", &f.name, err}
		}
		data, offset = data[n:], offset+int64(n)
	}
	return nil
}

// pread reads up to the end of data or of the file.
func pread(f *file, data []byte, offset int64) (n int, err error) {
	for n < len(data) {
		k, err := unix.Pread(f.fd, data[n:], offset+int64(n))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return n, &callError{"read", &f.name, err}
		}
		if k == 0 {
			break
		}
		n += k
	}
	return n, nil
}

// mmap maps the first pages of a file, shared; with sync, so that stores are
// persistent without a system call.
func mmap(f *file, pages int, sync bool) (err error) {
	flags := unix.MAP_SHARED
	if sync {
		flags = unix.MAP_SHARED_VALIDATE | unix.MAP_SYNC
	}
	f.mapped, err = unix.MmapPtr(f.fd, 0, nil, uintptr(pages)*pageSize, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return &callError{"mmap", &f.name, err}
	}
	return nil
}

func munmap(f *file, pages int) error {
	p := f.mapped
	f.mapped = nil
	if err := unix.MunmapPtr(p, uintptr(pages)*pageSize); err != nil {
		return &callError{"munmap", &f.name, err}
	}
	return nil
}

// populate takes a page fault on one page of a mapping without a load or store of
// its own, which would end in SIGBUS where the file ends before it. It reports
// false then. Error: unix.EINVAL before Linux 5.14.
func populate(f *file, page int, write bool) (bool, error) {
	advice := uintptr(unix.MADV_POPULATE_READ)
	if write {
		advice = unix.MADV_POPULATE_WRITE
	}
	for {
		_, _, errno := unix.Syscall(unix.SYS_MADVISE, uintptr(unsafe.Add(f.mapped, page*pageSize)), pageSize, advice)
		switch errno {
		case 0:
			return true, nil
		case unix.EINTR, unix.EAGAIN:
		case unix.EFAULT:
			return false, nil
		default:
			return false, &callError{"madvise", &f.name, errno}
		}
	}
}

// A callError says which call failed. It is made without formatting anything: it
// may come on the measured path.
type callError struct {
	call string
	name *cname
	err  error
}

func (e *callError) Error() string { return e.call + " " + e.name.String() + ": " + e.err.Error() }
func (e *callError) Unwrap() error { return e.err }
