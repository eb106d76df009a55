package enginefs

import (
	"errors"

	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// A mapped is a mapping of a process.
type mapped struct {
	f   *file
	in  *vfs.Inode
	vma *vfs.VMA
	by  *task // who mapped it: for the ledger
}

// mapping returns the process's mapping of a file, or nil.
func (t *task) mapping(ref target.Ref) *mapped {
	for _, m := range t.proc.maps {
		if m.f.name == ref.String() {
			return m
		}
	}
	return nil
}

// mmap maps a whole file, which the process has open.
func mmap(t *task, a *target.Step) error {
	h, err := t.handle(a.File)
	if err != nil {
		return err
	}
	v, err := t.s.e.Map(t.vt, h.in, 0, max(1, h.in.Pages()))
	if err != nil {
		return err
	}
	t.s.ledger.Hold(t.vt, h.in.Owner())
	t.proc.maps = append(t.proc.maps, &mapped{f: h.f, in: h.in, vma: v, by: t})
	return nil
}

func munmap(t *task, a *target.Step) error {
	m := t.mapping(a.File)
	if m == nil {
		return errNotMapped
	}
	return t.munmap(m)
}

func (t *task) munmap(m *mapped) error {
	p := t.proc
	for i := range p.maps {
		if p.maps[i] == m {
			p.maps = append(p.maps[:i:i], p.maps[i+1:]...)
			break
		}
	}
	t.s.ledger.Drop(m.by.vt, m.in.Owner())
	t.s.e.Munmap(t.vt, m.vma)
	return nil
}

func fault(t *task, a *target.Step) error {
	m := t.mapping(a.File)
	if m == nil {
		return errNotMapped
	}
	return m.vma.Fault(t.vt, uint32(a.Index.N), uint32(a.Pages()))
}

// An entryRef is a page of a file, as scenarios name it.
type entryRef struct {
	file  string
	index int
}

// lockEntry is what a page fault or memory failure does: neither needs a
// reference of its own to the file. So the inode is found by who had it last.
func lockEntry(t *task, a *target.Step) error {
	in, ref := t.s.seen[a.File.String()], entryRef{a.File.String(), a.Index.N}
	if in == nil {
		return errNoEntry
	}
	if err := t.s.e.LockEntry(t.vt, in, uint32(a.Index.N)); err != nil {
		return err
	}
	t.s.entries[ref] = in
	return nil
}

func unlockEntry(t *task, a *target.Step) error {
	ref := entryRef{a.File.String(), a.Index.N}
	in := t.s.entries[ref]
	if in == nil {
		return errNotLocked
	}
	delete(t.s.entries, ref)
	t.s.e.UnlockEntry(t.vt, in, uint32(a.Index.N))
	return nil
}

// refusal turns an error that is an answer into one that says so.
func refusal(err error) error {
	for _, r := range []struct {
		err   error
		errno string
	}{
		{vfs.ErrUnbounded, "EOPNOTSUPP"},
		{vfs.ErrLongterm, "EOPNOTSUPP"},
		{vfs.ErrShutdown, "EIO"},
		{vfs.ErrBusyInodes, "EBUSY"},
	} {
		if errors.Is(err, r.err) {
			return &target.Refusal{Errno: r.errno, Why: r.err.Error()}
		}
	}
	return err
}
