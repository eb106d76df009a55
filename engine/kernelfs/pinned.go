package kernelfs

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// isHeld finds out whether a pin still is one: that it was taken, and that nobody let it go, does not say so, as I/O may
// end by itself, with an error. What cannot be seen is an error.
func (s *subject) isHeld(h *hold) (bool, error) {
	s.mu.Lock()
	over := h.over
	ask := h.proc.pinned[h.name]
	p := h.proc
	gone := p.lost || p.w == nil || p.w.isGone()
	s.mu.Unlock()
	switch {
	case over:
		return false, nil
	case h.pipe != nil:
		n, err := unix.IoctlGetInt(int(h.pipe.Fd()), unix.TIOCINQ) // FIONREAD
		return n > 0, os.NewSyscallError("FIONREAD", err)
	case h.peer != nil:
		n, err := unacknowledged(s.m.sys.Root, h.peer.conn)
		return n > 0, err
	case h.by.Sync:
		return true, nil // its call has not returned: then it would be over
	case ask && !gone:
		return s.askHeld(h)
	case h.by.Longterm, h.by.Name == "libaio", h.by.Name == "libaio-write":
		return false, nil // its process has gone, which lets buffers go, and waits for AIO: exit_aio in fs/aio.c
	}
	// A ring outlives its process, and its requests are with a device of ours that has not answered them.
	return true, nil
}

// askHeld asks the process whose I/O it is. It need not wait for anything to answer.
func (s *subject) askHeld(h *hold) (bool, error) {
	w := wire.Call{Task: "the state of " + h.name, Verb: target.Release, Pin: h.name, Ask: true}
	answers, err := s.send(h.proc, &w, nil)
	if err != nil {
		return false, err
	}
	select {
	case a, ok := <-answers:
		switch {
		case !ok:
			return false, h.proc.w.last()
		case a.Failed != "":
			return false, &callError{a.Failed, unix.Errno(a.Errno)}
		}
		return !a.Over, nil
	case <-time.After(beginLimit):
		return false, fmt.Errorf("%s does not answer", h.proc.w.what)
	}
}

// unacknowledged is how many bytes the other end of a connection over loopback has in its queue, by proc_net_tcp(5): that
// of SIOCOUTQ, without a descriptor that would keep the connection. A FIN counts as one, and holds no page.
func unacknowledged(root string, conn *net.TCPConn) (int, error) {
	f, err := os.Open(filepath.Join(root, "proc/net/tcp"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	local := fmt.Sprintf(":%04X", conn.RemoteAddr().(*net.TCPAddr).Port)
	remote := fmt.Sprintf(":%04X", conn.LocalAddr().(*net.TCPAddr).Port)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		w := strings.Fields(lines.Text()) // sl local remote state tx:rx …
		if len(w) < 5 || !strings.HasSuffix(w[1], local) || !strings.HasSuffix(w[2], remote) {
			continue
		}
		sent, _, _ := strings.Cut(w[4], ":")
		n, err := strconv.ParseInt(sent, 16, 64)
		const established = "01"
		if w[3] != established {
			n--
		}
		return max(0, int(n)), err
	}
	return 0, errors.Join(lines.Err(), errNoConnection)
}

var errNoConnection = errors.New("the connection is not in /proc/net/tcp")
