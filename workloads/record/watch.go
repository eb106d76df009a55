package record

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"daxbench/workloads/clock"
	"golang.org/x/sys/unix"
)

// A Watch notices what changes under a run and spoils it: processors that come or go, a quota, a governor, a clock that
// jumps, a machine that was suspended. It looks at the beginning and at the end only.
type Watch struct {
	see   func() conditions
	begin conditions
}

// conditions are what must stay as it was.
type conditions struct {
	affinity  string
	online    string
	quota     float64
	throttled int64
	governor  string
	maxProcs  int
	moment    moment
}

// moment is one reading of all clocks. The zero points are arbitrary; boot is negative where there is no such clock.
type moment struct {
	monotonic time.Duration // CLOCK_MONOTONIC: stands still while the machine is suspended
	boot      time.Duration // CLOCK_BOOTTIME: does not
	real      time.Duration // CLOCK_REALTIME: is set
	ticks     time.Duration // package clock, in ns
}

// NewWatch begins to watch this process and its machine.
func NewWatch() *Watch {
	m := thisMachine()
	return newWatch(func() conditions {
		groups := m.cgroups()
		governor, _ := m.frequency()
		return conditions{
			affinity: m.affinity(), online: m.word("sys/devices/system/cpu/online"), quota: groups.quota(m),
			throttled: groups.throttled(m), governor: governor, maxProcs: runtime.GOMAXPROCS(0), moment: readClocks(),
		}
	})
}

func newWatch(see func() conditions) *Watch { return &Watch{see, see()} }

// Changes says, a sentence each, what is no longer as it was when the watch began.
func (w *Watch) Changes() (list []string) {
	was, is := w.begin, w.see()
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	changed := func(what string, was, is any) {
		if was != is {
			add("%s changed during the run: %v, then %v", what, was, is)
		}
	}
	changed("the set of processors that the process may use", was.affinity, is.affinity)
	changed("the set of processors that are online", was.online, is.online)
	changed("the quota of processor time (0: none)", was.quota, is.quota)
	changed("the frequency governor", was.governor, is.governor)
	changed("GOMAXPROCS", was.maxProcs, is.maxProcs)
	if n := is.throttled - was.throttled; n > 0 {
		add("the control group was throttled %d times during the run: it had used up its quota", n)
	}
	return append(list, is.moment.gaps(was.moment)...)
}

// Limits on how far clocks may drift apart between two readings.
const (
	// clockGap is above what a preemption between two readings of a moment can make, and below the smallest step that
	// ntpd makes at once, 128 ms (ntpd(8)); smaller corrections slew CLOCK_MONOTONIC as well.
	clockGap = 100 * time.Millisecond
	// clockRate is twice the 500 ppm by which a clock may be slewed (adjtimex(2)), and well above the error of calibration.
	clockRate = 0.001
)

// gaps says in what the clocks have not gone on alike since a moment before.
func (m moment) gaps(before moment) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	passed := m.monotonic - before.monotonic
	if passed < 0 {
		add("the monotonic clock went back by %v during the run: no time can be trusted", -passed)
		return list
	}
	if gap := m.boot - before.boot - passed; m.boot >= 0 && before.boot >= 0 && gap > clockGap {
		add("the machine was suspended for %v during the run", gap.Round(time.Millisecond))
	}
	if gap := m.real - before.real - passed; gap.Abs() > clockGap {
		add("the wall clock was set by %v during the run", gap.Round(time.Millisecond))
	}
	if gap := m.ticks - before.ticks - passed; gap.Abs() > clockGap && math.Abs(float64(gap)) > clockRate*float64(passed) {
		add("the clock of the measurements and the monotonic clock came apart by %v during the run", gap.Round(time.Millisecond))
	}
	return list
}

// readClocks reads all clocks at one moment: of several tries, the one in which least time went by.
func readClocks() (best moment) {
	const tries = 5
	shortest := time.Duration(math.MaxInt64)
	for range tries {
		m := moment{monotonic: kernelClock(unix.CLOCK_MONOTONIC), boot: -1}
		m.ticks = time.Duration(clock.Nanos(clock.Now()))
		m.real = kernelClock(unix.CLOCK_REALTIME)
		if boot := kernelClock(unix.CLOCK_BOOTTIME); boot > 0 {
			m.boot = boot
		}
		if took := kernelClock(unix.CLOCK_MONOTONIC) - m.monotonic; took < shortest {
			best, shortest = m, took
		}
	}
	return best
}

// kernelClock returns a clock of the kernel, 0 if it has none such.
func kernelClock(id int32) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
