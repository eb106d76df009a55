package child

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// maxForeign is how many bytes of a page are told that are not its own.
const maxForeign = 16

// maxBuffer is how much is written at once, bytes.
const maxBuffer = 1 << 20

var pageSize = unix.Getpagesize()

var errNotOpen = fmt.Errorf("the process does not have it open: %w", unix.EBADF)

// keep notes that the process has a file open.
func (p *process) keep(name string, fd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[name] = append(p.files[name], fd)
}

// handle returns the descriptor that was opened last under a name.
func (p *process) handle(name string) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.files[name]
	if len(list) == 0 {
		return -1, false
	}
	return list[len(list)-1], true
}

// use returns a descriptor of a file that the process has open or mapped, and what to do with it in the end; if it has
// neither, by a look-up, as a system call that takes a path does. Where the kernel refuses to open what is mapped
// (without CAP_CHECKPOINT_RESTORE), the path must do.
func (p *process) use(name, path string) (fd int, done func(), err error) {
	if fd, ok := p.handle(name); ok {
		return fd, func() {}, nil
	}
	fd = -1
	if m, ok := p.mapping(name); ok {
		fd, err = openAt(m.link(), unix.O_RDWR)
	}
	if fd < 0 {
		fd, err = openAt(path, unix.O_RDWR)
	}
	return fd, func() { unix.Close(fd) }, err
}

func openAt(path string, flags int) (int, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return -1, fmt.Errorf("open: %w", err)
	}
	return fd, nil
}

// create makes a file, written and on the medium. If the file system is full, the file stays, with the blocks that it got.
func create(p *process, r *request, _ *wire.Answer) error {
	fd, err := openAt(r.Path, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
	if err != nil {
		return err
	}
	p.keep(r.File, fd)
	return fill(fd, 0, max(1, r.Pages), r.Fill)
}

// fill writes pages from an index on, and waits until they are on the medium.
func fill(fd, index, pages int, with byte) error {
	left, offset := pages*pageSize, int64(index)*int64(pageSize)
	buffer := bytes.Repeat([]byte{with}, min(left, maxBuffer))
	for left > 0 {
		n, err := unix.Pwrite(fd, buffer[:min(left, len(buffer))], offset)
		if err != nil {
			return fmt.Errorf("pwrite: %w", err)
		}
		left, offset = left-n, offset+int64(n)
	}
	if err := unix.Fsync(fd); err != nil {
		return fmt.Errorf("fsync: %w", err)
	}
	return nil
}

func open(p *process, r *request, _ *wire.Answer) error {
	fd, err := openAt(r.Path, unix.O_RDWR)
	if err == nil {
		p.keep(r.File, fd)
	}
	return err
}

func closeFile(p *process, r *request, _ *wire.Answer) error {
	fd, ok := p.takeHandle(r.File)
	if !ok {
		return errNotOpen
	}
	return failed("close", unix.Close(fd))
}

// takeHandle takes the descriptor out of the process that was opened last under a name: it is the caller's to close.
func (p *process) takeHandle(name string) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.files[name]
	if len(list) == 0 {
		return -1, false
	}
	p.files[name] = slices.Clip(list[:len(list)-1])
	return list[len(list)-1], true
}

func unlink(_ *process, r *request, _ *wire.Answer) error {
	return failed("unlink", unix.Unlink(r.Path))
}

func rename(_ *process, r *request, _ *wire.Answer) error {
	return failed("rename", unix.Rename(r.Path, r.Other))
}

func truncate(p *process, r *request, _ *wire.Answer) error {
	fd, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	return failed("ftruncate", unix.Ftruncate(fd, int64(r.Index)*int64(pageSize)))
}

func punch(p *process, r *request, _ *wire.Answer) error {
	fd, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	const hole = unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE
	return failed("fallocate", unix.Fallocate(fd, hole, int64(r.Index)*int64(pageSize), int64(max(1, r.Pages))*int64(pageSize)))
}

// write writes the file's own pattern to a page. If its block is shared, the file gets one of its own thereby.
func write(p *process, r *request, _ *wire.Answer) error {
	fd, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	return fill(fd, r.Index, 1, r.Fill)
}

// check reads a page, not through a mapping.
func check(p *process, r *request, a *wire.Answer) error {
	fd, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	page := make([]byte, pageSize)
	n, err := unix.Pread(fd, page, int64(r.Index)*int64(pageSize))
	switch {
	case err != nil:
		return fmt.Errorf("pread: %w", err)
	case n < pageSize:
		return fmt.Errorf("the file has %d bytes of page %d", n, r.Index)
	}
	if i := slices.IndexFunc(page, func(b byte) bool { return b != r.Fill }); i >= 0 {
		a.Foreign = page[i:min(i+maxForeign, pageSize)]
	}
	return nil
}

// failed says which system call returned an error, if it did.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", call, err)
}
