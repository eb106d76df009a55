package verify

import (
	"errors"
	"fmt"
	"time"

	"daxbench/engine/lease"
	"daxbench/engine/media"
	"daxbench/engine/vfs"
)

// What actors do. Each tells the ledger what references it has, and panics if the
// engine refuses what it must not: that ends the schedule as broken.

// A file is one that a shape has made.
type file struct {
	name  string
	owner media.Owner
}

// must panics if the engine refused something, other than because it is being
// unplugged. It reports whether it did not.
func must(what string, err error) bool {
	if err != nil && !errors.Is(err, vfs.ErrShutdown) {
		panic(fmt.Errorf("%s: %w", what, err))
	}
	return err == nil
}

// create makes a DAX file of so many pages, and returns it open.
func (a *actor) create(name string, pages uint32) (*file, *vfs.Inode) {
	in, err := a.eng.Create(a.task, vfs.NewFile{Pages: pages, DAX: true})
	must("create "+name, err)
	f := &file{name: name, owner: in.Owner()}
	a.ledger.NameFile(f.owner, name)
	a.ledger.Hold(a.task, f.owner)
	return f, in
}

// make makes, before the schedule begins, a DAX file whose pages can be pinned,
// and returns it open: a has it.
func (a *actor) make(name string, pages uint32) (*file, *vfs.Inode) {
	a.acting = a
	f, in := a.create(name, pages)
	a.fault(in, 0, pages)
	return f, in
}

// open looks a file up. It returns nil if there is none any more, or no memory
// for it.
func (a *actor) open(f *file) *vfs.Inode {
	a.say("opens %s", f.name)
	in, err := a.eng.Iget(a.task, f.owner.Ino)
	if errors.Is(err, vfs.ErrNotExist) || errors.Is(err, vfs.ErrCacheFull) || !must("open "+f.name, err) {
		return nil
	}
	a.ledger.Hold(a.task, in.Owner())
	return in
}

// visit opens a file if it is there, does something with it unless do is nil, and
// closes it.
func (a *actor) visit(f *file, do func(*vfs.Inode)) {
	in := a.open(f)
	if in == nil {
		return
	}
	if do != nil {
		do(in)
	}
	a.close(in)
}

// close drops the reference.
func (a *actor) close(in *vfs.Inode) {
	a.say("closes %s", a.ledger.File(in.Owner()))
	a.ledger.Drop(a.task, in.Owner())
	a.eng.Iput(a.task, in)
}

func (a *actor) unlink(in *vfs.Inode) {
	a.say("unlinks %s", a.ledger.File(in.Owner()))
	must("unlink", a.eng.Unlink(a.task, in))
}

func (a *actor) fault(in *vfs.Inode, first, n uint32) {
	must("fault", a.eng.Fault(a.task, in, first, n))
}

// mmap maps the first n pages of a file, which a has open, and touches them. The
// mapping has a reference of its own, until munmap.
func (a *actor) mmap(in *vfs.Inode, n uint32) *vfs.VMA {
	a.say("maps %s", a.ledger.File(in.Owner()))
	v, err := a.eng.Map(a.task, in, 0, n)
	must("mmap", err)
	a.ledger.Hold(a.task, in.Owner())
	must("fault", v.Fault(a.task, 0, n))
	return v
}

func (a *actor) munmap(v *vfs.VMA) {
	a.say("unmaps %s", a.ledger.File(v.Inode().Owner()))
	a.ledger.Drop(a.task, v.Inode().Owner())
	a.eng.Munmap(a.task, v)
}

func (a *actor) truncate(in *vfs.Inode, pages uint32) {
	a.say("truncates %s to %d pages", a.ledger.File(in.Owner()), pages)
	must("truncate", a.eng.Truncate(a.task, in, pages))
}

// pin takes a pin for I/O. It reports false if the page is gone or the policy
// gives none.
func (a *actor) pin(in *vfs.Inode, index uint32, how vfs.How) (vfs.Pin, bool) {
	p, err := a.eng.PinFor(a.task, in, index, how)
	switch {
	case err == nil:
		return a.eng.Mark(p), true
	case errors.Is(err, vfs.ErrNotMapped), errors.Is(err, vfs.ErrUnbounded):
		return p, false
	}
	return p, must("pin", err)
}

