//go:build !amd64

package clock

import "errors"

// Now reads the clock.
func Now() Ticks { return slowNow() }

// counter stands in for the processor's counter, which is not read on this architecture.
func counter() int64 { return 0 }

// counterUsable says why the counter is no clock.
func counterUsable() error { return errors.New("time stamp counter: read on amd64 only") }
