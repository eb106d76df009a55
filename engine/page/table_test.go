package page_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	gosync "sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/enginetest"
	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

func newTable(n int) *page.Table { return page.NewTable(n, sync.NewWaitTable(4), page.Options{}) }

// pinnable is what the pinners and the breaker of the exhaustive tests differ
// in from a broken engine.
type pinnable interface {
	TryPin(*page.Gate, page.Seq, page.PFN) bool
	Unpin(page.PFN)
	WaitIdle(context.Context, page.PFN) (sync.Slept, error)
}

// scene lets one task pin a page pins times while another freezes it, waits
// until it is idle, and owns it exclusively for a moment, breaks times.
func scene(t *testing.T, pinners, breaks int, wrap func(*page.Table) pinnable) func() enginetest.Scene {
	return func() enginetest.Scene {
		table := newTable(1)
		var p pinnable = table
		if wrap != nil {
			p = wrap(table)
		}
		gate := new(page.Gate)
		pinned, exclusive := 0, false // ghost state: changes between yield points only
		var tasks []func()
		for range pinners {
			tasks = append(tasks, func() {
				seq := gate.Enter()
				if !seq.Open() || !p.TryPin(gate, seq, 0) {
					return
				}
				pinned++
				if exclusive {
					panic("a frozen page was pinned")
				}
				table.Idle(0) // a step while the pin is held
				pinned--
				p.Unpin(0)
			})
		}
		tasks = append(tasks, func() {
			for range breaks {
				gate.Shut()
				for {
					if _, busy := table.BusyPage(0, 1); !busy {
						break
					}
					p.WaitIdle(t.Context(), 0)
				}
				exclusive = true
				if pinned != 0 {
					panic("a pinned page was frozen")
				}
				table.Idle(0) // a step while the page is owned
				exclusive = false
				gate.Open()
			}
		})
		return enginetest.Scene{Tasks: tasks, Check: func() error {
			if n := table.Pins(0); n != 0 {
				return fmt.Errorf("%d pins are left", n)
			}
			return nil
		}}
	}
}

// TestWordExhaustively runs pinners against a breaker through every order of
// their atomic steps.
func TestWordExhaustively(t *testing.T) {
	for _, tt := range []struct{ pinners, breaks, preemptions int }{
		{1, 1, -1}, {1, 2, -1}, {2, 1, 3}, {3, 1, 2},
	} {
		t.Run(fmt.Sprintf("pinners=%d/breaks=%d/preemptions=%d", tt.pinners, tt.breaks, tt.preemptions), func(t *testing.T) {
			b := enginetest.Bound{Schedules: 1e6, Preemptions: tt.preemptions}
			enginetest.MustHold(t, b, scene(t, tt.pinners, tt.breaks, nil))
		})
	}
}

// The broken tables each leave out one thing that the protocol needs.
type noRecheck struct{ *page.Table }

func (b noRecheck) TryPin(g *page.Gate, seq page.Seq, pfn page.PFN) bool {
	other := new(page.Gate)
	return b.Table.TryPin(other, other.Enter(), pfn) // looks at a gate that never moves
}

type checkFirst struct{ *page.Table }

func (b checkFirst) TryPin(g *page.Gate, seq page.Seq, pfn page.PFN) bool {
	if g.Enter() != seq {
		return false
	}
	return noRecheck(b).TryPin(g, seq, pfn)
}

type testThenArm struct {
	*page.Table
	waits *sync.WaitTable
}

func (b testThenArm) Unpin(pfn page.PFN) {
	b.Table.Unpin(pfn)
	b.waits.Wake(0)
}

func (b testThenArm) WaitIdle(ctx context.Context, pfn page.PFN) (sync.Slept, error) {
	if b.Idle(pfn) {
		return sync.Slept{}, nil
	}
	return b.waits.Sleep(ctx, b.waits.Arm(0))
}

func TestExhaustiveTestFindsBrokenTables(t *testing.T) {
	for name, wrap := range map[string]func(*page.Table) pinnable{
		"no second look at the gate":   func(p *page.Table) pinnable { return noRecheck{p} },
		"gate looked at before adding": func(p *page.Table) pinnable { return checkFirst{p} },
		"test, then arm": func(p *page.Table) pinnable {
			return testThenArm{Table: p, waits: sync.NewWaitTable(1)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			enginetest.MustFail(t, enginetest.Bound{Schedules: 1e5, Preemptions: -1}, scene(t, 1, 1, wrap))
		})
	}
}

