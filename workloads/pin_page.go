package workloads

import (
	"context"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var pinPageWorkload = &driver.Workload{
	Name:  "pin-page",
	About: "pin and unpin one page over and over: what a pin costs at the least",
	Doc: `One operation is Pin and Unpin of a page of an open file, always the same one. The page of each worker has a cache
line for its word to itself, or all workers pin one page. Nothing is evicted, so the policies differ only in what they do
for a pin.`,
	Remark:      "What a policy does for a pin is all that differs: nothing is evicted, and one page that stays in the first cache is no table of pages",
	Primary:     "ns/op",
	Slice:       time.Millisecond,
	SampleEvery: 256,
	Knobs: []driver.Knob{
		{Key: "same", Default: "0", About: "1: all workers pin one page; 0: each has its own", Check: driver.CheckOneOf("0", "1")},
		knobDAX("100"),
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(pinPageFiles(workers))
	},
	Open: openPinPage,
}

// pagesApart is how far the pages of two workers are from each other: their words, of 4 bytes, are then two cache lines
// apart, as many as a processor fetches at a time.
const pagesApart = 2 * 64 / 4

func pinPageFiles(workers int) []driver.File {
	return driver.Synthetic(1, uint32(workers*pagesApart))
}

type pinPage struct {
	*driver.Rig
	file *vfs.Inode
	own  uint32 // 0: all pin the first page; else pagesApart
}

func openPinPage(env driver.Env) (driver.Storm, error) {
	files := pinPageFiles(env.Workers)
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Cache: vfs.Options{
		CacheInodes: 64, CachePages: int(files[0].Pages),
	}})
	if err != nil {
		return nil, err
	}
	list, err := open(r, files, env.Values.Percent("dax"))
	if err != nil {
		return nil, err
	}
	s := &pinPage{Rig: r, file: list[0], own: pagesApart}
	if env.Values.Get("same") == "1" {
		s.own = 0
	}
	return s, nil
}

func (s *pinPage) Run(w *driver.Worker, n int) {
	page := uint32(w.ID) * s.own
	for range n {
		pin, err := s.Pin(w.Task, s.file, page)
		if err != nil {
			w.Fail(err)
			return
		}
		s.Unpin(pin)
	}
}

// Finish closes the file before it checks.
func (s *pinPage) Finish(ctx context.Context) (driver.Findings, error) {
	s.Iput(s.Workers[0].Task, s.file)
	return s.Rig.Finish(ctx)
}
