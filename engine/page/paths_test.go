package page_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"daxbench/engine/internal/sched"
	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// Pin, unpin and the busy scan have a short way for when no scheduler is
// installed, which is what is measured, and a long one with yield points, which
// is what explorations check. These tests hold the two together.

// walk does n random operations by one task and writes down what each returned.
func walk(seed uint64, n int, o page.Options) (log []string) {
	const pages = 48 // several times what the busy scan takes at once
	say := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	o.OnFree = func(pfn page.PFN) { say("free %d", pfn) }
	table, gate := page.NewTable(pages, sync.NewWaitTable(1), o), new(page.Gate)
	rng := rand.New(rand.NewPCG(seed, 0))
	pins, old := [pages]int{}, gate.Enter()
	for range n {
		pfn := page.PFN(rng.IntN(pages))
		switch rng.IntN(8) {
		case 0, 1:
			ok := gate.Enter().Open() && table.TryPin(gate, gate.Enter(), pfn)
			if ok {
				pins[pfn]++
			}
			say("pin %d: %t", pfn, ok)
		case 2: // with a look at the gate from long ago
			ok := old.Open() && table.TryPin(gate, old, pfn)
			if ok {
				pins[pfn]++
			}
			say("late pin %d: %t", pfn, ok)
			old = gate.Enter()
		case 3, 4:
			if pins[pfn] > 0 {
				pins[pfn]--
				table.Unpin(pfn)
				say("unpin %d", pfn)
			}
		case 5:
			n := rng.Uint32N(pages - uint32(pfn) + 1)
			busy, is := table.BusyPage(pfn, n)
			say("busy in %d+%d: %d %t", pfn, n, busy, is)
		case 6:
			if rng.IntN(4) > 0 {
				say("quarantine %d: %t", pfn, table.Quarantine(pfn))
			}
		case 7:
			if gate.IsShut() {
				gate.Open()
			} else {
				gate.Shut()
			}
		}
		say("%d has %d", pfn, table.Pins(pfn))
	}
	return log
}

func TestShortWayDoesAsTheLongOne(t *testing.T) {
	for name, o := range map[string]page.Options{"base 1": {}, "base 0": {Refcount: page.Base0}, "DMA only": {CountDMAOnly: true}} {
		for seed := range uint64(50) {
			short := walk(seed, 400, o)
			var long []string
			w := sched.New(sched.InOrder(), sched.Options{})
			w.Go("walk", func() { long = walk(seed, 400, o) })
			r := w.Run()
			w.Kill()
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			for i := range max(len(short), len(long)) {
				if i >= len(short) || i >= len(long) || short[i] != long[i] {
					t.Fatalf("%s, seed %d, line %d: short %q, long %q", name, seed, i, at(short, i), at(long, i))
				}
			}
		}
	}
}

func at(log []string, i int) string {
	if i < len(log) {
		return log[i]
	}
	return "nothing"
}

// TestShortWayWakes: the last unpin wakes a waiter, and one that is not the last does not.
func TestShortWayWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, gate := newTable(2), new(page.Gate)
		for range 2 {
			if !table.TryPin(gate, gate.Enter(), 1) {
				t.Fatal("refused")
			}
		}
		woken := false
		go func() {
			table.WaitIdle(t.Context(), 1)
			woken = true
		}()
		synctest.Wait()
		table.Unpin(1)
		synctest.Wait()
		if woken {
			t.Error("woken by an unpin that was not the last")
		}
		table.Unpin(1)
		synctest.Wait()
		if !woken {
			t.Error("not woken by the last unpin")
		}
	})
}
