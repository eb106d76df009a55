package enginefs

import (
	"fmt"
	"slices"

	"daxbench/engine"
	"daxbench/engine/internal/sched"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// A Maker makes engines with one policy. It implements target.Maker.
type Maker struct {
	policy layout.Policy
	preset vfs.Preset

	region *pmem.Region // of the last engine; used again if it is large enough
	world  *sched.World
	dfs    sched.DFS
	last   string // what dfs is searching: scenario and settings
	more   bool   // dfs has an order left
}

// New returns a Maker. The zero preset is the engine's own defaults. Close must
// be called in the end.
func New(p layout.Policy, preset vfs.Preset) *Maker {
	return &Maker{policy: p, preset: preset, world: sched.New(sched.InOrder(), sched.Options{MaxSteps: maxSteps})}
}

const (
	// maxSteps is a hundred times what a registered scenario takes; the trace of
	// so many has 40 MB.
	maxSteps = 10_000_000
	// maxTasks is how many tasks the oracle can tell apart.
	maxTasks = 60
	// preemptions is how many switches away from a task that could go on an
	// order of steps may have. One is enough to come between any two steps of
	// another task; daxbench verify looks deeper.
	preemptions = 1
)

// Policy implements target.Maker.
func (m *Maker) Policy() string { return m.policy.Name() }

// Why implements target.Maker.
func (m *Maker) Why(s *target.Step) string {
	if verbOf(s.Verb) == nil && s.Verb != target.Wait && s.Verb != target.Expect {
		return "the engine has no such thing"
	}
	return ""
}

// WhySetting implements target.Maker.
func (m *Maker) WhySetting(s target.Setting) string {
	if s.Key == "lru" && m.preset.Name != "" && lruRules[s.Value] != m.preset.LRU() {
		return fmt.Sprintf("kernel %s has the other rule", m.preset.Name)
	}
	switch s.String() {
	case "cow=checked":
		return "the engine does as kernels do: nobody looks"
	case "waits=private":
		return "the engine has a hashed table of wait queues"
	}
	return ""
}

// Another implements target.Maker.
func (m *Maker) Another() bool { return m.more }

// Close gives the memory back.
func (m *Maker) Close() error {
	m.world.Kill()
	if m.region == nil {
		return nil
	}
	return m.region.Close()
}

// Make implements target.Maker.
func (m *Maker) Make(sc *target.Scenario, set []target.Setting) (target.Subject, error) {
	if n := tasksOf(sc); n > maxTasks {
		return nil, fmt.Errorf("%w: it has %d tasks; the engine's oracle can tell %d apart", target.ErrTooLarge, n, maxTasks)
	}
	m.world.Reset(m.strategy(sc, set))
	s := &subject{m: m, sc: sc, w: m.world, holders: newHolders(m.preset, set)}
	size := need(sc, set)
	if err := m.provide(engine.MinSize(size.inodes, size.blocks)); err != nil {
		return nil, err
	}
	return s, s.open(m.options(set, size), set, size)
}

// strategy is how the tasks are to be scheduled.
func (m *Maker) strategy(sc *target.Scenario, set []target.Setting) sched.Strategy {
	if !slices.ContainsFunc(sc.Steps, func(s target.Step) bool { return s.Together }) {
		m.last, m.more = "", false
		return sched.InOrder()
	}
	if search := fmt.Sprint(sc.Name, set); m.last != search || !m.more {
		m.last, m.dfs = search, sched.DFS{Preemptions: preemptions}
	}
	return &m.dfs
}

// provide makes the region at least so large, and empty: what the last run left
// there must not make a difference to this one.
func (m *Maker) provide(size int64) (err error) {
	if m.region != nil && m.region.Size() >= size {
		clear(m.region.Bytes())
		return nil
	}
	if m.region != nil {
		if err := m.region.Close(); err != nil {
			return err
		}
		m.region = nil
	}
	m.region, err = pmem.Open(pmem.Options{Size: (size + pmem.PageSize - 1) / pmem.PageSize * pmem.PageSize})
	return err
}

// size is what a scenario needs.
type size struct{ inodes, blocks uint32 }

// need adds up what a scenario creates.
func need(sc *target.Scenario, set []target.Setting) size {
	z := size{inodes: 8, blocks: 16}
	for i := range sc.Steps {
		s := &sc.Steps[i]
		switch s.Verb {
		case target.Create, target.Reflink:
			z.inodes += uint32(s.N())
			z.blocks += uint32(s.N() * s.Pages())
		case target.Cow:
			z.blocks++
		}
	}
	for _, s := range set {
		if s.Key == "blocks" {
			z.blocks = uint32(s.Number())
		}
	}
	return z
}

// tasksOf counts the tasks of a scenario.
func tasksOf(sc *target.Scenario) int {
	names := make(map[string]bool)
	for i := range sc.Steps {
		for k := range sc.Steps[i].Tasks() {
			names[sc.Steps[i].Task.At(k).String()] = true
		}
	}
	return len(names)
}
