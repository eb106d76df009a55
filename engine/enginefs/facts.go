package enginefs

import (
	"errors"
	"maps"
	"slices"

	"daxbench/engine/media"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// Facts implements target.Subject. The first call judges: who is blocked then is
// so for ever.
func (s *subject) Facts() (target.Facts, error) {
	if !s.judged {
		s.judged = true
		before := len(s.ledger.Findings())
		stuck := s.stuck()
		if err := s.w.Do(func() { s.ledger.AtEnd(s.e.Superblock, stuck...) }); err != nil {
			return target.Facts{}, err
		}
		s.adopt(before)
		if err := s.w.Do(s.leftOver); err != nil {
			return target.Facts{}, err
		}
		if s.atRest() {
			if err := s.w.Do(s.whole); err != nil {
				return target.Facts{}, err
			}
		}
	}
	facts := target.Facts{Findings: s.found, Parked: s.parked, Work: s.scanned}
	for _, e := range s.story {
		text := e.text
		if text == "" {
			text = s.ledger.Say(e.event)
		}
		facts.Story = append(facts.Story, target.Line{At: e.at, Task: e.task, Step: e.step, Kind: e.kind, Text: text})
	}
	return facts, nil
}

// leftOver finds unlinked files that nobody has, or has pinned, and that are
// still being evicted: by a worker who is held up. What nobody evicts the
// ledger finds.
func (s *subject) leftOver() {
	s.e.Survey(func(in vfs.Surveyed) {
		f := s.fileOf(in.Owner)
		if f == nil || !f.unlinked || !in.Freeing || !s.deferred[in.Owner] || s.isPinned(f) {
			return
		}
		s.find("L", "P3", "%s is unlinked, nobody has it open or pinned, and the worker has not come to it", f.name)
	})
}

// atRest reports whether the engine must be whole: everybody is back, no page is
// pinned, and there is a file system on a device that is there.
func (s *subject) atRest() bool {
	for _, h := range s.pins {
		if !h.released {
			return false
		}
	}
	return len(s.stuck()) == 0 && !s.unmounted && !s.e.Gone()
}

// whole holds what the allocator has free against what the records on the medium
// own, orphans' too. The ledger cannot: it believes the engine that a block was
// freed.
func (s *subject) whole() {
	_, err := s.e.FS().Check()
	var damage *media.DamageError
	switch {
	case err == nil:
		return
	case !errors.As(err, &damage):
		s.find("", "", "the file system cannot be checked: %v", err)
		return
	}
	lost := 0
	for _, p := range damage.Report.Problems {
		if p.Kind == media.Lost && p.Ino == 0 {
			lost += max(1, int(p.Count))
			continue
		}
		s.find("", "", "the file system is damaged: %v", p)
	}
	if lost > 0 {
		s.find("L", "P3", "%s belong to nobody and are not free", count(lost, "block"))
	}
}

// isPinned reports whether a page of a file is pinned.
func (s *subject) isPinned(f *file) bool {
	for _, name := range slices.Sorted(maps.Keys(s.pins)) {
		if h := s.pins[name]; !h.released && h.pin.Owner() == f.owner {
			return true
		}
	}
	return false
}
