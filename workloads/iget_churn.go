package workloads

import (
	"context"
	"fmt"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var igetChurnWorkload = &driver.Workload{
	Name:  "iget-churn",
	About: "look up and drop cached inodes: the hot path of the cache alone",
	Doc: `One operation is Iget of a cached inode and Iput, or with look=rcu a lookup that takes no reference. Nothing is
evicted, so the policies differ in nothing here.`,
	Remark:         "The policies do the same here: what differs is noise",
	Primary:        "ns/op",
	Slice:          time.Millisecond,
	SampleEvery:    256,
	UsesPopulation: true,
	Knobs: []driver.Knob{
		{Key: "files", Default: "2048", About: "inodes, all cached", Check: driver.CheckInt(1, 1<<24)},
		{Key: "theta", Default: "0.99", About: "skew of the choice, 0 (uniform) to 3", Check: checkTheta},
		{Key: "look", Default: "iget", About: "iget takes and drops a reference; rcu only looks whether the inode is cached (find_inode_by_ino_rcu)", Check: driver.CheckOneOf("iget", "rcu")},
		knobDAX("50"), knobStripes,
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(filesOf(p, v.Int("files"), 0))
	},
	Inodes: func(v driver.Values, workers int, p *driver.Population) int {
		return len(filesOf(p, v.Int("files"), 0))
	},
	Open:  openIgetChurn,
	Small: map[string]string{"files": "64"},
}

type igetChurn struct {
	*driver.Rig
	inos   []vfs.Ino
	rcu    bool
	opened vfs.Stats // when all was built
	done   []done    // by worker
}

// done is what one worker has done.
type done struct {
	ops int64
	_   [64]byte // keeps the next worker's off this line
}

func openIgetChurn(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := filesOf(env.Population, v.Int("files"), 0)
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Cache: vfs.Options{
		CacheInodes: len(files) + 256, Stripes: v.Int("stripes"),
	}})
	if err != nil {
		return nil, err
	}
	s := &igetChurn{Rig: r, rcu: v.Get("look") == "rcu", done: make([]done, env.Workers)}
	if s.inos, err = create(r, files, v.Percent("dax")); err != nil {
		return nil, err
	}
	setPicks(r, len(files), parseTheta(v), 0)
	s.opened = s.Stats()
	return s, nil
}

func (s *igetChurn) Run(w *driver.Worker, n int) {
	s.done[w.ID].ops += int64(n)
	if s.rcu {
		s.look(w, n)
		return
	}
	for range n {
		in, err := s.Iget(w.Task, s.inos[w.Pick()])
		if err != nil {
			w.Fail(err)
			return
		}
		s.Iput(w.Task, in)
	}
}

// look looks n inodes up without a reference, all of which are cached.
func (s *igetChurn) look(w *driver.Worker, n int) {
	for range n {
		if ino := s.inos[w.Pick()]; !s.cached(ino) {
			w.Fail(fmt.Errorf("inode %d is not cached", ino))
			return
		}
	}
}

func (s *igetChurn) cached(ino vfs.Ino) bool {
	_, ok := s.FindInodeByInoRCU(ino)
	return ok
}

// Finish holds the operations against what the engine counted: each was a hit, or with look=rcu none was, and nothing was read
// or evicted.
func (s *igetChurn) Finish(ctx context.Context) (driver.Findings, error) {
	f, err := s.Rig.Finish(ctx)
	ops := int64(0)
	for i := range s.done {
		ops += s.done[i].ops
	}
	want := ops
	if s.rcu {
		want = 0
	}
	hits, misses, evictions := f.Stats.Hits-s.opened.Hits, f.Stats.Misses-s.opened.Misses, f.Stats.Evictions-s.opened.Evictions
	if err == nil && (hits != want || misses != 0 || evictions != 0) {
		err = fmt.Errorf("%d operations had %d hits, %d misses and %d evictions: want %d hits and nothing else", ops, hits, misses, evictions, want)
	}
	return f, err
}
