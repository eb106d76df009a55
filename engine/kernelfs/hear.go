package kernelfs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/target"
)

// hear takes over what the kernel has said. It is called before a pin begins and before it ends, so that a warning was given
// under the pins that are there. After a crash nothing that the kernel does is of use.
func (s *subject) hear() {
	s.hearing.Lock()
	defer s.hearing.Unlock()
	for _, w := range s.m.kmsg.Warnings() {
		s.heard(w)
	}
}

// heard judges one warning.
func (s *subject) heard(w proc.Warning) {
	s.mu.Lock()
	s.log = append(s.log, w.Text)
	pins := s.pinnedNow()
	forgotten := forgets(w) && pins != "" && !s.forgot
	s.forgot = s.forgot || forgotten
	if isCrash(w.Text) {
		s.m.wreck(s, errors.New("the kernel has crashed"))
	}
	s.mu.Unlock()
	switch {
	case isCrash(w.Text):
		s.find("", target.Crashed, "the kernel has crashed: %s", w.Text)
	case forgotten && evicts(w.Stack):
		s.find("A", "P1e", "the kernel evicts an inode and warns of the entry that it gives up with it, while %s: %s", pins, w.Text)
	case forgotten:
		s.find("A", "", "the kernel gives up the entry that says whose a page is, and warns of it, while %s: %s", pins, w.Text)
	}
}

// pinnedNow says who pins pages of DAX files: "p pins page 0 of F"; empty if nobody does. The caller holds mu.
func (s *subject) pinnedNow() string {
	var list []string
	for _, h := range s.holds {
		if h.dax && !h.over {
			list = append(list, fmt.Sprintf("%s pins page %d of %s", h.name, h.index, h.file.name))
		}
	}
	if more := len(list) - 1; more > 1 {
		return fmt.Sprintf("%s, and so do %d others theirs", list[0], more)
	}
	return strings.Join(list, " and ")
}

// forgetting are functions that warn when an entry is deleted that is not to be. Until 6.14 dax_disassociate_entry, which may be
// inlined, looks whether the page is referenced, and all along, as dax_folio_put, whether it is another inode's: fs/dax.c. Since
// 6.15 the truncation of all pages, at the end of an inode, wants no entries to be left: mm/truncate.c.
var forgetting = []string{"dax_disassociate_entry", "__dax_invalidate_entry", "truncate_folio_batch_exceptionals", "dax_folio_put"}

// forgets reports whether a warning is that an entry, which says whose a page is, was given up.
func forgets(w proc.Warning) bool {
	name, _, _ := strings.Cut(w.Where, ".") // what the compiler has made of it: name.isra.0
	return slices.Contains(forgetting, name)
}

// isCrash reports whether a message says that a part of the kernel has come to an end in the middle of something.
func isCrash(line string) bool {
	return slices.ContainsFunc([]string{"Oops", "BUG at ", "unable to handle", "NULL pointer", "general protection", "Kernel panic"}, func(sign string) bool {
		return strings.Contains(line, sign)
	})
}
