package aide

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An Owner says who has a block, by FS_IOC_GETFSMAP: ioctl_getfsmap(2).
type Owner string

// The owners. xfs without rmapbt, and ext4, know of most blocks only that they are not free.
const (
	Untold   Owner = ""         // the file system does not answer
	Unowned  Owner = "free"     // a part of it, at least
	Someone  Owner = "used"     // a file, or what the file system has of its own
	Inode    Owner = "a file"   // by its number
	Metadata Owner = "metadata" // the file system itself
)

// fsmap and fsmapHead are the structures of linux/fsmap.h.
type fsmap struct {
	device, flags                   uint32
	physical, owner, offset, length uint64
	_                               [3]uint64
}

type fsmapHead struct {
	_, _           uint32
	count, entries uint32
	_              [6]uint64
	low, high      fsmap
	records        [64]fsmap
}

// From linux/fsmap.h.
const (
	getFSMap     = 0xc0c0583b // FS_IOC_GETFSMAP: _IOWR('X', 59, struct fsmap_head), 192 bytes
	specialOwner = 0x10       // FMR_OF_SPECIAL_OWNER
	lastRecord   = 0x20       // FMR_OF_LAST
	ownFree      = 1          // FMR_OWN_FREE
	ownUnknown   = 2          // FMR_OWN_UNKNOWN
)

// ownerOf asks the file system who has the size bytes of its device from block on. It reads all records up to there:
// kernels before 6.5 leave out one that began before where the question does.
func ownerOf(f *os.File, block, size int64) (Owner, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return Untold, err
	}
	major, minor := unix.Major(st.Dev), unix.Minor(st.Dev)
	device := minor&0xff | major<<8 | minor&^0xff<<12 // new_encode_dev of linux/kdev_t.h
	var h fsmapHead
	h.low.device = device
	h.high = fsmap{device: device, flags: ^uint32(0), physical: uint64(block + size - 1), owner: ^uint64(0), offset: ^uint64(0)}
	owner := Untold
	for {
		h.count, h.entries = uint32(len(h.records)), 0
		switch _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), getFSMap, uintptr(unsafe.Pointer(&h))); errno {
		case 0:
		case unix.ENOTTY, unix.EOPNOTSUPP, unix.EPERM:
			return Untold, nil
		default:
			return Untold, fmt.Errorf("GETFSMAP: %w", errno)
		}
		list := h.records[:min(h.entries, h.count)]
		for i := range list {
			if r := &list[i]; r.device == device && r.physical < uint64(block+size) && r.physical+r.length > uint64(block) {
				owner = graver(owner, r.who())
			}
		}
		if len(list) == 0 || list[len(list)-1].flags&lastRecord != 0 {
			return owner, nil
		}
		h.low = list[len(list)-1]
	}
}

func (r *fsmap) who() Owner {
	switch {
	case r.flags&specialOwner == 0:
		return Inode
	case r.owner == ownFree:
		return Unowned
	case r.owner == ownUnknown:
		return Someone
	}
	return Metadata
}

// graver returns what is to be said of a block whose parts have two owners: that it is free, if any is.
func graver(a, b Owner) Owner {
	for _, o := range []Owner{Unowned, Metadata, Someone, Inode} {
		if a == o || b == o {
			return o
		}
	}
	return Untold
}
