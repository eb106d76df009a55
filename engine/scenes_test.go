package engine_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	"daxbench/engine"
	"daxbench/engine/enginetest"
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/layout"
	"daxbench/engine/lease"
	"daxbench/engine/page"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// A scene is a small race that every interleaving must survive, and the bugs
// with which some interleaving does not.
type scene struct {
	name        string
	preemptions int
	catches     []bug.Bug
	opts        vfs.Options // added to what newStage sets
	policy      string      // "": dax-only
	set         func(*stage) []func()
}

// scenes are all of them. Files are DAX and have two pages.
var scenes = slices.Concat(cacheScenes, evictScenes, pinScenes, sharingScenes)

// cacheScenes are those of lookup, reclaim, breaking and the locks.
var cacheScenes = []scene{
	{
		name: "iget against the last iput of an unlinked inode", preemptions: 2,
		catches: []bug.Bug{bug.IgetTakesFreeing, bug.ArmAfterUnlock, bug.UnhashForgetsWake, bug.IputSubtracts},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.unlink(in)
			return []func(){
				func() { s.e.Iput(s.task(0), in) },
				func() { s.lookUp(1, ino) },
			}
		},
	}, {
		name: "iget against the last iput of a linked inode that is not to be kept", preemptions: 2,
		catches: []bug.Bug{bug.IgetTakesFreeing, bug.WakeBeforeUnhash},
		set: func(s *stage) []func() {
			in, ino := s.file()
			in.DontCache()
			return []func(){
				func() { s.e.Iput(s.task(0), in) },
				func() { s.mustLookUp(1, ino) },
			}
		},
	}, {
		name: "iget against reclaim", preemptions: 2,
		catches: []bug.Bug{bug.IputStores, bug.ReclaimIgnoresCount, bug.ReclaimNotFreeing, bug.ReclaimDropsBlindly, bug.IdleNotOntoLRU, bug.IgetTakesFreeing},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.e.Iput(s.task(0), in)
			return []func(){
				func() { s.mustLookUp(0, ino) },
				func() { s.e.PruneICache(s.task(1), 1) },
			}
		},
	}, {
		name: "iget against reclaim and the next file in its memory", preemptions: 2,
		catches: []bug.Bug{bug.EvictedStaysOnLRU},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.e.Iput(s.task(0), in) // onto the list
			in = must(s.e.Iget(s.task(0), in.Ino()))
			s.unlink(in)
			return []func(){
				func() {
					s.e.Iput(s.task(0), in)
					s.e.Iput(s.task(0), must(s.e.Create(s.task(0), vfs.NewFile{})))
				},
				func() { s.e.PruneICache(s.task(1), 1) },
			}
		},
	}, {
		name: "two misses", preemptions: 2,
		catches: []bug.Bug{bug.SettleForgetsWake},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.e.Iput(s.task(0), in)
			s.e.PruneICache(s.task(0), 1)
			return []func(){
				func() { s.mustLookUp(0, ino) },
				func() { s.mustLookUp(1, ino) },
			}
		},
	}, {
		name: "two misses whose inode is kept", preemptions: 2,
		catches: []bug.Bug{bug.MissInsertsBlindly},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.e.Iput(s.task(0), in)
			s.e.PruneICache(s.task(0), 1)
			s.atEnd = func() error {
				if s.opened[0] != s.opened[1] {
					return fmt.Errorf("inode %d is in the cache twice", ino)
				}
				return nil
			}
			get := func(task int) func() {
				return func() { s.opened = append(s.opened, must(s.e.Iget(s.task(task), ino))) }
			}
			return []func(){get(0), get(1)}
		},
	}, {
		name: "two iputs of a linked inode", preemptions: 3,
		catches: []bug.Bug{bug.IdleNotOntoLRU},
		set: func(s *stage) []func() {
			in, ino := s.file()
			must(s.e.Iget(s.task(1), ino))
			return []func(){
				func() { s.e.Iput(s.task(0), in) },
				func() { s.e.Iput(s.task(1), in) },
			}
		},
	}, {
		name: "iput against unlink", preemptions: 3,
		catches: []bug.Bug{bug.UnlinkedOntoLRU},
		set: func(s *stage) []func() {
			in, ino := s.file()
			must(s.e.Iget(s.task(1), ino))
			s.atEnd = func() error {
				if s.lookUp(0, ino) {
					return errors.New("an unlinked inode without references was found")
				}
				return nil
			}
			return []func(){
				func() { s.e.Iput(s.task(0), in) },
				func() { s.unlink(in); s.e.Iput(s.task(1), in) },
			}
		},
	}, {
		name: "unmount against iget", preemptions: 2,
		catches: []bug.Bug{bug.UnmountIgnoresCount, bug.UnhashForgetsWake},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.e.Iput(s.task(0), in)
			return []func(){
				func() { s.e.EvictInodes(s.task(0), nil) },
				func() { s.mustLookUp(1, ino) },
			}
		},
	}, {
		name: "unmount against reclaim", preemptions: 3,
		catches: []bug.Bug{bug.ReclaimNotFreeing},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.e.Iput(s.task(0), in)
			in, _ = s.file()
			s.e.Iput(s.task(0), in)
			return []func(){
				func() { s.e.EvictInodes(s.task(0), nil) },
				func() { s.e.PruneICache(s.task(1), 2) },
			}
		},
	}, {
		name: "create against iget of the number", preemptions: 2,
		catches: []bug.Bug{bug.CreateHashesLate, bug.SettleForgetsWake},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.unlink(in)
			s.e.Iput(s.task(0), in)
			return []func(){
				func() { s.e.Iput(s.task(0), must(s.e.Create(s.task(0), vfs.NewFile{Pages: 1, DAX: true}))) },
				func() { s.lookUp(1, ino) },
			}
		},
	}, {
		name: "create against the eviction that frees the number", preemptions: 2,
		catches: []bug.Bug{bug.UnhashForgetsWake, bug.WakeBeforeUnhash},
		set: func(s *stage) []func() {
			in, _ := s.file()
			s.unlink(in)
			return []func(){
				func() { s.e.Iput(s.task(0), in) },
				func() { s.e.Iput(s.task(1), must(s.e.Create(s.task(1), vfs.NewFile{Pages: 1, DAX: true}))) },
			}
		},
	}, {
		name: "memory of an inode goes to another while it is looked up", preemptions: 2,
		catches: []bug.Bug{bug.IgetInTwoSteps, bug.FindTrustsTag},
		set: func(s *stage) []func() {
			in, ino := s.file()
			s.e.Iput(s.task(0), in)
			return []func(){
				func() {
					s.e.PruneICache(s.task(0), 1)
					s.e.Iput(s.task(0), must(s.e.Create(s.task(0), vfs.NewFile{})))
				},
				func() { s.mustLookUp(1, ino) },
			}
		},
	}, {
		name: "lookup without a reference beside an eviction and the next file", preemptions: 2,
		catches: []bug.Bug{bug.UnhashMovesAnother},
		set: func(s *stage) []func() {
			in := s.open() // in slot 8, which is the first to be filled
			gone, _ := s.file()
			s.e.Iput(s.task(0), gone)
			return []func(){
				func() {
					s.e.PruneICache(s.task(0), 1)
					s.e.Iput(s.task(0), must(s.e.Create(s.task(0), vfs.NewFile{})))
				},
				func() {
					w, ok := s.e.FindInodeByInoRCU(in.Ino())
					if !ok || w.Refs() != 1 || !w.IsDAX() || w.IsNew() || w.IsFreeing() {
						panic(fmt.Sprintf("an inode in use was found %t, in state %#x", ok, w))
					}
				},
			}
		},
	}, {
		name: "inode that reclaim must not touch any more", preemptions: 2,
		catches: []bug.Bug{bug.GuardOnlyWhenAdded},
		opts:    vfs.Options{LRU: vfs.EntriesKeepOff},
		set: func(s *stage) []func() {
			in := must(s.e.Create(s.task(0), vfs.NewFile{Pages: 2, DAX: true}))
			ino := in.Ino()
			s.e.Iput(s.task(0), in) // onto the list: it has no entries
			in = must(s.e.Iget(s.task(0), ino))
			must(0, s.e.Fault(s.task(0), in, 0, 2))
			s.e.Iput(s.task(0), in)
			s.mayPark = true
			return []func(){
				func() { s.mustLookUp(0, ino) },
				func() {
					if n := s.e.PruneICache(s.task(1), 1) + s.e.PruneICache(s.task(1), 1); n != 0 {
						panic("an inode with entries was reclaimed")
					}
				},
			}
		},
	}, {
		name: "inode that becomes shrinkable while reclaim looks", preemptions: 3,
		catches: []bug.Bug{bug.ReclaimDropsBlindly},
		opts:    vfs.Options{LRU: vfs.EntriesKeepOff},
		set: func(s *stage) []func() {
			in := must(s.e.Create(s.task(0), vfs.NewFile{Pages: 2, DAX: true}))
			ino := in.Ino()
			s.e.Iput(s.task(0), in)
			in = must(s.e.Iget(s.task(0), ino))
			must(0, s.e.Fault(s.task(0), in, 0, 2))
			s.e.Iput(s.task(0), in) // Referenced
			return []func(){
				func() {
					in := must(s.e.Iget(s.task(0), ino))
					must(0, s.e.Truncate(s.task(0), in, 0))
					s.e.Iput(s.task(0), in)
				},
				func() { s.e.PruneICache(s.task(1), 1) },
			}
		},
	}, {
		name: "pin against truncate", preemptions: 3,
		catches: []bug.Bug{bug.PinWithoutRecheck, bug.BreakWithoutGate, bug.TruncateSkipsPins, bug.BreakSeesOnePage},
		set: func(s *stage) []func() {
			in := s.open()
			return []func(){
				func() { s.pin(in, 1); s.unpin() },
				func() { s.truncate(1, in, 0) },
			}
		},
	}, {
		name: "late pin against the wait of the page's next owner", preemptions: -1,
		catches: []bug.Bug{bug.BackOffForgetsWake},
		set: func(s *stage) []func() {
			table, gate := page.NewTable(1, sync.NewWaitTable(1), page.Options{}), new(page.Gate)
			seq := gate.Enter()
			gate.Shut()
			gate.Open()
			return []func(){
				func() { table.TryPin(gate, seq, 0) },
				func() { must(table.WaitIdle(s.t.Context(), 0)) },
			}
		},
	}, {
		name: "pin and pinned page against truncate", preemptions: 2,
		catches: []bug.Bug{bug.UnpinForgetsWake, bug.TestThenArm, bug.DoubleUnpin, bug.PinInTwoSteps, bug.BreakSeesOnePage},
		set: func(s *stage) []func() {
			in := s.open()
			s.pin(in, 1)
			return []func(){
				func() { s.unpin() },
				func() { s.pin(in, 1); s.unpin() },
				func() { s.truncate(1, in, 0) },
			}
		},
	}, {
		name: "truncate against a holder who needs another page", preemptions: 2,
		catches: []bug.Bug{bug.BreakWaitsShut},
		set: func(s *stage) []func() {
			in := s.open()
			s.pin(in, 0)
			return []func(){
				func() { s.pin(in, 1); s.unpin(); s.unpin() },
				func() { s.truncate(1, in, 0) },
			}
		},
	}, {
		name: "two truncaters and a pin", preemptions: 2,
		catches: []bug.Bug{bug.TruncateForgetsThaw},
		set: func(s *stage) []func() {
			in := s.open()
			return []func(){
				func() { s.truncate(0, in, 1) },
				func() { s.truncate(1, in, 0) },
				func() { s.pin(in, 1); s.unpin() },
			}
		},
	}, {
		name: "two truncaters and a lease", preemptions: 1,
		catches: []bug.Bug{bug.TruncateTrustsSize, bug.LeaseReturnNoWake, bug.TruncateSkipsLeases},
		set: func(s *stage) []func() {
			in := s.open()
			l := new(lease.Lease)
			must(0, in.Leases().Grant(l, silent{}))
			s.atEnd = func() error {
				if in.Pages() != 0 && in.Pages() != 1 {
					return fmt.Errorf("%d pages, want what one of the truncaters said", in.Pages())
				}
				must(0, s.e.Truncate(s.task(0), in, 2))
				return s.e.Fault(s.task(0), in, 0, 2)
			}
			truncate := func(task int, pages uint32) func() {
				return func() {
					s.truncate(task, in, pages)
					if l.Outstanding() {
						panic("blocks were freed under a lease")
					}
				}
			}
			return []func(){truncate(0, 1), truncate(1, 0), func() { l.Return() }}
		},
	}, {
		name: "eviction against an unpin", preemptions: 4,
		catches: []bug.Bug{bug.UnpinForgetsWake, bug.TestThenArm, bug.BreakSeesOnePage},
		set:     unpinAgainstEviction,
	}, {
		name: "fence against a return and the next grant", preemptions: -1,
		catches: []bug.Bug{bug.LeaseFencedUnlocked},
		set: func(s *stage) []func() {
			waits := sync.NewWaitTable(1)
			var old, next lease.Set
			old.Init(waits)
			next.Init(waits)
			var l lease.Lease
			must(0, old.Grant(&l, silent{}))
			s.atEnd = func() error {
				if old.Len() != 0 || next.Len() != 1 || !l.Outstanding() {
					return fmt.Errorf("%d leases on the old inode, %d on the next, outstanding %t", old.Len(), next.Len(), l.Outstanding())
				}
				return nil
			}
			return []func(){
				func() { old.Abandon() },
				func() { l.Return(); must(0, next.Grant(&l, silent{})) },
			}
		},
	}, {
		name: "semaphore", preemptions: 3,
		catches: []bug.Bug{bug.SemUnlockForgetsWake},
		set: func(s *stage) []func() {
			sem := new(sync.RWSem)
			waits := sync.NewWaitTable(1)
			readers, writers := 0, 0
			var step sync.Uint32
			write := func() {
				sem.Lock(waits)
				if writers++; readers != 0 || writers != 1 {
					panic("a writer is not alone")
				}
				step.Load()
				writers--
				sem.Unlock(waits)
			}
			read := func() {
				sem.RLock(waits)
				if readers++; writers != 0 {
					panic("a reader is beside a writer")
				}
				step.Load()
				readers--
				sem.RUnlock(waits)
			}
			return []func(){write, read, write}
		},
	},
}

