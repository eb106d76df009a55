package clock

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// windows × window is what a calibration costs. Both ends of a window are known to about 15 ns, so one
	// window gives the rate to 15 parts in a million, and the median of them is better still.
	windows = 7
	window  = 2 * time.Millisecond

	// maxSpread is how far the middle windows may be apart, relative to the median. Measured on a busy guest: 10 to
	// 40 parts in a million. A counter that changes with the frequency is off by whole per cents.
	maxSpread = 1e-3

	// minHz and maxHz bound a believable counter, and keep scale within its accuracy.
	minHz, maxHz = 1e7, 1e11

	// brackets is how often an end of a window is read; the tightest reading counts.
	brackets = 16
)

// Calibrate chooses the source and measures its rate, in about 15 ms; it does nothing if that has been done. The first Now,
// Of or Info calls it, so a program calls it at its start only to keep the pause out of its first measurement.
func Calibrate() {
	calibrating.Lock()
	defer calibrating.Unlock()
	if scale.Load() == 0 {
		calibrateLocked(measureCounter)
	}
}

// calibrateLocked lets measure say the counter's rate in ticks per second, or why it cannot be trusted, and chooses.
func calibrateLocked(measure func() (hz float64, err error)) {
	hz, err := measure()
	if err != nil {
		chooseLocked(Monotonic, float64(time.Second))
		properties.Reason = err.Error()
		return
	}
	chooseLocked(Counter, hz)
}

// chooseLocked makes source the clock from now on. Scale comes last: it is what says that the choice is made.
func chooseLocked(source Source, hz float64) {
	properties = Properties{Source: source, Hz: hz}
	trusted := uint32(0)
	if source == Counter {
		trusted = 1
	}
	atomic.StoreUint32(&counterTrusted, trusted)
	scale.Store(uint64(math.Round(float64(time.Second) / hz * (1 << fracBits))))
}

// measureCounter returns the rate of the processor's counter, or an error if it is not to be trusted.
func measureCounter() (float64, error) {
	if err := counterUsable(); err != nil {
		return 0, err
	}
	rates := make([]float64, windows)
	from := bracket()
	for i := range rates {
		to := from
		for to.nanos-from.nanos < int64(window) {
			to = bracket()
		}
		rates[i] = float64(to.ticks-from.ticks) / float64(to.nanos-from.nanos) * float64(time.Second)
		from = to
	}
	return agree(rates)
}

// agree returns the median of rates, or an error if the rates contradict each other or are absurd. The two lowest
// and highest of seven do not count: a thread that loses its processor inside a bracket spoils two windows.
func agree(rates []float64) (float64, error) {
	slices.Sort(rates)
	median := rates[len(rates)/2]
	if !(median >= minHz && median <= maxHz) {
		return 0, fmt.Errorf("time stamp counter: %.4g Hz is not believable", median)
	}
	cut := len(rates) / 4
	low, high := rates[cut], rates[len(rates)-1-cut]
	if high-low > maxSpread*median {
		return 0, fmt.Errorf("time stamp counter: unsteady, between %.6g and %.6g Hz", low, high)
	}
	return median, nil
}

// reading is one instant in both clocks.
type reading struct{ ticks, nanos int64 }

// bracket reads the monotonic clock between two readings of the counter, several times, and keeps the tightest.
func bracket() reading {
	var best reading
	tightest := int64(-1)
	for range brackets {
		before := counter()
		nanos := int64(monotonic())
		width := counter() - before
		if tightest < 0 || width < tightest {
			tightest = width
			best = reading{ticks: before + width/2, nanos: nanos}
		}
	}
	return best
}
