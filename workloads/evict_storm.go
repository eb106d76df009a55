package workloads

import (
	"math"
	"time"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

var evictStormWorkload = &driver.Workload{
	Name:  "evict-storm",
	About: "look inodes up in a working set larger than the cache, so that reclaim evicts all the time",
	Doc: `One operation looks an inode up and drops it; some also fault a page in, pin and unpin it.
A miss reads the inode and, the cache being at its limit, first makes the task reclaim a batch.
The time per eviction is that of direct reclaim, divided by the inodes it evicted.`,
	Primary:        "ns/evict",
	Slice:          time.Millisecond,
	SampleEvery:    64,
	UsesPopulation: true,
	Knobs: []driver.Knob{
		knobDAX("50", "0", "10", "50", "100"),
		{Key: "files", Default: "4096", About: "files in the working set", Check: driver.CheckInt(1, 1<<24)},
		{Key: "cache", Default: "1024", About: "hard limit on cached inodes; the default keeps the caches of the processor warm, so that small differences show", Check: driver.CheckInt(16, 1<<24)},
		knobPages,
		{Key: "pick", Default: "zipf", About: "which file comes next: zipf, uniform, or walk in directory order", Check: driver.CheckOneOf("zipf", "uniform", "walk")},
		{Key: "theta", Default: "0.99", About: "skew of zipf, 0 to 3", Check: checkTheta},
		{Key: "pin", Default: "5", About: "percentage of lookups that also pin a page", Check: driver.CheckPercent},
		knobLRU, knobStripes, knobBatch,
	},
	Size: func(v driver.Values, workers int, p *driver.Population) (int64, error) {
		return sizeFor(filesOf(p, v.Int("files"), v.Int("pages")))
	},
	Inodes: func(v driver.Values, workers int, p *driver.Population) int { return v.Int("cache") },
	Open:   openEvictStorm,
	Small:  map[string]string{"files": "256", "cache": "64", "batch": "16"},
}

// parked is how many inodes reclaim may never find in the end: with
// lru=shrinkable, DAX inodes that were ever pinned. They come on top of the
// cache's limit, as Linux would take further memory for them.
func parked(v driver.Values, files int) int {
	if lruRule(v) == vfs.EntriesIgnored {
		return 0
	}
	return int(math.Ceil(v.Percent("dax") * float64(files)))
}

type evictStorm struct {
	*driver.Rig
	inos []vfs.Ino
	walk []uint32 // next file of each worker; nil unless pick=walk
	pin  uint32   // with walk: pin at every so-manieth file, 0 never
}

func openEvictStorm(env driver.Env) (driver.Storm, error) {
	v := env.Values
	files := filesOf(env.Population, v.Int("files"), v.Int("pages"))
	r, err := driver.NewRig(env, driver.RigOptions{Inodes: inodesFor(files), Cache: vfs.Options{
		CacheInodes: v.Int("cache") + parked(v, len(files)), Stripes: v.Int("stripes"), ReclaimBatch: v.Int("batch"), LRU: lruRule(v),
		CachePages: 4 * v.Int("cache"),
	}})
	if err != nil {
		return nil, err
	}
	s := &evictStorm{Rig: r}
	if s.inos, err = create(r, files, v.Percent("dax")); err != nil {
		return nil, err
	}
	switch v.Get("pick") {
	case "walk":
		s.walk = make([]uint32, env.Workers)
		for id := range s.walk { // workers start apart
			s.walk[id] = uint32(len(files) / env.Workers * id)
		}
		if p := v.Percent("pin"); p > 0 {
			s.pin = uint32(1 / p)
		}
	case "uniform":
		setPicks(r, len(files), 0, v.Percent("pin"))
	default:
		setPicks(r, len(files), parseTheta(v), v.Percent("pin"))
	}
	return s, nil
}

func (s *evictStorm) next(w *driver.Worker) uint32 {
	if s.walk == nil {
		return w.Pick()
	}
	i := s.walk[w.ID]
	s.walk[w.ID] = (i + 1) % uint32(len(s.inos))
	if s.pin != 0 && i%s.pin == 0 {
		i |= pinFlag
	}
	return i
}

func (s *evictStorm) Run(w *driver.Worker, n int) {
	for range n {
		pick := s.next(w)
		in, err := s.Iget(w.Task, s.inos[pick&^pinFlag])
		if err != nil {
			w.Fail(err)
			return
		}
		if pick&pinFlag != 0 {
			if pin, ok := pinFirst(s.Rig, w, in); ok {
				s.Unpin(pin)
			}
		}
		s.Iput(w.Task, in)
	}
}
