package workloads

import (
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/device"
	"daxbench/workloads/driver"
)

var unmountStormWorkload = &driver.Workload{
	Name:  "unmount-storm",
	About: "evict the whole cache at once, as unmount does, with a few pinned inodes among the rest",
	Doc: `One operation looks up every file, maps some of them and gives a page of a few to a device, drops all, and then
evicts everything. Timed is the eviction of the whole; the latencies are those of each inode from the start of the unmount,
so inodes that stand behind a pinned one on the list show by how much they were held up.`,
	Primary:        "ns/evict",
	Slice:          10 * time.Millisecond,
	SelfTimed:      true,
	Timed:          "the eviction of everything; percentiles are of each inode from its start",
	TimedEvicts:    true,
	SampleEvery:    1,
	MaxWorkers:     1,
	CountOps:       20, // 40,960 evictions by default
	UsesPopulation: true,
	Knobs: []driver.Knob{
		knobDAX("100", "0", "100"),
		{Key: "inodes", Default: "2048", About: "inodes in the cache", Check: driver.CheckInt(1, 1<<24)},
		{Key: "pinned", Default: "2", About: "of them, pinned ones", Check: driver.CheckInt(0, 4096)},
		knobHold("exp:200us"),
		knobPages,
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(filesOf(p, v.Int("inodes"), v.Int("pages")))
	},
	Inodes: func(v driver.Values, workers int, p *driver.Population) int {
		return len(filesOf(p, v.Int("inodes"), 0))
	},
	Open:  openUnmountStorm,
	Small: map[string]string{"inodes": "64", "hold": "exp:20us"},
}

type unmountStorm struct {
	*driver.Rig
	inos   []vfs.Ino
	pinned int
	hold   device.Dist
	holds  *driver.Holds
}

func openUnmountStorm(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := filesOf(env.Population, v.Int("inodes"), v.Int("pages"))
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Device: true, Cache: vfs.Options{
		CacheInodes: len(files) + 64, CachePages: len(files) + 8192, // a pinned page outlives its file, and the device takes 4096
	}})
	if err != nil {
		return nil, err
	}
	s := &unmountStorm{Rig: r, pinned: v.Int("pinned"), hold: v.Dist("hold"), holds: r.NewHolds(4096)}
	if s.inos, err = create(r, files, v.Percent("dax")); err != nil {
		return nil, err
	}
	setPicks(r, len(files), 0, 0)
	return s, nil
}

func (s *unmountStorm) Run(w *driver.Worker, n int) {
	for range n {
		for _, ino := range s.inos {
			in, err := s.Iget(w.Task, ino)
			if err != nil {
				w.Fail(err)
				return
			}
			s.Iput(w.Task, in)
		}
		for range s.pinned {
			s.pin(w, s.inos[w.Pick()])
		}
		w.Begin()
		s.EvictInodes(w.Task, func(vfs.Ino) { w.Lap() })
		w.Stop()
		if w.Failed() {
			return
		}
	}
}

// pin gives the first page of a file to the device.
func (s *unmountStorm) pin(w *driver.Worker, ino vfs.Ino) {
	in, err := s.Iget(w.Task, ino)
	if err != nil {
		w.Fail(err)
		return
	}
	if pin, ok := pinFirst(s.Rig, w, in); ok {
		s.holds.Submit(pin, s.hold.Draw(w.RNG))
	}
	s.Iput(w.Task, in)
}
