package pmem

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"strings"
)

// openFileRegion maps a regular file, which it makes if there is none. DAX is found out by trying: the kernel grants
// MAP_SYNC on nothing else.
func (h *host) openFileRegion(o Options) (r *Region, err error) {
	f, created, err := h.lockFile(o.Path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err == nil {
			return
		}
		if created {
			err = errors.Join(err, os.Remove(o.Path)) // still locked: nobody else has taken it for theirs
		}
		f.Close()
	}()
	size, err := h.claim(f, o.Size)
	if err != nil {
		return nil, err
	}
	if created {
		if err := syncNew(f); err != nil {
			return nil, fmt.Errorf("pmem: %w", err)
		}
	}
	info := Info{Backing: DAXFile, MapSync: true, FileSystem: fileSystem(f)}
	mem, err := h.mapShared(f, size, unix.MAP_SHARED_VALIDATE|unix.MAP_SYNC)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) { // EINVAL: kernels before 4.15
		info.Backing, info.MapSync = File, false
		mem, err = h.mapShared(f, size, unix.MAP_SHARED)
	}
	if err != nil {
		return nil, err
	}
	r, err = h.region(o, f, mem, size, info)
	if err != nil {
		return nil, errors.Join(err, h.munmap(mem))
	}
	return r, nil
}

// lockFile opens path and locks it against other processes; the lock goes with the descriptor. created says that there
// was no such file.
//
// The racer is a process that makes the file, fails and removes it again. If it holds the lock meanwhile we are busy;
// if it removes the file between our open and our lock, we have locked a file without a name, see that by comparing,
// and try again.
func (h *host) lockFile(path string) (f *os.File, created bool, err error) {
	const tries = 10 // each lost try is another process that made and removed the file within microseconds
	for range tries {
		f, created, err = h.openOrCreate(path)
		if err != nil {
			return nil, false, openError(err)
		}
		if err := h.lock(f); err != nil {
			if created && !errors.Is(err, ErrBusy) { // no locks here, so it is nobody else's
				err = errors.Join(err, os.Remove(path))
			}
			f.Close()
			return nil, false, err
		}
		ours, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, false, fmt.Errorf("pmem: %w", err)
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(ours, now) && now.Mode().IsRegular() {
			return f, created, nil
		}
		f.Close()
	}
	return nil, false, fmt.Errorf("pmem: %s: %w: it is made and removed over and over", path, ErrBusy)
}

func (h *host) openOrCreate(path string) (f *os.File, created bool, err error) {
	f, err = h.openFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		if underDev(path) {
			return nil, false, fmt.Errorf("%s: %w", path, ErrNoDevice)
		}
		f, err = h.openFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		return f, err == nil, err
	}
	return f, false, err
}

// underDev reports whether path is where devices are: a file that is made there by a mistyped name looks like one.
func underDev(path string) bool {
	abs, err := filepath.Abs(path)
	return err == nil && strings.HasPrefix(abs, "/dev/") && !strings.HasPrefix(abs, "/dev/shm/")
}

// lock takes the file's lock or returns ErrBusy and who holds it.
func (h *host) lock(f *os.File) error {
	err := retry(func() error { return h.flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("pmem: %s: %w%s: wait for it to end, or name another file", f.Name(), ErrBusy, lockHolder(f))
	}
	if err != nil {
		return fmt.Errorf("pmem: %s: lock: %w", f.Name(), err)
	}
	return nil
}

// claim makes sure that f may be used as a region and that its first want bytes, or all it has if want is zero, have
// storage behind them: a store into a hole of a full file system would be a SIGBUS. It returns how many bytes to map.
func (h *host) claim(f *os.File, want int64) (size int64, err error) {
	st, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("pmem: %w", err)
	}
	if err := acceptable(f, st.Size()); err != nil {
		return 0, err
	}
	if want == 0 {
		want = st.Size() &^ (PageSize - 1)
	}
	if want == 0 {
		return 0, fmt.Errorf("pmem: %s: %w: it has %d bytes: say how many it shall have", f.Name(), ErrTooSmall, st.Size())
	}
	if err := h.reserve(f, st.Size(), want); err != nil {
		if st.Size() < want {
			err = errors.Join(err, h.ftruncate(int(f.Fd()), st.Size())) // as it was
		}
		return 0, err
	}
	return want, nil
}

// acceptable returns nil if f, of the given size, is a region or holds no data.
func acceptable(f *os.File, size int64) error {
	if size == 0 {
		return nil
	}
	head := make([]byte, len(Magic))
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("pmem: %w", err)
	}
	if IsRegion(head[:n]) {
		return nil
	}
	if _, err := unix.Seek(int(f.Fd()), 0, unix.SEEK_DATA); errors.Is(err, unix.ENXIO) {
		return nil // one hole
	}
	return fmt.Errorf("pmem: %s: %w, but holds data: name another file, or remove this one if nobody needs it",
		f.Name(), ErrNotRegion)
}

// reserve gives the first want bytes of f storage, holes included. have is the file's size. What cannot fit is refused
// at once, lest a disk that others use fill up only to be found too small.
func (h *host) reserve(f *os.File, have, want int64) error {
	const chunk = 256 << 20 // tmpfs undoes all it has done when a signal comes: a chunk is soon done again
	free, missing := space(f, want)
	if missing > free {
		return spaceError(f, want, free, unix.ENOSPC)
	}
	for off := int64(0); off < want; off += chunk {
		n := min(chunk, want-off)
		err := retry(func() error { return h.fallocate(int(f.Fd()), 0, off, n) })
		if errors.Is(err, unix.EOPNOTSUPP) {
			err = fillZeros(f, max(off, have), off+n)
		}
		if err != nil {
			return spaceError(f, want, free, err)
		}
	}
	return nil
}

// spaceError says why f has no storage for want bytes.
func spaceError(f *os.File, want, free int64, err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("pmem: %s: %w: %d bytes wanted, %d free (%w): free some, or ask for less",
			f.Name(), ErrNoSpace, want, free, err)
	case errors.Is(err, unix.EFBIG):
		return fmt.Errorf("pmem: %s: %w: %d bytes (%w): see ulimit -f and the file system's limit",
			f.Name(), ErrBadSize, want, err)
	}
	return fmt.Errorf("pmem: %s: reserving %d bytes: %w", f.Name(), want, err)
}

// syncNew makes a new file's size and its name durable. What is stored in it later would be lost with either.
func syncNew(f *os.File) error {
	dir, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	defer dir.Close()
	err = dir.Sync()
	if errors.Is(err, unix.EINVAL) {
		err = nil // a file system whose directories need no sync
	}
	return errors.Join(f.Sync(), err)
}

// fillZeros writes zeros from lo to hi, where the file ends. For file systems without fallocate, such as NFS before 4.2.
func fillZeros(f *os.File, lo, hi int64) error {
	zeros := make([]byte, 1<<20)
	for lo < hi {
		n, err := f.WriteAt(zeros[:min(hi-lo, int64(len(zeros)))], lo)
		if err != nil {
			return err
		}
		lo += int64(n)
	}
	return nil
}
