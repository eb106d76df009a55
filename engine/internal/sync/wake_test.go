package sync_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"daxbench/engine/internal/sync"
)

// BenchmarkWake is a wake-up by a WaitTable beside that of a goroutine which is parked by a select over the same three
// channels, and sent to: the bare wake-up of the Go runtime. Both are woken by one goroutine, which then yields, as the device
// of a storm does, or goes on for half a millisecond, as a worker would. One op is a turn: each sleeps once, in random order. Figures
// are medians over the turns, the difference with its 95 % interval by order statistics.
func BenchmarkWake(b *testing.B) {
	for _, waker := range []string{"yields", "goes-on"} {
		b.Run("waker="+waker, func(b *testing.B) { benchmarkWake(b, waker == "yields") })
	}
}

// A waking is one sleep that is to be ended.
type waking struct {
	bare chan struct{} // nil: by the table
	done chan struct{}
}

func benchmarkWake(b *testing.B, yields bool) {
	const key, sleep, busy = 1, 30 * time.Microsecond, 500 * time.Microsecond
	table := sync.NewWaitTable(256)
	table.SetLimit(time.Minute) // as a storm has one: its timer is part of a sleep
	var woken time.Time         // by a bare send; the channel orders it
	asked := make(chan waking)
	go func() {
		spin := func(d time.Duration) {
			for start := time.Now(); time.Since(start) < d; {
			}
		}
		for w := range asked {
			spin(sleep)
			if w.bare == nil {
				table.Wake(key)
			} else {
				woken = time.Now()
				w.bare <- struct{}{}
			}
			if yields {
				runtime.Gosched()
			} else {
				spin(busy)
			}
			w.done <- struct{}{}
		}
	}()
	defer close(asked)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	timer := time.NewTimer(time.Minute)
	bare, done := make(chan struct{}, 1), make(chan struct{})
	sides := []func() time.Duration{
		func() time.Duration {
			w := table.Arm(key)
			asked <- waking{done: done}
			s, err := table.Sleep(ctx, w)
			if err != nil {
				b.Fatal(err)
			}
			return s.Wake
		},
		func() time.Duration {
			asked <- waking{bare, done}
			timer.Reset(time.Minute)
			select {
			case <-bare:
			case <-ctx.Done():
			case <-timer.C:
			}
			d := time.Since(woken)
			timer.Stop()
			return d
		},
	}
	var times [2][]float64
	var more []float64
	for b.Loop() {
		var took [2]float64
		for _, i := range rand.Perm(2) {
			took[i] = float64(sides[i]())
			<-done
			times[i] = append(times[i], took[i])
		}
		more = append(more, took[0]-took[1])
	}
	slices.Sort(more)
	n := float64(len(more))
	at := func(values []float64, rank float64) float64 { return values[int(max(0, min(n-1, rank)))] }
	half := 0.98 * math.Sqrt(n) // 1.96 standard deviations of how many values lie below the median
	for i, name := range []string{"table", "bare"} {
		slices.Sort(times[i])
		b.ReportMetric(at(times[i], n/2), name+"-p50-ns")
		b.ReportMetric(at(times[i], 0.9*n), name+"-p90-ns")
	}
	b.ReportMetric(at(more, n/2), "more-ns")
	b.ReportMetric(at(more, n/2-half), "more-ns-lo")
	b.ReportMetric(at(more, n/2+half), "more-ns-hi")
}

// TestWakeBeforeSleep: of a sleep that was ended before it began no more is waking up than there was of it.
func TestWakeBeforeSleep(t *testing.T) {
	const key = 1
	table := sync.NewWaitTable(1)
	w := table.Arm(key)
	if n := table.Wake(key); n != 1 {
		t.Fatalf("%d are woken, want one", n)
	}
	time.Sleep(time.Millisecond)
	s, err := table.Sleep(t.Context(), w)
	if err != nil || s.Wake != s.Total || s.Total <= 0 {
		t.Errorf("%v: of %v waking up is %v", err, s.Total, s.Wake)
	}
}
