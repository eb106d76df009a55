package driver

import (
	"context"
	"runtime"

	"daxbench/engine/vfs"
)

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
		// The device first: what it completes can leave something to the worker, and never the other way round.
		if (r.Device == nil || r.Device.Outstanding() == 0) && r.WorkerIdle() {
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