func TestStaleSequenceIsRefused(t *testing.T) {
	table, gate := newTable(2), new(page.Gate)
	seq := gate.Enter()
	gate.Shut()
	if gate.Enter().Open() || table.TryPin(gate, seq, 1) {
		t.Error("a shut gate let a pin through")
	}
	gate.Open()
	if table.TryPin(gate, seq, 1) {
		t.Error("a pin began before the gate was shut and ended after it was opened: the page may be another file's")
	}
	if !table.Idle(1) {
		t.Error("a refused pin stayed")
	}
}

func TestBusyPage(t *testing.T) {
	table, gate := newTable(1024), new(page.Gate)
	seq := gate.Enter()
	for _, pin := range []page.PFN{511, 300, 1023} {
		table.TryPin(gate, seq, pin)
	}
	for _, tt := range []struct {
		first page.PFN
		n     uint32
		want  page.PFN
		busy  bool
	}{
		{0, 1024, 300, true}, {0, 300, 0, false}, {300, 1, 300, true}, {301, 210, 0, false},
		{301, 211, 511, true}, {1023, 1, 1023, true}, {5, 0, 0, false},
	} {
		if got, busy := table.BusyPage(tt.first, tt.n); got != tt.want || busy != tt.busy {
			t.Errorf("BusyPage(%d, %d) = %d, %t, want %d, %t", tt.first, tt.n, got, busy, tt.want, tt.busy)
		}
	}
}

func TestUnpinWithoutPinPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	newTable(1).Unpin(0)
}

func TestWaitIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, gate := newTable(4), new(page.Gate)
		seq := gate.Enter()
		table.TryPin(gate, seq, 3)
		table.TryPin(gate, seq, 3)
		gate.Shut()
		go func() {
			time.Sleep(time.Second)
			table.Unpin(3)
			time.Sleep(time.Second)
			table.Unpin(3)
		}()
		s, err := table.WaitIdle(t.Context(), 3)
		if err != nil || s.Total != 2*time.Second || s.Wake != 0 {
			t.Errorf("slept %v (%v for the wake-up), %v; want 2s, 0s", s.Total, s.Wake, err)
		}
		if s, err := table.WaitIdle(t.Context(), 3); err != nil || s.Total != 0 {
			t.Errorf("an idle page made us sleep %v, %v", s.Total, err)
		}
	})
}

func TestWaitIdleEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, gate := newTable(1), new(page.Gate)
		seq := gate.Enter()
		table.TryPin(gate, seq, 0)
		hung := errors.New("hang limit")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, hung)
		defer cancel()
		if s, err := table.WaitIdle(ctx, 0); err != hung || s.Total != time.Minute {
			t.Errorf("slept %v, %v; want 1m, the hang limit", s.Total, err)
		}
	})
}

// TestStress lets free-running pinners and a breaker at few pages and looks
// for a pin during exclusive ownership, with the race detector if it is on.
func TestStress(t *testing.T) {
	const pages = 4
	table, gate := newTable(pages), new(page.Gate)
	data := [pages]int{} // written by whoever owns all pages; read under a pin
	var stop atomic.Bool
	var pins, refused atomic.Int64
	var wg gosync.WaitGroup
	for g := range 3 {
		rng := rand.New(rand.NewPCG(1, uint64(g)))
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if n%16 == 0 {
					runtime.Gosched()
				}
				seq := gate.Enter()
				pfn := page.PFN(rng.IntN(pages))
				if !seq.Open() || !table.TryPin(gate, seq, pfn) {
					refused.Add(1)
					runtime.Gosched()
					continue
				}
				pins.Add(1)
				if data[pfn]%2 != 0 {
					t.Error("a pinned page is owned")
				}
				table.Unpin(pfn)
			}
		})
	}
	for range 500 {
		gate.Shut()
		for {
			pfn, busy := table.BusyPage(0, pages)
			if !busy {
				break
			}
			table.WaitIdle(t.Context(), pfn)
		}
		for i := range data {
			data[i]++
		}
		runtime.Gosched()
		for i := range data {
			data[i]++
		}
		gate.Open()
		runtime.Gosched()
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("%d pins, %d refused", pins.Load(), refused.Load())
}
