// Package dax asks a file system whether files are accessed by DAX, and asks it to change that.
package dax

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Is reports whether statx says that a file is accessed by DAX. It follows symbolic links, and waits for the file system.
func Is(path string) (bool, error) { return is(unix.AT_FDCWD, path, 0) }

// IsOpen is Is for an open file.
func IsOpen(fd int) (bool, error) { return is(fd, "", unix.AT_EMPTY_PATH) }

func is(fd int, path string, flags int) (bool, error) {
	var st unix.Statx_t
	if err := unix.Statx(fd, path, flags, 0, &st); err != nil {
		return false, fmt.Errorf("statx %s: %w", path, err)
	}
	return st.Attributes&unix.STATX_ATTR_DAX != 0, nil
}

// Inherit sets FS_XFLAG_DAX on a folder, as chattr +x does: what is made in it from then on has the flag, too, and on a mount
// with dax=inode it is DAX. Errors: those of files, and of the call, where the file system has no such flag.
func Inherit(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return Change(int(f.Fd()), func(bool) bool { return true })
}

// Change changes FS_XFLAG_DAX of an open file: to is given the flag and returns what it is to be. It takes effect when the
// inode is next read in.
func Change(fd int, to func(on bool) bool) error {
	var x attributes
	if err := x.ioctl(fd, getAttributes); err != nil {
		return fmt.Errorf("FS_IOC_FSGETXATTR: %w", err)
	}
	on := to(x.flags&flagDAX != 0)
	x.flags &^= flagDAX
	if on {
		x.flags |= flagDAX
	}
	if err := x.ioctl(fd, setAttributes); err != nil {
		return fmt.Errorf("FS_IOC_FSSETXATTR: %w", err)
	}
	return nil
}

// attributes is struct fsxattr of include/uapi/linux/fs.h.
type attributes struct {
	flags, extSize, extents, project, cowExtSize uint32
	_                                            [8]byte
}

// From include/uapi/linux/fs.h, as amd64 and arm64 count; golang.org/x/sys/unix lacks them.
const (
	getAttributes = 0x801c581f // FS_IOC_FSGETXATTR: _IOR('X', 31, struct fsxattr)
	setAttributes = 0x401c5820 // FS_IOC_FSSETXATTR: _IOW('X', 32, struct fsxattr)
	flagDAX       = 0x8000     // FS_XFLAG_DAX
)

func (x *attributes) ioctl(fd int, request uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(x))); errno != 0 {
		return errno
	}
	return nil
}
