package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Kmsg reads what the kernel says, see Documentation/ABI/testing/dev-kmsg. Not safe for concurrent use.
type Kmsg struct {
	read    func([]byte) (int, error) // a record each; EAGAIN: no more, EPIPE: records are lost
	write   func(string) error        // a record
	fd      int
	missing string
	next    int64 // number of the next record; 0: not known
	lost    bool  // records were lost before the next one
	dumps   reader

	// The log has a clock of its own, which is neither CLOCK_MONOTONIC nor CLOCK_BOOTTIME: local_clock in kernel/printk/printk.c.
	zero   time.Time     // when it stood at zero; the zero Time: not known
	marks  int           // records of ours, by which that is found out
	mark   string        // the last of them
	marked time.Duration // when it was written, by the log's clock; 0: it has not come
}

// OpenKmsg opens the kernel's messages, from now on. If that is not possible, Missing says why. When the kernel has complained,
// a line is written into them, so that it is known when that was.
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
	return &Kmsg{fd: fd, read: func(p []byte) (int, error) { return unix.Read(fd, p) }, write: writeKmsg}
}

// writeKmsg writes a record, as a process may that is root's.
func writeKmsg(text string) error {
	fd, err := unix.Open("/dev/kmsg", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(text))
	return err
}

// Missing says why messages cannot be read; empty if they can.
func (k *Kmsg) Missing() string { return k.missing }

// maxWarnings bounds what one call of Warnings returns.
const maxWarnings = 1000

// A Warning is a complaint of the kernel.
type Warning struct {
	Text  string    // a line: "WARNING at fs/dax.c:378 in dax_disassociate_entry"
	Where string    // function; empty: not known
	Stack []string  // functions that called it, the innermost first; nil: not known
	PID   int       // of the thread in which it came about; 0: not known
	Comm  string    // its name
	When  time.Time // that was; the zero Time: not known

	stamp time.Duration // the same by the log's clock; 0: it has none
}

// Warnings returns what the kernel complained of since the last call. A gap is told: "12 messages of the kernel were lost".
func (k *Kmsg) Warnings() []Warning {
	list := k.since()
	if !slices.ContainsFunc(list, func(w Warning) bool { return w.stamp > 0 }) {
		return list
	}
	list = append(list, k.readClock()...)
	for i := range list {
		if w := &list[i]; w.stamp > 0 && !k.zero.IsZero() {
			w.When = k.zero.Add(w.stamp)
		}
	}
	return list
}

// debug is the priority of a record of ours: of a user's process (LOG_USER), for debugging (LOG_DEBUG), so that no console shows it.
const debug = "<15>"

// readClock finds out how the log's clock stands to ours, and returns what the kernel has complained of meanwhile. If the kernel
// does not take a record, or not so many of them, what was found out before goes on to count.
func (k *Kmsg) readClock() []Warning {
	k.marks++
	k.mark, k.marked = fmt.Sprintf("daxbench %d reads the clock of this log, time %d", os.Getpid(), k.marks), 0
	before := time.Now()
	if k.write(debug+k.mark+"\n") != nil { // without its end a record is not to be read yet
		return nil
	}
	took := time.Since(before)
	list := k.since()
	if k.marked > 0 {
		k.zero = before.Add(took/2 - k.marked)
	}
	return list
}

// since returns what the kernel complained of since the last call.
func (k *Kmsg) since() []Warning {
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
	micros, err3 := strconv.ParseInt(fields[2], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return
	}
	at := time.Duration(micros) * time.Microsecond
	switch {
	case k.next > 0 && number > k.next:
		k.dumps.gap(fmt.Sprintf("%d messages of the kernel were lost", number-k.next))
	case k.lost && k.next == 0:
		k.dumps.gap("messages of the kernel were lost")
	}
	k.next, k.lost = number+1, false
	text, _, _ = strings.Cut(text, "\n")
	if facility := priority >> 3; facility != 0 { // 0: the kernel
		if text == k.mark {
			k.marked = at
		}
		return
	}
	for line := range strings.SplitSeq(text, `\x0a`) { // other bytes that are not printable stay escaped
		k.dumps.line(line, at)
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
