//go:build daxyield

package sync

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
)

// Yields says that every third yield point, by chance, lets other goroutines
// run while no Scheduler is installed. Tests that run freely, with the race
// detector too, then meet races that two processors rarely come to by
// themselves. Nothing is measured with it.
const Yields = true

// Short: see the tag daxshort.
const Short = false

// Free reports that no yield point does anything, which is never so.
func Free() bool { return false }

// AddFree is Add for a caller that has just seen Free.
func (x *Uint32) AddFree(delta uint32) { atomic.AddUint32(&x.v, delta) }

// SlowInc does nothing and reports true.
func (x *Uint32) SlowInc() bool { return true }

// SlowSub does nothing and reports true.
func (x *Uint32) SlowSub(uint32) bool { return true }

// freePoint is never called.
func freePoint() {}

// jostle is a yield point without a Scheduler.
//
// Note: whose turn it is comes from the runtime's generator, which each thread
// has its own of. A shared counter would have to be atomic, and to the race
// detector each of its steps orders the two goroutines, which is what hides a
// race.
func jostle() {
	if rand.Uint32N(3) == 0 {
		runtime.Gosched()
	}
}
