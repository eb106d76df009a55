package aide

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// An end says how a search ended that has found nothing.
type end struct {
	limit bool  // it made as many files, or pages, as it may
	left  int64 // bytes, also those that not everybody may take
	nodes uint64
	page  int64
	xfs   bool
	owner Owner
}

// look sees how full the file system is, and who has the block while it is.
func (e *end) look(r Request) error {
	f, err := os.Open(r.Dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return err
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &st); err != nil {
		return err
	}
	e.left, e.nodes, e.page = freeIn(&st, true), st.Ffree, int64(os.Getpagesize())
	e.xfs = st.Type == unix.XFS_SUPER_MAGIC
	e.owner, err = ownerOf(f, r.Block, e.page)
	return err
}

// why says why a search that has found nothing is no proof that the block was not given away; empty: it is one. With
// less free than a page, each block has an owner, and the files of the search were looked at. What is free by the count
// and not by the map may lie in a preallocation of ext4's; xfs has none that is no file's.
func (e *end) why() string {
	switch full := e.left < e.page; {
	case e.limit:
		return fmt.Sprintf("the limit of %d files, and pages of the last, was reached, and %d bytes are free", most, e.left)
	case e.owner == Unowned:
		return "the block is free, and no new file gets it"
	case e.owner == Metadata:
		return "the block is the file system's own now"
	case full, e.xfs && e.owner != Untold:
		return ""
	case e.nodes == 0:
		return fmt.Sprintf("there are no more inodes, and %d bytes are free", e.left)
	}
	return fmt.Sprintf("the file system has no room for a file of a page, and %d bytes are free", e.left)
}

// count sees what is free, and what directories and the files in them take.
func count(r Request, a *Answer) error {
	for _, dir := range r.Dirs {
		list, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		paths := []string{dir}
		for _, e := range list {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
		for _, path := range paths {
			var st unix.Stat_t
			if err := unix.Lstat(path, &st); err != nil {
				return err
			}
			a.Used += st.Blocks * 512 // in st_blocks's unit, see stat(3type)
		}
	}
	f, err := os.Open(r.Dirs[0])
	if err != nil {
		return err
	}
	defer f.Close()
	a.Free, err = free(f)
	return err
}
