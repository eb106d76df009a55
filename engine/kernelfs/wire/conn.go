package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Limits of a packet. A call has two paths at most, of 4096 bytes each (PATH_MAX), which JSON may write six times as long.
const (
	maxPacket = 64 << 10
	maxFds    = 16
)

// A Conn is one end of the socket between a controller and a child. Sending is safe for concurrent use, and a packet is
// sent as a whole; receiving is for one goroutine.
type Conn struct {
	sock   *net.UnixConn
	packet []byte // what is received
}

// Pair makes a socket: one end, and the file of the other, for a child to inherit. Neither stays open across an exec by
// itself.
func Pair() (*Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	conn, err := New(fds[0])
	if err != nil {
		unix.Close(fds[1])
		return nil, nil, err
	}
	return conn, os.NewFile(uintptr(fds[1]), "child"), nil
}

// New takes a descriptor over, in any case.
func New(fd int) (*Conn, error) {
	file := os.NewFile(uintptr(fd), "socket")
	if file == nil {
		return nil, fmt.Errorf("descriptor %d: %w", fd, unix.EBADF)
	}
	defer file.Close() // FileConn has one of its own
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", fd, err)
	}
	sock, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("descriptor %d: no Unix socket", fd)
	}
	return &Conn{sock, make([]byte, maxPacket)}, nil
}

// Send sends a Call or an Answer, and descriptors with it, which stay open here.
func (c *Conn) Send(message any, fds ...int) error {
	packet, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if len(packet) > maxPacket || len(fds) > maxFds {
		return fmt.Errorf("a packet of %d bytes and %d descriptors: the limits are %d and %d", len(packet), len(fds), maxPacket, maxFds)
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	_, _, err = c.sock.WriteMsgUnix(packet, rights, nil)
	return err
}

// Receive waits for a Call or an Answer. The descriptors that come with it are the caller's to close; they do not stay
// open across an exec. The error is io.EOF if the other end is closed. What is no such message is a *json error or has
// too many bytes; nothing is kept of it, and the next one can be received.
func (c *Conn) Receive(message any) (fds []int, err error) {
	rights := make([]byte, unix.CmsgSpace(4*maxFds))
	n, nr, flags, _, err := c.sock.ReadMsgUnix(c.packet, rights)
	if err != nil {
		return nil, err
	}
	fds, err = descriptors(rights[:nr])
	switch {
	case err != nil:
	case n == 0 && nr == 0:
		err = io.EOF
	case flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0:
		err = fmt.Errorf("a packet with more than %d bytes or %d descriptors", maxPacket, maxFds)
	default:
		err = json.Unmarshal(c.packet[:n], message)
	}
	if err != nil {
		Close(fds)
		return nil, err
	}
	return fds, nil
}

// Close closes the socket: the other end receives io.EOF.
func (c *Conn) Close() error { return c.sock.Close() }

// Close closes descriptors.
func Close(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func descriptors(rights []byte) (fds []int, err error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		list, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			Close(fds)
			return nil, err
		}
		fds = append(fds, list...)
	}
	return fds, nil
}
