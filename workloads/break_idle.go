package workloads

import (
	"context"
	"fmt"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var breakIdleWorkload = &driver.Workload{
	Name:  "break-idle",
	About: "break the layout of a file of which no page is pinned, as most are when they go",
	Doc: `One operation takes the layout lock of a file of the worker's own, shuts the gate of its mapping, looks at
every page for a pin and finds none, opens the gate and lets go of the lock. The entries stay, so the next operation has
the same to do. Policies have no say in it.`,
	Remark:      "The policies do the same here: what differs is noise",
	Primary:     "ns/op",
	Slice:       time.Millisecond,
	SampleEvery: 64,
	Knobs: []driver.Knob{
		{Key: "pages", Default: "512", About: "pages of 4 KiB per file, all of them mapped", Check: driver.CheckInt(1, 262144)},
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(breakIdleFiles(v, workers))
	},
	Open:  openBreakIdle,
	Small: map[string]string{"pages": "16"},
}

func breakIdleFiles(v driver.Values, workers int) []driver.File {
	return driver.Synthetic(workers, uint32(v.Int("pages")))
}

type breakIdle struct {
	*driver.Rig
	files []*vfs.Inode // by worker
}

func openBreakIdle(env driver.Env) (driver.Storm, error) {
	files := breakIdleFiles(env.Values, env.Workers)
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Cache: vfs.Options{CacheInodes: len(files) + 64}})
	if err != nil {
		return nil, err
	}
	s := &breakIdle{Rig: r}
	if s.files, err = open(r, files, 1); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *breakIdle) Run(w *driver.Worker, n int) {
	in := s.files[w.ID]
	for range n {
		in.LockLayout(w.Task)
		pfn, busy := in.BusyPage(w.Task, 0)
		in.ThawLayout()
		in.UnlockLayout(w.Task)
		if busy {
			w.Fail(fmt.Errorf("page %d of inode %d is pinned, but nobody has pinned it", pfn, in.Ino()))
			return
		}
	}
}

// Finish closes the files before it checks.
func (s *breakIdle) Finish(ctx context.Context) (driver.Findings, error) {
	for _, in := range s.files {
		s.Iput(s.Workers[0].Task, in)
	}
	return s.Rig.Finish(ctx)
}
