package census

import (
	"math"
	"runtime"
	"slices"

	"daxbench/workloads/driver"
)

// Background is how many allocations in all are taken for the runtime's own: it wakes threads, grows stacks and fills
// caches of its own at any time. So few over all operations of a cell are none. One allocation in a thousand operations
// of a quick storm is more.
const Background = 16

// batches is how often the operations of a cell are run at most until they allocate nothing. Slots, queues and tables
// of an engine grow at their first use, and it takes that long until all have been used: a handful of batches of most
// storms, fifty of unmount-storm, which pins few of many.
const batches = 80

// allocations are those of the operations of a cell in steady state.
type allocations struct {
	objects, bytes uint64
	exact          bool
}

// count runs the storm until it allocates nothing. If it never does, the operations themselves allocate: then the least
// of all batches is what they take, as the runtime only adds to it. That is exact if it is no exception, but what most
// batches come to.
func (a *allocations) count(storm driver.Storm, ops int) {
	*a = allocations{objects: math.MaxUint64, bytes: math.MaxUint64}
	w := storm.Worker(0)
	var all []uint64
	for range batches {
		var from, to runtime.MemStats
		runtime.ReadMemStats(&from)
		storm.Run(w, ops)
		runtime.ReadMemStats(&to)
		n := to.Mallocs - from.Mallocs
		if n <= Background {
			*a = allocations{exact: true}
			return
		}
		all = append(all, n)
		a.objects, a.bytes = min(a.objects, n), min(a.bytes, to.TotalAlloc-from.TotalAlloc)
	}
	slices.Sort(all)
	a.exact = all[len(all)/2]-a.objects <= Background
}

// perOp divides, and rounds to a thousandth.
func perOp(n uint64, ops int) float64 {
	const thousandth = 1000
	return math.Round(float64(n)/float64(ops)*thousandth) / thousandth
}
