package workloads

import (
	"context"
	"slices"

	"daxbench/workloads/clock"
	"daxbench/workloads/driver"
)

// Cost is what the harness adds to an operation, in ns.
type Cost struct {
	Empty float64 // what an operation of the storm nop takes, which is the choice of what to do
	Timed float64 // what it takes longer if it is timed: a reading of the clock, and its share of the histogram's adds
}

// HarnessCost measures the harness: the medians of some short loops on one worker, by turns with and without the clock.
func HarnessCost() (c Cost, err error) {
	const loops, ops = 101, 5000
	storm, err := nopWorkload.Open(driver.Env{Values: driver.Values{{Key: "timed", Value: "0"}}, Seed: 1, Workers: 1, Context: context.Background()})
	if err != nil {
		return c, err
	}
	w := storm.Worker(0)
	nanos := func(run func()) float64 {
		start := clock.Now()
		run()
		return float64(clock.Nanos(clock.Now()-start)) / ops
	}
	var empty, more []float64
	for range loops {
		without := nanos(func() { storm.Run(w, ops) })
		with := nanos(func() { w.RunTimed(storm, ops) })
		empty, more = append(empty, without), append(more, with-without)
	}
	slices.Sort(empty)
	slices.Sort(more)
	return Cost{empty[loops/2], more[loops/2]}, nil
}
