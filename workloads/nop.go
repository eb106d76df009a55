package workloads

import (
	"context"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var nopWorkload = &driver.Workload{
	Name:        "nop",
	About:       "do nothing: what the harness itself costs per operation",
	Doc:         `One operation makes the choice that other storms make, and nothing with it. With timed=1 each is timed as well.`,
	Remark:      "The policies do the same here: what differs is noise",
	Primary:     "ns/op",
	Slice:       time.Millisecond,
	SampleEvery: 64, // as evict-storm, whose cost it stands beside
	Knobs: []driver.Knob{
		{Key: "timed", Default: "0", About: "1: each operation is timed, and in the histogram; 0: one in 64", Check: driver.CheckOneOf("0", "1")},
	},
	Size: func(driver.Values, int, *driver.Population) (int64, error) { return 4096, nil },
	Open: openNop,
}

type nop struct {
	workers []*driver.Worker
	sums    []uint32 // keeps the compiler from removing the choice
	bare    *nop     // where each operation is timed: the same without; else nil
}

func openNop(env driver.Env) (driver.Storm, error) {
	s := &nop{sums: make([]uint32, env.Workers)}
	for id := range env.Workers {
		w := driver.NewWorker(id, env.Seed, nil)
		w.SetPicks(1<<16, drawUniform(1<<16))
		s.workers = append(s.workers, w)
	}
	if env.Values.Get("timed") == "1" {
		return &nop{workers: s.workers, bare: s}, nil
	}
	return s, nil
}

func (s *nop) Run(w *driver.Worker, n int) {
	if s.bare != nil && n > 1 {
		w.RunTimed(s.bare, n)
		return
	}
	if s.bare != nil { // one by itself is timed by who drives the storm
		s = s.bare
	}
	sum := uint32(0)
	for range n {
		sum += w.Pick()
	}
	s.sums[w.ID] += sum
}

func (s *nop) Worker(id int) *driver.Worker                    { return s.workers[id] }
func (s *nop) Stats() vfs.Stats                                { return vfs.Stats{} }
func (s *nop) Finish(context.Context) (driver.Findings, error) { return driver.Findings{}, nil }
func (s *nop) Resume()                                         {}
func (s *nop) Pause()                                          {}
func (s *nop) Close()                                          {}
