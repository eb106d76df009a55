package pmem

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openMemfd maps memory of this process. Pages come into being when first touched, or by Populate.
func (h *host) openMemfd(o Options) (r *Region, err error) {
	if total := totalMemory(); o.Populate && o.Size > total {
		return nil, fmt.Errorf("pmem: memfd of %d bytes: %w: this machine has %d: ask for less, or name a file",
			o.Size, ErrNoSpace, total)
	}
	fd, err := h.memfd("daxbench", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("pmem: memfd_create: %w: name a file instead", err)
	}
	f := os.NewFile(uintptr(fd), "memfd")
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	err = retry(func() error { return h.ftruncate(fd, o.Size) })
	if errors.Is(err, unix.EFBIG) || errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("pmem: memfd of %d bytes: %w: %w (see ulimit -f)", o.Size, ErrBadSize, err)
	}
	if err != nil {
		return nil, fmt.Errorf("pmem: memfd of %d bytes: %w", o.Size, err)
	}
	mem, err := h.mapShared(f, o.Size, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	h.madvise(mem, unix.MADV_HUGEPAGE) // advice: what came of it is read back from the kernel
	r, err = h.region(o, f, mem, o.Size, Info{Backing: Memfd})
	if err != nil {
		return nil, errors.Join(err, h.munmap(mem))
	}
	return r, nil
}

// totalMemory returns the machine's memory in bytes, or the largest number if the kernel does not say.
func totalMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 1<<63 - 1
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit))
}
