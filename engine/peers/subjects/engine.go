package subjects

import (
	"context"
	"fmt"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/peers/turns"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// A Mount is an engine with some files, and the tasks of its workers.
type Mount struct {
	*engine.Engine
	region *pmem.Region
	tasks  [turns.MaxWorkers]*vfs.Task
	held   []*vfs.Inode
	Inos   []uint32 // of the files, in the order of their making
}

// MountOptions say what Open makes.
type MountOptions struct {
	Files  int
	Cache  int // inodes that may be cached; 0: all
	Policy string
	Break  vfs.Breaker // in place of the policy; nil: the policy
	DAX    bool
	Pages  uint32 // of each file
	Sparse bool   // the region's memory is there only where it is touched
	Vfs    vfs.Options
}

// Open makes an engine with files that are idle; the last ones are cached.
func Open(o MountOptions) (*Mount, error) {
	policy, err := layout.Lookup(o.Policy)
	if err != nil {
		return nil, err
	}
	const spare = 64 // inodes and blocks beyond what is asked for
	if o.Cache == 0 {
		o.Cache = o.Files + 2*spare // and what tasks keep in their magazines
	}
	o.Vfs.CacheInodes = o.Cache
	blocks := uint32(o.Files)*o.Pages + uint32(o.Files)*o.Pages/16 + 4*spare
	m := &Mount{}
	m.region, err = pmem.Open(pmem.Options{Size: engine.MinSize(uint32(o.Files+spare), blocks), Populate: !o.Sparse})
	if err != nil {
		return nil, err
	}
	if o.Break == nil {
		o.Break = policy
	}
	o.Vfs.Rules = policy.Rules()
	fs, err := media.Format(m.region, media.Geometry{Inodes: uint32(o.Files + spare), ID: 1})
	if err != nil {
		m.region.Close()
		return nil, err
	}
	sb, err := vfs.NewSuperblock(fs, o.Break, o.Vfs) // as engine.Open does
	if err != nil {
		m.region.Close()
		return nil, err
	}
	m.Engine = &engine.Engine{Superblock: sb, Policy: policy}
	for w := range m.tasks {
		m.tasks[w] = vfs.NewTask(context.Background())
	}
	for range o.Files {
		in, err := m.Create(m.tasks[0], vfs.NewFile{Pages: o.Pages, DAX: o.DAX})
		if err != nil {
			m.Close()
			return nil, fmt.Errorf("file %d of %d: %w", len(m.Inos), o.Files, err)
		}
		m.Inos = append(m.Inos, uint32(in.Ino()))
		m.Iput(m.tasks[0], in)
	}
	return m, nil
}

// Close frees the region. It may be called twice.
func (m *Mount) Close() { m.region.Close() }

// Hold looks up n of the files and keeps the references until Drop.
func (m *Mount) Hold(n int) error {
	for _, ino := range m.Inos[:n] {
		in, err := m.Iget(m.tasks[0], vfs.Ino(ino))
		if err != nil {
			return err
		}
		m.held = append(m.held, in)
	}
	return nil
}

// Drop gives up what Hold took.
func (m *Mount) Drop() {
	for _, in := range m.held {
		m.Iput(m.tasks[0], in)
	}
	m.held = nil
}

// stats adds up what the tasks counted.
func (m *Mount) stats() (sum vfs.Stats) {
	for _, t := range m.tasks {
		sum.Add(&t.Stats)
	}
	return sum
}

// rest verifies the engine at rest, after the tasks have given back what they had. While files are held it only looks for
// waits that were given up.
func (m *Mount) rest() error {
	for _, t := range m.tasks {
		if t.Err() != nil {
			return t.Err()
		}
		m.Release(t)
	}
	if len(m.held) > 0 {
		return nil
	}
	return m.Check()
}

// lookUp takes inodes up as worker w, by their numbers, drops them, and returns how many could not be had.
func (m *Mount) lookUp(w int, keys []uint32) (failed int) {
	t := m.tasks[w]
	for _, k := range keys {
		in, err := m.Iget(t, vfs.Ino(k))
		if err != nil || in.Ino() != vfs.Ino(k) {
			failed++
			continue
		}
		m.Iput(t, in)
	}
	return failed
}

// IgetIput looks inodes up that are cached, and drops them.
func (m *Mount) IgetIput() *turns.Subject {
	var bad faults
	misses := m.stats().Misses
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			bad[w].n += m.lookUp(w, keys)
		},
		Check: func() error {
			if n := m.stats().Misses - misses; n > 0 {
				return fmt.Errorf("%d lookups read the record", n)
			}
			if err := bad.check(missed); err != nil {
				return err
			}
			return m.rest()
		},
	}
}

// FindInode looks inodes up that are cached, and takes no reference.
func (m *Mount) FindInode() *turns.Subject {
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if state, ok := m.FindInodeByInoRCU(vfs.Ino(k)); !ok || state.IsFreeing() {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
	}
}
