package workloads

import (
	"context"
	"errors"
	"strconv"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/device"
	"daxbench/workloads/driver"
)

var truncateRaceWorkload = &driver.Workload{
	Name:  "truncate-race",
	About: "truncate open files while devices hold pins on their pages",
	Doc: `One operation either pins a random page of a random file, for a device to write into and let go, or, in some cases,
cuts a file to half its size and extends it again. Timed is the cut, which must wait for the pins on what goes. Nothing is
evicted, so the policies differ in nothing here.`,
	Remark:    "The policies do the same here: what differs is noise",
	Primary:   "ns/op",
	Slice:     10 * time.Millisecond,
	SelfTimed: true,
	Timed:     "the cut; pins are not timed",
	Knobs: []driver.Knob{
		knobDAX("100"),
		{Key: "files", Default: "64", About: "open files", Check: driver.CheckInt(1, 65536)},
		{Key: "pages", Default: "16", About: "pages per file", Check: driver.CheckInt(2, 65536)},
		{Key: "cut", Default: "10", About: "percentage of operations that truncate", Check: checkPositivePercent},
		knobHold("exp:20us"),
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(driver.Synthetic(v.Int("files"), uint32(v.Int("pages"))))
	},
	Open:  openTruncateRace,
	Small: map[string]string{"files": "4", "hold": "exp:5us"},
}

func checkPositivePercent(s string) error {
	if f, err := strconv.ParseFloat(s, 64); err == nil && f < 0.1 {
		return errors.New("want at least 0.1: else nothing would be timed")
	}
	return driver.CheckPercent(s)
}

type truncateRace struct {
	*driver.Rig
	files []*vfs.Inode
	holds []*driver.Holds
	pages uint32
	hold  device.Dist
}

func openTruncateRace(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := driver.Synthetic(v.Int("files"), uint32(v.Int("pages")))
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Device: true, Frees: true, Cache: vfs.Options{
		CacheInodes: len(files) + 64, CachePages: len(files)*v.Int("pages") + 8192,
	}})
	if err != nil {
		return nil, err
	}
	s := &truncateRace{Rig: r, pages: uint32(v.Int("pages")), hold: v.Dist("hold")}
	if s.files, err = open(r, files, v.Percent("dax")); err != nil {
		return nil, err
	}
	for range env.Workers {
		s.holds = append(s.holds, r.NewHolds(1024))
	}
	setPicks(r, len(files), 0, v.Percent("cut"))
	return s, nil
}

func (s *truncateRace) Run(w *driver.Worker, n int) {
	for range n {
		pick := w.Pick()
		in := s.files[pick&^pinFlag]
		var err error
		if pick&pinFlag != 0 {
			err = s.cut(w, in)
		} else {
			err = s.pin(w, in)
		}
		if err != nil {
			w.Fail(err)
		}
		if w.Failed() {
			return
		}
	}
}

func (s *truncateRace) cut(w *driver.Worker, in *vfs.Inode) error {
	w.Begin()
	err := s.Truncate(w.Task, in, s.pages/2)
	w.End()
	if err == nil {
		err = s.Truncate(w.Task, in, s.pages)
	}
	return err
}

// pin gives a random page to the device. A page that a truncation has just
// taken away is left alone; one that is new is faulted in.
func (s *truncateRace) pin(w *driver.Worker, in *vfs.Inode) error {
	page := w.RNG.Uint32N(s.pages)
	pin, err := s.Pin(w.Task, in, page)
	if errors.Is(err, vfs.ErrNotMapped) {
		if err = s.Fault(w.Task, in, page, 1); err == nil {
			pin, err = s.Pin(w.Task, in, page)
		}
	}
	if errors.Is(err, vfs.ErrBeyondEnd) || errors.Is(err, vfs.ErrNotMapped) {
		return nil // truncated just now
	}
	if err != nil {
		return err
	}
	s.holds[w.ID].Submit(pin, s.hold.Draw(w.RNG))
	return nil
}

// Finish waits for the device, looks for foreign bytes and closes the files.
func (s *truncateRace) Finish(ctx context.Context) (driver.Findings, error) {
	if err := s.Device.Drain(ctx); err != nil {
		return driver.Findings{}, err
	}
	for _, in := range s.files {
		s.Found.Add(int64(s.ForeignWrites(in)))
		s.Iput(s.Workers[0].Task, in)
	}
	return s.Rig.Finish(ctx)
}
