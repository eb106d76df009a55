package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

	"daxbench/engine/enginetest/history"
	"daxbench/engine/media"
	"daxbench/engine/vfs"
)

// A client is one goroutine with its own task.
type client struct {
	*crowd
	task    *vfs.Task
	rec     *history.Client
	rng     *rand.Rand
	open    []*vfs.Inode // references
	created int64
	err     error // what no call may return
}

func (c *client) run() {
	ops := c.ops / len(c.clients)
	for i := range ops {
		if c == c.clients[0] && i == ops/2 {
			c.task.Signal() // a process that is killed still puts what it had open
		}
		if c.step(); c.err != nil || c.task.Err() != nil {
			return
		}
	}
	for len(c.open) > 0 && c.task.Err() == nil {
		c.put()
	}
	c.e.Release(c.task)
}

// step calls the engine once.
func (c *client) step() {
	if c.rng.IntN(4) == 0 {
		runtime.Gosched()
	}
	dice := c.rng.IntN(100)
	if len(c.open) < 2 && dice < 30 { // few, or nothing is ever idle
		if dice < 22 {
			c.get(vfs.Ino(1 + c.rng.IntN(c.numbers)))
		} else {
			c.create()
		}
		return
	}
	switch {
	case dice < 34:
		c.prune()
	case dice < 35:
		c.unmount()
	case len(c.open) == 0:
	case dice < 50:
		c.put()
	case dice < 70:
		c.pin()
	case dice < 80:
		c.fault()
	case dice < 88:
		c.truncate()
	case dice < 94:
		c.size()
	default:
		c.unlink()
	}
}

// any returns one of the inodes that the client has a reference to.
func (c *client) any() *vfs.Inode { return c.open[c.rng.IntN(len(c.open))] }

func opOn(in *vfs.Inode, kind history.Kind, n uint32) history.Op {
	return history.Op{Kind: kind, Ino: uint32(in.Ino()), Gen: uint32(in.Owner().Gen), N: n}
}

// returned records ops, and that the call reclaimed other inodes besides: which,
// it does not tell. Nor whether it did, if it may have handed them on.
func (c *client) returned(call int64, before vfs.Stats, ops ...history.Op) {
	s := c.task.Stats
	if s.Evictions > before.Evictions || c.rules().Late && s.Reclaims > before.Reclaims {
		ops = append(ops, history.Op{Kind: history.Reclaim}, history.Op{Kind: history.Reclaimed})
	}
	c.rec.Return(call, ops...)
}

func (c *client) get(ino vfs.Ino) {
	before, call := c.task.Stats, c.rec.Call()
	in, err := c.e.Iget(c.task, ino)
	switch {
	case err == nil:
		op := opOn(in, history.Get, 0)
		op.Fresh = c.task.Stats.Misses > before.Misses
		c.returned(call, before, op)
		c.open = append(c.open, in)
		if in.Ino() != ino {
			c.err = fmt.Errorf("lookup of inode %d found %d", ino, in.Ino())
		}
	case errors.Is(err, vfs.ErrNotExist):
		c.returned(call, before, history.Op{Kind: history.Missed, Ino: uint32(ino)})
	default:
		c.returned(call, before)
		c.unless(err, vfs.ErrCacheFull)
	}
}

func (c *client) create() {
	pages := uint32(1 + c.rng.IntN(history.MaxPages))
	before, call := c.task.Stats, c.rec.Call()
	in, err := c.e.Create(c.task, vfs.NewFile{Pages: pages, DAX: true})
	if err != nil {
		c.returned(call, before)
		c.unless(err, vfs.ErrCacheFull, media.ErrNoInodes, media.ErrNoSpace)
		return
	}
	c.returned(call, before, opOn(in, history.Create, pages))
	c.open = append(c.open, in)
	c.created++
}

// unless keeps an error that is none of those that a crowded engine may return.
func (c *client) unless(err error, allowed ...error) {
	for _, a := range allowed {
		if errors.Is(err, a) {
			return
		}
	}
	c.err = err
}

