package device

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// pollSleeper sleeps in ppoll on an eventfd.
//
// The timer slack is set anew before each sleep, as it belongs to the thread and the goroutine changes threads; it stays with
// the threads, where it does no harm. Locking the goroutine to one thread would save that (0.2 µs), but then each
// handover costs a switch of threads: with two busy goroutines p99 rose from 0.06 to 3 ms.
//
// Note: a raw system call, which keeps the P while asleep, has better tails with a P to spare (p99 40 instead of 55 µs),
// but a garbage collection would have to wait until the sleep ends.
type pollSleeper struct {
	fds     [1]unix.PollFd
	timeout unix.Timespec
	count   [8]byte // what a read of the eventfd returns, and nobody needs
}

// newSleeper returns the best mechanism there is.
func newSleeper(timers bool) sleeper {
	if !timers {
		if fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err == nil {
			return &pollSleeper{fds: [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}}
		}
	}
	return newTimerSleeper()
}

func (s *pollSleeper) sleep(nanos int64) {
	timeout := &s.timeout
	*timeout = unix.NsecToTimespec(nanos)
	if nanos < 0 {
		timeout = nil
	} else {
		// Refused only where seccomp forbids it: then the sleep ends later, which Lateness shows.
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	}
	// An error is EINTR: the runtime preempts with signals. Waking up early does no harm.
	if n, err := unix.Ppoll(s.fds[:], timeout, nil); err == nil && n > 0 {
		_, _ = unix.Read(int(s.fds[0].Fd), s.count[:])
	}
}

// one is what a wake-up adds to an eventfd. Nobody writes to it; one of wake's own would be allocated under the race detector.
var one = binary.NativeEndian.AppendUint64(nil, 1)

func (s *pollSleeper) wake() {
	// It fails only if 2^64-2 wake-ups are pending, and then one more would change nothing.
	_, _ = unix.Write(int(s.fds[0].Fd), one)
}

func (s *pollSleeper) close() { _ = unix.Close(int(s.fds[0].Fd)) }

func (s *pollSleeper) name() string { return "ppoll" }
