package driver

import (
	"context"
	"errors"
	"runtime"

	"daxbench/engine/vfs"
)

// A server does what a policy leaves to the engine's worker, on a goroutine of
// its own (kernel: a kworker). It goes on between the storm's slices, as the
// device does.
type server struct {
	rig    *Rig
	task   *vfs.Task
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
}

func serve(r *Rig) *server {
	ctx, cancel := context.WithCancel(r.Context)
	s := &server{rig: r, task: vfs.NewTask(r.Context), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		if err := guard(r.Region, func() { r.ServeWorker(ctx, s.task) }); err != nil {
			fail(r.Fatal, err)
		}
	}()
	return s
}

// stop ends the goroutine once it is done with the inode that it is at.
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

// Create makes a file. Under some policies files that are long closed can fill
// the file system: their pins hold them, or the worker has yet to come to them,
// or they are idle in the cache although unlinked. Then it waits until some are
// gone, as XFS flushes its inodegc before it says ENOSPC, and in the end drops
// the caches, as an administrator would.
func (r *Rig) Create(t *vfs.Task, f vfs.NewFile) (*vfs.Inode, error) {
	for last := false; ; {
		if last || !r.tight.Load() || r.hasRoom(f) {
			in, err := r.Engine.Create(t, f)
			if err == nil || last || !vfs.IsFull(err) {
				return in, err
			}
			r.tight.Store(true)
		}
		if r.Context.Err() != nil {
			return nil, context.Cause(r.Context)
		}
		runtime.Gosched()
		if r.WorkerIdle() && (r.Device == nil || r.Device.Outstanding() == 0) {
			n := r.PruneICache(t, r.Options().CacheInodes)
			n += r.PruneICache(t, r.Options().CacheInodes) // the first look may only take the Referenced bits
			last = n == 0
		}
	}
}

// hasRoom reports whether there is an inode number and blocks for f: it is
// cheaper to ask than to be refused.
func (r *Rig) hasRoom(f vfs.NewFile) bool {
	return r.FS().FreeInodeCount() > 0 && r.FS().FreeBlockCount() >= f.Pages
}
