package kernelfs

import (
	"fmt"
	"slices"

	"daxbench/engine/kernelfs/aide"
)

// maxSought bounds for how many pins it is sought what became of their blocks.
const maxSought = 2

// sought is the file that is made to see whether a block has come back.
const sought = "sought"

// seekLost finds blocks of files that are gone, whom nobody pins any more, and that have not come back all the same.
func (s *subject) seekLost() {
	if s.m.room == nil || s.unmounted {
		return
	}
	s.mu.Lock()
	var lost []*hold
	for _, h := range s.holds {
		if h.over && h.reused == "" && h.block >= 0 && h.file.unlinked && !s.inUse(h.file) {
			lost = append(lost, h)
		}
	}
	s.mu.Unlock()
	for _, h := range lost[:min(maxSought, len(lost))] {
		if err := s.seekOne(h); err != nil {
			s.tell(nil, "whether block %d has come back cannot be found out: %v", h.block/pageSize(), err)
		}
	}
}

// inUse reports whether somebody has a file open, mapped or pinned. The caller holds mu.
func (s *subject) inUse(f *file) bool {
	return slices.ContainsFunc(s.order, func(p *process) bool { return p.has(f.name) }) ||
		slices.ContainsFunc(s.holds, func(h *hold) bool { return h.file == f && !h.over })
}

// seekOne finds out what became of the block that a pin was on: a file of the scenario has it, or a new one gets it, or
// it is missed.
func (s *subject) seekOne(h *hold) error {
	block := h.block / pageSize()
	r := aide.Request{Do: aide.Whose, Dirs: []string{s.m.in(files), s.m.in(plain)}, Block: h.block}
	switch got, err := s.m.aides.ask(r, aideLimit, nil); {
	case err != nil:
		return err
	case got.Found && got.Path == sought:
		s.tell(nil, "block %d, which %s had pinned, has come back", block, h.name)
		return nil
	case got.Found:
		s.tell(nil, "block %d, which %s had pinned, is page %d of %s now", block, h.name, got.Page, got.Path)
		return nil
	}
	got, err := s.seek(nil, h, s.m.in(files, sought), &file{pages: 1, fill: h.file.fill})
	switch {
	case err != nil:
		return err
	case got.Found:
		s.tell(nil, "block %d, which %s had pinned, has come back", block, h.name)
		return nil
	} // now what was put off is done, and nothing of the search is left
	if why := s.undecided(got); why != "" {
		return fmt.Errorf("%s", why)
	}
	missed, err := s.missed()
	if err != nil {
		return err
	}
	if missed < pageSize() {
		return fmt.Errorf("none of %d new files got it, but no block is missed", got.Tried)
	}
	s.find("L", "P3", "block %d of %s has not come back: the file is unlinked, nobody has it open, mapped or pinned, none of %d new files got the block, and %d bytes less are free than should be",
		block, h.file.name, got.Tried, missed)
	return nil
}

// missed returns how many bytes are neither free nor a file's that were so when the file system had been filled. That
// another file has them which is unlinked and open cannot be seen: an error.
func (s *subject) missed() (int64, error) {
	s.mu.Lock()
	hidden := ""
	for _, f := range s.files {
		if f.unlinked && s.inUse(f) {
			hidden = f.name
		}
	}
	s.mu.Unlock()
	if hidden != "" {
		return 0, fmt.Errorf("%s is unlinked, and still in use: how much it has cannot be counted", hidden)
	}
	now, err := s.m.count()
	if err != nil {
		return 0, err
	}
	return s.m.room.free + s.m.room.used - now.Free - now.Used, nil
}
