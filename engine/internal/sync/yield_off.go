//go:build !daxyield && !daxshort

package sync

import "sync/atomic"

// Yields says whether yield points let other goroutines run of their own
// accord; see the tag daxyield.
const Yields = false

// Short says whether explorations take the short ways; see the tag daxshort.
const Short = false

// Free reports that no yield point does anything. It is for the few
// hottest functions of the engine: they ask once, use the …Free methods, and
// leave everything else to a slow path that yields as usual.
func Free() bool { return sched == nil }

// AddFree is Add for a caller that has just seen Free.
func (x *Uint32) AddFree(delta uint32) { atomic.AddUint32(&x.v, delta) }

// SlowInc adds 1, which must not wrap, if Free. Otherwise it does nothing and
// reports true: there is a longer way to go, with a yield point.
func (x *Uint32) SlowInc() bool { return sched != nil || atomic.AddUint32(&x.v, 1) == 0 }

// SlowSub subtracts n if Free, and reports whether one of bits 31 to 29 is then
// set. Otherwise it does nothing and reports true, like SlowInc.
func (x *Uint32) SlowSub(n uint32) bool { return sched != nil || atomic.AddUint32(&x.v, -n) >= 1<<29 }

// jostle is never called.
func jostle() {}

// freePoint is a yield point of the …Free methods, which have none.
func freePoint() {}
