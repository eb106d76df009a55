package slow

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A mapper makes Helds of the device mapper. All stand on one block device, each on a MiB of its own.
type mapper struct {
	control control
	on      backing
	dir     string // of device nodes, where there is no udev; its name is unique, and begins the names of devices
	made    int    // so far
	free    []int  // numbers of MiB
}

// openMapper opens a Pool on the first backing that is to be had.
func openMapper(dir string) (*Pool, error) { return openMapperOn(dir, backings...) }

func openMapperOn(dir string, on ...opener) (*Pool, error) {
	c, err := openControl()
	if err == nil {
		if err = c.sweep(); err != nil {
			c.close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("device mapper: %w", err)
	}
	for _, o := range on {
		m := &mapper{control: c}
		oerr := m.open(dir, o)
		if oerr == nil {
			p := newPool("dm-linear over "+o.kind, true, m)
			if oerr = p.try(); oerr == nil {
				return p, nil
			}
		}
		err = also(err, fmt.Errorf("device mapper over %s: %w", o.kind, also(oerr, m.leave())))
	}
	return nil, also(err, c.close())
}

func (m *mapper) open(dir string, on opener) (err error) {
	if m.dir, err = ownDir(dir); err != nil {
		return err
	}
	if m.on, err = on.open(); err != nil {
		return err
	}
	for i := range m.on.size / Size {
		m.free = append(m.free, int(i))
	}
	return nil
}

// leave gives back all but control.
func (m *mapper) leave() error {
	var errs []error
	if m.on.file != nil {
		errs = append(errs, m.on.file.Close())
	}
	if m.dir != "" {
		errs = append(errs, removeDir(m.dir))
	}
	return errors.Join(errs...)
}

func (m *mapper) close() error { return errors.Join(m.leave(), m.control.close()) }

// A mapped is a Held of the device mapper.
type mapped struct {
	m     *mapper
	name  string
	at    int // number of the MiB
	node  string
	holds bool
}

func (m *mapper) make(fill byte) (held, error) {
	if len(m.free) == 0 {
		return nil, ErrFull
	}
	m.made++
	h := &mapped{m: m, name: fmt.Sprintf("%s-%d", filepath.Base(m.dir), m.made), at: m.free[0]}
	dev, err := m.control.create(h.name, m.on.file.Name(), int64(h.at)*Size)
	if err != nil {
		return nil, err
	}
	m.free = m.free[1:]
	if err := h.prepare(dev, fill); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// prepare finds the node, fills the device, and makes it hold.
func (h *mapped) prepare(dev uint64, fill byte) (err error) {
	if h.node, err = node(dev, filepath.Join(h.m.dir, h.name)); err != nil {
		return err
	}
	if err := h.fill(fill); err != nil {
		return err
	}
	if err := h.m.control.suspend(h.name); err != nil {
		return err
	}
	h.holds = true
	return nil
}

// node returns the path of a block device: where udev or devtmpfs put it, else made at path.
func node(dev uint64, path string) (string, error) {
	var st unix.Stat_t
	usual := fmt.Sprintf("/dev/dm-%d", unix.Minor(dev))
	if err := unix.Stat(usual, &st); err == nil && st.Mode&unix.S_IFMT == unix.S_IFBLK && st.Rdev == dev {
		return usual, nil
	}
	if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(dev)); err != nil {
		return "", fmt.Errorf("mknod %s: %w", path, err)
	}
	return path, nil
}

// transfer moves all bytes of the device, past the page cache, by f.
func (h *mapped) transfer(flags int, f func(fd int, aligned []byte) (int, error)) error {
	aligned, err := unix.Mmap(-1, 0, Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	defer unix.Munmap(aligned)
	fd, err := unix.Open(h.node, flags|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", h.node, err)
	}
	n, err := f(fd, aligned)
	if err == nil && n != Size {
		err = fmt.Errorf("%d bytes instead of %d", n, Size)
	}
	return errors.Join(err, unix.Close(fd))
}

func (h *mapped) fill(with byte) error {
	return h.transfer(unix.O_WRONLY, func(fd int, aligned []byte) (int, error) {
		for i := range aligned {
			aligned[i] = with
		}
		return unix.Pwrite(fd, aligned, 0)
	})
}

func (h *mapped) read(p []byte) error {
	return h.transfer(unix.O_RDONLY, func(fd int, aligned []byte) (int, error) {
		n, err := unix.Pread(fd, aligned, 0)
		copy(p, aligned)
		return n, err
	})
}

func (h *mapped) path() string { return h.node }

func (h *mapped) release() error {
	if err := h.m.control.resume(h.name); err != nil {
		return err
	}
	h.holds = false
	return nil
}

// close removes the device, or lets it go with whoever has it open: then its MiB is not used again.
func (h *mapped) close() error {
	var errs []error
	if h.m.on.wipe && h.node != "" && !h.holds {
		errs = append(errs, h.fill(0))
	}
	switch err := h.m.control.remove(h.name); {
	case err == nil:
		h.m.free = append(h.m.free, h.at)
	case !errors.Is(err, errLater):
		errs = append(errs, err)
	}
	if strings.HasPrefix(h.node, h.m.dir) {
		errs = append(errs, os.Remove(h.node))
	}
	return errors.Join(errs...)
}
