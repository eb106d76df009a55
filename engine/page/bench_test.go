package page_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"daxbench/engine/enginetest/turns"
	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

// lineWords is how many words of a table lie on the two cache lines that a processor fetches at a time.
const lineWords = 2 * 64 / 4

// BenchmarkPin measures pin + unpin by turns with two bare atomic adds in the
// same place. The first of two workers has the same page for itself as the one
// alone; pages=same is both on one page.
func BenchmarkPin(b *testing.B) {
	table, gate := newTable(2*lineWords), new(page.Gate)
	words := make([]atomic.Uint32, 2*lineWords)
	hooked := make([]sync.Uint32, 2*lineWords)
	bare := func(at, n int) {
		word := &words[at]
		for range n {
			word.Add(1)
			word.Add(^uint32(0))
		}
	}
	for _, bb := range []struct {
		name string
		op   func(at, n int)
	}{
		{"bare-adds", bare},
		{"hooked-adds", func(at, n int) {
			word := &hooked[at]
			for range n {
				word.Add(1)
				word.Add(^uint32(0))
			}
		}},
		{"grab-unpin", func(at, n int) { // with the protocol of TryPin written out, as vfs.Pin has it
			pfn := page.PFN(at)
			for range n {
				seq := gate.Enter()
				if !seq.Open() {
					panic("the gate is shut")
				}
				if table.Grab(pfn); gate.Enter() != seq {
					panic("refused")
				}
				table.Unpin(pfn)
			}
		}},
		{"trypin-unpin", func(at, n int) {
			pfn := page.PFN(at)
			for range n {
				seq := gate.Enter()
				if !seq.Open() || !table.TryPin(gate, seq, pfn) {
					panic("refused")
				}
				table.Unpin(pfn)
			}
		}},
	} {
		for _, places := range [][]int{{0}, {0, lineWords}, {0, 0}} {
			pages := "distinct"
			if len(places) > 1 && places[0] == places[1] {
				pages = "same"
			}
			b.Run(fmt.Sprintf("op=%s/workers=%d/pages=%s", bb.name, len(places), pages), func(b *testing.B) {
				turns.Compare(b, places, 2000, bb.op, 2000, bare)
			})
		}
	}
}

// BenchmarkBreakIdle shuts the gate, scans n idle pages and opens the gate again,
// by turns with the other way to make sure that no page is pinned: a frozen bit
// in each word, set by CAS, and cleared by a plain store.
func BenchmarkBreakIdle(b *testing.B) {
	for _, n := range []int{1, 16, 512, 32768, 262144} {
		b.Run(fmt.Sprintf("pages=%d", n), func(b *testing.B) {
			table, gate := newTable(n), new(page.Gate)
			words := make([]uint32, n)
			scan := func(_, times int) {
				for range times {
					gate.Shut()
					if _, busy := table.BusyPage(0, uint32(n)); busy {
						panic("busy")
					}
					gate.Open()
				}
			}
			freeze := func(_, times int) {
				const frozen = 1 << 30
				for range times {
					for i := range words {
						if !atomic.CompareAndSwapUint32(&words[i], 0, frozen) {
							panic("busy")
						}
					}
					for i := range words {
						words[i] = 0
					}
				}
			}
			const words15us = 6000 // frozen in 15 µs
			turns.Compare(b, []int{0}, max(1, 4*words15us/(n+256)), scan, max(1, words15us/n), freeze)
		})
	}
}

// BenchmarkBusyPage scans an idle extent.
func BenchmarkBusyPage(b *testing.B) {
	for _, n := range []uint32{1, 16, 512, 262144} {
		b.Run(fmt.Sprintf("pages=%d", n), func(b *testing.B) {
			table := newTable(int(n))
			for b.Loop() {
				if _, busy := table.BusyPage(0, n); busy {
					b.Fatal("busy")
				}
			}
		})
	}
}

// BenchmarkRescan lets 64 pins on the last of n pages go one by one, and after
// each looks for the next: from the first page on, as the kernel does, or from
// where it was. The time is that of one release.
func BenchmarkRescan(b *testing.B) {
	const pins = 64
	for _, n := range []uint32{512, 32768, 262144} {
		for _, scan := range []string{"restart", "resume"} {
			b.Run(fmt.Sprintf("scan=%s/pages=%d", scan, n), func(b *testing.B) {
				table, gate := newTable(int(n)), new(page.Gate)
				left := 0
				from := page.PFN(0)
				for b.Loop() {
					if left == 0 {
						for i := range page.PFN(pins) {
							table.TryPin(gate, gate.Enter(), page.PFN(n)-pins+i)
						}
						left, from = pins, 0
					}
					pfn, busy := table.BusyPage(from, n-uint32(from))
					if !busy {
						b.Fatal("idle")
					}
					table.Unpin(pfn)
					if left--; scan == "resume" {
						from = pfn
					}
				}
			})
		}
	}
}
