package sched

import (
	"time"

	"daxbench/engine/internal/sync"
)

// spinsInVain is how often a task pauses, with nobody doing anything but pause,
// until it counts as one that waits: time passes for it then. It is more than
// the few tries after which a task may want to do something else, and few
// enough for a run to have a good many deadlines.
const spinsInVain = 8

// drive lets tasks take steps until choose finds nobody.
func (w *World) drive(settle bool) {
	defer sync.Use(w)()
	if w.settling = settle; !w.begun {
		w.begun = true
		w.strategy.Begin()
	}
	defer func() { w.cur = nil }()
	for w.broken == nil {
		if !w.decided {
			w.choose()
		}
		w.decided = false
		if w.chosen == nil {
			return
		}
		w.cur = w.chosen
		w.cur.resume()
	}
	panic(w.broken)
}

// choose decides who takes the next step, and leaves nil in w.chosen if
// nobody can or may. It runs on the stack of whoever's step has ended.
func (w *World) choose() {
	w.decided, w.chosen = true, nil
	w.choosing = true
	for w.err == nil && w.able() {
		if len(w.trace) >= w.opts.MaxSteps {
			w.fail(Livelock, w.livelock())
			break
		}
		last := NoTask
		if n := len(w.trace); n > 0 {
			last = w.trace[n-1]
		}
		id := w.runnable[w.strategy.Pick(last, w.runnable)]
		w.trace = append(w.trace, id)
		if w.opts.OnStep != nil {
			w.opts.OnStep(id)
			if w.err != nil {
				break
			}
		}
		if id != Clock {
			t := w.tasks[id]
			t.state, t.ran = able, len(w.trace)-1
			w.chosen = t
			break
		}
		w.now = w.deadline()
	}
	w.choosing = false
}

// able lists in w.runnable who can take a step, and moves the clock on if
// nobody can, unless that is the strategy's business or the clock stands still.
// It reports whether there is anybody.
func (w *World) able() bool {
	for {
		spinning := w.list()
		n := len(w.runnable)
		idle := n == 0 || spinning == n && w.spinsInVain()
		if w.settling && idle {
			return false
		}
		if !w.settling && w.opts.Timers != Never && (idle || w.opts.Timers == AnyTime) {
			if at := w.deadline(); at < never {
				if w.opts.Timers == WhenIdle {
					w.now = at
					continue
				}
				if idle {
					w.runnable = w.runnable[:0]
				}
				w.runnable = append(w.runnable, Clock)
			}
		}
		if spinning > 0 {
			w.fair()
		}
		return len(w.runnable) > 0
	}
}

// list lists who is not blocked, and returns how many of them have paused.
func (w *World) list() (spinning int) {
	w.runnable = w.runnable[:0]
	for _, t := range w.tasks {
		switch t.state {
		case done:
			continue
		case blocked:
			if !w.awake(t) {
				t.since = len(w.trace) + 1
				continue
			}
		case paused:
			spinning++
		}
		w.runnable = append(w.runnable, t.id)
	}
	return spinning
}

// awake reports whether t, which blocked, need not wait any longer.
func (w *World) awake(t *task) bool { return t.until <= w.now || t.ready() }

// spinsInVain reports whether all who are not blocked have paused often enough
// since anything else happened. All are paused.
func (w *World) spinsInVain() bool {
	for _, id := range w.runnable {
		if t := w.tasks[id]; t.spinFrom != w.progress || t.spins < spinsInVain {
			return false
		}
	}
	return true
}

// fair takes those off w.runnable who have paused and must let others go first
// (see the package comment), unless that is all.
//
// Note: it cannot be all because of starved ones. If t goes after u, then u's
// last step came before t's last pause but one, and that before t's last step:
// so who ran the longest time ago goes after nobody.
func (w *World) fair() {
	keep := w.spare[:0]
	for _, id := range w.runnable {
		if id == Clock || !w.mustWait(w.tasks[id]) {
			keep = append(keep, id)
		}
	}
	if len(keep) > 0 {
		w.spare, w.runnable = w.runnable, keep
	}
}

// mustWait reports whether t has paused and may not go on yet.
func (w *World) mustWait(t *task) bool {
	if t.state != paused {
		return false
	}
	if t.pausedAt == len(w.trace)-1 {
		return true
	}
	for _, id := range w.runnable {
		if id == Clock {
			continue
		}
		if u := w.tasks[id]; u != t && u.ran < t.pausedOld && u.since <= t.pausedOld {
			return true
		}
	}
	return false
}

// deadline returns the earliest deadline of a task that is blocked and must
// wait for it.
func (w *World) deadline() (at time.Duration) {
	at = never
	for _, t := range w.tasks {
		if t.state == blocked && t.until > w.now {
			at = min(at, t.until)
		}
	}
	return at
}
