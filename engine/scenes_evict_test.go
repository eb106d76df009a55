package engine_test

import (
	"errors"
	"fmt"

	"daxbench/engine/internal/bug"
	"daxbench/engine/vfs"
)

// evictScenes are those of eviction, and of what waits for it.
var evictScenes = []scene{
	{
		name: "reclaim by who holds a pin on an inode that is being evicted", preemptions: 2,
		catches: []bug.Bug{bug.ReclaimWaits},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.e.Iput(s.task(0), in) // onto the list
			in = must(s.e.Iget(s.task(0), ino))
			s.pin(in, 1)
			s.unlink(in)
			return []func(){
				func() { s.e.Iput(s.task(0), in) },
				func() { s.e.PruneICache(s.task(1), 1); s.unpin() },
			}
		},
	}, {
		name: "two unpins against the last iput of an unlinked inode", preemptions: 2,
		catches: []bug.Bug{bug.BreakForgetsRescan},
		set:     twoUnpinsAgainstEviction,
	}, {
		name: "two unpins against an eviction that resumes its scan", preemptions: 2,
		catches: []bug.Bug{bug.BreakForgetsRescan},
		opts:    vfs.Options{Scan: vfs.Resumes},
		set:     twoUnpinsAgainstEviction,
	}, {
		name: "nothing sleeps under i_lock", preemptions: 2,
		catches: []bug.Bug{bug.EvictUnderSpin},
		opts:    vfs.Options{Watch: noSleepUnderSpin()},
		set:     unpinAgainstEviction,
	}, {
		name: "memory while somebody else reclaims the only inode", preemptions: 2,
		catches: []bug.Bug{bug.ThrottleForgetsKicks},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.open()
			s.open()
			s.open()
			s.e.Iput(s.task(0), in)
			return []func(){
				func() {
					s.e.BeginReclaim(s.task(0))
					s.e.PruneICache(s.task(0), 1)
					s.e.EndReclaim(s.task(0))
				},
				func() {
					m := must(s.e.AllocMemory(s.task(1), vfs.GFPKernel))
					s.e.FreeMemory(s.task(1), m)
				},
			}
		},
	}, {
		name: "fault and pin behind a truncation and a punch", preemptions: 2,
		catches: []bug.Bug{bug.BreakersShareGate},
		set: func(s *stage) []func() {
			in := s.open()
			return []func(){
				func() { s.truncate(0, in, 0) },
				func() { must(0, s.e.Punch(s.task(1), in, 1, 1)) },
				func() {
					if err := s.e.Fault(s.task(2), in, 0, 1); !errors.Is(err, vfs.ErrBeyondEnd) {
						must(0, err)
					}
					s.pin(in, 0)
					s.unpin()
				},
			}
		},
	},
}

// noSleepUnderSpin returns a watcher that panics if a task may sleep, or does,
// while it is in a section of i_lock.
func noSleepUnderSpin() func(vfs.Event) {
	depth := make(map[*vfs.Task]int)
	return func(e vfs.Event) {
		switch e.Kind {
		case vfs.SpinTaken:
			depth[e.Task]++
		case vfs.SpinDropped:
			depth[e.Task]--
		case vfs.MaySleep, vfs.WaitBegin, vfs.LockTaken:
			if depth[e.Task] > 0 {
				panic(fmt.Sprintf("event %d of inode %d under i_lock", e.Kind, e.Owner.Ino))
			}
		}
	}
}

func twoUnpinsAgainstEviction(s *stage) []func() {
	in, _ := s.file()
	s.pin(in, 0)
	s.pin(in, 1)
	s.unlink(in)
	return []func(){
		func() { s.e.Iput(s.task(0), in) },
		func() { s.unpin() },
		func() { s.unpin() },
	}
}