// complete is the end of I/O: the device writes, and the pin is dropped.
func (a *actor) complete(p vfs.Pin) {
	a.write(p)
	a.eng.Unpin(p)
}

// write is one access by the device.
func (a *actor) write(p vfs.Pin) { a.eng.DeviceWrite(p) }

// submit hands pins to who completes the I/O. It must be called once for each
// await, be it without any.
func (a *actor) submit(to *actor, pins ...vfs.Pin) {
	to.inbox, to.sent = append(to.inbox, pins...), true
	a.ledger.Hand(a.task, to.task)
}

// await returns what was submitted, once it was.
func (a *actor) await() []vfs.Pin {
	a.world.Block(func() bool { return a.sent }, time.Time{})
	return a.inbox
}

// device makes a the completion of I/O on pins that others submit.
func device(a *actor) { a.completeAll(a.await()) }

func (a *actor) completeAll(pins []vfs.Pin) {
	for _, p := range pins {
		a.complete(p)
	}
}

// reclaim is kswapd: it looks twice, since the first look may only take the
// Referenced bit away.
func (a *actor) reclaim() {
	a.eng.BeginReclaim(a.task)
	for range 2 {
		a.eng.PruneICache(a.task, 1)
	}
	a.eng.EndReclaim(a.task)
}

// needMemory allocates something and frees it again.
func (a *actor) needMemory() {
	a.say("needs memory")
	m, err := a.eng.AllocMemory(a.task, vfs.GFPKernel)
	must("allocate", err)
	a.eng.FreeMemory(a.task, m)
}

// unplug takes the device away.
func (a *actor) unplug() {
	a.say("unplugs the device")
	must("unplug", a.eng.Unplug(a.task))
}

// kill sends SIGKILL.
func (a *actor) kill(other *actor) {
	a.say("sends %s a signal", other.name)
	other.task.Signal()
}

// A client is a holder of layout leases that is told of a recall and takes its
// time.
type client struct{ lease lease.Lease }

func (*client) Recall(*lease.Lease) {}

// takeLease gives a a layout lease on the file.
func (a *actor) takeLease(in *vfs.Inode) *client {
	c := new(client)
	must("lease", in.Leases().Grant(&c.lease, c))
	return c
}

// has opens a file before the schedule begins.
func (a *actor) has(f *file) *vfs.Inode {
	a.acting = a
	in, err := a.eng.Iget(a.task, f.owner.Ino)
	must("open "+f.name, err)
	a.ledger.Hold(a.task, in.Owner())
	return in
}

// pinned makes a file before the schedule begins, of which the device a has a
// page pinned and nobody anything else.
func (a *actor) pinned(name string, pages, index uint32) *file {
	f, in := a.make(name, pages)
	a.pins(in, index)
	return f
}

// pins has the device a pin a page of a file, which it has open, before the
// schedule begins, and closes that.
func (a *actor) pins(in *vfs.Inode, index uint32) {
	if p, ok := a.pin(in, index, vfs.How{}); ok {
		a.submit(a, p)
	}
	a.sent = true
	a.close(in)
}

// io pins pages of a file for a device to write to.
func (a *actor) io(in *vfs.Inode, d *actor, how vfs.How, pages ...uint32) {
	var pins []vfs.Pin
	for _, index := range pages {
		if p, ok := a.pin(in, index, how); ok {
			pins = append(pins, p)
		}
	}
	a.submit(d, pins...)
}

// ioOn opens a file if it is there, has a device write to one page of it, and
// closes it.
func (a *actor) ioOn(f *file, d *actor, index uint32) {
	in := a.open(f)
	if in == nil {
		a.submit(d)
		return
	}
	a.io(in, d, vfs.How{}, index)
	a.close(in)
}

// next makes a file that gets the blocks that were last freed, and takes it away
// again.
func (a *actor) next() {
	_, in := a.create("N", 1)
	a.fault(in, 0, 1)
	a.unlink(in)
	a.close(in)
}
