package child

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// A pinned is I/O that this process has in flight.
type pinned interface {
	// release waits until the I/O is over and says how it ended, or ends it if it is up to the process.
	release() error
	// over reports whether it has ended. It does not wait, and release can be called after it, and not beside it.
	over() (bool, error)
}

// A take has the kernel take a reference to a page, which is a buffer of that size.
type take func(r *request, page unsafe.Pointer) (pinned, error)

// takes are the ways to do so, by the names of target.Holders. What calls are made stands in holder.go of package target.
// They return when the reference is taken; those that wait for their own I/O, when that is over.
var takes = map[string]take{
	"odirect-read":   directRead,
	"odirect-write":  directWrite,
	"nfs-direct":     directRead, // the device is a file on NFS
	"fuse":           directRead, // … on FUSE
	"libaio":         func(r *request, page unsafe.Pointer) (pinned, error) { return submitAIO(r, page, aioRead) },
	"libaio-write":   func(r *request, page unsafe.Pointer) (pinned, error) { return submitAIO(r, page, aioWrite) },
	"io_uring":       func(r *request, page unsafe.Pointer) (pinned, error) { return submitRing(r, page, ringRead) },
	"io_uring-write": func(r *request, page unsafe.Pointer) (pinned, error) { return submitRing(r, page, ringWrite) },
	"longterm":       registerRing,
	"msg-zerocopy":   sendZeroCopy,
	"vmsplice":       splice,
}

func pin(p *process, r *request, a *wire.Answer) error {
	take := takes[r.Holder]
	if take == nil {
		return fmt.Errorf("unknown holder %q", r.Holder)
	}
	page, err := p.pages(r.File, r.Index, 1)
	if err != nil {
		return err
	}
	a.PFN = frame(page)
	held, err := take(r, page)
	if err == nil && held != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.pins[r.Pin] = held
	}
	return err
}

// release ends a pin whose end this process sees: a completion, which it waits for, or buffers that it has registered.
func release(p *process, r *request, a *wire.Answer) (err error) {
	p.mu.Lock()
	if held := p.pins[r.Pin]; r.Ask && held != nil {
		defer p.mu.Unlock()
		a.Over, err = held.over()
		return err
	}
	held := p.pins[r.Pin]
	delete(p.pins, r.Pin)
	p.mu.Unlock()
	if held == nil {
		return fmt.Errorf("the process has no such I/O: %w", unix.ENOENT)
	}
	return held.release()
}

// memory is a page as package unix wants a buffer. It is not touched.
func memory(page unsafe.Pointer) []byte { return unsafe.Slice((*byte)(page), pageSize) }

func directRead(r *request, page unsafe.Pointer) (pinned, error) {
	fd, err := openAt(r.Device, unix.O_RDONLY|unix.O_DIRECT)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := unix.Pread(fd, memory(page), r.Offset)
	return nil, whole("pread", n, err)
}

func directWrite(r *request, page unsafe.Pointer) (pinned, error) {
	fd, err := openAt(r.Device, unix.O_WRONLY|unix.O_DIRECT)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := unix.Pwrite(fd, memory(page), r.Offset)
	return nil, whole("pwrite", n, err)
}

// whole says what is wrong with a transfer that should have been a page.
func whole(call string, n int, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", call, err)
	case n != pageSize:
		return fmt.Errorf("%s: %d bytes of %d", call, n, pageSize)
	}
	return nil
}

var errNoDescriptor = fmt.Errorf("no descriptor came with the call: %w", unix.EBADF)

// splice puts the page into a pipe, whoever reads from it.
func splice(r *request, page unsafe.Pointer) (pinned, error) {
	if len(r.fds) == 0 {
		return nil, errNoDescriptor
	}
	part := unix.Iovec{Base: (*byte)(page)}
	part.SetLen(pageSize)
	n, err := unix.Vmsplice(r.fds[0], []unix.Iovec{part}, 0)
	return nil, whole("vmsplice", n, err)
}

// sendZeroCopy sends the page on a TCP connection. It stays in the send queue as long as the peer's window is full.
func sendZeroCopy(r *request, page unsafe.Pointer) (pinned, error) {
	if len(r.fds) == 0 {
		return nil, errNoDescriptor
	}
	fd := r.fds[0]
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ZEROCOPY, 1); err != nil {
		return nil, fmt.Errorf("SO_ZEROCOPY: %w", err)
	}
	const flags = unix.MSG_ZEROCOPY | unix.MSG_NOSIGNAL | unix.MSG_DONTWAIT
	n, err := unix.SendmsgN(fd, memory(page), nil, nil, flags)
	if err := whole("sendmsg", n, err); err != nil {
		return nil, err
	}
	return nil, inFlight(func() (bool, error) { return notified(fd) })
}

// notified reports whether a completion is in the socket's error queue, by taking it.
func notified(fd int) (bool, error) {
	_, _, _, _, err := unix.Recvmsg(fd, nil, make([]byte, unix.CmsgSpace(128)), unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if errors.Is(err, unix.EAGAIN) {
		return false, nil
	}
	return true, failed("MSG_ERRQUEUE", err)
}

// I/O is taken to be held when it is not over after so many looks, with a pause between them: 20 ms at least, and longer on a
// busy machine, where the kernel's worker waits for a processor as this process does. A disk needs 10 ms to seek, a network
// stack next to nothing.
const (
	looks = 20
	pause = time.Millisecond
)

var errAtOnce = errors.New(wire.AtOnce)

// inFlight makes sure that I/O is not over. The reference to a page lives as long as the I/O does; so it is no use to
// anybody if nobody holds the device.
func inFlight(over func() (bool, error)) error {
	for range looks {
		switch ended, err := over(); {
		case ended && err != nil:
			return fmt.Errorf("%w: %w", errAtOnce, err)
		case ended:
			return errAtOnce
		case err != nil:
			return err
		}
		time.Sleep(pause)
	}
	return nil
}
