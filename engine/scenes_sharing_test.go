package engine_test

import (
	"errors"

	"daxbench/engine/internal/bug"
	"daxbench/engine/vfs"
)

// sharingScenes are those of shared blocks, entry locks and of a device that goes.
var sharingScenes = []scene{
	{
		name: "unplug against a pin on an idle file", preemptions: 2,
		catches: []bug.Bug{bug.UnplugSkipsDrain},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.pin(in, 0)
			s.e.Iput(s.task(0), in)
			return []func(){
				func() {
					must(0, s.e.Unplug(s.task(0)))
					if s.pinned != 0 {
						panic("the memory went under a pin")
					}
				},
				func() { s.unpin() },
			}
		},
	}, {
		name: "truncation behind a locked entry", preemptions: 2,
		catches: []bug.Bug{bug.EntryUnlockNoWake},
		set: func(s *stage) []func() {
			in := s.open()
			locked := false // ghost state
			return []func(){
				func() {
					if err := s.e.LockEntry(s.task(0), in, 1); err != nil {
						return // the truncation was faster
					}
					locked = true
					if _, err := s.e.MemoryFailure(0); !errors.Is(err, vfs.ErrNoOwner) { // some steps while it is held
						panic(err)
					}
					locked = false
					s.e.UnlockEntry(s.task(0), in, 1)
				},
				func() {
					s.truncate(1, in, 1)
					if locked {
						panic("a locked entry was deleted")
					}
				},
			}
		},
	}, {
		name: "copy on write against a pin, then the sharer goes", preemptions: 2,
		policy:  "quarantine",
		catches: []bug.Bug{bug.CowForgetsGate},
		set: func(s *stage) []func() {
			a, b := s.share()
			s.unlink(b)
			return []func(){
				func() {
					must(0, s.e.CowWrite(s.task(0), a, 0))
					s.e.Iput(s.task(0), b) // frees the block that a had
				},
				func() { s.pin(a, 0); s.unpin() },
			}
		},
	}, {
		name: "both sharers copy on write", preemptions: 3,
		catches: []bug.Bug{bug.ShareDropInTwoSteps},
		set: func(s *stage) []func() {
			a, b := s.share()
			s.opened = append(s.opened, b)
			return []func(){
				func() { must(0, s.e.CowWrite(s.task(0), a, 0)) },
				func() { must(0, s.e.CowWrite(s.task(1), b, 0)) },
			}
		},
	},
}

// share makes two files that have their first page in common; the first stays
// referenced until the end.
func (s *stage) share() (a, b *vfs.Inode) {
	a = s.open()
	b, _ = s.file()
	must(0, s.e.Reflink(s.task(0), a, 0, b, 0, 1))
	must(0, s.e.Fault(s.task(0), a, 0, 1))
	return a, b
}
