package vm

import (
	"fmt"
	"slices"
	"strings"
)

// A FileSystem is one way to make and mount a file system.
type FileSystem struct {
	Name  string // xfs, xfs-noreflink, xfs-nodax, ext4, ext4-nodax
	Type  string // xfs, ext4
	About string

	program string   // that makes it
	from    string   // Debian's package of it
	mkfs    []string // its arguments; the device comes after them
	mount   string   // options
	size    int      // MiB
}

// Sizes in MiB: mkfs.xfs refuses less than 300, and scenarios fill all of it, so no more than that takes. Both are multiples
// of 128 MiB, a memory section: pmem of others is cut short by the kernel.
const (
	xfsSize  = 384
	ext4Size = 256
)

// fileSystems are in order of their names. Options of mkfs: XFS shares blocks, as mkfs.xfs makes it by itself, but kernels
// before 6.0 do not mount that with DAX; two allocation groups are the fewest that mkfs.xfs makes, and a free block is soon
// given away again when there are few; a block of ext4 must be a page for DAX, and blocks in reserve would never be given away.
var fileSystems = []FileSystem{
	{Name: "ext4", Type: "ext4", About: "ext4, DAX", program: "mke2fs", from: "e2fsprogs", mkfs: ext4Args, mount: daxInode, size: ext4Size},
	{Name: "ext4-nodax", Type: "ext4", About: "ext4 with a page cache: the control", program: "mke2fs", from: "e2fsprogs", mkfs: ext4Args, mount: daxNever, size: ext4Size},
	{Name: "xfs", Type: "xfs", About: "XFS, DAX, with reflinks: kernels from 6.0 on", program: "mkfs.xfs", from: "xfsprogs", mkfs: xfsArgs("reflink=1"), mount: daxInode, size: xfsSize},
	{Name: "xfs-nodax", Type: "xfs", About: "XFS with a page cache: the control", program: "mkfs.xfs", from: "xfsprogs", mkfs: xfsArgs("reflink=1"), mount: daxNever, size: xfsSize},
	{Name: "xfs-noreflink", Type: "xfs", About: "XFS, DAX, without reflinks: older kernels, too", program: "mkfs.xfs", from: "xfsprogs", mkfs: xfsArgs("reflink=0,rmapbt=0"), mount: daxInode, size: xfsSize},
}

// Mount options. With dax=inode a file is DAX if its folder says so, which the guest makes the root of the file system say.
const (
	daxInode = "dax=inode"
	daxNever = "dax=never"
)

var ext4Args = []string{"-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0"}

func xfsArgs(meta string) []string { return []string{"-q", "-f", "-m", meta, "-d", "agcount=2"} }

// FileSystems lists the file systems that a guest can make.
func FileSystems() []FileSystem { return slices.Clone(fileSystems) }

// FileSystemNames lists their names.
func FileSystemNames() (names []string) {
	for _, f := range fileSystems {
		names = append(names, f.Name)
	}
	return names
}

// LookupFileSystem finds one by its name.
func LookupFileSystem(name string) (FileSystem, error) {
	for _, f := range fileSystems {
		if f.Name == name {
			return f, nil
		}
	}
	return FileSystem{}, fmt.Errorf("unknown file system %q; known: %s", name, strings.Join(FileSystemNames(), ", "))
}
