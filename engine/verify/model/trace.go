package model

import (
	"fmt"
	"slices"
	"strings"
)

// A Trace is a shortest way to a violation. If that is a state in which nobody
// can go on, its last steps say who waits for what.
type Trace []Step

// A Step of a Trace.
type Step struct {
	Task string
	Text string // with the task before it, a sentence
}

// String returns one numbered line for each step.
func (tr Trace) String() string {
	var b strings.Builder
	for i, s := range tr {
		fmt.Fprintf(&b, "%3d  %-3s %s\n", i+1, s.Task, s.Text)
	}
	return b.String()
}

// trace goes the way to a sighting once more from the first state, and tells
// it. It panics if the way does not lead to what was seen.
func (e *explorer) trace(first *machine, at sighting, want violations) (tr Trace) {
	var way []step
	if at.edge {
		way = append(way, at.by)
	}
	for n := at.node; n != 0; n = e.nodes[n].parent {
		way = append(way, e.nodes[n].by)
	}
	slices.Reverse(way)
	m := *first
	for i, by := range way {
		before := m
		m.hit = 0
		if !m.step(by.task, int(by.way)) {
			panic(fmt.Sprintf("model: %s in %s: step %d of a trace cannot be made", m.pol.Name, m.set.Name, i+1))
		}
		tr = append(tr, Step{m.name(by.task), m.tell(&before, by)})
	}
	if !at.edge {
		m.hit = m.atEnd()
		for t := range m.nt {
			if !m.atRest(t) {
				tr = append(tr, Step{m.name(t), "waits for ever: " + m.waitsFor(t)})
			}
		}
	}
	if m.hit&want == 0 {
		panic(fmt.Sprintf("model: %s in %s: a trace does not lead to what was found", m.pol.Name, m.set.Name))
	}
	return tr
}

func (m *machine) name(t uint8) string { return m.set.workers[t].name }

func inoName(i uint8) string { return string(rune('A' + i)) }

// woken names those whom the last step woke.
func (m *machine) woken(before *machine) string {
	var names []string
	for t := range m.nt {
		if before.tasks[t].arm && !m.tasks[t].arm {
			names = append(names, m.name(t))
		}
	}
	if names == nil {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

// ended says what became of an inode when its last reference went, or when it
// was taken off the LRU list.
func (m *machine) ended(i uint8) string {
	switch in := &m.inodes[i]; {
	case in.st == freeing:
		return "it is Freeing"
	case in.cnt == 0:
		return "it stays cached"
	}
	return "it is in use"
}

// waitsFor says what t, which cannot go on, waits for.
func (m *machine) waitsFor(t uint8) string {
	tk := &m.tasks[t]
	a := inoName(tk.ino)
	switch tk.pc {
	case pcISleep:
		return "until " + a + " is no longer Freeing"
	case pcGSleep:
		return "until the gate of " + a + " opens"
	case pcLSleep:
		return "until the lease on " + a + " is back"
	case pcBSleep:
		return fmt.Sprintf("until page %d of %s is idle", tk.pg, a)
	case pcBSpin:
		return fmt.Sprintf("spins until page %d of %s is idle", tk.pg, a)
	case pcQSleep:
		return "for room in the queue, to hand over " + a
	case pcMSleep:
		return "for memory, behind another's reclaim"
	}
	return "for a lock of " + a
}

// change tells how a page word changed.
func change(before, after uint8) string { return fmt.Sprintf("(count %d→%d)", before, after) }
