package kernelfs

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// A verb makes one action of a call. It returns when the action is over.
type verb func(s *subject, c *call, a *target.Step) error

// verbs are what can be done here; those that are not in it Why refuses.
var verbs = map[target.Verb]verb{
	target.Create: create, target.Open: open, target.Close: closeFile, target.Unlink: unlink, target.Rename: rename,
	target.Truncate: onFile, target.Punch: onFile, target.Write: onFile, target.Cow: cow, target.Check: check, target.Reflink: reflink,
	target.Dedupe: dedupe, target.DontCache: onFile, target.DAX: onFile,
	target.Map: mmap, target.Munmap: munmap, target.Fault: onFile,
	target.Pin: pin, target.Release: releasePin, target.DMAWrite: dmaWrite, target.DMARead: dmaRead,
	target.Shrink: shrink, target.DropCaches: ofMachine, target.Sync: ofMachine,
	target.Umount: umount, target.Mount: mount, target.Unplug: unplug, target.Poison: poison,
	target.Exit: exit, target.Kill: kill, target.Signal: signalTask,
}

// A file is one by its name.
type file struct {
	name, path string
	fill       byte
	pages      int
	dax        bool
	unlinked   bool
	blocks     map[int]int64 // of pages, since before it was unlinked
	page       int           // that has the block it was made to reuse
	reuses     bool
}

// file returns a file that is there: it has been made by a step.
func (s *subject) file(ref target.Ref) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[ref.String()]
}

// callOn is what a child is told of a step on a file.
func (c *call) callOn(a *target.Step, f *file) wire.Call {
	return wire.Call{
		Task: c.task, Verb: a.Verb, File: f.name, Path: f.path, Index: a.Index.N, Pages: a.Count.N, Fill: f.fill, On: a.Has(target.On) || a.Has(target.Reading),
	}
}

// onFile makes a step that leaves nothing to be noted.
func onFile(s *subject, c *call, a *target.Step) error {
	_, err := s.command(c, c.proc, c.callOn(a, s.file(a.File)), nil, nil)
	return err
}

// count notes that a process has something of a file once more, or once less.
func (s *subject) count(of map[string]int, f *file, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of[f.name] += by
}

func open(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	_, err := s.command(c, c.proc, c.callOn(a, f), nil, nil)
	if err == nil {
		s.count(c.proc.open, f, 1)
	}
	return err
}

// closeFile counts the file as closed from the start: who waits in close has no descriptor any more.
func closeFile(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	s.count(c.proc.open, f, -1)
	_, err := s.command(c, c.proc, c.callOn(a, f), nil, nil)
	return err
}

func mmap(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	answer, err := s.command(c, c.proc, c.callOn(a, f), nil, nil)
	if err != nil {
		return err
	}
	s.count(c.proc.mapped, f, 1)
	if f.dax && s.m.can.MapSync && answer.Opened != wire.MapSync {
		s.tell(c, "the mapping is one without MAP_SYNC")
	}
	return nil
}

func munmap(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	s.count(c.proc.mapped, f, -1)
	_, err := s.command(c, c.proc, c.callOn(a, f), nil, nil)
	return err
}

var errNoEntry = errors.New("ENOENT: the file was unlinked")

func unlink(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	if f.unlinked {
		return errNoEntry
	}
	s.noteBlocks(f)
	s.mu.Lock()
	f.unlinked = true
	s.mu.Unlock()
	_, err := s.command(c, c.proc, c.callOn(a, f), nil, nil)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		f.restore()
	}
	return err
}

// restore notes that a file has its name after all: where its blocks lie is looked at anew. The caller holds mu.
func (f *file) restore() {
	f.unlinked = false
	clear(f.blocks)
}

// rename takes the other file's name, which is unlinked thereby.
func rename(s *subject, c *call, a *target.Step) error {
	f, over := s.file(a.File), s.file(a.Other)
	if f.unlinked || over.unlinked {
		return errNoEntry
	}
	s.noteBlocks(over)
	w := c.callOn(a, f)
	w.Other = over.path
	s.mu.Lock()
	was := f.path
	f.path, over.unlinked = over.path, true
	s.mu.Unlock()
	_, err := s.command(c, c.proc, w, nil, nil)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		f.path = was
		over.restore()
	}
	return err
}

// cow is a write that gives the file a block of its own.
func cow(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	before := s.locate(f, a.Index.N)
	if err := onFile(s, c, a); err != nil {
		return err
	}
	if after := s.locate(f, a.Index.N); before >= 0 && after >= 0 && after != before {
		s.tell(c, "page %d of %s has moved from block %d to %d", a.Index.N, f.name, before/pageSize(), after/pageSize())
	}
	return nil
}

