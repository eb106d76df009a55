package driver

import "golang.org/x/sys/unix"

// threadTime returns the processor time of the calling thread in ns. It is
// CLOCK_THREAD_CPUTIME_ID, a system call of about 0.3 µs here; 0 if the system
// does not have it. The caller is locked to its thread, or the difference of
// two readings means nothing.
func threadTime() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// threadSleeps returns how often the calling thread has given the processor up
// by itself, to wait for something; ru_nvcsw of getrusage(2).
func threadSleeps() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return u.Nvcsw
}

// pinThread keeps the calling thread on the i-th of the processors that it may
// use. It is no error if it cannot.
func pinThread(i int) {
	var may, one unix.CPUSet
	if unix.SchedGetaffinity(0, &may) != nil {
		return
	}
	for cpu := 0; cpu < 64*len(may); cpu++ {
		if !may.IsSet(cpu) {
			continue
		}
		if i == 0 {
			one.Set(cpu)
			unix.SchedSetaffinity(0, &one)
			return
		}
		i--
	}
}
