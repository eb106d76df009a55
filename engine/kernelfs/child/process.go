package child

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// maxQueue is how many calls may wait for a thread: the most that a scenario may have in one step is far less.
const maxQueue = 4096

// A process is this one: what its threads share.
type process struct {
	conn    *wire.Conn
	threads map[string]chan request // by task; of serve only

	mu    sync.Mutex // guards what follows; nobody holds it in a system call that waits
	files map[string][]int
	maps  map[string][]mapping
	pins  map[string]pinned
}

// A request is a call and the descriptors that came with it. They are closed when it is over: what is to stay open is
// kept so by the controller.
type request struct {
	wire.Call
	fds []int
}

func newProcess(conn *wire.Conn) *process {
	return &process{
		conn: conn, threads: make(map[string]chan request),
		files: make(map[string][]int), maps: make(map[string][]mapping), pins: make(map[string]pinned),
	}
}

// serve hands calls out to threads until the socket is closed. An error is the controller's.
func (p *process) serve() error {
	for {
		var r request
		var err error
		if r.fds, err = p.conn.Receive(&r.Call); errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) {
			return nil
		} else if err != nil {
			return fmt.Errorf("a call: %w", err)
		}
		if len(r.fds) != r.Fds || r.Task == "" {
			return fmt.Errorf("call %d of task %q: %d descriptors, where %d were announced", r.ID, r.Task, len(r.fds), r.Fds)
		}
		if r.Ask { // a new thread may not come to be while another one holds the lock of the address space
			p.conn.Send(p.answer(&r, unix.Gettid()))
			continue
		}
		select {
		case p.thread(r.Task) <- r:
		default:
			return fmt.Errorf("call %d: %d are waiting for task %q", r.ID, maxQueue, r.Task)
		}
	}
}

// thread returns where a task takes its calls from. A thread begins to exist when it is first wanted.
func (p *process) thread(task string) chan<- request {
	calls := p.threads[task]
	if calls == nil {
		calls = make(chan request, maxQueue)
		p.threads[task] = calls
		go p.run(calls)
	}
	return calls
}

// run makes calls, all by one thread of the operating system. An answer that cannot be sent has nobody to wait for it.
func (p *process) run(calls <-chan request) {
	runtime.LockOSThread()
	tid := unix.Gettid()
	for r := range calls {
		p.conn.Send(wire.Answer{ID: r.ID, Began: true, TID: tid})
		p.conn.Send(p.answer(&r, tid))
	}
}

// answer makes a call.
func (p *process) answer(r *request, tid int) wire.Answer {
	defer wire.Close(r.fds)
	a := wire.Answer{ID: r.ID, TID: tid}
	err := errNoVerb
	if do := verbs[r.Verb]; do != nil {
		err = do(p, r, &a)
	}
	if err != nil {
		a.Failed = err.Error()
		var errno unix.Errno
		if errors.As(err, &errno) {
			a.Errno = int(errno)
		}
	}
	return a
}

// exit ends the process as exit_group(2) does: I/O that must be waited for, then the mappings go, then the files. It
// may get stuck in that. The runtime has no say.
func exit(*process, *request, *wire.Answer) error {
	unix.Exit(0)
	return nil
}
