package driver

import (
	"context"
	"errors"

	"daxbench/engine/vfs"
)

// A server does what a policy leaves to the engine's worker, on a goroutine of
// its own (kernel: a kworker). It rests while other policies have their slices:
// what a policy puts off must not be paid for by the next.
type server struct {
	rig    *Rig
	task   *vfs.Task
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
}

func serve(r *Rig) *server {
	s := &server{rig: r, task: vfs.NewTask(r.Context), cancel: func() {}, done: make(chan struct{})}
	close(s.done)
	s.resume()
	return s
}

// resume goes on serving, after what a goroutine before is at.
func (s *server) resume() {
	s.cancel()
	ctx, cancel := context.WithCancel(s.rig.Context)
	before, done := s.done, make(chan struct{})
	s.cancel, s.done = cancel, done
	go func() {
		defer close(done)
		<-before
		if err := guard(s.rig.Region, func() { s.rig.ServeWorker(ctx, s.task) }); err != nil {
			fail(s.rig.Fatal, err)
		}
	}()
}

// pause lets the goroutine end once it is done with the inode that it is at,
// which may have to wait for a pin.
func (s *server) pause() { s.cancel() }

// stop is pause that waits for the end.
func (s *server) stop() {
	s.cancel()
	<-s.done
}

// finish ends the goroutine and does what it has left. Nobody may be using the
// engine, and no page may be pinned.
func (s *server) finish() error {
	s.stop()
	s.rig.RunWorker(s.task)
	if err := s.task.Err(); err != nil {
		return err
	}
	if !s.rig.WorkerIdle() {
		return errors.New("something is left to the engine's worker that cannot be done")
	}
	return nil
}
