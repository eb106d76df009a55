package kernelfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/aide"
)

// aides are the processes that touch the file system for the controller. Safe for concurrent use.
type aides struct {
	mu    sync.Mutex
	ctx   context.Context // mu; once it is done nobody waits for an answer; nil: there is always time
	idle  []*worker
	stuck []*worker
}

// A stuckError says that an aide did not answer in time. It is killed, which may not help.
type stuckError struct {
	do       aide.Task
	limit    time.Duration
	pid, tid int
}

func (e *stuckError) Error() string {
	return fmt.Sprintf("%q does not return within %v", e.do, e.limit)
}

// An aideError is what an aide failed with.
type aideError struct {
	text  string
	errno unix.Errno
}

func (e *aideError) Error() string { return e.text }

// Unwrap makes errors.Is find what the errno stands for.
func (e *aideError) Unwrap() error {
	if e.errno == 0 {
		return nil
	}
	return e.errno
}

// ask has an aide do something. Began, if it is not nil, is told who does it. Errors: *stuckError, *aideError, the cause why
// there is no time any more.
func (as *aides) ask(r aide.Request, limit time.Duration, began func(pid, tid int)) (aide.Answer, error) {
	ctx := as.context()
	if err := context.Cause(ctx); err != nil {
		return aide.Answer{}, err
	}
	w, err := as.take()
	if err != nil {
		return aide.Answer{}, err
	}
	type outcome struct {
		a   aide.Answer
		err error
	}
	tids, done := make(chan int, 1), make(chan outcome, 1)
	go func() {
		var o outcome
		for o.err = w.conn.Send(r); o.err == nil; tids <- o.a.TID {
			o.a = aide.Answer{}
			if _, o.err = w.conn.Receive(&o.a); o.err != nil || !o.a.Began {
				break
			}
		}
		done <- o
	}()
	tid, late := w.pid, time.After(limit)
	for {
		select {
		case tid = <-tids:
			if began != nil {
				began(w.pid, tid)
			}
		case o := <-done:
			if o.err != nil {
				as.giveUp(w)
				return o.a, fmt.Errorf("%q: %w", r.Do, w.last())
			}
			as.put(w)
			if o.a.Failed != "" {
				return o.a, &aideError{o.a.Failed, unix.Errno(o.a.Errno)}
			}
			return o.a, nil
		case <-ctx.Done():
			as.giveUp(w)
			return aide.Answer{}, context.Cause(ctx)
		case <-late:
			as.giveUp(w)
			return aide.Answer{}, &stuckError{r.Do, limit, w.pid, tid}
		}
	}
}

func (as *aides) context() context.Context {
	as.mu.Lock()
	defer as.mu.Unlock()
	if as.ctx == nil {
		return context.Background()
	}
	return as.ctx
}

// goOn has aides answer although there is no time any more: what they made is to be removed.
func (as *aides) goOn() {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.ctx = nil
}

func (as *aides) take() (*worker, error) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if n := len(as.idle); n > 0 {
		w := as.idle[n-1]
		as.idle = as.idle[:n-1]
		return w, nil
	}
	return startWorker("aide", []string{aide.Env + "=" + strconv.Itoa(descriptor), "GOTRACEBACK=single"})
}

func (as *aides) put(w *worker) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.idle = append(as.idle, w)
}

func (as *aides) giveUp(w *worker) {
	w.kill()
	as.mu.Lock()
	defer as.mu.Unlock()
	as.stuck = append(as.stuck, w)
}

// pids lists all that are there.
func (as *aides) pids() (list []int) {
	as.mu.Lock()
	defer as.mu.Unlock()
	for _, w := range append(as.idle[:len(as.idle):len(as.idle)], as.stuck...) {
		list = append(list, w.pid)
	}
	return list
}

func (as *aides) close() {
	as.mu.Lock()
	defer as.mu.Unlock()
	for _, w := range append(as.idle, as.stuck...) {
		w.conn.Close()
		w.kill()
	}
	as.idle, as.stuck = nil, nil
}

// dismiss ends those that are idle, and waits until what they had open is closed.
func (as *aides) dismiss() error {
	as.mu.Lock()
	defer as.mu.Unlock()
	for _, w := range as.idle {
		w.conn.Close()
		w.kill()
		select {
		case <-w.gone:
		case <-time.After(aideLimit):
			return fmt.Errorf("%s (%d) does not end within %v", w.what, w.pid, aideLimit)
		}
	}
	as.idle = nil
	return nil
}

// served is set by Serve: a program that does not call it would, started as a child, do what it always does.
var served bool

var errNotServed = errors.New("the program's main has not called kernelfs.Serve")

func pageSize() int64 { return int64(os.Getpagesize()) }
