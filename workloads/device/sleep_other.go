//go:build !linux

package device

// newSleeper returns the best mechanism there is.
func newSleeper(bool) sleeper { return newTimerSleeper() }
