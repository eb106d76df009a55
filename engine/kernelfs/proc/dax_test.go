package proc

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// askDAX sets FS_XFLAG_DAX of a folder: files made in it are DAX then. The numbers are those of include/uapi/linux/fs.h.
func askDAX(fd int) error {
	const get, set, xflagDAX = 0x801c581f, 0x401c5820, 0x8000
	var attr struct {
		xflags, extsize, nextents, projid, cowextsize uint32
		_                                             [8]byte
	}
	for _, call := range []uintptr{get, set} {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), call, uintptr(unsafe.Pointer(&attr))); errno != 0 {
			return errno
		}
		attr.xflags |= xflagDAX
	}
	return nil
}
