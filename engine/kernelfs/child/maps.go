package child

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// A mapping is memory that the Go runtime does not know and nobody reads or writes but by system calls.
type mapping struct {
	addr unsafe.Pointer
	size uintptr // bytes, whole pages
}

var errNotMapped = fmt.Errorf("the process does not have it mapped: %w", unix.EFAULT)

// link is what proc_pid_map_files(5) has of the mapping: the mapped file, whatever became of its name.
func (m mapping) link() string {
	start := uintptr(m.addr)
	return fmt.Sprintf("/proc/self/map_files/%x-%x", start, start+m.size)
}

// mapping returns the last mapping of a file.
func (p *process) mapping(name string) (mapping, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.maps[name]
	if len(list) == 0 {
		return mapping{}, false
	}
	return list[len(list)-1], true
}

// pages returns the memory of pages of a mapped file.
func (p *process) pages(name string, index, n int) (unsafe.Pointer, error) {
	m, ok := p.mapping(name)
	if !ok || index < 0 || n < 1 || uintptr(index+n)*uintptr(pageSize) > m.size {
		return nil, errNotMapped
	}
	return unsafe.Add(m.addr, index*pageSize), nil
}

// mmap maps a whole file, which the process has open: with MAP_SYNC, which only DAX has, where it can.
func mmap(p *process, r *request, a *wire.Answer) error {
	fd, ok := p.handle(r.File)
	if !ok {
		return errNotOpen
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("fstat: %w", err)
	}
	pages := (max(1, st.Size) + int64(pageSize) - 1) / int64(pageSize)
	m := mapping{size: uintptr(pages) * uintptr(pageSize)}
	var err error
	a.Opened = wire.MapSync
	m.addr, err = unix.MmapPtr(fd, 0, nil, m.size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED_VALIDATE|unix.MAP_SYNC)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) {
		a.Opened = 0
		m.addr, err = unix.MmapPtr(fd, 0, nil, m.size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		a.Opened = 0
		return fmt.Errorf("mmap: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.maps[r.File] = append(p.maps[r.File], m)
	return nil
}

func munmap(p *process, r *request, _ *wire.Answer) error {
	m, ok := p.takeMapping(r.File)
	if !ok {
		return errNotMapped
	}
	return failed("munmap", unix.MunmapPtr(m.addr, m.size))
}

// takeMapping takes the last mapping of a file out of the process: it is the caller's to unmap.
func (p *process) takeMapping(name string) (mapping, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.maps[name]
	if len(list) == 0 {
		return mapping{}, false
	}
	p.maps[name] = slices.Clip(list[:len(list)-1])
	return list[len(list)-1], true
}

// fault writes the file's own pattern through the mapping, so that its pages are there and can be written. What is no
// page of the file is EFAULT here, where a store would be SIGBUS. If only reads were asked for, shared blocks stay shared.
func fault(p *process, r *request, _ *wire.Answer) error {
	n := max(1, r.Pages)
	addr, err := p.pages(r.File, r.Index, n)
	if err != nil {
		return err
	}
	if r.On {
		return failed("madvise", madvise(addr, n*pageSize, unix.MADV_POPULATE_READ))
	}
	// Linux has MADV_POPULATE_WRITE since 5.14; before, what writes the pattern faults the pages in.
	err = madvise(addr, n*pageSize, unix.MADV_POPULATE_WRITE)
	if err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("madvise: %w", err)
	}
	return store(addr, n*pageSize, r.Fill)
}

func madvise(addr unsafe.Pointer, size, advice int) error {
	if _, _, errno := unix.Syscall(unix.SYS_MADVISE, uintptr(addr), uintptr(size), uintptr(advice)); errno != 0 {
		return errno
	}
	return nil
}

// store writes to mapped memory by a system call, so that the runtime knows that the thread may be stuck in it.
func store(addr unsafe.Pointer, size int, with byte) error {
	buffer := bytes.Repeat([]byte{with}, min(size, maxBuffer))
	for size > 0 {
		local := unix.Iovec{Base: &buffer[0]}
		local.SetLen(min(size, len(buffer)))
		remote := unix.RemoteIovec{Base: uintptr(addr), Len: min(size, len(buffer))}
		n, err := unix.ProcessVMWritev(unix.Getpid(), []unix.Iovec{local}, []unix.RemoteIovec{remote}, 0)
		if err != nil {
			return fmt.Errorf("process_vm_writev: %w", err)
		}
		addr, size = unsafe.Add(addr, n), size-n
	}
	return nil
}

// Of an entry of proc_pid_pagemap(5): the page is in memory, and where, which only CAP_SYS_ADMIN is told.
const (
	entrySize    = 8
	entryPresent = 1 << 63
	entryFrame   = 1<<55 - 1
)

// frame returns the frame number of a page of memory, 0 if that cannot be known.
func frame(addr unsafe.Pointer) uint64 {
	fd, err := openAt("/proc/self/pagemap", unix.O_RDONLY)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	entry := make([]byte, entrySize)
	n, err := unix.Pread(fd, entry, int64(uintptr(addr))/int64(pageSize)*entrySize)
	if e := binary.NativeEndian.Uint64(entry); err == nil && n == entrySize && e&entryPresent != 0 {
		return e & entryFrame
	}
	return 0
}
