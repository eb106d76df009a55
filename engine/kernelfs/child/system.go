package child

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// Files that are written to.
const (
	dropCachesPath = "/proc/sys/vm/drop_caches"
	unbindPath     = "/sys/bus/nd/drivers/nd_pmem/unbind"
	poisonPath     = "/sys/kernel/debug/hwpoison/corrupt-pfn" // with CONFIG_HWPOISON_INJECT
)

// dropSlabs is what of Documentation/admin-guide/sysctl/vm.rst reclaims dentries and inodes.
const dropSlabs = "2"

func tell(path, text string) error {
	fd, err := openAt(path, unix.O_WRONLY)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return fmt.Errorf("write to %s: %w", path, err)
	}
	return nil
}

func dropCaches(*process, *request, *wire.Answer) error { return tell(dropCachesPath, dropSlabs) }

// unplug takes the driver from the device. The file system is told by the driver, if at all (MF_MEM_PRE_REMOVE).
func unplug(_ *process, r *request, _ *wire.Answer) error { return tell(unbindPath, r.Device) }

// poison is memory failure of the page that a pin had when it was taken.
func poison(_ *process, r *request, _ *wire.Answer) error {
	if r.PFN == 0 {
		return fmt.Errorf("it is not known which page of memory that is: %w", unix.ENXIO)
	}
	return tell(poisonPath, fmt.Sprintf("%#x", r.PFN))
}

// syncAll writes all of a file system back.
func syncAll(_ *process, r *request, _ *wire.Answer) error {
	fd, err := openAt(r.Path, unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return failed("syncfs", unix.Syncfs(fd))
}

func umount(_ *process, r *request, _ *wire.Answer) error {
	return failed("umount", unix.Unmount(r.Path, unix.UMOUNT_NOFOLLOW))
}

func mount(_ *process, r *request, _ *wire.Answer) error {
	flags, data := mountOptions(r.Mount)
	return failed("mount", unix.Mount(r.Device, r.Path, r.FS, flags, data))
}

// mountFlags are the options that mount(2) takes as flags; the rest is up to the file system. See mount(8).
var mountFlags = map[string]uintptr{
	"rw": 0, "ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
	"sync": unix.MS_SYNCHRONOUS, "dirsync": unix.MS_DIRSYNC, "nosymfollow": unix.MS_NOSYMFOLLOW, "noatime": unix.MS_NOATIME,
	"nodiratime": unix.MS_NODIRATIME, "relatime": unix.MS_RELATIME, "strictatime": unix.MS_STRICTATIME,
	"lazytime": unix.MS_LAZYTIME,
}

// mountOptions takes apart what /proc/PID/mountinfo says.
func mountOptions(text string) (flags uintptr, data string) {
	var rest []string
	for _, option := range strings.Split(text, ",") {
		flag, ok := mountFlags[option]
		if flags |= flag; !ok && option != "" {
			rest = append(rest, option)
		}
	}
	return flags, strings.Join(rest, ",")
}
