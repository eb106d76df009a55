package sched_test

import (
	"context"
	"fmt"
	"testing"

	"daxbench/engine/internal/sched"
	"daxbench/engine/internal/sync"
)

// strategies are those that sample.
var strategies = []struct {
	name string
	new  func(seed uint64) sched.Strategy
}{
	{"random", func(seed uint64) sched.Strategy { return sched.Random(seed) }},
	{"pct", func(seed uint64) sched.Strategy { return sched.PCT(seed, 3, 200) }},
	{"in-order", func(uint64) sched.Strategy { return sched.InOrder() }},
}

// BenchmarkStep times a step of tasks that do nothing but take steps: with
// in-order no switch, with random nearly always one.
func BenchmarkStep(b *testing.B) {
	const steps = 10_000 // of a run
	for _, s := range strategies {
		for _, tasks := range []int{2, 4, 8} {
			b.Run(fmt.Sprintf("strategy=%s/tasks=%d", s.name, tasks), func(b *testing.B) {
				strategy := s.new(1)
				w := sched.New(strategy, sched.Options{MaxSteps: 2 * steps})
				defer w.Kill()
				var x sync.Uint32
				count := func() {
					for range steps/tasks - 1 {
						x.Add(1)
					}
				}
				taken := 0
				for b.Loop() {
					w.Reset(strategy)
					for range tasks {
						w.Go("", count)
					}
					taken += w.Run().Steps
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(taken), "ns/step")
			})
		}
	}
}

// A shop is six tasks of about the size of an engine shape: each takes a
// spinlock, counts, and waits for its turn at a hashed wait queue.
type shop struct {
	mu    sync.Mutex
	turn  sync.Uint32
	waits *sync.WaitTable
	ctx   context.Context
	tasks [6]func()
}

func newShop() *shop {
	s := &shop{waits: sync.NewWaitTable(4), ctx: context.Background()}
	for i := range s.tasks {
		s.tasks[i] = func() { s.serve(uint32(i)) }
	}
	return s
}

func (s *shop) serve(i uint32) {
	for range 4 {
		s.mu.Lock()
		s.turn.Load()
		s.mu.Unlock()
	}
	for s.turn.Load() != i {
		w := s.waits.Arm(uint64(i))
		if s.turn.Load() == i {
			s.waits.Disarm(w)
			break
		}
		s.waits.Sleep(s.ctx, w)
	}
	s.turn.Add(1)
	s.waits.Wake(uint64(i) + 1)
}

// BenchmarkSchedule times whole runs of about 170 steps by one World.
func BenchmarkSchedule(b *testing.B) {
	for _, strategy := range []string{"random", "pct"} {
		b.Run("strategy="+strategy+"/tasks=6", func(b *testing.B) {
			b.ReportAllocs()
			random, pct := sched.Random(0), sched.PCT(0, 3, 170)
			w := sched.New(random, sched.Options{})
			defer w.Kill()
			s := newShop()
			steps, seed := 0, uint64(0)
			for b.Loop() {
				seed++
				if strategy == "pct" {
					pct.Reset(seed)
					w.Reset(pct)
				} else {
					random.Reset(seed)
					w.Reset(random)
				}
				for _, fn := range s.tasks {
					w.Go("server", fn)
				}
				r := w.Run()
				if r.End != sched.Done {
					b.Fatal(r.Err)
				}
				steps += r.Steps
				s.turn.Store(0)
			}
			b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
