package kernelfs

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// peek reads what lies in a pipe and leaves it there.
func peek(pipe *os.File) ([]byte, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	size := int(pageSize())
	n, err := unix.Tee(int(pipe.Fd()), int(w.Fd()), size, unix.SPLICE_F_NONBLOCK)
	w.Close()
	if err != nil {
		return nil, fmt.Errorf("tee: %w", err)
	}
	got := make([]byte, n)
	_, err = r.Read(got)
	return got, err
}

// A peer is the end of a TCP connection that does not read. Its window is full, so that what is sent stays in the
// sender's queue, and a page that was sent without a copy stays pinned.
type peer struct {
	conn   *net.TCPConn
	filler int    // bytes that were sent to fill the window
	got    []byte // when it was drained
}

const (
	// smallBuffer is what the kernel makes the least of: SO_RCVBUF is doubled, and 2304 bytes is its minimum.
	smallBuffer = 4096
	// roomBuffer is room for a page in the sender's queue behind all that fills the window.
	roomBuffer = 4 << 20
	// drainLimit is how long nothing must come any more.
	drainLimit = 100 * time.Millisecond
)

// connect makes a connection over loopback whose window is full, and returns its sending end for a child.
func connect() (*peer, *os.File, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if err := setBuffer(l, unix.SO_RCVBUF, smallBuffer); err != nil { // accepted ones take it over
		return nil, nil, err
	}
	out, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, nil, err
	}
	defer out.Close()
	in, err := l.AcceptTCP()
	if err != nil {
		return nil, nil, err
	}
	p := &peer{conn: in}
	if err := p.fill(out); err != nil {
		return p, nil, err
	}
	end, err := out.File()
	return p, end, err
}

func setBuffer(c syscall.Conn, option, size int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var serr error
	err = raw.Control(func(fd uintptr) { serr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, size) })
	return errors.Join(err, serr)
}

// fill writes until nothing goes out any more, and then makes room for what the child is to send.
func (p *peer) fill(out *net.TCPConn) error {
	if err := setBuffer(out, unix.SO_SNDBUF, smallBuffer); err != nil {
		return err
	}
	for {
		out.SetWriteDeadline(time.Now().Add(drainLimit))
		n, err := out.Write(make([]byte, smallBuffer))
		if p.filler += n; errors.Is(err, os.ErrDeadlineExceeded) {
			return setBuffer(out, unix.SO_SNDBUF, roomBuffer)
		} else if err != nil {
			return err
		}
	}
}

// drain reads all that comes, so that it is acknowledged.
func (p *peer) drain() {
	buffer := make([]byte, 1<<16)
	for {
		p.conn.SetReadDeadline(time.Now().Add(drainLimit))
		n, err := p.conn.Read(buffer)
		p.got = append(p.got, buffer[:n]...)
		if err != nil {
			return
		}
	}
}

// lastPage returns what came behind what filled the window.
func (p *peer) lastPage() ([]byte, error) {
	if len(p.got) < p.filler+int(pageSize()) {
		return nil, fmt.Errorf("%d bytes came on the connection, and not the page", len(p.got))
	}
	return p.got[p.filler : p.filler+int(pageSize())], nil
}

func (p *peer) close() { p.conn.Close() }
