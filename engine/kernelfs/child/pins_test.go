package child

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	// The descriptors that children get must block: Fd makes them so.
	w.Fd()
	return r, w
}

// fillPipe fills a pipe.
func fillPipe(t *testing.T, w *os.File) {
	t.Helper()
	size, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
}

// TestHoldersAll holds the list of holders against that of package target.
func TestHoldersAll(t *testing.T) {
	for _, h := range target.Holders {
		if takes[h.Name] == nil {
			t.Errorf("%s: no child can do that", h.Name)
		}
	}
	if len(takes) != len(target.Holders) {
		t.Errorf("%d ways, %d holders", len(takes), len(target.Holders))
	}
	if a := start(t).call(wire.Call{Verb: target.Pin, Holder: "hand"}); !strings.Contains(a.Failed, `unknown holder "hand"`) {
		t.Errorf("%+v", a)
	}
}

// TestVmsplice reads a page out of a pipe when nothing else of the file is left.
func TestVmsplice(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.mapped("F", f, 2, 'f')
	r, w := pipe(t)
	a := c.do(wire.Call{Verb: target.Pin, File: "F", Index: 1, Pin: "p", Holder: "vmsplice"}, int(w.Fd()))
	if os.Getuid() == 0 && a.PFN == 0 {
		t.Log("the frame of the page is not told here")
	}
	c.do(wire.Call{Verb: target.Write, File: "F", Index: 1, Fill: 'l'}) // later: it is the page that is in the pipe, no copy
	unlinked := c.forget("F", f)
	w.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, bytes.Repeat([]byte("l"), pageSize)) {
		t.Errorf("%v, %d bytes, %.8q", err, len(got), got)
	}
	c.forgotten(unlinked)
	c = start(t)
	c.mapped("F", f, 1, 'f')
	c.refuses(wire.Call{Verb: target.Pin, File: "F", Holder: "vmsplice"}, unix.EBADF)
}

// device is a file that nobody holds, on a file system that takes O_DIRECT.
func device(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "device")
	if err := os.WriteFile(path, bytes.Repeat([]byte("d"), 4*pageSize), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("O_DIRECT in %s: %v", filepath.Dir(path), err)
	}
	unix.Close(fd)
	return path
}

// TestDirect has blocks go through the mapping in both directions, and the caller wait.
func TestDirect(t *testing.T) {
	dev := device(t)
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.mapped("F", f, 2, 'f')
	for _, h := range target.Holders {
		if !h.Sync {
			continue
		}
		offset := int64(pageSize)
		if !h.Inbound {
			offset = 2 * int64(pageSize)
		}
		c.do(wire.Call{Verb: target.Pin, File: "F", Index: 1, Holder: h.Name, Device: dev, Offset: offset})
		if a := c.do(wire.Call{Verb: target.Check, File: "F", Index: 1, Fill: 'd'}); (a.Foreign == nil) != h.Inbound {
			t.Errorf("%s: the page has %q", h.Name, a.Foreign)
		}
		if got := content(t, dev)[offset]; (got == 'd') != h.Inbound {
			t.Errorf("%s: the device has %q", h.Name, got)
		}
		c.do(wire.Call{Verb: target.Fault, File: "F", Index: 1, Fill: 'f'})
	}
	if a := c.call(wire.Call{Verb: target.Pin, File: "F", Holder: "odirect-read", Device: dev, Offset: 4 * int64(pageSize)}); a.Failed != "pread: 0 bytes of 4096" {
		t.Errorf("behind the end: %+v", a)
	}
	c.refuses(wire.Call{Verb: target.Pin, File: "F", Holder: "odirect-read", Device: dev + "x"}, unix.ENOENT)
}

// TestOver has asynchronous I/O on a device that nobody holds: it is no use as a pin.
func TestOver(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	for _, name := range []string{"libaio", "libaio-write", "io_uring", "io_uring-write"} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			dev := device(t)
			c.mapped(name, f+name, 1, 'f')
			call := wire.Call{Verb: target.Pin, File: name, Pin: name, Holder: name, Device: dev, Offset: int64(pageSize)}
			a := c.call(call)
			if a.Errno == int(unix.ENOSYS) || a.Errno == int(unix.EPERM) {
				t.Skip(a.Failed)
			}
			for n := 0; n < 5 && a.Errno == 0 && a.Failed == ""; n++ { // a busy machine may not have come to it
				c.call(wire.Call{Verb: target.Release, Pin: name})
				a = c.call(call)
			}
			if a.Failed != wire.AtOnce || a.Errno != 0 {
				t.Errorf("%+v", a)
			}
			inbound := target.LookupHolder(name).Inbound
			if a := c.do(wire.Call{Verb: target.Check, File: name, Fill: 'd'}); (a.Foreign == nil) != inbound {
				t.Errorf("the page has %q", a.Foreign)
			}
			c.refuses(wire.Call{Verb: target.Release, Pin: name}, unix.ENOENT)
			call.Device += "x"
			c.refuses(call, unix.ENOENT)
			call.Device, call.Offset = dev, 4*int64(pageSize) // behind the end
			if a, want := c.call(call), wire.AtOnce+": completion: 0 bytes of "; inbound && !strings.HasPrefix(a.Failed, want) {
				t.Errorf("behind the end: %+v", a)
			}
		})
	}
	c.t = t
}

