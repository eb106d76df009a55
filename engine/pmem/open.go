package pmem

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"daxbench/engine/internal/sync"
	"golang.org/x/sys/unix"
)

// Options say which region to open. The zero value but for Size is memory of this process.
type Options struct {
	// Path names a file, which is made if it is not there, or a devdax node. Empty is a memfd.
	Path string

	// Size is the bytes to map, a multiple of PageSize. Zero takes all that an existing file or device has. A file with
	// fewer is grown, never shrunk; of one with more, only the first Size bytes are mapped.
	Size int64

	// Populate makes every page present before Open returns, so that no measured store faults. Without it a memfd
	// stays sparse.
	Populate bool

	// Flush chooses how lines are written back. Auto is the best the processor has. What the medium rules out is
	// ErrWriteBack.
	Flush WriteBack
}

// name is what errors call the region.
func (o Options) name() string {
	if o.Path == "" {
		return "memfd"
	}
	return o.Path
}

// Open maps the region that o names. Nothing is written to it but, by Populate, zeros where there was nothing.
//
// An existing file or device is taken only if it is empty, holds no data, or starts with Magic. Anything else is
// ErrNotRegion and stays as it is. A new file is removed again if Open fails. See the Err variables for what else can
// go wrong; errors of the operating system are wrapped.
func Open(o Options) (*Region, error) { return linux().open(o) }

func (h *host) open(o Options) (*Region, error) {
	if o.Size < 0 || o.Size%PageSize != 0 || o.Size == 0 && o.Path == "" {
		return nil, fmt.Errorf("pmem: %s: %w: %d bytes: it must be a positive multiple of %d",
			o.name(), ErrBadSize, o.Size, PageSize)
	}
	if !processor.Has(o.Flush) && o.Flush != Msync {
		return nil, fmt.Errorf("pmem: %s: %w: this processor has no %s, but %s",
			o.name(), ErrWriteBack, o.Flush, processor.Flush)
	}
	if o.Path == "" {
		return h.openMemfd(o)
	}
	info, err := os.Stat(o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return h.openFileRegion(o)
	}
	if err != nil {
		return nil, openError(err)
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return h.openFileRegion(o)
	case mode&fs.ModeCharDevice != 0:
		return h.openDevDAX(o)
	case mode.IsDir():
		return nil, fmt.Errorf("pmem: %s: %w but a directory: name a file in it", o.Path, ErrNotRegion)
	case mode&fs.ModeDevice != 0:
		return nil, fmt.Errorf("pmem: %s: %w but a block device: mount it with -o dax and name a file there",
			o.Path, ErrNotRegion)
	}
	return nil, fmt.Errorf("pmem: %s: %w, nor a file or a devdax node", o.Path, ErrNotRegion)
}

// region makes the first size bytes of mem, a mapping of f, a Region. On error it leaves both as they are.
func (h *host) region(o Options, f *os.File, mem []byte, size int64, info Info) (*Region, error) {
	flush, err := writeBackFor(info.Backing, o.Flush)
	if err != nil {
		return nil, fmt.Errorf("pmem: %s: %w", f.Name(), err)
	}
	info.Path, info.Flush = o.Path, flush
	if flush != Msync && flush != Portable {
		info.PageCopy = processor.PageCopy
	}
	if o.Populate {
		if err := h.populate(mem[:size]); err != nil {
			return nil, fmt.Errorf("pmem: %s: %d bytes: %w", f.Name(), size, err)
		}
		info.Populated = true
	}
	info.HugePages, info.HugeNote = h.hugePages(info.Backing, mem)
	m := &mapping{mem: mem, file: f, info: info, host: h, waits: sync.NewWaitTable(1)}
	return &Region{mem: mem[:size:size], flush: info.Flush, copy: info.PageCopy, root: m, isRoot: true}, nil
}

// writeBackFor returns the write-back for what is mapped from b, given what was asked for.
func writeBackFor(b Backing, asked WriteBack) (WriteBack, error) {
	use := asked
	if use == Auto {
		use = processor.Flush
		if b == File || b == DAXFile && use == Portable {
			use = Msync // the kernel can, where user space cannot
		}
	}
	var allowed bool
	switch b {
	case Memfd:
		allowed = use != Msync
	case File:
		allowed = use == Msync
	case DAXFile:
		allowed = use != Portable
	case DevDAX:
		allowed = use != Portable && use != Msync
	}
	if !allowed {
		return Auto, fmt.Errorf("%w: %s does not make a %s durable", ErrWriteBack, use, b)
	}
	return use, nil
}

// mapShared maps the first size bytes of f for reading and writing.
func (h *host) mapShared(f *os.File, size int64, flags int) ([]byte, error) {
	if int64(int(size)) != size {
		return nil, fmt.Errorf("pmem: %s: %d bytes: %w: more than this processor can address", f.Name(), size, ErrBadSize)
	}
	mem, err := h.mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("pmem: %s: mapping %d bytes: %w", f.Name(), size, err)
	}
	return mem, nil
}
