package aide

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// resblks is struct xfs_fsop_resblks of fs/xfs/libxfs/xfs_fs.h.
type resblks struct{ wanted, available uint64 }

// From the same file.
const (
	setResblks = 0xc0105872 // XFS_IOC_SET_RESBLKS: _IOWR('X', 114, struct xfs_fsop_resblks)
	getResblks = 0x80105873 // XFS_IOC_GET_RESBLKS: _IOR('X', 115, struct xfs_fsop_resblks)
)

// reserve asks xfs how many blocks it keeps back. That, and to set it, needs root.
func reserve(r Request, a *Answer) error {
	var b resblks
	err := b.ioctl(r.Path, getResblks)
	a.Blocks = b.wanted
	return err
}

func setReserve(r Request, _ *Answer) error {
	b := resblks{wanted: r.Blocks}
	return b.ioctl(r.Path, setResblks)
}

func (b *resblks) ioctl(path string, request uintptr) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(b))); errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}
