package enginefs

import (
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// reflink makes a file and lets it share all blocks of another one.
func reflink(t *task, a *target.Step) error {
	src, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	defer done()
	dst, err := t.s.e.Create(t.vt, vfs.NewFile{Pages: src.Pages(), DAX: src.IsDAX()})
	if err != nil {
		return err
	}
	t.keep(t.s.newFile(a.Other, dst), dst)
	return t.s.e.Reflink(t.vt, src, 0, dst, 0, src.Pages())
}

// dedupe lets the second file share the blocks of the first. Which of the two
// is waited for is up to the engine: the one that was made first.
func dedupe(t *task, a *target.Step) error {
	first, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	defer done()
	second, done2, err := t.use(a.Other)
	if err != nil {
		return err
	}
	defer done2()
	return t.s.e.Reflink(t.vt, first, 0, second, 0, min(first.Pages(), second.Pages()))
}

// cow is a write to a page whose block is shared.
func cow(t *task, a *target.Step) error {
	in, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	defer done()
	return t.s.e.CowWrite(t.vt, in, uint32(a.Index.N))
}

func setDAX(t *task, a *target.Step) error {
	in, done, err := t.use(a.File)
	if err != nil {
		return err
	}
	defer done()
	return t.s.e.SetDAX(t.vt, in, a.Has(target.On))
}