func (c *client) put() {
	i := c.rng.IntN(len(c.open))
	in := c.open[i]
	c.open = append(c.open[:i], c.open[i+1:]...)
	op := opOn(in, history.Put, 0) // while it is still ours to look at
	freed, call := c.task.Stats.Freed, c.rec.Call()
	c.e.Iput(c.task, in)
	op.Freed = c.task.Stats.Freed > freed
	c.rec.Return(call, op)
}

// pin pins a page, or all of them, the last one first: for a truncater that
// waits for that one must let the holder have the others.
func (c *client) pin() {
	in, page := c.any(), uint32(c.rng.IntN(history.MaxPages))
	if page == 0 || c.rng.IntN(2) == 0 {
		c.pinPage(in, page)
		return
	}
	p, ok := c.tryPin(in, page)
	c.pinPage(in, 0)
	if ok {
		c.pins <- p
	}
}

func (c *client) pinPage(in *vfs.Inode, page uint32) {
	if p, ok := c.tryPin(in, page); ok {
		c.pins <- p
	}
}

func (c *client) tryPin(in *vfs.Inode, page uint32) (pinned, bool) {
	call := c.rec.Call()
	pin, err := c.e.Pin(c.task, in, page)
	if err != nil {
		c.rec.Return(call, opOn(in, history.NoPin, page))
		c.unless(err, vfs.ErrNotMapped)
		return pinned{}, false
	}
	pin = c.e.Mark(pin)
	o := pin.Owner()
	c.rec.Return(call, history.Op{Kind: history.Pin, Ino: uint32(o.Ino), Gen: uint32(o.Gen), N: page})
	return pinned{pin, page}, true
}

func (c *client) fault() {
	in, n := c.any(), uint32(1+c.rng.IntN(history.MaxPages))
	call := c.rec.Call()
	if err := c.e.Fault(c.task, in, 0, n); err != nil {
		c.rec.Return(call, opOn(in, history.Beyond, n))
		c.unless(err, vfs.ErrBeyondEnd)
		return
	}
	var ops []history.Op
	for page := range n {
		ops = append(ops, opOn(in, history.Fault, page))
	}
	c.rec.Return(call, ops...)
}

func (c *client) truncate() {
	in, pages := c.any(), uint32(1+c.rng.IntN(history.MaxPages))
	call := c.rec.Call()
	if err := c.e.Truncate(c.task, in, pages); err != nil {
		c.unless(err, vfs.ErrInterrupted)
		return
	}
	ops := []history.Op{opOn(in, history.Shrink, pages), opOn(in, history.Resize, pages)}
	if c.policy.Rules().NeedLease { // pages go before leases are waited for, and may come back meanwhile
		ops = append(ops, opOn(in, history.Unmap, pages))
	}
	c.rec.Return(call, ops...)
}

func (c *client) size() {
	in := c.any()
	call := c.rec.Call()
	c.rec.Return(call, opOn(in, history.Size, in.Pages()))
}

func (c *client) unlink() {
	in, kind := c.any(), history.Unlink
	call := c.rec.Call()
	if c.e.Unlink(c.task, in) != nil {
		kind = history.NoLink
	}
	c.rec.Return(call, opOn(in, kind, 0))
}

func (c *client) prune() {
	call := c.rec.Call()
	if c.e.PruneICache(c.task, 1+c.rng.IntN(3)) > 0 || c.rules().Late {
		c.rec.Return(call, history.Op{Kind: history.Reclaim}, history.Op{Kind: history.Reclaimed})
	}
}

// unmount names what it evicts.
func (c *client) unmount() {
	var ops []history.Op
	call := c.rec.Call()
	c.e.EvictInodes(c.task, func(ino vfs.Ino) { ops = append(ops, history.Op{Kind: history.Evict, Ino: uint32(ino)}) })
	c.rec.Return(call, ops...)
}
