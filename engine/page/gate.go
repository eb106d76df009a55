package page

import "daxbench/engine/internal/sync"

// A Gate freezes all pages of a mapping against new pins at once. It stands
// for the page table entries that unmap_mapping_pages removes: what is shut
// must be looked up again. The zero Gate is open.
//
// Shut and Open change the word, so a pin that began before either fails. The
// breakers of one mapping are serialized by their caller; two who shared a
// gate would thaw each other's pages.
//
//	bit  0      shut
//	bits 63..1  how often it was shut or opened
type Gate struct{ word sync.Uint64 }

// Seq is what a gate's word was when somebody looked: one opening, or shut.
type Seq uint64

const shut = 1

// Open reports whether the gate let pins through at that moment.
func (s Seq) Open() bool { return s&shut == 0 }

// Enter returns the gate's present state.
func (g *Gate) Enter() Seq { return Seq(g.word.Load()) }

// EnterFree is Enter for a caller that has just seen sync.Free.
func (g *Gate) EnterFree() Seq { return Seq(g.word.LoadFree()) }

// Shut refuses pins from here on. Pins that were taken before stay; look for
// them with BusyPage. The gate must be open.
func (g *Gate) Shut() { g.move(shut) }

// Open lets pins through again. The gate must be shut.
func (g *Gate) Open() { g.move(0) }

// IsShut reports whether the gate is shut.
func (g *Gate) IsShut() bool { return g.word.Load()&shut != 0 }

// move swaps in the next state; only the one breaker changes the word, so load
// and swap need not be one step. The swap is the full barrier B1.
func (g *Gate) move(to uint64) {
	v := g.word.Load()
	if v&shut == to {
		panic("page: gate is moved to where it is; breakers of one mapping must be serialized")
	}
	g.word.Swap((v>>1+1)<<1 | to)
}
