package workloads

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"

	"daxbench/engine"
	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

// Knobs that several storms share.
var (
	knobPages = driver.Knob{Key: "pages", Default: "4", About: "pages of 4 KiB per file", Check: driver.CheckInt(1, 262144)}
	knobLRU   = driver.Knob{Key: driver.KnobLRU, Default: driver.LRUAny, About: "which idle inodes reclaim may take: any (as before Linux 5.16), or shrinkable, only those without DAX entries (since)", Check: driver.CheckOneOf(driver.LRUAny, driver.LRUShrinkable)}
)

// knobDAX is the fraction of DAX files, with its values in the default matrix.
func knobDAX(def string, sweep ...string) driver.Knob {
	return driver.Knob{Key: "dax", Default: def, Sweep: sweep, About: "percentage of the files that are DAX", Check: driver.CheckPercent}
}

// knobHold is how long a device keeps a pin.
func knobHold(def string) driver.Knob {
	return driver.Knob{Key: "hold", Default: def, About: "how long the device keeps a pin: fixed:T, exp:MEAN, uniform:A-B or pareto:MIN^ALPHA", Check: driver.CheckDist}
}

// knobStripes and knobBatch shape the cache.
var (
	knobStripes = driver.Knob{Key: driver.KnobStripes, Default: "64", About: "stripes of the inode cache", Check: driver.CheckInt(1, 65536)}
	knobBatch   = driver.Knob{Key: "batch", Default: "128", About: "inodes that one direct reclaim tries to evict", Check: driver.CheckInt(1, 65536)}
)

// lruRule reads knobLRU.
func lruRule(v driver.Values) vfs.LRURule {
	if v.Get(driver.KnobLRU) == driver.LRUShrinkable {
		return vfs.EntriesKeepOff
	}
	return vfs.EntriesIgnored
}

// sizeFor returns the bytes for a population of files, and some air.
func sizeFor(files []driver.File) (int64, error) {
	pages := uint64(0)
	for _, f := range files {
		pages += uint64(f.Pages)
	}
	pages += pages/16 + 256
	if pages > math.MaxUint32/2 {
		return 0, fmt.Errorf("%d pages are more than a region holds", pages)
	}
	return engine.MinSize(inodesFor(files), uint32(pages)), nil
}

// inodesFor returns how many inodes to format for: the files, and some that are
// created on the way.
func inodesFor(files []driver.File) uint32 { return uint32(len(files)) + 64 }

// filesOf returns the population, or n synthetic files.
func filesOf(p *driver.Population, n int, pages int) []driver.File {
	if p != nil {
		return p.Files
	}
	return driver.Synthetic(n, uint32(pages))
}

// create makes the files, the given fraction of them DAX, evenly mixed by the
// seed, and returns their numbers in the order of the population. All of them
// are idle; the last ones are still cached.
func create(r *driver.Rig, files []driver.File, dax float64) ([]vfs.Ino, error) {
	rng := rand.New(rand.NewPCG(r.Seed, 0xDA))
	isDAX := make([]bool, len(files))
	for i := range int(math.Round(dax * float64(len(files)))) {
		isDAX[i] = true
	}
	rng.Shuffle(len(isDAX), func(i, j int) { isDAX[i], isDAX[j] = isDAX[j], isDAX[i] })
	t := r.Workers[0].Task
	inos := make([]vfs.Ino, len(files))
	for i, f := range files {
		in, err := r.Create(t, vfs.NewFile{Pages: f.Pages, Nlink: f.Nlink, DAX: isDAX[i]})
		if err != nil {
			return nil, err
		}
		inos[i] = in.Ino()
		r.Iput(t, in)
	}
	return inos, nil
}

// open makes the files as create does and keeps them open and mapped.
func open(r *driver.Rig, files []driver.File, dax float64) ([]*vfs.Inode, error) {
	inos, err := create(r, files, dax)
	if err != nil {
		return nil, err
	}
	t := r.Workers[0].Task
	list := make([]*vfs.Inode, len(inos))
	for i, ino := range inos {
		if list[i], err = r.Iget(t, ino); err != nil {
			return nil, err
		}
		if err = r.Fault(t, list[i], 0, files[i].Pages); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// pinFirst maps the first page of a file and pins it. It reports false if the
// file has none, or w has failed.
func pinFirst(r *driver.Rig, w *driver.Worker, in *vfs.Inode) (vfs.Pin, bool) {
	if in.Pages() == 0 {
		return vfs.Pin{}, false
	}
	err := r.Fault(w.Task, in, 0, 1)
	var pin vfs.Pin
	if err == nil {
		pin, err = r.Pin(w.Task, in, 0)
	}
	if err != nil {
		w.Fail(err)
	}
	return pin, err == nil
}

// unlinkAndClose ends a file. Timed is the last Iput, which evicts it.
func unlinkAndClose(r *driver.Rig, w *driver.Worker, in *vfs.Inode) {
	if err := r.Unlink(w.Task, in); err != nil {
		w.Fail(err)
		return
	}
	w.Begin()
	r.Iput(w.Task, in)
	w.End()
}

// zipf draws ranks 0 to n-1 with probability proportional to 1/(rank+1)^theta;
// theta 0 is uniform. (math/rand's Zipf wants an exponent above 1; caches are
// usually tested at 0.99, as YCSB does.)
type zipf struct{ cumulative []float64 }

func newZipf(n int, theta float64) zipf {
	z := zipf{make([]float64, n)}
	sum := 0.0
	for i := range z.cumulative {
		sum += math.Pow(float64(i+1), -theta)
		z.cumulative[i] = sum
	}
	return z
}

func (z zipf) draw(rng *rand.Rand) int {
	x := rng.Float64() * z.cumulative[len(z.cumulative)-1]
	return min(sort.SearchFloat64s(z.cumulative, x), len(z.cumulative)-1)
}

// pinFlag marks a pick whose operation also pins.
const pinFlag = 1 << 31

// drawUniform draws numbers below n.
func drawUniform(n uint32) func(*rand.Rand) uint32 {
	return func(rng *rand.Rand) uint32 { return rng.Uint32N(n) }
}

// parseTheta reads the knob theta, which checkTheta has passed.
func parseTheta(v driver.Values) float64 {
	f, err := strconv.ParseFloat(v.Get("theta"), 64)
	if err != nil {
		panic(err)
	}
	return f
}

func checkTheta(s string) error {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= 3) {
		return errors.New("want a number from 0 to 3")
	}
	return nil
}

// setPicks gives each worker its choices among n files, in a fraction of cases
// with pinFlag: uniform if theta is 0, else zipf over a popularity that is
// unrelated to the files' order.
func setPicks(r *driver.Rig, n int, theta, pin float64) {
	draw := drawUniform(uint32(n))
	if theta != 0 {
		z := newZipf(n, theta)
		byRank := rand.New(rand.NewPCG(r.Seed, 0x21F)).Perm(n)
		draw = func(rng *rand.Rand) uint32 { return uint32(byRank[z.draw(rng)]) }
	}
	for _, w := range r.Workers {
		w.SetPicks(n, marked(draw, pin))
	}
}

// marked is draw with pinFlag in a fraction of cases.
func marked(draw func(*rand.Rand) uint32, pin float64) func(*rand.Rand) uint32 {
	return func(rng *rand.Rand) uint32 {
		pick := draw(rng)
		if rng.Float64() < pin {
			pick |= pinFlag
		}
		return pick
	}
}
