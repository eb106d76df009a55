package workloads

import (
	"context"
	"errors"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/device"
	"daxbench/workloads/driver"
)

var unlinkStormWorkload = &driver.Workload{
	Name:  "unlink-storm",
	About: "create, write, map, pin, unlink and close files while devices still hold pins on some",
	Doc: `One operation creates a file, maps it and writes a page, and then closes and unlinks the one that has been
open longest; of some of those a page is given to a device first, which writes into it and lets go after a while.
Before a file goes its owner looks for foreign bytes in it. Timed is the last Iput, which evicts and frees the blocks.`,
	Primary:        "ns/op",
	Slice:          5 * time.Millisecond,
	SelfTimed:      true,
	Timed:          "the last Iput",
	TimedEvicts:    true,
	SampleEvery:    1,
	UsesPopulation: true,
	Knobs: []driver.Knob{
		knobDAX("100", "0", "100"),
		knobPages,
		{Key: "pin", Default: "20", About: "percentage of the files that a device has a pin on when they are closed", Check: driver.CheckPercent},
		knobHold("exp:100us"),
		{Key: "open", Default: "32", About: "files that each worker keeps open", Check: driver.CheckInt(1, 4096)},
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(unlinkFiles(v, workers, p))
	},
	Open:  openUnlinkStorm,
	Small: map[string]string{"open": "4", "hold": "exp:20us"},
}

// unlinkFiles returns as many files as can exist at once, with the largest size
// that occurs.
func unlinkFiles(v driver.Values, workers int, p *driver.Population) []driver.File {
	most := uint32(v.Int("pages"))
	if p != nil {
		most = 0
		for _, f := range p.Files {
			most = max(most, f.Pages)
		}
	}
	return driver.Synthetic(workers*(v.Int("open")+2), max(1, most))
}

type unlinkStorm struct {
	*driver.Rig
	sizes []driver.File
	hands []*hand
	hold  device.Dist
	dax   float64
	page  []byte // what is written to each file
}

// hand is what one worker has in hand.
type hand struct {
	open  []*vfs.Inode // circle of open files
	pos   int
	made  int
	holds *driver.Holds
	_     [64]byte
}

func openUnlinkStorm(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := unlinkFiles(v, env.Workers, env.Population)
	perWorker := v.Int("open") + 1
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Device: true, Frees: true, Cache: vfs.Options{
		CacheInodes: env.Workers*perWorker + 256,
		CachePages:  env.Workers*perWorker*int(files[0].Pages) + 4096,
	}})
	if err != nil {
		return nil, err
	}
	s := &unlinkStorm{Rig: r, hold: v.Dist("hold"), dax: v.Percent("dax"), page: make([]byte, 4096)}
	s.sizes = driver.Synthetic(1, uint32(v.Int("pages")))
	if env.Population != nil {
		s.sizes = env.Population.Files
	}
	for _, w := range r.Workers {
		w.SetPicks(1<<16, marked(drawUniform(1<<20), v.Percent("pin"))) // 20 random bits each
		s.hands = append(s.hands, &hand{open: make([]*vfs.Inode, v.Int("open")), holds: r.NewHolds(1024)})
	}
	return s, nil
}

func (s *unlinkStorm) Run(w *driver.Worker, n int) {
	h := s.hands[w.ID]
	for range n {
		in, err := s.make(w, h)
		if err != nil {
			w.Fail(err)
			return
		}
		old := h.open[h.pos]
		h.open[h.pos] = in
		h.pos = (h.pos + 1) % len(h.open)
		if old != nil {
			s.retire(w, h, old)
		}
		if w.Failed() {
			return
		}
	}
}

// make creates the next file, maps all of it and writes its first page.
func (s *unlinkStorm) make(w *driver.Worker, h *hand) (*vfs.Inode, error) {
	size := s.sizes[(h.made*s.Env.Workers+w.ID)%len(s.sizes)]
	h.made++
	dax := float64(w.Pick()&^pinFlag) < s.dax*(1<<20)
	in, err := s.Create(w.Task, vfs.NewFile{Pages: max(1, size.Pages), DAX: dax})
	if err != nil {
		return nil, err
	}
	if err := s.Fault(w.Task, in, 0, max(1, size.Pages)); err != nil {
		return nil, err
	}
	return in, s.WritePage(w.Task, in, 0, s.page)
}

// retire gives some files' pages to the device, then unlinks and closes.
func (s *unlinkStorm) retire(w *driver.Worker, h *hand, in *vfs.Inode) {
	if pick := w.Pick(); pick&pinFlag != 0 {
		pin, err := s.Pin(w.Task, in, pick&^pinFlag%in.Pages())
		if err != nil {
			w.Fail(err)
			return
		}
		h.holds.Submit(pin, s.hold.Draw(w.RNG))
	}
	if n := s.ForeignWrites(in); n > 0 {
		s.Found.Add(int64(n))
	}
	unlinkAndClose(s.Rig, w, in)
}

// Finish closes what is open before it checks.
func (s *unlinkStorm) Finish(ctx context.Context) (driver.Findings, error) {
	for id, h := range s.hands {
		w := s.Workers[id]
		for i, in := range h.open {
			if in != nil {
				s.Found.Add(int64(s.ForeignWrites(in)))
				err := s.Unlink(w.Task, in)
				s.Iput(w.Task, in)
				h.open[i] = nil
				if err := errors.Join(err, w.Task.Err()); err != nil {
					return driver.Findings{}, err
				}
			}
		}
	}
	return s.Rig.Finish(ctx)
}