// TestZeroCopy sends a page on a connection that nobody reads from, and then reads it.
func TestZeroCopy(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.mapped("F", f, 1, 'f')
	send, receive := connection(t)
	filled := fillWindow(t, send)
	a := c.call(wire.Call{Verb: target.Pin, File: "F", Pin: "p", Holder: "msg-zerocopy"}, send)
	if a.Errno == int(unix.EOPNOTSUPP) || a.Errno == int(unix.ENOPROTOOPT) {
		t.Skip(a.Failed)
	}
	if a.Failed != "" {
		t.Fatalf("%+v", a)
	}
	c.do(wire.Call{Verb: target.Write, File: "F", Fill: 'l'}) // later: it is the page that is sent, no copy
	unlinked := c.forget("F", f)
	unix.Close(send)
	got, err := io.ReadAll(receive)
	if err != nil || len(got) != filled+pageSize || !bytes.Equal(got[filled:], bytes.Repeat([]byte("l"), pageSize)) {
		t.Errorf("%v, %d bytes, %d before, then %.8q", err, len(got), filled, got[min(filled, len(got)):])
	}
	c.forgotten(unlinked)

	c = start(t)
	c.mapped("F", f, 1, 'f')
	send, _ = connection(t)
	if a := c.call(wire.Call{Verb: target.Pin, File: "F", Holder: "msg-zerocopy"}, send); a.Failed != wire.AtOnce {
		t.Errorf("with an open window: %+v", a)
	}
	unix.Close(send)
	c.refuses(wire.Call{Verb: target.Pin, File: "F", Holder: "msg-zerocopy"}, unix.EBADF)
}

// connection makes a TCP connection over the loopback device. The first end is the caller's to close.
func connection(t *testing.T) (send int, receive *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	conn, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	receive, err = l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	file, err := conn.File()
	if err != nil {
		t.Fatal(err)
	}
	send, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	conn.Close()
	t.Cleanup(func() { receive.Close() })
	return send, receive
}

// fillWindow sends until the peer takes no more, and makes room for more behind that.
func fillWindow(t *testing.T, fd int) (n int) {
	t.Helper()
	size := func(bytes int) {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bytes); err != nil {
			t.Fatal(err)
		}
	}
	size(16 << 10) // it would grow by itself otherwise, to more than can be asked for
	for {
		k, err := unix.SendmsgN(fd, make([]byte, pageSize), nil, nil, unix.MSG_DONTWAIT)
		if err == nil {
			n += k
			continue
		}
		if !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
		const acknowledged = 100 // milliseconds, by the latest
		room, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, acknowledged)
		if err != nil && !errors.Is(err, unix.EINTR) {
			t.Fatal(err)
		}
		if room == 0 {
			size(1 << 20)
			return n
		}
	}
}

// TestLongterm registers a page as a buffer, which memory files allow and DAX files do not.
func TestLongterm(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.do(wire.Call{Verb: target.Create, File: "F", Path: f})
	if c.do(wire.Call{Verb: target.Map, File: "F"}).Opened == wire.MapSync {
		c.refuses(wire.Call{Verb: target.Pin, File: "F", Pin: "p", Holder: "longterm"}, unix.EOPNOTSUPP)
	}
	c, f = start(t), filepath.Join(scratch(t), "F")
	c.mapped("F", f, 1, 'f')
	a := c.call(wire.Call{Verb: target.Pin, File: "F", Pin: "p", Holder: "longterm"})
	switch unix.Errno(a.Errno) {
	case unix.ENOSYS, unix.EPERM, unix.EOPNOTSUPP, unix.EFAULT:
		t.Skipf("in %s: %s", filepath.Dir(f), a.Failed)
	}
	if a.Failed != "" {
		t.Fatalf("%+v", a)
	}
	c.do(wire.Call{Verb: target.Release, Pin: "p"})
	c.refuses(wire.Call{Verb: target.Release, Pin: "p"}, unix.ENOENT)
}
