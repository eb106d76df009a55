package engine_test

import (
	"context"
	"fmt"

	"daxbench/engine"
	"daxbench/engine/internal/bug"
	"daxbench/engine/vfs"
)

// pinScenes are those of what pins keep, and of who does what is left over.
var pinScenes = []scene{
	{
		name: "unpin against the last iput, a pin holds the inode", preemptions: 4, policy: "inode-ref",
		catches: []bug.Bug{bug.PinForgetsInode, bug.UnpinLeaksInode, bug.UnpinInodeFirst},
		set:     unpinAgainstIput,
	}, {
		name: "unpin against the last iput, a lane holds the inode", preemptions: 4, policy: "striped-ref",
		catches: []bug.Bug{bug.PinForgetsInode, bug.UnpinLeaksInode, bug.UnpinInodeFirst},
		set:     unpinAgainstIput,
	}, {
		name: "unpin against the last iput, a VMA holds the inode", preemptions: 4, policy: "vma-pin",
		catches: []bug.Bug{bug.PinForgetsInode, bug.UnpinLeaksInode, bug.UnpinInodeFirst},
		set:     unpinAgainstIput,
	}, {
		name: "the last unpin of a lane against the next pin in it", preemptions: 3, policy: "striped-ref",
		catches: []bug.Bug{bug.LaneDropsFirst},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.pin(in, 0)
			s.unlink(in)
			s.thenWork()
			return []func(){
				func() { s.unpin() },
				func() { s.pin(in, 1); s.e.Iput(s.task(0), in) },
			}
		},
	}, {
		name: "two unpins and the last iput of a linked inode", preemptions: 3, policy: "inode-ref",
		catches: []bug.Bug{bug.UnpinLeaksInode},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.pin(in, 0)
			s.pin(in, 1)
			s.thenWork()
			return []func(){
				func() { s.unpin() },
				func() { s.unpin() },
				func() { s.e.Iput(s.task(0), in) },
			}
		},
	}, {
		name: "handing over against the worker, a lookup and another pin", preemptions: 2, policy: "inode-ref",
		catches: []bug.Bug{bug.PinForgetsInode, bug.UnpinLeaksInode},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.pin(in, 0)
			s.e.Iput(s.task(0), in)
			s.thenWork()
			return []func(){
				func() { s.unpin() },
				func() { s.e.RunWorker(s.task(0)) },
				func() {
					in := must(s.e.Iget(s.task(1), ino))
					s.pin(in, 1)
					s.unlink(in)
					s.e.Iput(s.task(1), in)
					s.unpin()
				},
			}
		},
	}, {
		name: "handing over against a worker who falls asleep", preemptions: 3,
		catches: []bug.Bug{bug.HandoverForgetsWake},
		set: func(s *stage) []func() {
			worker := s.served("inode-ref", vfs.Rules{PinHolds: vfs.HoldsInode}, 1)
			in, _ := s.file()
			s.pin(in, 0)
			s.unlink(in)
			s.e.Iput(s.task(0), in)
			return []func(){worker, s.unpin}
		},
	}, {
		name: "unpin against a worker who puts the inode aside", preemptions: 3,
		catches: []bug.Bug{bug.UnpinForgetsAside},
		set: func(s *stage) []func() {
			worker := s.served("defer-aside", vfs.Rules{Defer: 2, DeferAside: true}, 1)
			in, _ := s.file()
			s.pin(in, 0)
			s.pin(in, 1)
			s.unlink(in)
			s.e.Iput(s.task(0), in)
			return []func(){worker, func() { s.unpin(); s.unpin() }}
		},
	}, {
		name: "a busy inode in the worker's queue before another", preemptions: 2,
		catches: []bug.Bug{bug.WorkerForgetsRoom, bug.HandoverForgetsWake},
		set: func(s *stage) []func() {
			worker := s.served("defer", vfs.Rules{Defer: 1}, 2)
			first, _ := s.file()
			second, _ := s.file()
			for _, in := range []*vfs.Inode{first, second} {
				s.pin(in, 0)
				s.unlink(in)
			}
			s.e.Iput(s.task(0), first)
			return []func(){
				worker,
				func() { s.e.Iput(s.task(1), second) },
				func() { s.unpin(); s.unpin() },
			}
		},
	}, {
		name: "fence against a device and its unpin", preemptions: 3, policy: "layout-lease",
		catches: []bug.Bug{bug.FencedUnpinDrops, bug.FenceForgetsPin, bug.DeviceIgnoresFence},
		set: func(s *stage) []func() {
			in := s.open()
			s.pin(in, 1)
			line := s.e.PinBytes(s.pins[0])[64:72]
			given := false
			s.atEnd = func() error {
				if given && line[0] != 0 {
					return fmt.Errorf("a device wrote into a page after it was fenced off")
				}
				return nil
			}
			return []func(){
				s.unpin,
				func() {
					in.Leases().Abandon()
					if s.e.PinnedPages() != 0 {
						panic("a page is pinned after the fence")
					}
					given = true
					clear(line) // the page is the next owner's
				},
			}
		},
	}, {
		name: "fence against a pin", preemptions: 3, policy: "layout-lease",
		catches: []bug.Bug{bug.PinAfterFence, bug.FenceForgetsPin},
		set: func(s *stage) []func() {
			in := s.open()
			s.atEnd = func() error {
				if n, pages := in.Leases().Len(), s.e.PinnedPages(); n != pages {
					return fmt.Errorf("%d pages are pinned under %d leases", pages, n)
				}
				s.unpin()
				return nil
			}
			return []func(){
				func() { s.pin(in, 1) },
				func() { in.Leases().Abandon() },
			}
		},
	},
}

// unpinAgainstIput closes an unlinked file one of whose pages a device holds.
func unpinAgainstIput(s *stage) []func() {
	in, _ := s.file()
	s.pin(in, 1)
	s.unlink(in)
	s.thenWork()
	return []func(){
		s.unpin,
		func() { s.e.Iput(s.task(1), in) },
	}
}

// thenWork ends the scene with what is left to the worker. Pins that are still
// there go first.
func (s *stage) thenWork() {
	s.atEnd = func() error {
		for len(s.pins) > 0 {
			s.unpin()
		}
		s.e.RunWorker(s.task(0))
		if !s.e.WorkerIdle() {
			return fmt.Errorf("the worker left something over")
		}
		return nil
	}
}

// served opens the engine anew, with a policy's way to evict and other rules,
// and returns the task that serves the worker until so many inodes are evicted.
func (s *stage) served(name string, r vfs.Rules, evictions int) (worker func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	o := s.e.Options()
	o.Watch = func(e vfs.Event) {
		if e.Kind == vfs.EvictEnd {
			if evictions--; evictions == 0 {
				cancel()
			}
		}
	}
	s.e = must(engine.Open(s.e.FS().Region(), engine.Config{Policy: ruled{policy(s.t, name), r}, Inodes: 4, Seed: 1, Cache: o}))
	return func() { s.e.ServeWorker(ctx, s.task(0)) }
}
