// Package clock is the cheapest monotonic clock of this machine, for timing single operations.
//
// It is not a wall clock, and not a pacer. Its kernel counterpart is sched_clock (arch/x86/kernel/tsc.c): the processor's
// time stamp counter where that can be trusted, and the runtime's monotonic clock everywhere else. Which one it is gets
// decided once, by Calibrate, before the first tick is handed out, so ticks of two sources never mix.
//
// The counter is trusted if CPUID calls it invariant (it runs at one rate through frequency changes and sleep states), if
// Linux has not dropped it as a clock source, and if several short windows against the monotonic clock agree on its rate.
//
// Ticks of two processors: the kernel synchronizes the counters of an invariant machine, and drops the source if it cannot,
// but a goroutine that moves between two readings may still see a difference of a few ticks below zero. RDTSC is not
// a fence either: the processor may run it some nanoseconds before or after its neighbours. Nothing is clamped here: Nanos of
// a negative difference is negative, and the caller decides (hist.Recorder counts it apart).
//
// Locks: one mutex, held while calibrating. Now and Nanos take none.
//
// Note: LFENCE+RDTSC and RDTSCP cost twice as much as plain RDTSC (20 against 10 ns on an AMD EPYC guest), which is more
// than they would correct. Chain the readings instead: the end of one operation is the start of the next.
package clock

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// Ticks is a reading of the clock, or a difference of two. The zero point is arbitrary.
type Ticks int64

// fracBits is the number of fraction bits in scale: nanoseconds = ticks × scale / 2^fracBits. With 32 bits the rounding
// of scale is below one part in 10^9 for every counter between minHz and maxHz.
const fracBits = 32

// counterTrusted is what the assembly of Now reads on each call: 1 if ticks are those of the processor's counter.
// Written under calibrating, before any tick exists.
var counterTrusted uint32

// scale is nanoseconds per tick, in units of 2^-fracBits; 0 until the clock is calibrated.
var scale atomic.Uint64

// base is the zero point of the monotonic source.
var base = time.Now()

// calibrating guards the choice of the source and properties.
var (
	calibrating sync.Mutex
	properties  Properties
)

// slowNow is Now unless the counter is known to be trusted: it calibrates if nobody has, and then reads whatever was chosen.
// It looks at counterTrusted again: Now may have found 0 just before another goroutine finished the calibration.
func slowNow() Ticks {
	if scale.Load() == 0 {
		Calibrate()
	}
	if atomic.LoadUint32(&counterTrusted) == 1 {
		return Ticks(counter())
	}
	return monotonic()
}

// The assembly of Now calls slowNow, which the linters do not see.
var _ = slowNow

// monotonic is the fallback source: nanoseconds of the runtime's clock since the process began.
func monotonic() Ticks { return Ticks(time.Since(base)) }

// Nanos converts a difference of two readings to nanoseconds, rounding down. It may be negative; see the package comment.
//
// Preconditions: d comes from Now or Of, which calibrate. Without that check Nanos is inlined.
func Nanos(d Ticks) int64 {
	s := scale.Load()
	hi, lo := bits.Mul64(uint64(d), s)
	hi -= uint64(d>>63) & s // d counts as 2^64 too many if it is negative
	return int64(hi<<(64-fracBits) | lo>>fracBits)
}

// Of converts a duration to ticks, rounding up, so that a wait of Of(d) is never shorter than d. A duration that does not
// fit becomes the largest or smallest number of ticks.
func Of(d time.Duration) Ticks {
	if scale.Load() == 0 {
		Calibrate()
	}
	t := math.Ceil(float64(d) * (1 << fracBits) / float64(scale.Load()))
	switch {
	case t >= math.MaxInt64:
		return math.MaxInt64
	case t <= math.MinInt64:
		return math.MinInt64
	}
	return Ticks(t)
}
