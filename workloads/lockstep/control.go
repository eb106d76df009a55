package lockstep

import (
	"math/rand/v2"

	"daxbench/workloads/clock"
)

// Controls are the names of the negative controls. No change to the engine can touch what they do: if one differs between
// the two sides, the machine or the builds do, and nothing that was measured beside it counts.
const (
	Spin = "spin" // a chain of multiplications and additions: the speed of the processor
	Walk = "walk" // a chain of loads from memory of its own: that of its caches
)

// Steps of the controls: about 10 µs each, a thirtieth of a slice.
const (
	spinSteps = 8 << 10
	walkSteps = 4 << 10
	walkSlots = 8 << 10 // of 8 bytes: 64 KiB, more than the first cache and less than the second of all that this runs on
)

// controls holds what the negative controls work on.
type controls struct {
	state uint64
	next  []uint64 // one circle through all slots, in random order
	at    uint64
}

func newControls() *controls {
	c := &controls{state: 1, next: make([]uint64, walkSlots)}
	order := rand.New(rand.NewPCG(1, 1)).Perm(walkSlots)
	for i, slot := range order {
		c.next[slot] = uint64(order[(i+1)%len(order)])
	}
	return c
}

// run runs each control once and returns ns per step.
func (c *controls) run() map[string]float64 {
	begin := clock.Now()
	c.spin()
	middle := clock.Now()
	c.walk()
	end := clock.Now()
	return map[string]float64{
		Spin: float64(clock.Nanos(middle-begin)) / spinSteps,
		Walk: float64(clock.Nanos(end-middle)) / walkSteps,
	}
}

// spin waits for each step's result before the next, so that neither alignment nor what else is in flight matters.
//
//go:noinline
func (c *controls) spin() {
	x := c.state
	for range spinSteps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	c.state = x
}

//go:noinline
func (c *controls) walk() {
	at := c.at
	for range walkSteps {
		at = c.next[at&(walkSlots-1)]
	}
	c.at = at
}
