package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From linux/io_uring.h; package unix has the numbers of the system calls only.
const (
	ringRead  = 22 // IORING_OP_READ
	ringWrite = 23 // IORING_OP_WRITE

	ringFeatSingleMmap    = 1 << 0     // IORING_FEAT_SINGLE_MMAP
	ringGetEvents         = 1 << 0     // IORING_ENTER_GETEVENTS
	ringRegisterBuffers   = 0          // IORING_REGISTER_BUFFERS
	ringUnregisterBuffers = 1          // IORING_UNREGISTER_BUFFERS
	ringOffsetEntries     = 0x10000000 // IORING_OFF_SQES
)

// A ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags, threadCPU, threadIdle, features, wqFd uint32
	_                                                                  [3]uint32
	sq                                                                 struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// A ringEntry is struct io_uring_sqe.
type ringEntry struct {
	opcode, flags uint8
	priority      uint16
	fd            int32
	offset, addr  uint64
	size          uint32
	_             [28]byte
}

// A ringEvent is struct io_uring_cqe.
type ringEvent struct {
	data  uint64
	res   int32
	flags uint32
}

// A ring is one of io_uring with one request, or none.
type ring struct {
	fd      int
	par     ringParams
	rings   []byte // both
	entries []byte
}

// newRing makes a ring for one request.
func newRing() (r *ring, err error) {
	r = new(ring)
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&r.par)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", errno)
	}
	r.fd = int(fd)
	if r.par.features&ringFeatSingleMmap == 0 {
		r.close()
		return nil, fmt.Errorf("io_uring_setup: a ring of a kernel before 5.4: %w", unix.ENOSYS)
	}
	size := max(r.par.sq.array+4*r.par.sqEntries, r.par.cq.cqes+uint32(unsafe.Sizeof(ringEvent{}))*r.par.cqEntries)
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	r.rings, err = unix.Mmap(r.fd, 0, int(size), prot, flags)
	if err == nil {
		r.entries, err = unix.Mmap(r.fd, ringOffsetEntries, int(unsafe.Sizeof(ringEntry{}))*int(r.par.sqEntries), prot, flags)
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("mmap of the ring: %w", err)
	}
	return r, nil
}

// word is a number in the rings that the kernel shares.
func (r *ring) word(offset uint32) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(&r.rings[offset]))
}

// close closes the ring. I/O in flight stays so, and what is registered is let go.
func (r *ring) close() {
	for _, memory := range [][]byte{r.entries, r.rings} {
		if memory != nil {
			unix.Munmap(memory)
		}
	}
	unix.Close(r.fd)
}

func (r *ring) enter(submit, least, flags uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), submit, least, flags, 0, 0)
	if errno != 0 {
		return fmt.Errorf("io_uring_enter: %w", errno)
	}
	return nil
}

// submit gives the kernel the one request.
func (r *ring) submit(e ringEntry) error {
	*(*ringEntry)(unsafe.Pointer(&r.entries[0])) = e
	tail := r.word(r.par.sq.tail)
	slot := tail.Load() & r.word(r.par.sq.mask).Load()
	r.word(r.par.sq.array + 4*slot).Store(0) // the first entry
	tail.Add(1)
	return r.enter(1, 0, 0)
}

// event returns the completion, if there is one. It stays in the queue.
func (r *ring) event() (e ringEvent, ok bool) {
	head := r.word(r.par.cq.head).Load()
	if head == r.word(r.par.cq.tail).Load() {
		return e, false
	}
	slot := head & r.word(r.par.cq.mask).Load()
	return *(*ringEvent)(unsafe.Pointer(&r.rings[r.par.cq.cqes+slot*uint32(unsafe.Sizeof(e))])), true
}

func submitRing(q *request, page unsafe.Pointer, opcode uint8) (pinned, error) {
	fd, err := openAt(q.Device, unix.O_RDWR|unix.O_DIRECT)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd) // the request has a reference of its own
	r, err := newRing()
	if err != nil {
		return nil, err
	}
	err = r.submit(ringEntry{
		opcode: opcode, fd: int32(fd), addr: uint64(uintptr(page)), size: uint32(pageSize), offset: uint64(q.Offset),
	})
	if err == nil {
		err = inFlight(func() (bool, error) {
			e, ok := r.event()
			if ok {
				return true, completed(int64(e.res))
			}
			return false, nil
		})
	}
	if err == nil {
		err = workersRest()
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return flight{r}, nil
}

// maxRest is how long a worker may need to take up a request, on a machine that has much else to do.
const maxRest = 10 * time.Second

// workersRest waits until no worker thread of io_uring runs. A request that would block is handed to one, and it is the
// worker that takes the reference to the page then: after that it sleeps, in the request or for the next.
func workersRest() error {
	for began := time.Now(); ; time.Sleep(pause) {
		threads, err := filepath.Glob("/proc/self/task/*/stat")
		if err != nil {
			return err
		}
		running := false
		for _, path := range threads {
			stat, err := os.ReadFile(path) // pid (comm) state …, see proc_pid_stat(5); gone: it does not run
			_, rest, _ := bytes.Cut(stat, []byte(" (iou-wrk-"))
			_, state, _ := bytes.Cut(rest, []byte(") "))
			running = running || err == nil && bytes.HasPrefix(state, []byte("R"))
		}
		if !running {
			return nil
		}
		if time.Since(began) > maxRest {
			return errors.New("the workers of io_uring do not come to rest")
		}
	}
}

// registerRing registers the page as a buffer: a long-term pin, FOLL_LONGTERM.
func registerRing(_ *request, page unsafe.Pointer) (pinned, error) {
	r, err := newRing()
	if err != nil {
		return nil, err
	}
	buffer := unix.Iovec{Base: (*byte)(page)}
	buffer.SetLen(pageSize)
	if err := r.register(ringRegisterBuffers, unsafe.Pointer(&buffer), 1); err != nil {
		r.close()
		return nil, err
	}
	return buffers{r}, nil
}

func (r *ring) register(opcode uintptr, arg unsafe.Pointer, n uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), opcode, uintptr(arg), n, 0, 0)
	if errno != 0 {
		return fmt.Errorf("io_uring_register: %w", errno)
	}
	return nil
}

// A flight is a ring whose request is not over.
type flight struct{ *ring }

// release waits for the completion.
func (f flight) release() error {
	defer f.close()
	for {
		if e, ok := f.event(); ok {
			return completed(int64(e.res))
		}
		if err := f.enter(0, 1, ringGetEvents); err != nil {
			return err
		}
	}
}

func (f flight) over() (bool, error) {
	_, ok := f.event()
	return ok, nil
}

// A buffers is a ring with a registered buffer.
type buffers struct{ *ring }

// release lets the buffer go before it returns; closing the ring alone would leave that to a worker of the kernel's.
func (b buffers) release() error {
	defer b.close()
	return b.register(ringUnregisterBuffers, nil, 0)
}

func (b buffers) over() (bool, error) { return false, nil }
