package device

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what the process has used so far.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestSleeps checks that neither an idle device nor one that waits for a distant due time uses the processor.
func TestSleeps(t *testing.T) {
	eachMechanism(t, func(t *testing.T, d *Device) {
		for _, state := range []string{"idle", "waiting"} {
			before := cpuTime(t)
			time.Sleep(200 * time.Millisecond)
			if used := cpuTime(t) - before; used > 100*time.Millisecond {
				t.Errorf("%s: used %v of processor time in 200 ms", state, used)
			}
			newProbe().submit(t, d, time.Hour)
		}
	})
}
