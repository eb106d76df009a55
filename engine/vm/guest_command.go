package vm

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/vm/line"
)

// signalled is added to the number of a signal that ended a command, as a shell does.
const signalled = 128

// orphansLimit is how long, when a command has ended, its output may take to end too: processes that it has left, and that
// hang, hold it open for ever.
const orphansLimit = time.Second

// runCommand runs this program with arguments, and sends what it says while it says it, each piece when said has returned. It
// reaps whoever ends, as PID 1 must.
func runCommand(args []string, p *port, said func()) (status int, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	var copies sync.WaitGroup
	out, err := p.pipe(line.Out, said, &copies)
	if err != nil {
		return 0, err
	}
	errs, err := p.pipe(line.Err, said, &copies)
	if err != nil {
		out.Close()
		return 0, err
	}
	if err := os.MkdirAll(Work, 0o755); err != nil {
		return 0, err
	}
	const exe = "/proc/self/exe"
	child, err := syscall.ForkExec(exe, append([]string{"daxbench"}, args...), &syscall.ProcAttr{
		Dir: Work, Env: os.Environ(), Files: []uintptr{null.Fd(), out.Fd(), errs.Fd()},
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	out.Close()
	errs.Close()
	if err != nil {
		return 0, &os.PathError{Op: "exec", Path: exe, Err: err}
	}
	if status, err = reap(child); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		copies.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(orphansLimit):
	}
	return status, nil
}

// pipe returns an end of a pipe. What is written to it is sent in frames of a kind, when said has returned.
func (p *port) pipe(kind line.Kind, said func(), copies *sync.WaitGroup) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	copies.Go(func() {
		defer r.Close()
		b := make([]byte, line.MaxPayload)
		for {
			n, err := r.Read(b)
			if n > 0 {
				said()
				p.write(kind, b[:n])
			}
			if err != nil {
				return
			}
		}
	})
	return w, nil
}

// reap waits for children, who are all that nobody else waits for, until the one has ended.
func reap(child int) (status int, err error) {
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, os.NewSyscallError("wait4", err)
		case pid != child:
		case ws.Signaled():
			return signalled + int(ws.Signal()), nil
		case ws.Exited():
			return ws.ExitStatus(), nil
		}
	}
}
