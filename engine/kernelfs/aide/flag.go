package aide

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// xattr is struct fsxattr of include/uapi/linux/fs.h.
type xattr struct {
	flags, extSize, extents, project, cowExtSize uint32
	_                                            [8]byte
}

// The ioctls are _IOR('X', 31, 28 bytes) and _IOW('X', 32, 28 bytes), as amd64 and arm64 count them.
const (
	fsGetXattr = 0x801c581f
	fsSetXattr = 0x401c5820
	flagDAX    = 0x8000 // FS_XFLAG_DAX
)

// setDAX sets FS_XFLAG_DAX on a directory: files that are made in it from then on have it, too.
func setDAX(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var x xattr
	if err := ioctl(f, fsGetXattr, &x); err != nil {
		return err
	}
	x.flags |= flagDAX
	return ioctl(f, fsSetXattr, &x)
}

func ioctl(f *os.File, request uintptr, x *xattr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(x))); errno != 0 {
		return errno
	}
	return nil
}
