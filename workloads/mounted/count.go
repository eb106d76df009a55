package mounted

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A counter tells how many inodes the kernel has evicted. Reading allocates
// nothing and takes some microseconds.
type counter struct {
	about string // in words
	why   string // it is not exact; empty: it is
	// net says that it tells how many inodes there are on the whole machine: those that came less those that went.
	net bool

	fds []int // perf events, one per processor; or /proc/sys/fs/inode-nr
	buf [64]byte
}

// eviction names the tracepoint that each eviction of a file system's inode passes once: ext4 in its evict_inode, XFS where
// the VFS gives the inode back, which is the next thing that evict does.
var eviction = map[string]string{"ext4": "ext4/ext4_evict_inode", "xfs": "xfs/xfs_destroy_inode"}

// openCounter takes the tracepoint of the file system, for this device only, if that may be counted and does count; else
// inode-nr.
//
// Note: a tracefs instance would count the same, but stays behind when the process is killed. A perf event does not.
func openCounter(dir, fs string) (*counter, error) {
	c, why := openTracepoint(dir, fs)
	if why == nil {
		if why = c.try(dir); why == nil {
			return c, nil
		}
		c.close()
	}
	fd, err := unix.Open("/proc/sys/fs/inode-nr", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("nothing counts evictions here: %w; /proc/sys/fs/inode-nr: %w", why, err)
	}
	c = &counter{about: "/proc/sys/fs/inode-nr, which is of the whole machine", why: why.Error(), net: true, fds: []int{fd}}
	if _, err = c.read(); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// openTracepoint counts a tracepoint on all processors.
func openTracepoint(dir, fs string) (*counter, error) {
	event, ok := eviction[fs]
	if !ok {
		return nil, fmt.Errorf("%s has no tracepoint for it", fs)
	}
	id, err := tracepointID(event)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return nil, err
	}
	// The kernel's own dev_t: MINORBITS is 20.
	filter := append([]byte(fmt.Sprintf("dev == %d", unix.Major(st.Dev)<<20|unix.Minor(st.Dev))), 0)
	last, err := lastCPU()
	if err != nil {
		return nil, err
	}
	c := &counter{about: "the tracepoint " + strings.ReplaceAll(event, "/", ":") + " on this device"}
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id}
	attr.Size = uint32(unsafe.Sizeof(attr))
	for cpu := range last + 1 {
		fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if errors.Is(err, unix.ENODEV) {
			continue // offline
		}
		if err != nil {
			c.close()
			return nil, fmt.Errorf("perf_event_open: %w", err)
		}
		c.fds = append(c.fds, fd)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(&filter[0])))
		if errno != 0 {
			c.close()
			return nil, fmt.Errorf("filter of the tracepoint: %w", errno)
		}
	}
	return c, nil
}

// tracepointID looks an event up where tracefs is mounted.
func tracepointID(event string) (uint64, error) {
	for _, root := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		text, err := os.ReadFile(filepath.Join(root, "events", event, "id"))
		if err == nil {
			return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		}
	}
	return 0, errors.New("tracepoints are not to be seen: that takes root, and tracefs mounted")
}

// lastCPU returns the highest number that a processor can have.
func lastCPU() (int, error) {
	text, err := os.ReadFile("/sys/devices/system/cpu/possible") // "0-7"
	if err != nil {
		return 0, err
	}
	list := strings.TrimSpace(string(text))
	return strconv.Atoi(list[strings.LastIndexAny(list, "-,")+1:])
}

// try evicts an inode and looks whether it is counted.
func (c *counter) try(dir string) error {
	before, err := c.read()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "probe")
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return err
	}
	after, err := c.read()
	if err == nil && after == before {
		err = errors.New("the tracepoint does not count")
	}
	return err
}

// read returns the evictions so far, or if net how many inodes there are.
func (c *counter) read() (sum int64, err error) {
	for _, fd := range c.fds {
		n, err := unix.Pread(fd, c.buf[:], 0)
		if errors.Is(err, unix.ESPIPE) { // a perf event has no offset
			n, err = unix.Read(fd, c.buf[:])
		}
		if err != nil {
			return 0, fmt.Errorf("reading the counter of evictions: %w", err)
		}
		if c.net {
			return firstNumber(c.buf[:n])
		}
		if n != 8 {
			return 0, fmt.Errorf("reading the counter of evictions: %d bytes", n)
		}
		sum += int64(binary.NativeEndian.Uint64(c.buf[:]))
	}
	return sum, nil
}

// firstNumber reads "215473	0 …": the first is how many inodes there are.
func firstNumber(text []byte) (n int64, err error) {
	for i, b := range text {
		switch {
		case b >= '0' && b <= '9' && n < 1<<59:
			n = 10*n + int64(b-'0')
		case i > 0 && (b == '\t' || b == ' ' || b == '\n'):
			return n, nil
		default:
			return 0, fmt.Errorf("inode-nr: %q is no number", text)
		}
	}
	return 0, fmt.Errorf("inode-nr: %q is cut off", text)
}

func (c *counter) close() {
	for _, fd := range c.fds {
		unix.Close(fd)
	}
	c.fds = nil
}
