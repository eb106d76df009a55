package kernelfs

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// A worker is a process that this program has started, and may have to give up: a child or an aide.
type worker struct {
	what string      // for messages: "child T1", "aide"
	pid  int         // for messages and /proc: it may be another's once the worker is gone
	proc *os.Process // knows when it is gone, and signals nobody else then
	conn *wire.Conn
	gone chan struct{} // closed when all of it has ended and it was waited for
	said *tail         // on its standard error
}

// descriptor is the number of the socket in a worker: the first behind standard error.
const descriptor = 3

// startWorker starts this program anew, with nothing of this process but a socket. It dies with this process. Its
// working directory is no file system's that might have to be unmounted.
func startWorker(what string, environ []string) (*worker, error) {
	conn, end, err := wire.Pair()
	if err != nil {
		return nil, err
	}
	defer end.Close()
	w := &worker{what: what, conn: conn, gone: make(chan struct{}), said: new(tail)}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"daxbench: " + what}
	cmd.Env, cmd.Dir, cmd.Stderr = environ, "/", w.said
	cmd.ExtraFiles = append(cmd.ExtraFiles, end)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	w.pid, w.proc = cmd.Process.Pid, cmd.Process
	go func() {
		cmd.Wait() // how it ended is seen by who asked it last
		close(w.gone)
	}()
	return w, nil
}

// kill sends SIGKILL. Whether it helps is up to the kernel. One that is gone gets none, nor does who has its number now.
func (w *worker) kill() { w.proc.Kill() }

// isGone reports whether nothing is left of it.
func (w *worker) isGone() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// last says how it ended, as far as it said so.
func (w *worker) last() error {
	if text := w.said.String(); text != "" {
		return fmt.Errorf("%s has ended: %s", w.what, text)
	}
	return fmt.Errorf("%s has ended", w.what)
}

// maxSaid bounds what is kept of a worker's last words.
const maxSaid = 2000

// A tail keeps the first words that are written to it: those of a panic say why.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := maxSaid - t.text.Len(); room > 0 {
		t.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text.String())
}