// check looks for bytes that are not the file's own, in the page and in that which has the block it was made to reuse.
func check(s *subject, c *call, a *target.Step) error {
	f := s.file(a.File)
	for _, index := range f.toCheck(a.Index.N) {
		w := c.callOn(a, f)
		w.Index = index
		answer, err := s.command(c, c.proc, w, nil, nil)
		if err != nil {
			return err
		}
		if bad := answer.Foreign; len(bad) > 0 {
			bad = bad[:min(len(bad), maxShown)]
			s.mu.Lock()
			who := s.patterns.whose(bad)
			s.mu.Unlock()
			s.find("U", "", "page %d of %s has % x, which are not its own bytes but those of %s", index, f.name, bad, who)
		}
	}
	return nil
}

func (f *file) toCheck(index int) []int {
	if f.reuses && f.page != index {
		return []int{index, f.page}
	}
	return []int{index}
}

func reflink(s *subject, c *call, a *target.Step) error {
	from := s.file(a.File)
	f := s.newFile(a.Other, files, from.pages)
	f.fill = from.fill // its bytes are those
	w := c.callOn(a, from)
	w.Other, w.Copy = f.path, f.name
	if _, err := s.command(c, c.proc, w, nil, nil); err != nil {
		return err
	}
	return s.add(c, f)
}

func dedupe(s *subject, c *call, a *target.Step) error {
	other := s.file(a.Other)
	w := c.callOn(a, s.file(a.File))
	w.Other, w.Copy = other.path, other.name
	_, err := s.command(c, c.proc, w, nil, nil)
	return err
}

// ofMachine makes a step that names no file.
func ofMachine(s *subject, c *call, a *target.Step) error {
	_, err := s.command(c, c.proc, wire.Call{Task: c.task, Verb: a.Verb, Path: s.m.in(files)}, nil, nil)
	return err
}

// shrink drops all caches: the kernel does not let anybody say how much to look at.
func shrink(s *subject, c *call, _ *target.Step) error {
	s.tell(c, "drops all caches, as the kernel cannot be told how many inodes to look at")
	_, err := s.command(c, c.proc, wire.Call{Task: c.task, Verb: target.DropCaches}, nil, nil)
	return err
}

var errNoFrame = errors.New("ENXIO: where the page is in memory is not known")

// poison lets the memory of a pinned page fail.
func poison(s *subject, c *call, a *target.Step) error {
	h, err := s.held(a)
	switch {
	case err != nil:
		return err
	case h.frame == 0:
		return errNoFrame
	}
	_, err = s.command(c, c.proc, wire.Call{Task: c.task, Verb: target.Poison, PFN: h.frame}, nil, nil)
	return err
}

// exit ends a process, and waits until nothing is left of it.
func exit(s *subject, c *call, _ *target.Step) error {
	p := c.proc
	s.mu.Lock()
	if p.w == nil {
		p.killed = true
		s.mu.Unlock()
		return nil
	}
	sent := p.killed
	p.killed = true // whatever a thread of it is in comes to nothing
	w := wire.Call{Task: "exit of " + p.name, Verb: target.Exit, ID: -1}
	s.enter(c, p.w.pid, 0)
	s.mu.Unlock()
	if !sent {
		if err := p.w.conn.Send(w); err != nil && !p.w.isGone() {
			p.w.kill()
		}
	}
	<-p.w.gone
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(c)
	return nil
}

// kill sends SIGKILL. That the victim exits is up to who runs the scenario.
func kill(s *subject, c *call, a *target.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process(s.sc.Process(a.Whom))
	p.end()
	p.killed, p.killedAt, p.killedOn = true, s.nowLocked(), time.Now()
	s.letGo = append(s.letGo, release{by: a.Action(), at: s.nowLocked(), proc: p, kill: true})
	return nil
}

// signalTask interrupts the thread of a task. It does not die of it.
func signalTask(s *subject, c *call, a *target.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if victim := s.busy[a.Whom.String()]; victim != nil && victim.at.tid != 0 {
		s.letGo = append(s.letGo, release{by: a.Action(), at: s.nowLocked(), proc: victim.proc, kill: true})
		return unix.Tgkill(victim.at.pid, victim.at.tid, wire.Signal)
	}
	s.tellLocked(target.Line{Task: c.task, Step: a.Line, Kind: target.Happened, Text: a.Whom.String() + " is in no call that could be interrupted"})
	return nil
}
