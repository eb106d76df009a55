package workloads

import (
	"context"
	"slices"

	"daxbench/workloads/clock"
	"daxbench/workloads/driver"
)

// HarnessCost returns what the storm nop costs per operation in ns, for runs
// that leave it out: the median of some short loops on one worker.
func HarnessCost() (nanosPerOp float64, err error) {
	const loops, ops = 21, 100_000
	storm, err := nopWorkload.Open(driver.Env{Seed: 1, Workers: 1, Context: context.Background()})
	if err != nil {
		return 0, err
	}
	var costs []float64
	for range loops {
		start := clock.Now()
		storm.Run(storm.Worker(0), ops)
		costs = append(costs, float64(clock.Nanos(clock.Now()-start))/ops)
	}
	slices.Sort(costs)
	return costs[loops/2], nil
}
