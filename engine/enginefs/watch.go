package enginefs

import (
	"fmt"
	"slices"
	"time"

	"daxbench/engine/media"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// An entry is a line of the story. Events are put into words in the end, when
// every file has its name.
type entry struct {
	at    time.Duration
	task  string
	kind  target.LineKind
	step  int
	text  string
	event vfs.Event // if text is empty
}

// tell adds a line.
func (s *subject) tell(e entry) {
	e.at = s.Now()
	s.story = append(s.story, e)
}

// Tell implements target.Subject.
func (s *subject) Tell(l target.Line) {
	s.story = append(s.story, entry{at: l.At, task: l.Task, kind: l.Kind, step: l.Step, text: l.Text})
}

// find notes a finding of the subject's own.
func (s *subject) find(invariants, property, format string, args ...any) {
	s.found = append(s.found, target.Finding{Invariants: invariants, Property: property, Text: fmt.Sprintf(format, args...), At: s.Now()})
}

// watch is what the engine tells its events to.
func (s *subject) watch(e vfs.Event) {
	if e.Kind == vfs.Scanned {
		s.scanned += int64(e.N)
		return
	}
	before := len(s.ledger.Findings())
	s.ledger.Watch(e)
	s.adopt(before)
	switch e.Kind {
	case vfs.WaitBegin:
		if t := s.byEngine(e.Task); t != nil {
			t.wait, t.since = e, s.Now()
		}
	case vfs.WaitEnd:
		if t := s.byEngine(e.Task); t != nil {
			t.slept()
			t.wait = vfs.Event{}
		}
	case vfs.EvictBegin:
		s.evictor[e.Task]++
	case vfs.EvictEnd:
		s.evictor[e.Task]--
	}
	s.park(e)
	if e.Kind == vfs.ReclaimEnd && s.inVain(e) {
		return
	}
	if s.worthALine(e) {
		s.tell(entry{task: s.actor(e), kind: target.Happened, event: e})
	}
}

// adopt takes over what the ledger has found since there were so many.
func (s *subject) adopt(before int) {
	for _, f := range s.ledger.Findings()[before:] {
		g := target.Finding{Invariants: f.Invariants, Property: string(f.Property), Text: f.Text, At: s.Now()}
		if g.Property == "P1u" {
			g.Invariants = "" // U is about blocks that another file gets; this memory nobody gets
		}
		s.found = append(s.found, g)
	}
}

// byEngine returns the task whose engine task it is.
func (s *subject) byEngine(vt *vfs.Task) *task {
	for _, t := range s.order {
		if t.vt == vt {
			return t
		}
	}
	return nil
}

// actor names who made an event: the task that runs, if the engine does not say.
func (s *subject) actor(e vfs.Event) string {
	if e.Task != nil {
		return s.ledger.NameOf(e.Task)
	}
	if id := s.w.Current(); id >= 0 {
		return s.w.Name(id)
	}
	return ""
}

// slept adds the wait that the task is in, until now, to its call. Waits for
// entries are not counted: nothing in the engine holds one, only scenarios do.
func (t *task) slept() {
	c := t.call
	if c == nil || t.wait.Kind != vfs.WaitBegin || t.wait.Wait == vfs.ForEntry {
		return
	}
	d := t.s.Now() - t.since
	if d > c.longest {
		c.longest, c.status.For = d, t.waitsFor()
	}
	c.status.Slept += d
}

// park notes what is put aside while a page of it is pinned.
func (s *subject) park(e vfs.Event) {
	switch e.Kind {
	case vfs.BlockQuarantined:
		s.parkOnce(fmt.Sprintf("block %d of %s is kept back until its last unpin", e.PFN, s.ledger.File(e.Owner)))
	case vfs.Deferred:
		// A reference that a completion drops is handed over, too, but without a task.
		if e.Task != nil {
			s.deferred[e.Owner] = true
			s.parkOnce(fmt.Sprintf("%s is left to the worker", s.ledger.File(e.Owner)))
		}
	case vfs.Idled:
		if f := s.fileOf(e.Owner); f != nil && f.unlinked {
			s.parkOnce(fmt.Sprintf("%s stays in the cache, unlinked", f.name))
		}
	}
}

func (s *subject) parkOnce(text string) {
	if !slices.Contains(s.parked, text) {
		s.parked = append(s.parked, text)
	}
}

// fileOf returns the file of an owner, if it has a name.
func (s *subject) fileOf(o media.Owner) *file {
	for _, f := range s.files {
		if f.owner == o {
			return f
		}
	}
	return nil
}

// inVain takes the beginning of a reclaim that found nothing out of the story,
// and says so once: who needs memory tries several times.
func (s *subject) inVain(e vfs.Event) bool {
	n := len(s.story)
	if n == 0 || s.story[n-1].event.Kind != vfs.ReclaimBegin || s.story[n-1].event.Task != e.Task {
		return false
	}
	const nothing = "finds nothing to reclaim"
	s.story = s.story[:n-1]
	if n < 2 || s.story[n-2].text != nothing {
		s.tell(entry{task: s.actor(e), kind: target.Happened, text: nothing})
	}
	return true
}

// worthALine says whether an event belongs into a story. Locks do if somebody
// takes them to evict, or to wait.
func (s *subject) worthALine(e vfs.Event) bool {
	switch e.Kind {
	case vfs.MaySleep, vfs.Resumed, vfs.Unmounted, vfs.Signalled:
		return false
	case vfs.LockTaken, vfs.LockDropped, vfs.SpinTaken, vfs.SpinDropped:
		return s.evictor[e.Task] > 0
	}
	return s.ledger.Say(e) != ""
}
