package kernelfs

import (
	"fmt"
	"path/filepath"
	"slices"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// newFile returns a file that is to be made, in one of our directories.
func (s *subject) newFile(ref target.Ref, where string, pages int) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &file{name: ref.String(), pages: pages, blocks: make(map[int]int64)}
	f.path = filepath.Join(s.m.in(where), f.name)
	f.fill = s.patterns.next(f.name, false)
	return f
}

// add notes that a process has made a file, and has it open.
func (s *subject) add(c *call, f *file) error {
	if s.m.can.DAX && s.isPinned(f) {
		a, err := s.m.aides.ask(aide.Request{Do: aide.IsDAX, Path: f.path}, aideLimit, nil)
		if err != nil {
			return err
		}
		f.dax = a.DAX
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[f.name] = f
	c.proc.open[f.name]++
	return nil
}

// isPinned reports whether a step pins pages of a file.
func (s *subject) isPinned(f *file) bool { return len(s.pinnedPages(f)) > 0 }

// pinnedPages lists the pages of a file that steps pin.
func (s *subject) pinnedPages(f *file) (list []int) {
	for i := range s.sc.Steps {
		step := &s.sc.Steps[i]
		for k := 0; step.Verb == target.Pin && k < step.Tasks(); k++ {
			for _, one := range step.Share(k) {
				if one.File.String() == f.name {
					list = append(list, one.Index.N)
				}
			}
		}
	}
	return list
}

// locate returns where a page of a DAX file lies on the device; -1: not known, or it is no matter.
func (s *subject) locate(f *file, index int) int64 {
	if !f.dax || !s.m.can.Extents {
		return -1
	}
	s.mu.Lock()
	at, known := f.blocks[index]
	s.mu.Unlock()
	if known || f.unlinked {
		return at
	}
	a, err := s.m.aides.ask(aide.Request{Do: aide.Locate, Path: f.path, Index: index}, s.m.o.Patience, nil)
	if err != nil {
		s.tell(nil, "where page %d of %s lies cannot be found out: %v", index, f.name, err)
		return -1
	}
	return a.Block
}

// noteBlocks notes where the pages of a file lie that are pinned later, before its name is gone.
func (s *subject) noteBlocks(f *file) {
	for _, index := range s.pinnedPages(f) {
		at := s.locate(f, index)
		s.mu.Lock()
		f.blocks[index] = at
		s.mu.Unlock()
	}
}

func create(s *subject, c *call, a *target.Step) error {
	where := files
	if a.Has(target.NoDAX) {
		where = plain
	}
	f := s.newFile(a.File, where, a.Pages())
	w := c.callOn(a, f)
	if a.Name != (target.Ref{}) {
		got, err := s.reuse(c, a, f)
		if err != nil {
			return err
		}
		if got {
			w.Verb = target.Open // somebody has made it
		}
	}
	if _, err := s.command(c, c.proc, w, nil, nil); err != nil {
		return err
	}
	return s.add(c, f)
}

// reuse tries to make a file that owns the block which a pin is on, and reports whether it did. Otherwise there is none.
// An error says that it is not known whether it could.
func (s *subject) reuse(c *call, a *target.Step, f *file) (bool, error) {
	s.mu.Lock()
	h := s.pins[a.Name.String()]
	s.mu.Unlock()
	switch {
	case h == nil:
		s.tell(c, "takes any block: there is no pin %s", a.Name)
		return false, nil
	case !h.dax:
		s.tell(c, "takes any block: what %s pins is a page in memory, and no block", h.name)
		return false, nil
	case h.block < 0 || s.m.room == nil:
		return false, fmt.Errorf("which block %s pins is not known, or the file system is not filled up", h.name)
	}
	got, err := s.seek(c, h, f.path, f)
	s.mu.Lock()
	over := h.over // before the search, or while it was held up behind who waits for the pin
	s.mu.Unlock()
	switch {
	case err != nil:
		return false, fmt.Errorf("the search for the block of %s: %w", h.name, err)
	case !got.Found && over:
		s.tell(c, "does not get block %d, which nobody pins any more: %d files were made", h.block/pageSize(), got.Tried)
		return false, nil
	case !got.Found:
		why := s.undecided(got)
		if why == "" {
			if why, err = s.owned(h); err != nil {
				return false, err
			}
		}
		if why != "" {
			return false, fmt.Errorf("whether the block of %s could be given away is not known: %s", h.name, why)
		}
		s.tell(c, "does not get block %d, which %s pins: the file system was full after %d files, none of which had it", h.block/pageSize(), h.name, got.Tried)
		return false, nil
	}
	still, err := s.isHeld(h)
	if err != nil {
		return false, fmt.Errorf("block %d went to %s, but whether %s pins it still is not known: %w", h.block/pageSize(), f.name, h.name, err)
	}
	s.mu.Lock()
	held := still && !h.over
	f.page, f.reuses = got.Page, true
	if h.reused = f.name; !held {
		s.mu.Unlock()
		s.tell(c, "gets block %d, which %s had pinned, as page %d", h.block/pageSize(), h.name, got.Page)
		return true, nil
	}
	s.mu.Unlock()
	s.find("U", "P1r", "block %d went to %s (inode %d, page %d) while %s pins it as page %d of %s: both by FIEMAP",
		h.block/pageSize(), f.name, got.Ino, got.Page, h.name, h.index, h.file.name)
	return true, nil
}

// owned says which file of the scenario has the block of a pin, if it may not. That on which it was taken may, and so may
// one that shares its blocks, whose bytes are the same. To look at those may take as long as what waits for the pin.
func (s *subject) owned(h *hold) (string, error) {
	r := aide.Request{Do: aide.Whose, Dirs: []string{s.m.in(files), s.m.in(plain)}, Block: h.block}
	s.mu.Lock()
	for _, f := range s.files {
		if f.fill == h.file.fill {
			r.But = append(r.But, filepath.Base(f.path))
		}
	}
	s.mu.Unlock()
	got, err := s.m.aides.ask(r, aideLimit, nil)
	if err != nil || !got.Found {
		return "", err
	}
	return fmt.Sprintf("it is page %d of %s", got.Page, got.Path), nil
}

// seek has an aide make files until one has the block of a pin, which then gets a path.
func (s *subject) seek(c *call, h *hold, path string, f *file) (aide.Answer, error) {
	began := func(pid, tid int) {
		if c != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.enter(c, pid, tid)
			c.at.aide = true
		}
	}
	r := aide.Request{Do: aide.Seek, Path: path, Dir: s.m.in(files), Names: s.m.room.names, Pages: f.pages, Fill: f.fill, Block: h.block, Once: s.anyBlocked()}
	got, err := s.m.aides.ask(r, aideLimit, began)
	if c != nil {
		s.mu.Lock()
		s.leave(c)
		s.mu.Unlock()
	}
	return got, err
}

