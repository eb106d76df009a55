package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var pinMixWorkload = &driver.Workload{
	Name:        "pin-mix",
	About:       "pin and unpin pages of open files: the hot path of the page table alone",
	Doc:         `One operation is Pin and Unpin of a random page. Nothing is evicted, so the policies differ in nothing here.`,
	Remark:      "The policies do the same here: what differs is noise",
	Primary:     "ns/op",
	Slice:       time.Millisecond,
	SampleEvery: 256,
	Knobs: []driver.Knob{
		{Key: "files", Default: "64", About: "open files", Check: driver.CheckInt(1, 65536)},
		{Key: "pages", Default: "16", About: "pages per file", Check: driver.CheckInt(1, 65536)},
		{Key: "share", Default: "files", About: "what the workers share: files (nothing: each has files of its own), pages (distinct pages of the same files, whose words share a cache line), or same (all pin one page)", Check: driver.CheckOneOf("files", "pages", "same")},
		knobDAX("100"),
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(driver.Synthetic(v.Int("files"), uint32(v.Int("pages"))))
	},
	Check: func(v driver.Values, workers int) error {
		units := v.Int("files")
		if v.Get("share") == "pages" {
			units *= v.Int("pages")
		}
		if units < workers && v.Get("share") != "same" {
			return fmt.Errorf("files=%d, pages=%d are too few for %d workers to have something of their own", v.Int("files"), v.Int("pages"), workers)
		}
		return nil
	},
	Open:  openPinMix,
	Small: map[string]string{"files": "4"},
}

type pinMix struct {
	*driver.Rig
	files []*vfs.Inode
	pages uint32
	same  bool
}

func openPinMix(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := driver.Synthetic(v.Int("files"), uint32(v.Int("pages")))
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Cache: vfs.Options{
		CacheInodes: len(files) + 64, CachePages: len(files) * v.Int("pages"),
	}})
	if err != nil {
		return nil, err
	}
	s := &pinMix{Rig: r, pages: uint32(v.Int("pages")), same: v.Get("share") == "same"}
	if s.files, err = open(r, files, v.Percent("dax")); err != nil {
		return nil, err
	}
	workers := uint32(env.Workers)
	all, unit := uint32(len(files))*s.pages, uint32(1) // pages are dealt out in units
	if v.Get("share") == "files" {
		unit = s.pages
	}
	if s.same {
		return s, nil
	}
	for _, w := range r.Workers {
		w.SetPicks(int(all), func(rng *rand.Rand) uint32 {
			turn := rng.Uint32N(all / unit / workers)
			return (turn*workers+uint32(w.ID))*unit + rng.Uint32N(unit)
		})
	}
	return s, nil
}

func (s *pinMix) Run(w *driver.Worker, n int) {
	for range n {
		pick := uint32(0)
		if !s.same {
			pick = w.Pick()
		}
		pin, err := s.Pin(w.Task, s.files[pick/s.pages], pick%s.pages)
		if err != nil {
			w.Fail(err)
			return
		}
		s.Unpin(pin)
	}
}

// Finish closes the files before it checks.
func (s *pinMix) Finish(ctx context.Context) (driver.Findings, error) {
	for _, in := range s.files {
		s.Iput(s.Workers[0].Task, in)
	}
	return s.Rig.Finish(ctx)
}
