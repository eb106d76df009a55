package page_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/enginetest"
	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
)

func tableWith(n int, o page.Options) *page.Table { return page.NewTable(n, sync.NewWaitTable(4), o) }

// pins takes n pins on pfn.
func pin(t *testing.T, table *page.Table, pfn page.PFN, n int) {
	t.Helper()
	gate := new(page.Gate)
	for range n {
		if !table.TryPin(gate, gate.Enter(), pfn) {
			t.Fatal("refused")
		}
	}
}

// TestBusyAndAtRest lists, for each way to count, when a page is busy and when
// who waits for it goes on.
func TestBusyAndAtRest(t *testing.T) {
	for _, tt := range []struct {
		o               page.Options
		get, dma, maps  int
		busy, waitsThen bool // waitsThen: after all pins are gone, the mappings still there
	}{
		{o: page.Options{}, get: 1, busy: true},
		{o: page.Options{}, busy: false},
		{o: page.Options{Refcount: page.Base0}, get: 1, busy: true},
		{o: page.Options{Refcount: page.Base0}, maps: 2, busy: false, waitsThen: true},
		{o: page.Options{Refcount: page.Base0}, maps: 2, get: 1, busy: true, waitsThen: true},
		{o: page.Options{Refcount: page.Base0Maps}, maps: 2, get: 1, busy: true},
		{o: page.Options{Refcount: page.Base0Maps}, maps: 2, busy: false},
		{o: page.Options{CountDMAOnly: true}, get: 3, busy: false},
		{o: page.Options{CountDMAOnly: true}, get: 3, dma: 1, busy: true},
		{o: page.Options{CountDMAOnly: true}, dma: 2, busy: true},
		{o: page.Options{CountDMAOnly: true, Refcount: page.Base0}, get: 3, maps: 2, busy: false},
		{o: page.Options{CountDMAOnly: true, Refcount: page.Base0}, dma: 1, maps: 2, busy: true},
		{o: page.Options{CountDMAOnly: true, Refcount: page.Base0Maps}, dma: 1, maps: 1, busy: true},
	} {
		t.Run(fmt.Sprintf("%+v/get=%d/dma=%d/maps=%d", tt.o, tt.get, tt.dma, tt.maps), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table, gate := tableWith(4, tt.o), new(page.Gate)
				for range tt.maps {
					table.Map(2)
				}
				pin(t, table, 2, tt.get)
				for range tt.dma {
					table.TryPinDMA(gate, gate.Enter(), 2)
				}
				if _, busy := table.BusyPage(0, 4); busy != tt.busy || table.Idle(2) == tt.busy {
					t.Errorf("busy %t and idle %t, want busy %t", busy, table.Idle(2), tt.busy)
				}
				if n := table.Pins(2); n != uint32(tt.get+tt.dma) {
					t.Errorf("%d pins, want %d", n, tt.get+tt.dma)
				}
				done := make(chan time.Duration, 1)
				go func() {
					s, err := table.WaitIdle(t.Context(), 2)
					if err != nil {
						t.Error(err)
					}
					done <- s.Total
				}()
				time.Sleep(time.Second)
				for range tt.get {
					table.Unpin(2)
				}
				for range tt.dma {
					table.UnpinDMA(2)
				}
				time.Sleep(time.Second)
				if waits := len(done) == 0; waits != tt.waitsThen {
					t.Errorf("without pins, somebody waits: %t, want %t", waits, tt.waitsThen)
				}
				for range tt.maps {
					table.Unmap(2)
				}
				if slept := <-done; slept > 0 && !tt.busy && !tt.waitsThen {
					t.Errorf("slept %v for a page that was not busy", slept)
				}
				if table.Pins(2) != 0 || !table.Idle(2) {
					t.Error("something is left in the word")
				}
			})
		})
	}
}

