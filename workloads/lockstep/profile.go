package lockstep

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

// profile does slices for a while under the profilers: of the processor, and of contended mutexes.
func (w *worker) profile(r *Request) (err error) {
	if w.ops == 0 {
		return fmt.Errorf("%s: no turn has been taken", r.Do)
	}
	cpu, err := os.Create(r.CPU)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	mutex, err := os.Create(r.Mutex)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mutex.Close()) }()
	defer runtime.SetMutexProfileFraction(runtime.SetMutexProfileFraction(1))
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	for begin := time.Now(); err == nil && time.Since(begin) < time.Duration(r.Nanos); {
		_, err = w.solo.Turn(w.ops, r.Planted)
	}
	pprof.StopCPUProfile()
	return errors.Join(err, pprof.Lookup("mutex").WriteTo(mutex, 0))
}
