package vm

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lastWords is how long what a QEMU wrote that has ended may take to be read.
const lastWords = 2 * time.Second

// A qemu is one that runs.
type qemu struct {
	cmd    *exec.Cmd
	said   *console // on its own outputs
	frames *os.File // the guest's second serial port
	lines  *os.File // its first one
	done   chan struct{}
	heard  sync.WaitGroup
}

// startQEMU starts it. Messages of the kernel go to c.
func startQEMU(program string, args []string, image *os.File, c *console) (*qemu, error) {
	q := &qemu{said: &console{}, done: make(chan struct{})}
	lines, theirLines, err := socketPair("console")
	if err != nil {
		return nil, err
	}
	defer theirLines.Close()
	frames, theirFrames, err := socketPair("frames")
	if err != nil {
		lines.Close()
		return nil, err
	}
	defer theirFrames.Close()
	q.lines, q.frames = lines, frames
	q.cmd = exec.Command(program, args...)
	q.cmd.Stdout, q.cmd.Stderr = q.said, q.said
	q.cmd.ExtraFiles = []*os.File{theirLines, theirFrames, image}
	q.cmd.WaitDelay = hostLimits.goodbye
	// A terminal's Ctrl-C is for this process to obey, which then ends QEMU; and QEMU does not outlive it.
	q.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := q.cmd.Start(); err != nil {
		lines.Close()
		frames.Close()
		return nil, fmt.Errorf("starting QEMU: %w", err)
	}
	q.heard.Go(func() { io.Copy(c, lines) })
	go func() {
		q.cmd.Wait()
		// What it wrote last is read, but nobody who inherited the other side keeps us waiting.
		lines.SetReadDeadline(time.Now().Add(lastWords))
		frames.SetReadDeadline(time.Now().Add(lastWords))
		close(q.done)
	}()
	return q, nil
}

// end waits until QEMU has ended: by itself if the guest has said goodbye, else at once.
func (q *qemu) end(goodbye bool) {
	if goodbye {
		t := time.AfterFunc(hostLimits.goodbye, q.kill)
		defer t.Stop()
	} else {
		// The other side of the frames is closed, or what comes is of no use: QEMU is ending, or has no reason not to.
		t := time.AfterFunc(time.Second, q.kill)
		defer t.Stop()
	}
	<-q.done
	q.heard.Wait()
}

// kill ends QEMU, and whoever it has started.
func (q *qemu) kill() {
	select {
	case <-q.done: // its number may be another's by now
	default:
		syscall.Kill(-q.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// stop gives everything back.
func (q *qemu) stop() {
	q.kill()
	<-q.done
	q.lines.Close()
	q.frames.Close()
	q.heard.Wait()
}

// socketPair returns both ends of a stream.
func socketPair(name string) (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	// Ours is taken for one that can be polled, so that Close ends a Read.
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name), nil
}

// memoryFile is a file without a name.
func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