func TestTooManyDropsPanic(t *testing.T) {
	dma := page.Options{CountDMAOnly: true}
	for name, f := range map[string]func(){
		"unmap of a pin": func() {
			table, gate := tableWith(1, page.Options{Refcount: page.Base0}), new(page.Gate)
			table.TryPin(gate, gate.Enter(), 0)
			table.Unmap(0)
		},
		"DMA unpin of few others": func() {
			table, gate := tableWith(1, dma), new(page.Gate)
			table.TryPin(gate, gate.Enter(), 0)
			table.UnpinDMA(0)
		},
		"DMA unpin of a mapping": func() {
			table := tableWith(1, page.Options{CountDMAOnly: true, Refcount: page.Base0})
			table.Map(0)
			table.UnpinDMA(0)
		},
		"mappings that are not counted": func() { newTable(1).Map(0) },
		"too many mappings": func() {
			table := tableWith(1, page.Options{Refcount: page.Base0})
			for range 1024 {
				table.Map(0)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestDMAPinIsRefusedLikeAnother(t *testing.T) {
	table, gate := tableWith(1, page.Options{CountDMAOnly: true}), new(page.Gate)
	seq := gate.Enter()
	gate.Shut()
	if table.TryPinDMA(gate, seq, 0) || table.Pins(0) != 0 {
		t.Error("a shut gate let a pin through, or it stayed")
	}
}

func TestFolioIsOneWord(t *testing.T) {
	table := tableWith(2048, page.Options{Granule: page.Folio})
	if !table.AssociateFolio(512) {
		t.Fatal("pages without entries are no folio")
	}
	pin(t, table, 512, 1)  // on the folio
	pin(t, table, 1030, 1) // on a single page
	for _, tt := range []struct {
		first page.PFN
		n     uint32
		want  page.PFN
		busy  bool
	}{
		{0, 512, 0, false}, {0, 513, 512, true}, {700, 1, 512, true}, {1023, 8, 512, true},
		{1024, 6, 0, false}, {1024, 7, 1030, true}, {1031, 1017, 0, false}, {0, 2048, 512, true},
	} {
		if got, busy := table.BusyPage(tt.first, tt.n); got != tt.want || busy != tt.busy {
			t.Errorf("BusyPage(%d, %d) = %d, %t, want %d, %t", tt.first, tt.n, got, busy, tt.want, tt.busy)
		}
	}
	if page.Head(1023) != 512 || page.Head(512) != 512 {
		t.Error("wrong head")
	}
}

// TestAssociate follows the pages of one folio through the entries that come and
// go.
func TestAssociate(t *testing.T) {
	table := tableWith(1024, page.Options{Granule: page.Folio})
	leave := func(first page.PFN, n int) {
		for i := range n {
			table.Disassociate(first + page.PFN(i))
		}
	}
	if table.Associate(3) {
		t.Error("a single page is in a folio")
	}
	if table.AssociateFolio(0) {
		t.Error("pages became a folio while one has an entry of its own")
	}
	leave(3, 1)
	for range 2 {
		if !table.AssociateFolio(0) {
			t.Error("entries of a folio cannot be shared")
		}
	}
	if !table.Associate(511) {
		t.Error("a page of a folio became a single one")
	}
	leave(0, 512)
	leave(0, 512)
	if !table.Associate(7) {
		t.Error("a folio with an entry was split")
	}
	leave(511, 1)
	leave(7, 1)
	pin(t, table, 0, 1)
	if _, busy := table.BusyPage(100, 1); !busy {
		t.Error("a folio that lost its last entry forgot its pins")
	}
	if table.Associate(100) {
		t.Error("the first entry after the last is not a single page's")
	}
	if _, busy := table.BusyPage(100, 1); busy {
		t.Error("a single page is busy for another")
	}
	if odd := tableWith(1000, page.Options{Granule: page.Folio}); odd.AssociateFolio(512) {
		t.Error("a folio reaches past the end")
	}
	defer func() {
		if recover() == nil {
			t.Error("an entry that was not there was taken back without a panic")
		}
	}()
	leave(100, 2)
}

func TestQuarantine(t *testing.T) {
	for _, tt := range []struct {
		name  string
		o     page.Options
		word  page.PFN // what is pinned
		keep  []page.PFN
		want  []page.PFN // freed by the last unpin
		joins bool
	}{
		{name: "page", word: 9, keep: []page.PFN{8, 9, 10}, want: []page.PFN{9}},
		{name: "page/base=0", o: page.Options{Refcount: page.Base0}, word: 9, keep: []page.PFN{9}, want: []page.PFN{9}},
		{name: "single page of a table with folios", o: page.Options{Granule: page.Folio}, word: 9, keep: []page.PFN{8, 9}, want: []page.PFN{9}},
		{name: "folio", o: page.Options{Granule: page.Folio}, word: 512, keep: []page.PFN{511, 512, 700, 1023, 1024}, want: []page.PFN{512, 700, 1023}, joins: true},
		{name: "folio, not the first page", o: page.Options{Granule: page.Folio}, word: 512, keep: []page.PFN{700}, want: []page.PFN{700}, joins: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var freed []page.PFN
			tt.o.OnFree = func(pfn page.PFN) { freed = append(freed, pfn) }
			table := tableWith(2048, tt.o)
			if tt.joins {
				table.AssociateFolio(tt.word)
			}
			pin(t, table, tt.word, 2)
			var kept []page.PFN
			for _, pfn := range tt.keep {
				if table.Quarantine(pfn) {
					kept = append(kept, pfn)
				}
			}
			if !slices.Equal(kept, tt.want) {
				t.Errorf("quarantined %v, want %v", kept, tt.want)
			}
			table.Unpin(tt.word)
			if freed != nil {
				t.Errorf("%v freed by the last but one unpin", freed)
			}
			table.Unpin(tt.word)
			if !slices.Equal(freed, tt.want) {
				t.Errorf("freed %v, want %v", freed, tt.want)
			}
			pin(t, table, tt.word, 1)
			table.Unpin(tt.word)
			if len(freed) != len(tt.want) {
				t.Errorf("freed again: %v", freed)
			}
		})
	}
}

// TestQuarantineWakesWaiters has a page that is both waited for and quarantined.
func TestQuarantineWakesWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		freed := 0
		table := tableWith(1, page.Options{OnFree: func(page.PFN) { freed++ }})
		pin(t, table, 0, 1)
		done := make(chan error, 1)
		go func() { _, err := table.WaitIdle(t.Context(), 0); done <- err }()
		time.Sleep(time.Second)
		table.Quarantine(0)
		table.Unpin(0)
		if err := <-done; err != nil || freed != 1 {
			t.Errorf("%v, freed %d times", err, freed)
		}
	})
}

