package kernelfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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

// isElsewhere reports whether a warning is none of ours: the kernel tells those of the whole machine. It is ours if one of our
// threads was at it, or a function of the field. One of which nothing is known is, if it is a crash and the machine not ours.
func (s *subject) isElsewhere(w proc.Warning) bool {
	if w.PID == 0 && w.Where == "" && len(w.Stack) == 0 {
		return isCrash(w.Text) && !s.m.isGuest()
	}
	return !s.m.isField(w.Where) && !slices.ContainsFunc(w.Stack, s.m.isField) && !s.isOurThread(w)
}

// isField reports whether a function is one of what scenarios are about, or of the file system.
func (m *Maker) isField(f string) bool {
	fs := m.kernel.FS
	return strings.Contains(f, "dax") || strings.Contains(f, "evict") || strings.Contains(f, "truncate") ||
		fs != "" && strings.HasPrefix(strings.TrimLeft(f, "_"), fs+"_") || fs == "ext4" && strings.HasPrefix(f, "jbd2_")
}

// isOurThread reports whether a thread in a warning is, or was, one of this program's processes. Those are started as
// /proc/self/exe, which names them. It may have gone meanwhile, by the same warning.
func (s *subject) isOurThread(w proc.Warning) bool {
	const name = "exe"
	if w.PID == 0 {
		return false
	}
	s.mu.Lock()
	pids := append(s.m.aides.pids(), os.Getpid())
	for _, p := range s.order {
		if p.w != nil {
			pids = append(pids, p.w.pid)
		}
	}
	is := slices.ContainsFunc(s.calls, func(c *call) bool { return c.at.tid == w.PID })
	s.mu.Unlock()
	return is || w.Comm == name && s.m.isGuest() || slices.Contains(pids, w.PID) || slices.ContainsFunc(pids, func(pid int) bool {
		_, err := os.Stat(filepath.Join(s.m.sys.Root, "proc", strconv.Itoa(pid), "task", strconv.Itoa(w.PID)))
		return err == nil
	})
}

// heard judges one warning.
func (s *subject) heard(w proc.Warning) {
	if s.isElsewhere(w) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.log = append(s.log, "elsewhere: "+w.Text)
		return
	}
	s.mu.Lock()
	s.log = append(s.log, w.Text)
	pins := s.pinnedNow()
	forgotten := forgets(w) && pins != "" && !s.forgot
	s.forgot = s.forgot || forgotten
	if isCrash(w.Text) {
		s.m.wreck(s, errors.New("the kernel has crashed"))
	}
	s.mu.Unlock()
	when := w.When
	if when.IsZero() {
		when = time.Now()
	}
	switch {
	case isCrash(w.Text):
		s.findAt(when, "", target.Crashed, "the kernel has crashed: %s", w.Text)
	case forgotten && evicts(w.Stack):
		s.findAt(when, "A", "P1e", "the kernel evicts an inode and warns of the entry that it gives up with it, while %s: %s", pins, w.Text)
	case forgotten:
		s.findAt(when, "A", "", "the kernel gives up the entry that says whose a page is, and warns of it, while %s: %s", pins, w.Text)
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
