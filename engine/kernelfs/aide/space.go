package aide

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/proc"
)

// step is the smallest piece of space that fill reaches for.
const step = 64 << 10

// perName is what an empty file may take, its inode and its name in a directory: xfs's inode has 512 bytes and ext4's 256, see
// mkfs.xfs(8) and mke2fs.conf(5), and both are made by the block.
const perName = 1 << 10

// fill lets a file take all the free space but Keep bytes, or gives some back. Before, it makes the empty files that a
// search takes: neither their names nor their inodes need a block then, which could be the one that is sought.
func fill(r Request, a *Answer) error {
	f, err := filler(r)
	if err != nil {
		return err
	}
	if f != unnamed {
		defer f.Close()
	}
	if err := makeRoom(f, r.Keep+int64(r.Names)*perName); err != nil {
		return err
	}
	if err := makeNames(r); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	for part := int64(1) << 40; part >= step; {
		if a.Free, err = free(f); err != nil {
			return err
		}
		part = min(part, (a.Free-r.Keep)/step*step)
		if r.Most > 0 {
			part = min(part, (r.Most-size)/step*step)
		}
		if part < step {
			break
		}
		switch err := unix.Fallocate(int(f.Fd()), 0, size, part); err {
		case nil:
			size += part
		case unix.ENOSPC:
			part /= 2
		case unix.EINTR:
		default:
			return fmt.Errorf("fallocate: %w", err)
		}
	}
	err = unix.Syncfs(int(f.Fd()))
	a.Free, _ = free(f)
	return err
}

// makeRoom makes the file that fills the file system smaller, if there are not so many bytes free.
func makeRoom(f *os.File, wanted int64) error {
	have, err := free(f)
	if err != nil || have >= wanted {
		return err
	}
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	return f.Truncate(max(0, info.Size()-roundUp(wanted-have)))
}

func makeNames(r Request) error {
	for n := range r.Names {
		f, err := os.OpenFile(r.nth(n), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		f.Close()
	}
	return nil
}

// unnamed is a file that has no name. What it takes is free when this process is gone, however that came.
var unnamed *os.File

// filler opens the file that fill is to make larger or smaller. Error: EOPNOTSUPP if the file system has none without names.
func filler(r Request) (_ *os.File, err error) {
	if !r.Unnamed {
		return os.OpenFile(r.Path, os.O_CREATE|os.O_RDWR, 0o600)
	}
	if unnamed == nil {
		unnamed, err = os.OpenFile(r.Path, unix.O_TMPFILE|os.O_RDWR, 0o600)
	}
	return unnamed, err
}

func roundUp(n int64) int64 { return (n + step - 1) / step * step }

// nth is the path of one of the files that a search makes. No scenario has such a name.
func (r *Request) nth(n int) string { return filepath.Join(r.Dir, fmt.Sprintf("~%d", n)) }

// free is how many bytes are free for us, after the file system did what it had put off.
func free(f *os.File) (int64, error) {
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return 0, err
	}
	var st unix.Statfs_t
	err := unix.Fstatfs(int(f.Fd()), &st)
	return freeIn(&st, os.Geteuid() == 0), err
}

// freeIn is how many bytes are free: root may take what ext4 keeps back for root.
func freeIn(st *unix.Statfs_t, root bool) int64 {
	if root {
		return int64(st.Bfree) * st.Bsize
	}
	return int64(st.Bavail) * st.Bsize
}

const (
	// rounds is how often seek fills the file system: xfs frees blocks in the background.
	rounds = 3
	// most is how many files a round makes, and pages it lets the last one grow: 32 times what 1 MiB of free space takes.
	most = 8192
)

