package clock

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Source says where ticks come from.
type Source uint8

const (
	// Monotonic is the runtime's monotonic clock; a tick is a nanosecond.
	Monotonic Source = iota
	// Counter is the processor's time stamp counter.
	Counter
)

// sources holds the name of each Source.
var sources = [...]string{Monotonic: "monotonic", Counter: "tsc"}

// String returns the name that results record.
func (s Source) String() string {
	if int(s) >= len(sources) {
		return fmt.Sprintf("Source(%d)", uint8(s))
	}
	return sources[s]
}

// MarshalText writes the name.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Source) UnmarshalText(text []byte) error {
	i := slices.Index(sources[:], string(text))
	if i < 0 {
		return fmt.Errorf("clock: unknown source %q", text)
	}
	*s = Source(i)
	return nil
}

// Properties is what results record of the clock.
type Properties struct {
	Source Source `json:"source"`
	// Hz is ticks per second.
	Hz float64 `json:"hz"`
	// StepNanos is the usual difference between two readings in a row; what is shorter cannot be timed.
	StepNanos float64 `json:"step_ns"`
	// CostNanos is what one Now in a loop takes, the quickest of several loops.
	CostNanos float64 `json:"cost_ns"`
	// Reason says why the counter is not the source; empty if it is.
	Reason string `json:"reason,omitempty"`
}

// Info describes the clock. The first call measures step and cost, which takes about a millisecond.
func Info() Properties {
	Calibrate()
	calibrating.Lock()
	defer calibrating.Unlock()
	if properties.CostNanos == 0 {
		properties.CostNanos = cost()
		properties.StepNanos = step()
	}
	return properties
}

// cost times Now in a loop.
func cost() float64 {
	const loops, calls = 20, 1000
	best := int64(math.MaxInt64)
	for range loops {
		start := time.Now()
		for range calls {
			Now()
		}
		best = min(best, int64(time.Since(start)))
	}
	return float64(best) / calls
}

// step returns the usual difference between two readings in a row: what the clock advances by where that is more than the cost
// of a call, and else what one call adds. Either way, nothing shorter can be told from zero.
//
// Note: neither the smallest difference nor the common divisor will do. A Zen 4 counter advances by 26 ticks, but to be
// strictly monotonic it adds 1 to a second reading within the same step, so both of them come out as 1.
func step() float64 {
	const readings = 20_001
	steps := make([]Ticks, readings)
	for i := range steps {
		start := Now()
		steps[i] = Now() - start
	}
	slices.Sort(steps)
	return float64(max(steps[readings/2], 1)) * float64(time.Second) / properties.Hz
}
