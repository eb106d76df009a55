package enginefs

import (
	"errors"
	"fmt"
	"math"
	"time"

	"daxbench/engine/lease"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// gfp are the words of a scenario.
var gfp = map[target.Flag]vfs.GFP{target.GFPKernel: vfs.GFPKernel, target.GFPNoFS: vfs.GFPNoFS, target.GFPNoWait: vfs.GFPNoWait}

func alloc(t *task, a *target.Step) error {
	m, err := t.s.e.AllocMemory(t.vt, gfp[a.Flags&(target.GFPKernel|target.GFPNoFS|target.GFPNoWait)])
	if err == nil {
		t.s.memory[a.Name.String()] = &allocation{Memory: m}
	}
	return err
}

// An allocation is memory that a task asked for.
type allocation struct {
	vfs.Memory
	freed bool
}

var errFreed = errors.New("the memory was freed")

func free(t *task, a *target.Step) error {
	m := t.s.memory[a.Name.String()]
	if m.freed {
		return errFreed
	}
	m.freed = true
	t.s.e.FreeMemory(t.vt, m.Memory)
	return nil
}

// shrink is kswapd's: what it waits for, it waits for in reclaim.
func shrink(t *task, a *target.Step) error {
	t.s.e.BeginReclaim(t.vt)
	n := t.s.e.PruneICache(t.vt, a.Index.N)
	t.s.e.EndReclaim(t.vt)
	t.s.tell(entry{task: t.name, kind: target.Happened, text: "has reclaimed " + count(n, "inode")})
	if n > 0 {
		return nil
	}
	idle := 0
	t.s.e.Survey(func(in vfs.Surveyed) {
		if in.Refs == 0 && in.OnLRU && in.Empty && !in.Freeing && !in.Referenced {
			idle++
		}
	})
	if idle > 0 {
		t.s.find("H", "", "reclaim frees nothing, although %s without a page could go", count(idle, "idle inode"))
	}
	return nil
}

// dropCaches is what a write to /proc/sys/vm/drop_caches does: nobody needs
// the memory, and the writer may sleep.
func dropCaches(t *task, _ *target.Step) error {
	for t.s.e.PruneICache(t.vt, math.MaxInt32) > 0 {
	}
	return nil
}

// locks that a task holds are released by the same one; the engine tells of a
// mistake by a panic.
func lockInode(t *task, a *target.Step) error {
	h, err := t.handle(a.File)
	if err != nil {
		return err
	}
	if a.Has(target.Shared) {
		h.in.RLockIO(t.vt)
	} else {
		h.in.LockIO(t.vt)
	}
	t.locked = append(t.locked, held{h, a.Has(target.Shared)})
	return nil
}

// held is an I/O lock that a task holds.
type held struct {
	*handle
	shared bool
}

var errNotLocked = errors.New("nobody holds that lock by a step")

func unlockInode(t *task, a *target.Step) error {
	for i, l := range t.locked {
		if l.f.name != a.File.String() {
			continue
		}
		t.locked = append(t.locked[:i:i], t.locked[i+1:]...)
		if l.shared {
			l.in.RUnlockIO(t.vt)
		} else {
			l.in.UnlockIO(t.vt)
		}
		return nil
	}
	return errNotLocked
}

// A grant is a layout lease and how its holder answers.
type grant struct {
	lease  lease.Lease
	s      *subject
	answer time.Duration
	never  bool
}

// Recall implements lease.Holder.
func (g *grant) Recall(*lease.Lease) {
	switch {
	case g.never:
	case g.answer == 0:
		g.lease.Return()
	default:
		until := g.s.w.Now().Add(g.answer)
		g.s.w.Go("lease holder", func() {
			g.s.w.Block(func() bool { return false }, until)
			g.lease.Return()
		})
	}
}

func grantLease(t *task, a *target.Step) error {
	h, err := t.handle(a.File)
	if err != nil {
		return err
	}
	g := &grant{s: t.s, answer: a.For, never: a.Has(target.IgnoreRecall)}
	if err := h.in.Leases().Grant(&g.lease, g); err != nil {
		return err
	}
	t.s.leases[a.Name.String()] = g
	return nil
}

var errFenced = errors.New("the lease was taken away")

func returnLease(t *task, a *target.Step) error {
	if !t.s.leases[a.Name.String()].lease.Return() {
		return errFenced
	}
	return nil
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
