package subjects

import (
	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/driver"
)

// A Breaker does one thing per eviction: a part of what a policy does, by itself and in its place.
type Breaker func(t *vfs.Task, in *vfs.Inode)

// BreakForEvict does that thing.
func (b Breaker) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	b(t, in)
	return nil
}

// A Switch is a policy that can be changed between two chunks, so that policies are compared on the very same engine: on two,
// where the memory of each happens to lie makes more of a difference than what is looked for. It adds a call to each.
type Switch struct{ now vfs.Breaker }

// NewSwitch returns a switch that stands at do.
func NewSwitch(do vfs.Breaker) *Switch { return &Switch{do} }

// BreakForEvict does what the present policy does.
func (s *Switch) BreakForEvict(t *vfs.Task, in *vfs.Inode) error { return s.now.BreakForEvict(t, in) }

// Inserts returns inserts into m, whose breaker s is, under the policy do. Their keys are walked by all of them together.
func (s *Switch) Inserts(m *Mount, name string, do vfs.Breaker, walk func(w int, keys []uint32)) *turns.Subject {
	in := m.Insert()
	in.Name = name
	in.Prepare = func(w int, keys []uint32) {
		s.now = do
		walk(w, keys)
	}
	return in
}

// What is called once for each eviction, through a function value: so that a difference between two of them holds no call.
var (
	// OneLock takes and releases the first inode lock.
	OneLock Breaker = func(t *vfs.Task, in *vfs.Inode) { in.LockIO(t); in.UnlockIO(t) }
	// AllParts does all that unconditional does to an inode that is not DAX, one after the other.
	AllParts Breaker = func(t *vfs.Task, in *vfs.Inode) {
		BothLocks(t, in)
		LookAtLeases(t, in)
		CallBreak(t, in)
	}
	// TestDAX is what dax-only does: a flag of the inode.
	TestDAX Breaker = func(_ *vfs.Task, in *vfs.Inode) {
		if in.IsDAX() {
			panic("subjects: a DAX file among those that are none")
		}
	}
)

// BothLocks takes and releases both inode locks. They lie in one line of the processor's cache, which is cold by then.
func BothLocks(t *vfs.Task, in *vfs.Inode) {
	in.LockIO(t)
	in.LockLayout(t)
	in.UnlockLayout(t)
	in.UnlockIO(t)
}

// LookAtLeases looks whether there is a lease.
func LookAtLeases(_ *vfs.Task, in *vfs.Inode) {
	if in.IsLeased() {
		panic("subjects: a lease on a file that nobody leased")
	}
}

// CallBreak calls what breaks the layout, which returns at once as the inode is not DAX.
func CallBreak(t *vfs.Task, in *vfs.Inode) {
	if err := in.BreakLayout(t, 0); err != nil {
		panic(err) // it cannot wait
	}
}

// Plant returns a breaker that wastes some cycles: so many multiplications, each of which needs the one before.
func Plant(multiplications int) Breaker {
	return func(_ *vfs.Task, in *vfs.Inode) {
		if multiply(uint64(in.Ino()), multiplications) == 0 { // never: an odd factor, and no inode is 0
			panic("subjects: a product of odd factors is 0")
		}
	}
}

func multiply(x uint64, times int) uint64 {
	for range times {
		x *= 0x9E3779B97F4A7C15
	}
	return x
}

// Planted is what a Plant wastes by itself: nothing is done beside it, as each needs the one before.
func Planted(multiplications int) *turns.Subject {
	var products [turns.MaxWorkers]uint64
	for w := range products {
		products[w] = 1
	}
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			x := products[w]
			for range keys {
				x = multiply(x, multiplications)
			}
			products[w] = x
		},
		Check: func() error {
			var bad faults
			for w, x := range products {
				if x%2 == 0 {
					bad[w].n++
				}
			}
			return bad.check("products of odd factors are even")
		},
	}
}

// nothing is a storm whose operations do nothing.
type nothing struct{ driver.Storm }

func (nothing) Run(*driver.Worker, int) {}

// Timed is what the harness pays where a storm times every operation: a reading of the clock, of which the end of one is the
// start of the next, a call of the storm, which does nothing, and a value in a histogram.
func Timed() *turns.Subject {
	var workers [turns.MaxWorkers]*driver.Worker
	for w := range workers {
		workers[w] = driver.NewWorker(w, 1, nil)
	}
	var ops faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			workers[w].RunTimed(nothing{}, len(keys))
			ops[w].n += len(keys)
		},
		Check: func() error {
			var bad faults
			for w, worker := range workers {
				r := worker.Latencies()
				bad[w].n = ops[w].n - int(r.Count()+r.Under())
			}
			return bad.check("values are not in the histogram")
		},
	}
}

// Read only reads the clock.
func Read() *turns.Subject {
	var sum [turns.MaxWorkers]clock.Ticks
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			var s clock.Ticks
			for range keys {
				s += clock.Now()
			}
			sum[w] += s
		},
		Check: func() error { return nil },
	}
}
