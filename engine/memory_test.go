package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/vfs"
)

// fullCache returns an engine with room for two inodes, both taken, and idle
// but for those that are to be open.
func fullCache(t *testing.T, open1, open2 bool) (e *engine.Engine, task *vfs.Task, ins [2]*vfs.Inode) {
	e = open(t, engine.Config{Cache: vfs.Options{CacheInodes: 2, Stripes: 1}})
	task = vfs.NewTask(t.Context())
	for i, opened := range []bool{open1, open2} {
		ins[i] = must(e.Create(task, vfs.NewFile{Pages: 1, DAX: true}))
		must(0, e.Fault(task, ins[i], 0, 1))
		if !opened {
			e.Iput(task, ins[i])
		}
	}
	return e, task, ins
}

// TestMemoryIsReclaimed: an idle inode makes room for anything, but not for who may
// not enter the file system, or is in reclaim already.
func TestMemoryIsReclaimed(t *testing.T) {
	for _, tt := range []struct {
		name      string
		gfp       vfs.GFP
		inReclaim bool
		reserve   bool
	}{
		{"GFP_KERNEL", vfs.GFPKernel, false, false},
		{"GFP_KERNEL in reclaim", vfs.GFPKernel, true, true},
		{"GFP_NOFS", vfs.GFPNoFS, false, true},
		{"GFP_NOWAIT", vfs.GFPNoWait, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, task, ins := fullCache(t, true, false)
			if tt.inReclaim {
				e.BeginReclaim(task)
			}
			m := must(e.AllocMemory(task, tt.gfp))
			if m.FromReserve() != tt.reserve || task.Stats.Reserves > 0 != tt.reserve || e.Usage().Cached == 2 != tt.reserve {
				t.Errorf("from the reserves: %t; %+v", m.FromReserve(), task.Stats)
			}
			if tt.inReclaim {
				e.EndReclaim(task)
			}
			e.FreeMemory(task, m)
			e.Iput(task, ins[0])
			e.Iput(task, must(e.Create(task, vfs.NewFile{})))
			check(t, e)
		})
	}
}

// TestNoMemoryToReclaim: memory for anything comes from the reserves then, but
// there are none of inodes.
func TestNoMemoryToReclaim(t *testing.T) {
	e, task, ins := fullCache(t, true, true)
	if m := must(e.AllocMemory(task, vfs.GFPKernel)); !m.FromReserve() || task.Stats.Reserves != 1 {
		t.Errorf("there was memory: %+v", task.Stats)
	}
	if _, err := e.Create(task, vfs.NewFile{}); !errors.Is(err, vfs.ErrCacheFull) {
		t.Errorf("Create: %v", err)
	}
	e.Iput(task, ins[0])
	if m := must(e.AllocMemory(task, vfs.GFPKernel)); m.FromReserve() {
		t.Error("the idle inode was not reclaimed")
	}
	if task.Stats.Reclaims != 3 {
		t.Errorf("%d direct reclaims, want 3", task.Stats.Reclaims)
	}
}

// TestThrottled: who finds nothing to reclaim waits behind who does, however
// long that waits for a pin, and gets what that frees.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, task, ins := fullCache(t, true, false)
		ino := ins[1].Ino()
		in := must(e.Iget(task, ino))
		pin := must(e.Pin(task, in, 0))
		e.Iput(task, in)
		other := vfs.NewTask(t.Context())
		go func() {
			e.BeginReclaim(other) // kswapd
			e.PruneICache(other, 1)
			e.PruneICache(other, 1)
			e.EndReclaim(other)
		}()
		synctest.Wait()
		go func() { time.Sleep(time.Second); e.Unpin(pin) }()
		start := time.Now()
		m := must(e.AllocMemory(task, vfs.GFPKernel))
		if s := task.Stats; m.FromReserve() || time.Since(start) != time.Second || s.Throttles == 0 || s.Throttled != time.Second {
			t.Errorf("after %v, from the reserves: %t, %+v", time.Since(start), m.FromReserve(), s)
		}
		if other.Stats.ReclaimBlocked != time.Second {
			t.Errorf("the reclaimer: %+v", other.Stats)
		}
	})
}

// TestNotThrottledBehindAnIput: who evicts because it closes a file frees memory
// for nobody in particular. Memory for an inode there is only when it is done.
func TestNotThrottledBehindAnIput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, task, ins := fullCache(t, true, true)
		pin := must(e.Pin(task, ins[1], 0))
		must(0, e.Unlink(task, ins[1]))
		go func() { e.Iput(vfs.NewTask(t.Context()), ins[1]) }()
		synctest.Wait()
		start := time.Now()
		if m := must(e.AllocMemory(task, vfs.GFPKernel)); !m.FromReserve() || time.Since(start) != 0 {
			t.Errorf("memory after %v", time.Since(start))
		}
		go func() { time.Sleep(time.Second); e.Unpin(pin) }()
		in := must(e.Create(task, vfs.NewFile{}))
		if time.Since(start) != time.Second {
			t.Errorf("an inode after %v", time.Since(start))
		}
		e.Iput(task, in)
		e.Iput(task, ins[0])
	})
}

// TestThrottledIsWokenByAnIput: an inode that falls idle can be reclaimed.
func TestThrottledIsWokenByAnIput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, task, ins := fullCache(t, true, true)
		pin := must(e.Pin(task, ins[1], 0))
		must(0, e.Unlink(task, ins[1]))
		go func() { e.Iput(vfs.NewTask(t.Context()), ins[1]) }()
		go func() { time.Sleep(time.Second); e.Iput(vfs.NewTask(t.Context()), ins[0]) }()
		synctest.Wait()
		start := time.Now()
		e.Iput(task, must(e.Create(task, vfs.NewFile{})))
		if time.Since(start) != time.Second {
			t.Errorf("an inode after %v", time.Since(start))
		}
		e.Unpin(pin)
		synctest.Wait()
		check(t, e)
	})
}

// TestThrottledGivesUp with its context.
func TestThrottledGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{Cache: vfs.Options{CacheInodes: 1, HangLimit: time.Second}})
		task := vfs.NewTask(t.Context())
		in, pins := pinnedFile(t, e, 0)
		must(0, e.Unlink(task, in))
		go func() { e.Iput(vfs.NewTask(t.Context()), in) }()
		synctest.Wait()
		var hung *vfs.HungError
		if _, err := e.Create(task, vfs.NewFile{}); !errors.As(err, &hung) || hung.What != "memory" || task.Err() == nil {
			t.Errorf("Create: %v", err)
		}
		e.Unpin(pins[0])
	})
}