// anyBlocked reports whether somebody waits for others: what that holds back does not come by waiting, too.
func (s *subject) anyBlocked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.calls, func(c *call) bool {
		return c.at.pid != 0 && c.view.isQuiet() && !c.isOwn() && !isOrdinary(c.view.last.Stack)
	})
}

// wantsRoom reports whether the scenario wants freed blocks to be given away again, and that shows something.
func (s *subject) wantsRoom() bool {
	if !s.m.willFill() {
		return false
	}
	for i := range s.sc.Steps {
		if s.sc.Steps[i].Verb == target.Pin {
			return true
		}
	}
	return false
}

// umount is made by a child like any other step: nobody but who has a file open keeps the file system busy.
func umount(s *subject, c *call, a *target.Step) error {
	s.setMounted(false)
	_, err := s.command(c, c.proc, wire.Call{Task: c.task, Verb: a.Verb, Path: s.m.mount.Point}, nil, nil)
	if err != nil {
		s.setMounted(true)
	}
	return err
}

// mount mounts what was unmounted. What is mounted stays so.
func mount(s *subject, c *call, _ *target.Step) error {
	if is, err := s.m.isMounted(); err != nil || is {
		return err
	}
	if _, err := s.command(c, c.proc, s.m.mountCall(c.task), nil, nil); err != nil {
		return err
	}
	s.setMounted(true)
	return s.m.keepReserveAway()
}

func (s *subject) setMounted(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unmounted = !is
}

// mountCall is what a child is told to mount again what was found there at first.
func (m *Maker) mountCall(task string) wire.Call {
	return wire.Call{Task: task, Verb: target.Mount, Path: m.mount.Point, Device: m.mount.Source, FS: m.mount.Type, Mount: m.mount.Options}
}
