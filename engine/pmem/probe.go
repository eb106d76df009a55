package pmem

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystem names the file system that f is on.
func fileSystem(f *os.File) string {
	var st unix.Statfs_t
	if unix.Fstatfs(int(f.Fd()), &st) != nil {
		return ""
	}
	switch uint32(st.Type) {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs"
	case unix.FUSE_SUPER_MAGIC:
		return "fuse"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlay"
	case unix.NFS_SUPER_MAGIC:
		return "nfs"
	}
	return fmt.Sprintf("%#x", uint32(st.Type))
}

// space returns the bytes free on the file system that f is on, those kept for root included, and how many of them f
// needs so as to have want. A file system that does not say has them all.
func space(f *os.File, want int64) (free, missing int64) {
	const all = 1<<63 - 1
	var disk unix.Statfs_t
	var file unix.Stat_t
	if unix.Fstatfs(int(f.Fd()), &disk) != nil || unix.Fstat(int(f.Fd()), &file) != nil || disk.Blocks == 0 {
		return all, 0 // zero blocks: a tmpfs without a limit
	}
	const sector = 512 // bytes: what st_blocks counts, whatever the disk's are
	return int64(disk.Bfree) * int64(disk.Bsize), want - file.Blocks*sector
}

// lockHolder returns " by process N" for the process that holds the flock on f, or nothing if the kernel does not say.
func lockHolder(f *os.File) string {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return ""
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF
		if w := strings.Fields(line); len(w) >= 6 && w[1] == "FLOCK" && w[5] == file {
			return " by process " + w[4]
		}
	}
	return ""
}
