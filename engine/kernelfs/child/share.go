package child

import (
	"fmt"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/dax"
	"daxbench/engine/kernelfs/wire"
)

// reflink makes a file that shares all blocks of another one, and has it open.
func reflink(p *process, r *request, _ *wire.Answer) error {
	src, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	dst, err := openAt(r.Other, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
	if err != nil {
		return err
	}
	if err := unix.IoctlFileClone(dst, src); err != nil {
		unix.Close(dst)
		unix.Unlink(r.Other)
		return fmt.Errorf("FICLONE: %w", err)
	}
	p.keep(r.Copy, dst)
	return nil
}

// dedupe asks for the blocks of two files to be shared as far as they are the same. That they differ is no failure: the
// kernel finds out after it has broken the layouts of both.
func dedupe(p *process, r *request, _ *wire.Answer) error {
	first, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	second, done2, err := p.use(r.Copy, r.Other)
	if err != nil {
		return err
	}
	defer done2()
	length := int64(1<<63 - 1)
	for _, fd := range []int{first, second} {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return fmt.Errorf("fstat: %w", err)
		}
		length = min(length, st.Size)
	}
	what := unix.FileDedupeRange{Src_length: uint64(length), Info: []unix.FileDedupeRangeInfo{{Dest_fd: int64(second)}}}
	if err := unix.IoctlFileDedupeRange(first, &what); err != nil {
		return fmt.Errorf("FIDEDUPERANGE: %w", err)
	}
	if status := what.Info[0].Status; status < 0 {
		return fmt.Errorf("FIDEDUPERANGE: %w", unix.Errno(-status))
	}
	return nil
}

func setDAX(p *process, r *request, _ *wire.Answer) error {
	fd, done, err := p.use(r.File, r.Path)
	if err != nil {
		return err
	}
	defer done()
	return dax.Change(fd, func(bool) bool { return r.On })
}

// dontCache changes the flag and changes it back: on a mount with dax=inode, the first lets the kernel call
// d_mark_dontcache, which nothing takes back.
func dontCache(p *process, r *request, _ *wire.Answer) error {
	fd, ok := p.handle(r.File)
	if !ok {
		return errNotOpen
	}
	other := func(on bool) bool { return !on }
	if err := dax.Change(fd, other); err != nil {
		return err
	}
	return dax.Change(fd, other)
}