// unpinAgainstEviction evicts an unlinked inode whose second page a device holds.
func unpinAgainstEviction(s *stage) []func() {
	in, _ := s.file()
	s.pin(in, 1)
	s.unlink(in)
	return []func(){
		func() { s.unpin() },
		func() {
			s.e.Iput(s.task(1), in)
			if s.pinned != 0 {
				panic("an inode was evicted with a pinned page")
			}
		},
	}
}

// silent never answers a recall of its own accord.
type silent struct{}

func (silent) Recall(*lease.Lease) {}

// A stage is where one interleaving of a scene plays: an engine made anew.
type stage struct {
	t       *testing.T
	e       *engine.Engine
	tasks   [3]*vfs.Task
	opened  []*vfs.Inode // references that the end drops
	pins    []vfs.Pin
	pinned  int          // ghost state, which changes between yield points only: pins held
	gone    uint32       // likewise: pages from here on were taken away
	atEnd   func() error // before the references are dropped
	mayPark bool
}

func newStage(t *testing.T, r *pmem.Region, p layout.Policy, o vfs.Options) *stage {
	o.Stripes, o.CacheInodes, o.WaitQueues, o.CachePages = 1, 4, 1, 1
	e := must(engine.Open(r, engine.Config{Policy: p, Inodes: 4, Seed: 1, Cache: o}))
	return &stage{t: t, e: e, gone: 2}
}