// seek makes small files until one of them has the block, and gives that its name. Those that came to nothing are
// removed, and so is what had the name before. It makes no directory of its own: that could be who gets the block.
func seek(r Request, a *Answer) error {
	if err := os.Remove(r.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for round := range rounds {
		var e end
		a.Owner, a.Undecided = "", "" // what the last round came to is of no interest any more
		made, won, err := seekOnce(r, a, &e)
		if won != "" {
			err = errors.Join(err, os.Rename(won, r.Path))
		}
		for i, path := range made {
			switch {
			case path == won:
			case i < r.Names:
				err = errors.Join(err, os.Truncate(path, 0))
			default:
				err = errors.Join(err, os.Remove(path))
			}
		}
		if err = errors.Join(err, settle(r, &e)); err != nil || won != "" {
			return err
		}
		a.Owner, a.Undecided = e.owner, e.why()
		if r.Once && e.owner != Unowned { // else it has become free meanwhile, as with a commit of a journal
			return nil
		}
		time.Sleep(time.Duration(round+1) * 20 * time.Millisecond)
	}
	return nil
}

// settle lets the file system do what it had put off, and looks again who has the block.
func settle(r Request, e *end) error {
	f, err := os.Open(r.Dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return err
	}
	owner, err := ownerOf(f, r.Block, int64(os.Getpagesize()))
	e.owner = graver(e.owner, owner)
	return err
}

// seekOnce fills the file system once. When files of the size that is wanted find no room, smaller ones may, and then
// one that grows: that needs less space in reserve than a new one.
func seekOnce(r Request, a *Answer, e *end) (made []string, won string, err error) {
	for n, pages := 0, max(1, r.Pages); ; n++ {
		if n == most {
			e.limit = true
			return made, "", e.look(r)
		}
		path := r.nth(n)
		is, found, err := try(r, a, path, pages)
		if is {
			made = append(made, path)
			a.Tried++
		}
		switch {
		case found:
			return made, path, nil
		case err == nil:
		case errno(err) != unix.ENOSPC:
			return made, "", err
		case pages == 1:
			if len(made) > 0 {
				last := made[len(made)-1]
				if found, err = grow(r, a, e, last); found {
					return made, last, err
				} else if err != nil {
					return made, "", err
				}
			}
			return made, "", e.look(r)
		default:
			pages = 1
		}
	}
}

// grow lets a file take what is left, and looks whether it has the block now.
func grow(r Request, a *Answer, e *end, path string) (found bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	page := bytes.Repeat([]byte{r.Fill}, os.Getpagesize())
	for range most {
		if _, err = f.Write(page); err != nil {
			break
		}
	}
	if e.limit = err == nil; err != nil && errno(err) != unix.ENOSPC {
		return false, err
	}
	return has(r, a, f)
}

// whose finds the file in some directories that has a block.
func whose(r Request, a *Answer) error {
	for _, dir := range r.Dirs {
		list, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range list {
			if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || info.Size() == 0 || slices.Contains(r.But, e.Name()) {
				continue
			}
			f, err := os.Open(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			extents, err := proc.Extents(int(f.Fd()))
			f.Close()
			if err != nil {
				return err
			}
			if a.Page, a.Found = pageAt(extents, r.Block, int64(os.Getpagesize())); a.Found {
				a.Path = e.Name()
				return nil
			}
		}
	}
	return nil
}

// try makes one file and looks whether it has the block. A write that comes short owns blocks, too. It may be that there
// is no room for as much as a name.
func try(r Request, a *Answer, path string, pages int) (is, found bool, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return false, false, err
	}
	defer f.Close()
	_, werr := f.Write(bytes.Repeat([]byte{r.Fill}, pages*os.Getpagesize()))
	if found, err = has(r, a, f); err == nil && !found {
		err = werr
	}
	return true, found, err
}

// has reports whether a file has the block.
func has(r Request, a *Answer, f *os.File) (bool, error) {
	list, err := proc.Extents(int(f.Fd()))
	if err != nil {
		return false, err
	}
	page, found := pageAt(list, r.Block, int64(os.Getpagesize()))
	if !found {
		return false, nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return false, err
	}
	a.Found, a.Page, a.Ino = true, page, st.Ino
	return true, nil
}

// pageAt finds the page of a file that lies, if only in part, on the size bytes of the device from block on.
func pageAt(list []proc.Extent, block, size int64) (page int, found bool) {
	for _, e := range list {
		if physical([]proc.Extent{e}, e.Logical) < 0 || e.Physical >= block+size || e.Physical+e.Length <= block {
			continue
		}
		return int((e.Logical + max(0, block-e.Physical)) / size), true
	}
	return 0, false
}