// TestQuarantineExhaustively races Quarantine with the last unpins and with
// pins that come too late. The page is freed once: by Quarantine's caller, or
// by OnFree.
func TestQuarantineExhaustively(t *testing.T) {
	scene := func(quarantine func(*page.Table) bool) func() enginetest.Scene {
		return func() enginetest.Scene {
			freed, live := 0, 2 // ghost state
			table := tableWith(1, page.Options{OnFree: func(pfn page.PFN) {
				freed++
				if live > 0 {
					panic("a pinned page was freed")
				}
			}})
			old, gate := new(page.Gate), new(page.Gate)
			seq := old.Enter()
			table.TryPin(gate, gate.Enter(), 0)
			table.TryPin(gate, gate.Enter(), 0)
			old.Shut()
			unpin := func() {
				live--
				table.Unpin(0)
			}
			late := func() {
				if table.TryPin(old, seq, 0) {
					panic("a shut gate let a pin through")
				}
			}
			free := func() {
				if !quarantine(table) {
					freed++
					if live > 0 {
						panic("a pinned page was not quarantined")
					}
				}
			}
			return enginetest.Scene{Tasks: []func(){unpin, unpin, late, free}, Check: func() error {
				if freed != 1 || table.Pins(0) != 0 {
					return fmt.Errorf("freed %d times, %d pins left", freed, table.Pins(0))
				}
				return nil
			}}
		}
	}
	b := enginetest.Bound{Schedules: 1e6, Preemptions: 4}
	enginetest.MustHold(t, b, scene(func(table *page.Table) bool { return table.Quarantine(0) }))
	enginetest.MustFail(t, b, scene(func(table *page.Table) bool {
		return table.Pins(0) > 0 && table.Quarantine(0) || table.Pins(0) > 0
	}))
}

// TestRetain lets pins end round a change of the table's owner: each page is
// freed by the old one, or is the new one's to look at.
func TestRetain(t *testing.T) {
	for _, granule := range []page.Granule{page.Page, page.Folio} {
		var before, after []page.PFN
		table := tableWith(1024, page.Options{Granule: granule, OnFree: func(pfn page.PFN) { before = append(before, pfn) }})
		for _, pfn := range []page.PFN{1, 2, 3} {
			pin(t, table, pfn, 1)
			table.Quarantine(pfn)
		}
		table.Unpin(1)
		table.Retain(func(pfn page.PFN) { after = append(after, pfn) })
		table.Unpin(2)
		if !table.Quarantine(3) || table.Quarantine(2) {
			t.Errorf("granule %d: after the change, page 3 is not pinned or page 2 is", granule)
		}
		table.Unpin(3)
		if !slices.Equal(before, []page.PFN{1}) || !slices.Equal(after, []page.PFN{3}) {
			t.Errorf("granule %d: the old owner freed %v, the new one %v", granule, before, after)
		}
	}
}
