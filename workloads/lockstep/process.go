package lockstep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Build is one executable of daxbench.
type Build struct {
	Path   string
	Layout uint64 // seed that the linker laid the code out by; 0: as it comes
}

// workerCommand is what makes an executable a worker.
const workerCommand = "gate-worker"

// errHung is the cause of a worker's end that did not answer in time.
var errHung = errors.New("no answer in time")

// process is a worker as its master sees it.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    lines
	stderr tail
	hung   atomic.Bool
	err    error // what ended it; every later request gets it again
}

// start starts a worker. The context kills it, and its cause is the error if it is over already.
func start(ctx context.Context, b Build) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, b.Path, workerCommand)}
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL} // whatever becomes of the master
	p.cmd.WaitDelay = time.Second
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = newLines(out)
	if err := p.cmd.Start(); ctx.Err() != nil {
		if err == nil {
			p.stop()
		}
		return nil, context.Cause(ctx) // Start knows the cause by the name of context.Canceled only
	} else if err != nil {
		return nil, err
	}
	return p, nil
}

// keepOn lets all threads of a process run on one processor only; those that are to come inherit that. It reports whether it
// could.
func keepOn(pid, cpu int) bool {
	var one unix.CPUSet
	one.Set(cpu)
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	pinned := err == nil && len(threads) > 0
	for _, t := range threads {
		tid, err := strconv.Atoi(t.Name())
		if err == nil {
			err = unix.SchedSetaffinity(tid, &one)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // a thread may end meanwhile
			pinned = false
		}
	}
	return pinned
}

// processor is the one that this thread runs on, from 1; 0 if the kernel does not say.
func processor() int {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return 0
	}
	return int(cpu) + 1
}

// processors lists those that a process may use, from 0; process 0 is this one.
func processors(pid int) (list []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(pid, &set) != nil {
		return nil
	}
	for cpu := 0; cpu < len(set)*64; cpu++ {
		if set.IsSet(cpu) {
			list = append(list, cpu)
		}
	}
	return list
}

// ask sends a request and waits for the answer, limit at most. Errors: what the worker says; ErrProtocol; errHung; or how
// it ended. After any but the first the process is gone.
func (p *process) ask(r Request, limit time.Duration) (reply Reply, err error) {
	if p.err != nil {
		return reply, p.err
	}
	timer := time.AfterFunc(limit, func() {
		p.hung.Store(true)
		p.cmd.Process.Kill()
	})
	err = send(p.in, &r)
	if err == nil {
		err = p.out.next(&reply)
	}
	if !timer.Stop() && p.hung.Load() {
		err = fmt.Errorf("%s: %w (%v)", r.Do, errHung, limit)
	}
	if err != nil {
		p.err = p.ended(&r, err)
		return reply, p.err
	}
	if reply.Error != "" {
		return reply, errors.New(reply.Error)
	}
	return reply, nil
}

// ended reaps a worker that cannot be talked to any more and says what became of it.
func (p *process) ended(r *Request, cause error) error {
	p.cmd.Process.Kill()
	state := p.cmd.Wait()
	switch {
	case errors.Is(cause, errHung) && r.Do == Hello:
		cause = fmt.Errorf("%w: %v", ErrProtocol, cause)
	case errors.Is(cause, errHung):
	case errors.Is(cause, ErrProtocol):
	case r.Do == Hello && p.stderr.Len() > 0: // an older build does not know the command
		cause = fmt.Errorf("%w: it says %q", ErrProtocol, p.stderr.last())
	case r.Do == Hello: // something else altogether
		cause = fmt.Errorf("%w: it ended without an answer (%v)", ErrProtocol, p.cmd.ProcessState)
	case p.stderr.Len() > 0:
		cause = fmt.Errorf("%s: the worker ended (%v): %q", r.Do, state, p.stderr.last())
	default:
		cause = fmt.Errorf("%s: the worker ended (%v): %w", r.Do, state, cause)
	}
	return fmt.Errorf("%s: %w", p.cmd.Path, cause)
}

// stop ends a worker. It does not wait until its memory is given back, which takes longer than a slice.
func (p *process) stop() {
	if p.err != nil {
		return
	}
	p.err = os.ErrProcessDone
	p.cmd.Process.Kill()
	go p.cmd.Wait()
}

// tail keeps the last of what is written to it.
type tail struct{ bytes.Buffer }

// tailSize is how many bytes of a worker's standard error are kept.
const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p)
	if extra := t.Len() - tailSize; extra > 0 {
		t.Next(extra)
	}
	return len(p), nil
}

// last returns the first line of what is kept, which says most: a stack may follow.
func (t *tail) last() string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(t.Bytes()), []byte("\n"))
	return string(line)
}
