package device

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daxbench/workloads/clock"
)

// spot is the request of one benchmark worker.
type spot struct {
	busy atomic.Bool
	wake chan struct{} // nil: the worker looks at busy
}

func (s *spot) Complete() {
	s.busy.Store(false)
	if s.wake != nil {
		s.wake <- struct{}{}
	}
}

// BenchmarkLateness measures how late completions are with two workers that have one request outstanding each, and wait
// for it parked or spinning. Run it with -cpu 2,3: that is GOMAXPROCS.
func BenchmarkLateness(b *testing.B) {
	for _, wait := range []string{"parked", "spinning"} {
		for _, delay := range []time.Duration{20 * time.Microsecond, 100 * time.Microsecond, time.Millisecond} {
			b.Run(fmt.Sprintf("wait=%s/delay=%s", wait, formatTime(delay)), func(b *testing.B) {
				benchmarkLateness(b, wait == "spinning", delay)
			})
		}
	}
}

func benchmarkLateness(b *testing.B, spinning bool, delay time.Duration) {
	d := New(Options{Capacity: 2})
	defer d.Stop()
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			s := &spot{}
			if !spinning {
				s.wake = make(chan struct{}, 1)
			}
			for range b.N {
				s.busy.Store(true)
				if !d.Submit(delay, s) {
					b.Error("refused")
					return
				}
				for spinning && s.busy.Load() {
					clock.Now()
				}
				if !spinning {
					<-s.wake
				}
			}
		})
	}
	workers.Wait()
	late := d.Lateness()
	b.ReportMetric(float64(late.Quantile(0.5)), "p50-ns")
	b.ReportMetric(float64(late.Quantile(0.99)), "p99-ns")
}