func (s *stage) task(i int) *vfs.Task {
	if s.tasks[i] == nil {
		s.tasks[i] = vfs.NewTask(s.t.Context())
	}
	return s.tasks[i]
}

// file makes a file whose pages can be pinned.
func (s *stage) file() (*vfs.Inode, vfs.Ino) {
	in := must(s.e.Create(s.task(0), vfs.NewFile{Pages: 2, DAX: true}))
	must(0, s.e.Fault(s.task(0), in, 0, 2))
	return in, in.Ino()
}

// open makes a file that stays referenced until the end.
func (s *stage) open() *vfs.Inode {
	in, _ := s.file()
	s.opened = append(s.opened, in)
	return in
}

func (s *stage) unlink(in *vfs.Inode) { must(0, s.e.Unlink(s.task(0), in)) }

// mustLookUp takes a reference to an inode, uses it, and drops the reference.
func (s *stage) mustLookUp(task int, ino vfs.Ino) {
	if !s.lookUp(task, ino) {
		panic("a linked inode was not found")
	}
}

func (s *stage) lookUp(task int, ino vfs.Ino) bool {
	in, err := s.e.Iget(s.task(task), ino)
	if errors.Is(err, vfs.ErrNotExist) {
		return false
	}
	must(0, err)
	if in.Ino() != ino || in.Owner().Ino != ino {
		panic("lookup found another inode")
	}
	s.e.Iput(s.task(task), in)
	return true
}

