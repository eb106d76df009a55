// Package subjects puts the engine and the libraries that it is held against into the form that package turns measures.
// The loop over the keys is written out in each, since a call through an interface would cost as much as some of them.
//
// Each verifies itself: a lookup must find, and find what was asked for; an insert must not be lost.
package subjects

import (
	"fmt"

	"daxbench/engine/media"
	"daxbench/engine/peers/turns"
)

// A Value is what the libraries keep for a key: an inode's record, in as many bytes as were used wherever caches were
// compared for this engine before (96).
type Value struct {
	Ino uint64
	Rec media.Record
	_   [5]uint64
}

// faults counts what a subject's workers found wrong, each in a line of its own.
type faults [turns.MaxWorkers]struct {
	n int
	_ [56]byte
}

// sum adds up what all workers counted.
func (f *faults) sum() (n int) {
	for i := range f {
		n += f[i].n
	}
	return n
}

// check returns an error that says how many there were.
func (f *faults) check(what string) error {
	if n := f.sum(); n > 0 {
		return fmt.Errorf("%d %s", n, what)
	}
	return nil
}

const missed = "lookups did not find what is there"

// A getter looks a key up, and reports whether it found the value of that key.
type getter = func(key uint64) (Value, bool)
