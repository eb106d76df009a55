package lockstep

import (
	"math/rand/v2"

	"daxbench/workloads/clock"
)

// Controls are the names of the negative controls. No change to the engine can touch what they do: if one differs between
// the two sides, the machine or the builds do, and nothing that was measured beside it counts.
const (
	Spin = "spin" // a chain of shifts and multiplications: the frequency of the processor, but no neighbour on the same core
	Walk = "walk" // a chain of loads from memory of its own: that of its caches
)

// Steps of the controls: about 10 µs each, a thirtieth of a slice.
const (
	spinSteps = 8 << 10
	walkSteps = 2 << 10
	walkLines = 1 << 10 // of cacheLine bytes: 64 KiB, more than the first cache and less than the second of all that this runs on
	cacheLine = 64
)

// line is one line of a cache, with where the walk goes next.
type line struct {
	next uint64
	_    [cacheLine - 8]byte
}

// controls holds what the negative controls work on.
type controls struct {
	state uint64
	lines []line // one circle through all of them, in random order
	at    uint64
}

func newControls() *controls {
	c := &controls{state: 1, lines: make([]line, walkLines)}
	order := rand.New(rand.NewPCG(1, 1)).Perm(walkLines)
	for i, at := range order {
		c.lines[at].next = uint64(order[(i+1)%len(order)])
	}
	return c
}

// run runs each control once and returns ns per step. Before the walk there is a round that does not count: where the other
// side has driven the lines out to is chance.
func (c *controls) run() map[string]float64 {
	begin := clock.Now()
	c.spin()
	spun := clock.Now()
	c.walk(walkLines)
	warm := clock.Now()
	c.walk(walkSteps)
	end := clock.Now()
	return map[string]float64{
		Spin: float64(clock.Nanos(spun-begin)) / spinSteps,
		Walk: float64(clock.Nanos(end-warm)) / walkSteps,
	}
}

// spin waits for each step's result before the next, and takes eight of them between two jumps: where the linker puts
// the loop then hardly matters. (With one step a jump, identical source linked in another order differed by up to 0.6 %.
// Without the shift, the compiler makes one multiplication and one addition of all eight.)
//
//go:noinline
func (c *controls) spin() {
	const m = 0xbf58476d1ce4e5b9 // of SplitMix64
	x := c.state
	for range spinSteps / 8 {
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
		x = (x ^ x>>29) * m
	}
	c.state = x
}

//go:noinline
func (c *controls) walk(steps int) {
	at := c.at
	for range steps {
		at = c.lines[at&(walkLines-1)].next
	}
	c.at = at
}
