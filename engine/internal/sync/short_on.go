//go:build daxshort && !daxyield

package sync

import "daxbench/engine/internal/bug"

// Short says that explorations take the short ways, too: Free reports true under a
// Scheduler, and each …Free method is a yield point. So the lines of the callers are
// explored that are measured; without the tag those are that do the same at more
// length. Nothing is measured with it.
//
// What this package does in one call is not explored as it is measured: AddFree,
// SlowInc and SlowSub have other bodies here, and the busy scan and Zero go word by word,
// each a yield point, where what is measured loads and stores vectors.
const Short = true

// Yields: see the tag daxyield.
const Yields = false

// Free reports true, so that all take the short way.
func Free() bool { return true }

// AddFree is Add for a caller that has just seen Free.
func (x *Uint32) AddFree(delta uint32) {
	if bug.Planted(bug.PinInTwoSteps) {
		x.Store(x.Load() + delta)
		return
	}
	x.Add(delta)
}

// SlowInc adds 1, which must not wrap, and reports false.
func (x *Uint32) SlowInc() bool {
	x.AddFree(1)
	return false
}

// SlowSub subtracts n, and reports whether one of bits 31 to 29 is then set.
func (x *Uint32) SlowSub(n uint32) bool { return x.Add(-n) >= 1<<29 }

func jostle() {}

// freePoint is a yield point of the …Free methods.
func freePoint() { point() }
