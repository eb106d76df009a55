package verify

import (
	"errors"
	"fmt"
	"slices"

	"daxbench/engine"
	"daxbench/engine/internal/sched"
	"daxbench/engine/layout"
	"daxbench/engine/oracle"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// ErrNotDeterministic says that a schedule played twice was not the same twice:
// something but the order of steps has a say in it.
var ErrNotDeterministic = errors.New("the same schedule ended differently the second time")

// maxSteps ends a schedule as a livelock. The longest that ends otherwise takes
// some 500.
const maxSteps = 2000

// depth of the bugs that PCT looks for: the number of ordered steps they take.
const depth = 3

// A runner plays schedules of one shape under one policy, one after the other.
type runner struct {
	shape  *Shape
	policy layout.Policy
	config engine.Config
	region *pmem.Region
	world  *sched.World
	ledger oracle.Ledger

	random *sched.RandomWalk
	pct    *sched.Priorities
	replay *sched.Replayer
}

// A schedule is one that was played. Its slices are good until the next.
type schedule struct {
	end      sched.End
	trace    []sched.TaskID
	findings []oracle.Finding
	lines    []line
	broken   error // the engine panicked, or refused what it must not
}

// newRunner returns a runner; the caller closes it.
func newRunner(shape *Shape, policy layout.Policy, kernel vfs.Preset) (*runner, error) {
	inodes := shape.inodes
	if inodes == 0 {
		inodes = defaultInodes
	}
	region, err := pmem.Open(pmem.Options{Size: engine.MinSize(inodes, regionBlocks)})
	if err != nil {
		return nil, err
	}
	r := &runner{
		shape: shape, policy: policy, region: region,
		config: engine.Config{Policy: small{policy}, Inodes: inodes, Cache: cacheOf(shape, kernel)},
		world:  sched.New(sched.InOrder(), sched.Options{MaxSteps: maxSteps, Timers: sched.AnyTime}),
		random: sched.Random(0), replay: sched.Replay(nil),
	}
	s := r.play(sched.InOrder(), false)
	r.pct = sched.PCT(0, depth, len(s.trace))
	return r, nil
}

// small is a policy with a queue as short as can be, so that a few files fill it.
type small struct{ layout.Policy }

func (s small) Rules() vfs.Rules {
	r := s.Policy.Rules()
	r.Defer = min(r.Defer, 1)
	return r
}

// cacheOf returns the options of a shape's engine: as small as can be, so that
// making one costs little, and with the switches of the kernel.
func cacheOf(shape *Shape, kernel vfs.Preset) vfs.Options {
	o := shape.cache
	for _, f := range []struct {
		v   *int
		def int
	}{{&o.Stripes, 1}, {&o.CacheInodes, defaultInodes}, {&o.CachePages, 2}, {&o.WaitQueues, 4}} {
		if *f.v == 0 {
			*f.v = f.def
		}
	}
	if kernel.Name == "" {
		return o
	}
	lru, queues := o.LRU, o.WaitQueues
	o = kernel.Apply(o)
	o.WaitQueues, o.Stripes, o.LRULists = queues, min(o.Stripes, 2), min(o.LRULists, 2)
	if shape.fixesLRU {
		o.LRU = lru
	}
	return o
}

func (r *runner) close() error {
	r.world.Kill()
	return r.region.Close()
}

// strategy returns what the seed stands for. Of seven seeds two are random walks
// and five PCT: random walk is better at races of many steps, PCT at bugs of
// order.
func (r *runner) strategy(seed uint64) sched.Strategy {
	if seed%7 < 2 {
		r.random.Reset(seed)
		return r.random
	}
	r.pct.Reset(seed)
	return r.pct
}

// play plays one schedule; with telling it keeps the story.
func (r *runner) play(strategy sched.Strategy, telling bool) (s schedule) {
	r.world.Reset(strategy)
	r.ledger.Reset()
	r.config.Seed += 2 // or blocks would have owners from the schedule before; its lowest bit makes no difference
	st := &stage{ledger: &r.ledger, world: r.world, telling: telling}
	defer func() { st.over = true }()
	if err := r.setUp(st); err != nil {
		return schedule{broken: err}
	}
	result := r.world.Run()
	s = schedule{end: result.End, trace: result.Trace}
	switch result.End {
	case sched.Done:
		s.broken = r.world.Do(func() { r.ledger.AtEnd(st.eng.Superblock) })
	case sched.Deadlock:
		if stuck := st.stuck(); len(stuck) > 0 {
			r.ledger.AtEnd(st.eng.Superblock, stuck...)
		}
	case sched.Livelock:
		if st.workerSleeps() {
			s.broken = errWorkerSleeps
		} else if !r.ledger.AtLivelock(st.stuck()...) {
			s.broken = fmt.Errorf("%w: %s spins", result.Err, r.world.Name(result.Trace[len(result.Trace)-1]))
		}
	default:
		s.broken = result.Err
	}
	s.findings, s.lines = r.ledger.Findings(), st.lines
	return s
}

// setUp opens the stage. A set-up that the engine refuses is a mistake in the
// shape, or in the policy.
func (r *runner) setUp(st *stage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("shape %s cannot be set up: %v", r.shape.Name, p)
		}
	}()
	return st.open(r.shape, r.config, r)
}

// confirm plays a schedule once more and returns ErrNotDeterministic unless it
// is the same step by step.
func (r *runner) confirm(strategy func() sched.Strategy, first schedule) error {
	trace, findings := slices.Clone(first.trace), slices.Clone(first.findings)
	again := r.play(strategy(), false)
	if !slices.Equal(trace, again.trace) || !slices.Equal(findings, again.findings) {
		return fmt.Errorf("shape %s, policy %s: %w", r.shape.Name, r.policy.Name(), ErrNotDeterministic)
	}
	return nil
}

// shows reports whether a schedule shows a property violated.
func (s *schedule) shows(p layout.Property) (oracle.Finding, bool) {
	for _, f := range s.findings {
		if f.Property == p || f.Property.Family() == p || f.Property == oracle.Parked && p == "P7" {
			return f, true
		}
	}
	return oracle.Finding{}, false
}
