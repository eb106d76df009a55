package enginefs

import (
	"bytes"
	"errors"
	"fmt"

	"daxbench/engine/media"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// A file is one by its name.
type file struct {
	name     string
	ino      vfs.Ino
	owner    media.Owner
	unlinked bool
}

// A handle is an open file description: it has a reference to the inode.
type handle struct {
	f    *file
	in   *vfs.Inode
	task *task // who opened it: for the ledger, which counts by tasks
}

// Errors of steps that make no sense at this moment.
var (
	errNoEntry   = errors.New("ENOENT: the file was unlinked")
	errNotOpen   = errors.New("EBADF: the process does not have it open")
	errNotMapped = errors.New("EFAULT: the process does not have it mapped")
	errNoMount   = errors.New("ENODEV: nothing is mounted")
)

// keep notes that the process has a file open, whose inode the task was given.
func (t *task) keep(f *file, in *vfs.Inode) *handle {
	h := &handle{f: f, in: in, task: t}
	t.s.ledger.Hold(t.vt, in.Owner())
	t.s.seen[f.name] = in
	t.proc.files = append(t.proc.files, h)
	return h
}

// handle returns an open file of the process.
func (t *task) handle(ref target.Ref) (*handle, error) {
	for _, h := range t.proc.files {
		if h.f.name == ref.String() {
			return h, nil
		}
	}
	return nil, errNotOpen
}

// lookUp takes a reference to a file by its name. The caller drops it with put.
func (t *task) lookUp(ref target.Ref) (*handle, error) {
	f := t.s.files[ref.String()]
	switch {
	case t.s.unmounted:
		return nil, errNoMount
	case f.unlinked:
		return nil, errNoEntry
	}
	in, err := t.s.e.Iget(t.vt, f.ino)
	if err != nil {
		return nil, err
	}
	t.s.ledger.Hold(t.vt, in.Owner())
	t.s.seen[f.name] = in
	return &handle{f: f, in: in, task: t}, nil
}

// put drops the reference of a handle, be it another thread's.
func (t *task) put(h *handle) {
	t.s.ledger.Drop(h.task.vt, h.in.Owner())
	t.s.e.Iput(t.vt, h.in)
}

// use returns the inode of a file that the process has open or mapped, and
// what to do with it in the end; if it has neither, by a look-up, as a system
// call that takes a path does.
func (t *task) use(ref target.Ref) (in *vfs.Inode, done func(), err error) {
	if h, err := t.handle(ref); err == nil {
		return h.in, func() {}, nil
	}
	if m := t.mapping(ref); m != nil {
		return m.in, func() {}, nil
	}
	h, err := t.lookUp(ref)
	if err != nil {
		return nil, nil, err
	}
	return h.in, func() { t.put(h) }, nil
}

func create(t *task, a *target.Step) error {
	if t.s.unmounted {
		return errNoMount
	}
	in, err := t.s.e.Create(t.vt, vfs.NewFile{Pages: uint32(a.Pages()), DAX: !a.Has(target.NoDAX) && !a.Has(target.Dir)})
	if err != nil {
		return err
	}
	t.keep(t.s.newFile(a.File, in), in)
	return nil
}

// newFile gives a name to an inode.
func (s *subject) newFile(ref target.Ref, in *vfs.Inode) *file {
	f := &file{name: ref.String(), ino: in.Ino(), owner: in.Owner()}
	s.files[f.name] = f
	s.ledger.NameFile(f.owner, f.name)
	return f
}

func open(t *task, a *target.Step) error {
	h, err := t.lookUp(a.File)
	if err != nil {
		return err
	}
	t.proc.files = append(t.proc.files, h)
	return nil
}

func closeFile(t *task, a *target.Step) error {
	h, err := t.handle(a.File)
	if err != nil {
		return err
	}
	t.close(h)
	return nil
}

// close takes a file out of the process and drops its reference.
func (t *task) close(h *handle) {
	p := t.proc
	for i := range p.files {
		if p.files[i] == h {
			p.files = append(p.files[:i:i], p.files[i+1:]...)
			break
		}
	}
	t.put(h)
}

func unlink(t *task, a *target.Step) error { return t.unlink(a.File) }

// rename unlinks what was there under the new name. The names are not kept:
// the other file goes on under its own.
func rename(t *task, a *target.Step) error { return t.unlink(a.Other) }

// unlink takes the name away, by a look-up: the reference that it drops in the
// end may be the last.
func (t *task) unlink(ref target.Ref) error {
	h, err := t.lookUp(ref)
	if err != nil {
		return err
	}
	if err = t.s.e.Unlink(t.vt, h.in); err == nil {
		h.f.unlinked = true
	}
	t.put(h)
	return err
}

func truncate(t *task, a *target.Step) error {
	in, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	err = t.s.e.Truncate(t.vt, in, uint32(a.Index.N))
	done()
	return err
}

func punch(t *task, a *target.Step) error {
	in, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	err = t.s.e.Punch(t.vt, in, uint32(a.Index.N), uint32(a.Pages()))
	done()
	return err
}

func dontCache(t *task, a *target.Step) error {
	h, err := t.handle(a.File)
	if err != nil {
		return err
	}
	h.in.DontCache()
	return nil
}

// pattern is what a file writes to a page.
func pattern(ref target.Ref, index int) []byte {
	text := fmt.Sprintf("[%s:%d]", ref, index)
	return bytes.Repeat([]byte(text), media.BlockSize/len(text)+1)[:media.BlockSize]
}

// write is what write(2) does: the page need not have been touched before.
func write(t *task, a *target.Step) error {
	in, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	defer done()
	index := uint32(a.Index.N)
	if err := t.s.e.Fault(t.vt, in, index, 1); err != nil {
		return err
	}
	if err := t.s.e.WritePage(t.vt, in, index, pattern(a.File, a.Index.N)); err != nil {
		return err
	}
	t.s.e.MarkDirty(in, index)
	return nil
}

// check looks for what a device left that is not the file's. It reads through
// the mapping, as the owner does.
func check(t *task, a *target.Step) error {
	in, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	defer done()
	if t.s.e.ForeignWrites(in) > 0 {
		t.s.find("U", "", "bytes %d to %d of page %d of %s are not its own: a device wrote them",
			vfs.DataOffset/2, vfs.DataOffset/2+15, a.Index.N, a.File)
	}
	return nil
}