// pin pins a page, if the file still has it, and checks that the page is the file's.
func (s *stage) pin(in *vfs.Inode, index uint32) {
	p, err := s.e.Pin(s.task(2), in, index)
	if errors.Is(err, vfs.ErrNotMapped) {
		return
	}
	must(0, err)
	s.pins = append(s.pins, p)
	if s.pinned++; !s.e.DeviceRead(p) {
		panic("a page was pinned that is another file's")
	}
	if s.gone <= index {
		panic("a page was pinned that is no longer the file's")
	}
}

// unpin lets the device write, and drops the last pin that is left.
func (s *stage) unpin() {
	if n := len(s.pins) - 1; n >= 0 {
		p := s.pins[n]
		s.pins = s.pins[:n]
		if !s.e.DeviceWrite(p) { // takes a step or two
			panic("a device wrote into another file's page")
		}
		s.pinned--
		s.e.Unpin(p)
	}
}

// truncate takes pages away, among them all that are pinned.
func (s *stage) truncate(task int, in *vfs.Inode, pages uint32) {
	must(0, s.e.Truncate(s.task(task), in, pages))
	s.gone = min(s.gone, pages)
	if s.pinned != 0 {
		panic("blocks were freed under a pin")
	}
}

// check drops what is still open, then looks for anything that was lost.
func (s *stage) check() error {
	if s.atEnd != nil {
		if err := s.atEnd(); err != nil {
			return err
		}
	}
	for _, in := range s.opened {
		s.e.Iput(s.task(0), in)
	}
	for i, t := range s.tasks {
		if t != nil && t.Err() != nil {
			return fmt.Errorf("task %d: %w", i, t.Err())
		}
		if t != nil && (t.Stats.EvictedPinned|t.Stats.FreedPinned) != 0 {
			return fmt.Errorf("task %d: %+v", i, t.Stats)
		}
	}
	u := s.e.Usage()
	if u.Parked != 0 && !s.mayPark {
		return fmt.Errorf("reclaim cannot find an idle inode: %+v", u)
	}
	if !s.mayPark {
		n := s.e.PruneICache(s.task(0), 8)
		n += s.e.PruneICache(s.task(0), 8) // Referenced ones
		if left := s.e.Usage(); n != u.Cached || left.Cached != 0 {
			return fmt.Errorf("reclaim freed %d of %+v and left %+v", n, u, left)
		}
	}
	return s.e.Check()
}

