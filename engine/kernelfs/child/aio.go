package child

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Operations of linux/aio_abi.h.
const (
	aioRead  = 0 // IOCB_CMD_PREAD
	aioWrite = 1 // IOCB_CMD_PWRITE
)

// An iocb is struct iocb of linux/aio_abi.h.
type iocb struct {
	_      [2]uint64 // data, key, rw_flags
	opcode uint16
	_      int16 // priority
	fd     uint32
	buf    uint64
	size   uint64
	offset int64
	_      [2]uint64 // reserved, flags, resfd
}

// An aioEvent is struct io_event.
type aioEvent struct {
	_   [2]uint64 // data, obj
	res int64
	_   int64 // res2
}

// An aio is a context with one request in it.
type aio struct {
	ctx   uintptr
	ended *aioEvent // its completion, if it was taken before release
}

func submitAIO(r *request, page unsafe.Pointer, opcode uint16) (pinned, error) {
	fd, err := openAt(r.Device, unix.O_RDWR|unix.O_DIRECT)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd) // the request has a reference of its own
	a := new(aio)
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&a.ctx)), 0); errno != 0 {
		return nil, fmt.Errorf("io_setup: %w", errno)
	}
	cb := &iocb{opcode: opcode, fd: uint32(fd), buf: uint64(uintptr(page)), size: uint64(pageSize), offset: r.Offset}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, a.ctx, 1, uintptr(unsafe.Pointer(&cb))); errno != 0 {
		a.destroy()
		return nil, fmt.Errorf("io_submit: %w", errno)
	}
	err = inFlight(func() (bool, error) {
		event, ok, err := a.event(0)
		if ok {
			err = completed(event.res)
		}
		return ok, err
	})
	if err != nil {
		a.destroy()
		return nil, err
	}
	return a, nil
}

// event takes the completion, if there is one; it waits for it if least is 1.
func (a *aio) event(least uintptr) (e aioEvent, ok bool, err error) {
	var now unix.Timespec
	timeout := &now
	if least > 0 {
		timeout = nil
	}
	n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, a.ctx, least, 1, uintptr(unsafe.Pointer(&e)), uintptr(unsafe.Pointer(timeout)), 0)
	if errno != 0 {
		return e, false, fmt.Errorf("io_getevents: %w", errno)
	}
	return e, n == 1, nil
}

func (a *aio) over() (bool, error) {
	if a.ended != nil {
		return true, nil
	}
	e, ok, err := a.event(0)
	if ok {
		a.ended = &e
	}
	return ok, err
}

func (a *aio) release() error {
	var e aioEvent
	var err error
	if a.ended != nil {
		e = *a.ended
	} else if e, _, err = a.event(1); err != nil {
		return err
	}
	a.destroy()
	return completed(e.res)
}

// destroy waits for what is in flight, if anything is.
func (a *aio) destroy() { unix.Syscall(unix.SYS_IO_DESTROY, a.ctx, 0, 0) }

// completed says how I/O of a page ended, by what its completion has: a number of bytes or a negative errno.
func completed(res int64) error {
	if res < 0 {
		return whole("completion", 0, unix.Errno(-res))
	}
	return whole("completion", int(res), nil)
}
