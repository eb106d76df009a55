// Package turns measures operations of some nanoseconds against each other on a machine that is shared: all in one
// process, by turns, in chunks.
//
// A round has one chunk of each subject, in a random order and with the same keys. A chunk takes some 15 to 350 µs, so it
// mostly runs undisturbed or not at all, and what drifts over milliseconds moves all chunks of a round alike. Therefore the
// figures are ratios within a round, and of them the median.
//
// Before its chunk, each subject runs in: as many operations, on other keys that are drawn alike, which are not timed. What it
// then finds in the processor's caches is mostly its own, as in a program that uses one of them, and not what the others left.
//
// What a process has for its lifetime (where its memory lies) is the same in all rounds. Who wants to know how far that
// matters repeats the whole in other processes.
package turns

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"

	"daxbench/workloads/clock"
)

// A Subject does one kind of operation.
type Subject struct {
	Name string

	// Run does one operation for each key as worker w. It is called once per chunk, so what is in it is not called
	// through an interface.
	Run func(w int, keys []uint32)

	// Prepare is called before each chunk, for each worker, and is not timed; nil: nothing is to be prepared.
	Prepare func(w int, keys []uint32)

	// Ops is how many of a chunk's keys this subject gets, 0: all. It is for who takes a hundred times as long as the others.
	Ops int

	// Alone has only the first worker run. The others sleep: a processor that spins can take from one that works, if both are
	// of one core.
	Alone bool

	// Check says after the last round what went wrong: nil, or why the figures are worth nothing.
	Check func() error

	// Close frees what the subject holds; nil: the collector does.
	Close func()
}

// A Load is what all subjects are asked to do.
type Load struct {
	Workers int
	Draw    func(w int, keys []uint32) // the keys of worker w's next chunk
	Ops     int                        // keys of a chunk; 0: chosen by how long they take
	Shared  bool                       // what is compared is on the same memory, so that none needs to run in
	For     time.Duration              // rounds go on for so long; 0: for as many as are asked for
}

// A Series is what the rounds of one subject took.
type Series struct {
	Name  string
	Nanos []float64 // per operation and worker, by round; NaN where the workers did not run together
	Ops   int       // of a chunk
}

// What makes figures worth nothing.
var (
	ErrCollected = errors.New("turns: the garbage collector ran during the rounds")
	ErrApart     = errors.New("turns: the workers never ran together: the machine is too busy")
)

// Limits of a chunk, in nanoseconds, and of its operations. Up to 350 µs hardly any chunk is cut in two by the scheduler; below
// 15 µs the two readings of the clock, which has steps of 10 ns, begin to count.
const (
	shortest, longest = 15e3, 350e3
	usual             = 60e3
	minOps, maxOps    = 1, 1 << 14
	blindOps          = 512 // where there was no telling how long they take
)

// warmUp is the part of the rounds that comes before them and does not count.
const warmUp = 8

// mostRounds is how many times the rounds asked for there may be, until so many count of each subject.
const mostRounds = 2

// Run measures the subjects for so many rounds, or more if workers often do not run together. A round whose workers did not run
// together is NaN for the subject in question. The collector is off meanwhile. Errors: ErrCollected, or what a subject's Check says.
func Run(subjects []*Subject, load Load, rounds int, seed uint64) ([]Series, error) {
	collections, collectorOn := collectorOff()
	defer collectorOn()
	c := newCrew(load.Workers)
	defer c.disband()
	rng := rand.New(rand.NewPCG(seed, 7))
	ops := load.Ops
	if ops == 0 {
		ops = chooseOps(c, subjects, load, rng)
	}
	list := make([]Series, len(subjects))
	for i, s := range subjects {
		list[i] = Series{Name: s.Name, Nanos: make([]float64, 0, rounds), Ops: ops}
	}
	for range max(2, rounds/warmUp) {
		c.round(subjects, load, ops, rng.Perm(len(subjects)), func(int, float64) {})
	}
	start := time.Now()
	enough := func(done int) bool {
		if load.For > 0 {
			return time.Since(start) >= load.For
		}
		return done >= rounds && (done >= mostRounds*rounds || fewest(list) >= rounds)
	}
	for done := 0; !enough(done); done++ {
		c.round(subjects, load, ops, rng.Perm(len(subjects)), func(i int, nanos float64) {
			list[i].Nanos = append(list[i].Nanos, nanos)
		})
	}
	if collections() {
		return nil, ErrCollected
	}
	for _, s := range subjects {
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return list, nil
}

// fewest returns how many rounds count of the subject of which fewest do.
func fewest(list []Series) int {
	least := math.MaxInt
	for _, s := range list {
		x, _ := paired(s, s)
		least = min(least, len(x))
	}
	return least
}

// collectorOff collects once more and turns the collector off. What it returns reports whether it ran all the same, and turns it on
// again.
func collectorOff() (ran func() bool, on func()) {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	return func() bool {
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		return after.NumGC != before.NumGC
	}, func() { debug.SetGCPercent(percent) }
}

// round runs a chunk of each subject, in the given order, with the same keys.
func (c *crew) round(subjects []*Subject, load Load, ops int, order []int, note func(i int, nanos float64)) {
	runIn, keys := &c.drawn[0], &c.drawn[1]
	runIn.draw(load, ops)
	keys.draw(load, ops)
	for _, i := range order {
		if !load.Shared {
			c.timed(subjects[i], load.Workers, *runIn)
		}
		note(i, c.timed(subjects[i], load.Workers, *keys))
	}
}

// draw fills in the keys of a chunk.
func (k *chunkKeys) draw(load Load, ops int) {
	for w := range load.Workers {
		if cap(k[w]) < ops {
			k[w] = make([]uint32, ops)
		}
		k[w] = k[w][:ops]
		load.Draw(w, k[w])
	}
}

// timed runs a chunk of one subject and returns what an operation took, or NaN.
func (c *crew) timed(s *Subject, workers int, keys chunkKeys) float64 {
	for w := range workers {
		if s.Ops > 0 {
			keys[w] = keys[w][:min(s.Ops, len(keys[w]))]
		}
		if s.Prepare != nil {
			s.Prepare(w, keys[w])
		}
	}
	c.keys = keys
	if s.Alone {
		c.alone(s.Run)
		workers = 1
	} else {
		c.chunk(s.Run)
	}
	ticks, together := c.took(workers)
	if !together {
		return math.NaN()
	}
	const digits = 1024 // ticks are whole
	return float64(clock.Nanos(clock.Ticks(ticks*digits))) / digits / float64(len(keys[0]))
}

// chooseOps returns how many operations a chunk has, so that the quickest subject is not too short and the slowest not
// too long.
func chooseOps(c *crew, subjects []*Subject, load Load, rng *rand.Rand) int {
	least := make([]float64, len(subjects))
	for i := range least {
		least[i] = math.Inf(1)
	}
	order := rng.Perm(len(subjects))
	for ops := 16; ops <= 1024; ops *= 4 {
		for range 5 {
			c.round(subjects, load, ops, order, func(i int, nanos float64) {
				if nanos > 0 {
					least[i] = min(least[i], nanos)
				}
			})
		}
	}
	quickest, slowest := math.Inf(1), 0.0
	for _, nanos := range least {
		if !math.IsInf(nanos, 1) {
			quickest, slowest = min(quickest, nanos), max(slowest, nanos)
		}
	}
	if slowest == 0 { // nobody was ever seen to run
		return blindOps
	}
	ops := min(max(shortest/quickest, usual/slowest), longest/slowest)
	return int(min(max(ops, minOps), maxOps))
}
