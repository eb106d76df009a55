package proc

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Kmsg reads what the kernel says, see Documentation/ABI/testing/dev-kmsg. Not safe for concurrent use.
type Kmsg struct {
	read    func([]byte) (int, error) // a record each; EAGAIN: no more, EPIPE: records are lost
	fd      int
	missing string
	next    int64 // number of the next record; 0: not known
	lost    bool  // records were lost before the next one
	dumps   reader
}

// OpenKmsg opens the kernel's messages, from now on. If that is not possible, Missing says why.
func OpenKmsg() *Kmsg {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == nil {
		if _, err = unix.Seek(fd, 0, io.SeekEnd); err != nil {
			unix.Close(fd)
		}
	}
	if err != nil {
		return &Kmsg{fd: -1, missing: fmt.Sprintf("/dev/kmsg: %v", err)}
	}
	return &Kmsg{fd: fd, read: func(p []byte) (int, error) { return unix.Read(fd, p) }}
}

// Missing says why messages cannot be read; empty if they can.
func (k *Kmsg) Missing() string { return k.missing }

// maxWarnings bounds what one call of Warnings returns.
const maxWarnings = 1000

// A Warning is a complaint of the kernel.
type Warning struct {
	Text  string   // a line: "WARNING at fs/dax.c:378 in dax_disassociate_entry"
	Where string   // function; empty: not known
	Stack []string // functions that called it, the innermost first; nil: not known
	PID   int      // of the thread in which it came about; 0: not known
	Comm  string   // its name
}

// Warnings returns what the kernel complained of since the last call. A gap is told: "12 messages of the kernel were lost".
func (k *Kmsg) Warnings() []Warning {
	if k.missing != "" {
		return nil
	}
	buf := make([]byte, 16<<10) // a record has at most 2 KiB, each byte of which may be escaped by four
	for len(k.dumps.out) < maxWarnings {
		n, err := k.read(buf)
		switch {
		case err == nil && n > 0:
			k.record(string(buf[:n]))
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EPIPE):
			k.lost = true
		case errors.Is(err, unix.EAGAIN):
			return k.dumps.take()
		default:
			k.missing = fmt.Sprintf("/dev/kmsg: %v", err)
			if err == nil {
				k.missing = "/dev/kmsg has ended"
			}
			return append(k.dumps.take(), Warning{Text: k.missing})
		}
	}
	return append(k.dumps.take(), Warning{Text: "and more, which is not told"})
}

// record takes "PRIORITY,NUMBER,MICROSECONDS,FLAGS;TEXT" and lines of properties. What processes have written into the log is
// passed over.
func (k *Kmsg) record(r string) {
	head, text, _ := strings.Cut(r, ";")
	fields := strings.Split(head, ",")
	if len(fields) < 3 {
		return
	}
	priority, err1 := strconv.Atoi(fields[0])
	number, err2 := strconv.ParseInt(fields[1], 10, 64)
	if err1 != nil || err2 != nil {
		return
	}
	switch {
	case k.next > 0 && number > k.next:
		k.dumps.gap(fmt.Sprintf("%d messages of the kernel were lost", number-k.next))
	case k.lost && k.next == 0:
		k.dumps.gap("messages of the kernel were lost")
	}
	k.next, k.lost = number+1, false
	if facility := priority >> 3; facility != 0 { // 0: the kernel
		return
	}
	text, _, _ = strings.Cut(text, "\n")
	for line := range strings.SplitSeq(text, `\x0a`) { // other bytes that are not printable stay escaped
		k.dumps.line(line)
	}
}

// Close closes it.
func (k *Kmsg) Close() error {
	if k.fd < 0 || k.read == nil {
		return nil
	}
	k.read, k.missing = nil, "it is closed"
	return unix.Close(k.fd)
}
