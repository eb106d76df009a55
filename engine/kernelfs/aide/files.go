package aide

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/dax"
	"daxbench/engine/kernelfs/proc"
)

// errno returns the error number in err; 0 if there is none.
func errno(err error) unix.Errno {
	var e unix.Errno
	errors.As(err, &e)
	return e
}

func look(r Request, a *Answer) (err error) {
	if a.Path, err = filepath.EvalSymlinks(r.Path); err != nil {
		return err
	}
	info, err := os.Stat(a.Path)
	if err != nil {
		return err
	}
	a.Directory = info.IsDir()
	a.Writable = unix.Access(a.Path, unix.W_OK|unix.X_OK) == nil
	var st unix.Statfs_t
	if err := unix.Statfs(a.Path, &st); err != nil {
		return err
	}
	a.Free = freeIn(&st, os.Geteuid() == 0)
	return nil
}

// mkdir makes a directory, whose files are DAX on a mount with dax=inode, if asked and if that can be.
func mkdir(r Request, a *Answer) error {
	if err := os.Mkdir(r.Path, 0o700); err != nil {
		return err
	}
	if r.DAX {
		a.Flag = dax.Inherit(r.Path) == nil
	}
	return nil
}

// probe makes a file of one page and sees what can be done with it.
func probe(r Request, a *Answer) error {
	path := filepath.Join(r.Path, "probe")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer f.Close()
	size := os.Getpagesize()
	if _, err := f.Write(make([]byte, size)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	a.DAX, _ = dax.Is(path)
	if p, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED_VALIDATE|unix.MAP_SYNC); err == nil {
		a.MapSync = true
		unix.Munmap(p)
	}
	list, err := proc.Extents(int(f.Fd()))
	a.Extents = err == nil && len(list) > 0 && list[0].Physical > 0
	if fd, err := unix.Open(path, unix.O_RDWR|unix.O_DIRECT|unix.O_CLOEXEC, 0); err == nil {
		a.Direct = true
		unix.Close(fd)
	}
	if c, err := os.CreateTemp(r.Path, "clone"); err == nil {
		a.Clone = unix.IoctlFileClone(int(c.Fd()), int(f.Fd())) == nil
		c.Close()
		os.Remove(c.Name())
	}
	return nil
}

// empty removes what is in a directory, and not the directory, which has flags.
func empty(r Request, _ *Answer) error {
	list, err := os.ReadDir(r.Path)
	var errs []error
	for _, e := range list {
		errs = append(errs, os.RemoveAll(filepath.Join(r.Path, e.Name())))
	}
	return errors.Join(append(errs, err)...)
}

func isDAX(r Request, a *Answer) (err error) {
	a.DAX, err = dax.Is(r.Path)
	return err
}

// locate finds where a page of a file lies.
func locate(r Request, a *Answer) error {
	f, err := os.Open(r.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := proc.Extents(int(f.Fd()))
	a.Block = physical(list, int64(r.Index)*int64(os.Getpagesize()))
	return err
}

// physical returns where a byte of a file lies on the device; -1: nowhere, so far.
func physical(list []proc.Extent, at int64) int64 {
	const nowhere = proc.ExtentUnknown | proc.ExtentDelalloc | proc.ExtentInline
	for _, e := range list {
		if at >= e.Logical && at < e.Logical+e.Length && e.Flags&nowhere == 0 {
			return e.Physical + at - e.Logical
		}
	}
	return -1
}

func bystander(r Request, _ *Answer) error {
	f, err := os.CreateTemp(r.Dir, "bystander")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, os.Getpagesize()))
	if err = errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return fmt.Errorf("bystander: %w", err)
	}
	return nil
}
