package workloads

import (
	"context"
	"fmt"
	"math"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var insertEvictWorkload = &driver.Workload{
	Name:  "insert-evict",
	About: "miss in a full cache, so that every lookup inserts an inode and evicts another",
	Doc: `One operation is Iget of an inode that is not cached, and Iput. The cache is full, so as many inodes must be
evicted as are read. Some of those in the cache are referenced all the time, and in nobody's way: what reclaim does
for one eviction should not depend on how many. Nothing is mapped or pinned.`,
	Primary:     "ns/op",
	Slice:       time.Millisecond,
	SampleEvery: 64,
	Knobs: []driver.Knob{
		{Key: "files", Default: "16384", About: "inodes that the cache holds", Check: driver.CheckInt(128, 1<<24)},
		{Key: "referenced", Default: "0", About: "percentage of them that are in use all the time", Check: driver.CheckPercent},
		knobDAX("0"), knobStripes, knobBatch,
	},
	Check: func(v driver.Values, workers int) error {
		if idle := v.Int("files") - referenced(v); idle < leastIdle*workers {
			return fmt.Errorf("files=%d, referenced=%s leave %d inodes to evict: want %d for each of %d workers, as each keeps some memory at hand",
				v.Int("files"), v.Get("referenced"), idle, leastIdle, workers)
		}
		return nil
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(insertEvictFiles(v, workers))
	},
	Inodes: func(v driver.Values, workers int, p *driver.Population) int { return v.Int("files") },
	Open:   openInsertEvict,
	Small:  map[string]string{"files": "256"},
}

// leastIdle is how many inodes must be there for each worker to evict: twice the free memory that a task keeps at hand.
const leastIdle = 64

// referenced is how many inodes are in use.
func referenced(v driver.Values) int {
	return int(math.Round(v.Percent("referenced") * float64(v.Int("files"))))
}

// lap is how many files each worker goes through in a circle. Alone, they are half as many again as the cache has room for:
// by the time the worker comes back to one, it is gone. Reclaim takes from all lists alike, however long they are, so a
// margin of a few files would let some hits in.
func lap(v driver.Values) int { return (v.Int("files")-referenced(v))*3/2 + 1024 }

func insertEvictFiles(v driver.Values, workers int) []driver.File {
	return driver.Synthetic(referenced(v)+workers*lap(v), 0)
}

type insertEvict struct {
	*driver.Rig
	inUse  []*vfs.Inode
	laps   []*circle // by worker
	opened vfs.Stats // when all was built
}

// circle is the files that one worker goes through.
type circle struct {
	inos []vfs.Ino
	pos  int
	ops  int64
	_    [64]byte // keeps the next worker's off this line
}

func openInsertEvict(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := insertEvictFiles(v, env.Workers)
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Cache: vfs.Options{
		CacheInodes: v.Int("files"), Stripes: v.Int("stripes"), ReclaimBatch: v.Int("batch"),
	}})
	if err != nil {
		return nil, err
	}
	s := &insertEvict{Rig: r}
	inos, err := create(r, files, v.Percent("dax"))
	if err != nil {
		return nil, err
	}
	n := referenced(v)
	for _, ino := range inos[:n] {
		in, err := s.Iget(r.Workers[0].Task, ino)
		if err != nil {
			return nil, err
		}
		s.inUse = append(s.inUse, in)
	}
	for id := range env.Workers {
		s.laps = append(s.laps, &circle{inos: inos[n+id*lap(v):][:lap(v)]})
	}
	s.opened = s.Stats()
	return s, nil
}

func (s *insertEvict) Run(w *driver.Worker, n int) {
	c := s.laps[w.ID]
	for range n {
		in, err := s.Iget(w.Task, c.inos[c.pos])
		if err != nil {
			w.Fail(err)
			return
		}
		if c.pos++; c.pos == len(c.inos) {
			c.pos = 0
		}
		s.Iput(w.Task, in)
	}
	c.ops += int64(n)
}

// Finish closes the files that are in use before it checks.
func (s *insertEvict) Finish(ctx context.Context) (driver.Findings, error) {
	for _, in := range s.inUse {
		s.Iput(s.Workers[0].Task, in)
	}
	f, err := s.Rig.Finish(ctx)
	if err == nil {
		err = s.verify(f.Stats)
	}
	return f, err
}

// mostHits is of how many operations at most one hits. Lists of stripes are of unequal length, and an inode on a long one may
// still be there when its turn comes again: with 256 to 100,000 files one in 110 at the most did, in most runs none.
const mostHits = 50

// verify holds the operations against what the engine counted: they missed, and for each miss one inode was evicted, but for
// what the workers still have memory at hand for. Reclaim by somebody else would be work that the operations do not show.
func (s *insertEvict) verify(now vfs.Stats) error {
	ops := int64(0)
	for _, c := range s.laps {
		ops += c.ops
	}
	hits, misses, evictions := now.Hits-s.opened.Hits, now.Misses-s.opened.Misses, now.Evictions-s.opened.Evictions
	atHand := int64(len(s.laps) * (s.Values.Int("batch") + leastIdle))
	if hits+misses != ops || hits > ops/mostHits || max(evictions-misses, misses-evictions) > atHand {
		return fmt.Errorf("%d operations had %d hits, %d misses and %d evictions: each is to miss, and to evict one", ops, hits, misses, evictions)
	}
	return nil
}
