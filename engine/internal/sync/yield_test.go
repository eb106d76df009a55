package sync_test

import (
	"runtime"
	gosync "sync"
	"sync/atomic"
	"testing"

	"daxbench/engine/internal/sync"
)

// TestYieldPointsLetOthersRun has two goroutines share one processor. With the
// tag daxyield they take turns in the midst of their steps, without it one
// after the other goes through.
func TestYieldPointsLetOthersRun(t *testing.T) {
	const steps = 300
	for name, step := range map[string]func(*sync.Uint32, *sync.Mutex){
		"atomic": func(x *sync.Uint32, _ *sync.Mutex) { x.Load() },
		"lock": func(_ *sync.Uint32, m *sync.Mutex) {
			m.Lock()
			//lint:ignore SA2001 there is nothing to guard
			m.Unlock()
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			var last, turns atomic.Int32
			var wg gosync.WaitGroup
			for me := range int32(2) {
				var x sync.Uint32 // of each its own, so that nobody waits
				var m sync.Mutex
				wg.Go(func() {
					for range steps {
						if step(&x, &m); last.Swap(me) != me {
							turns.Add(1)
						}
					}
				})
			}
			wg.Wait()
			few := turns.Load() < 10 // the runtime may take the processor away, too
			if few == sync.Yields {
				t.Errorf("%d turns in %d steps, with yields: %t", turns.Load(), 2*steps, sync.Yields)
			}
		})
	}
}
