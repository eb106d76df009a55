package enginefs

import (
	"maps"
	"slices"

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

// isPinned reports whether a page of a file is pinned.
func (s *subject) isPinned(f *file) bool {
	for _, name := range slices.Sorted(maps.Keys(s.pins)) {
		if h := s.pins[name]; !h.released && h.pin.Owner() == f.owner {
			return true
		}
	}
	return false
}