// stages returns how to make a scene anew; the region is used again.
func (sc *scene) stages(t *testing.T, r *pmem.Region, p layout.Policy) func() enginetest.Scene {
	return func() enginetest.Scene {
		s := newStage(t, r, p, sc.opts)
		return enginetest.Scene{Tasks: sc.set(s), Check: s.check}
	}
}

func (sc *scene) chosen(t *testing.T) layout.Policy {
	return policy(t, cmp.Or(sc.policy, "dax-only"))
}

func (sc *scene) bound() enginetest.Bound {
	return enginetest.Bound{Schedules: 1e6, Preemptions: sc.preemptions}
}

// smallRegion has room for four inodes and eight blocks.
func smallRegion(t *testing.T) *pmem.Region {
	r := must(pmem.Open(pmem.Options{Size: engine.MinSize(4, 8)}))
	t.Cleanup(func() { r.Close() })
	return r
}

// TestScenes runs every scene through every interleaving within its bound.
func TestScenes(t *testing.T) {
	r := smallRegion(t)
	for i := range scenes {
		t.Run(scenes[i].name, func(t *testing.T) {
			enginetest.MustHold(t, scenes[i].bound(), scenes[i].stages(t, r, scenes[i].chosen(t)))
		})
	}
}

// TestEvictionOfAPinnedInode is the scene that tells policies apart: with each
// that calls itself safe all interleavings hold, with any other one does not.
func TestEvictionOfAPinnedInode(t *testing.T) {
	r := smallRegion(t)
	forEachPolicy(t, func(t *testing.T, p layout.Policy) {
		sc := scene{preemptions: 3, set: unpinAgainstEviction}
		if p.Safe() {
			enginetest.MustHold(t, sc.bound(), sc.stages(t, r, p))
		} else {
			enginetest.MustFail(t, sc.bound(), sc.stages(t, r, p))
		}
	})
}
