package sched

import (
	"fmt"
	"slices"
)

// A DFS takes every schedule once, by depth-first search with replay. The same
// tasks must be run again after each Next:
//
//	for {
//		w.Reset(dfs)
//		w.Go(…)
//		w.Run()
//		if !dfs.Next() {
//			break // all have run
//		}
//	}
//
// It panics out of Run if the tasks are not deterministic.
type DFS struct {
	// Preemptions is how many switches away from a task that could go on a
	// schedule may have; negative: any number.
	Preemptions int

	path  []choice // decisions to take; extended by first choices
	depth int
	left  int // preemptions that may still be made
}

// choice is one decision of the search: the index-th of so many.
type choice struct{ index, of int32 }

// Next makes the next run take another schedule than all before. It reports
// false if there is none.
func (d *DFS) Next() bool {
	for n := len(d.path); n > 0; n-- {
		c := &d.path[n-1]
		if c.index++; c.index < c.of {
			d.path = d.path[:n]
			return true
		}
	}
	d.path = d.path[:0]
	return false
}

// Begin implements Strategy.
func (d *DFS) Begin() { d.depth, d.left = 0, d.Preemptions }

// Paused implements Strategy.
func (d *DFS) Paused(TaskID) {}

// Pick implements Strategy. The first choice is to go on with last; it is the
// only one if last can go on and no preemption is left.
func (d *DFS) Pick(last TaskID, runnable []TaskID) int {
	at := -1 // of last in runnable; nothing goes on with the clock
	if last != Clock {
		at = slices.Index(runnable, last)
	}
	of := int32(len(runnable))
	if at >= 0 && d.left == 0 {
		of = 1
	}
	if d.depth == len(d.path) {
		d.path = append(d.path, choice{of: of})
	}
	c := d.path[d.depth]
	if c.of != of {
		panic(fmt.Sprintf("sched: step %d has %d runnable tasks, had %d before: the tasks are not deterministic", d.depth, of, c.of))
	}
	d.depth++
	switch i := int(c.index); {
	case at < 0:
		return i
	case i == 0:
		return at
	case i <= at:
		d.left--
		return i - 1
	default:
		d.left--
		return i
	}
}
