package sched

import "slices"

// Shrink looks for a simpler trace that fails as trace does: one with fewer
// switches, then a shorter one. fails replays its argument (see Replayer: it
// need not be a whole schedule) and reports whether the result is just as bad;
// it must not keep the slice. The result fails, and no single change that
// Shrink knows makes it simpler.
//
// The changes are: cut the end off, and let the rest run in order; join two
// turns of a task that have others in between; leave out a turn.
func Shrink(trace []TaskID, fails func(trace []TaskID) bool) []TaskID {
	s := shrinker{best: slices.Clone(trace), fails: fails}
	for {
		switches, n := Switches(s.best), len(s.best)
		s.cut()
		s.join()
		s.leaveOut()
		if Switches(s.best) == switches && len(s.best) == n {
			return s.best
		}
	}
}

// Switches counts how often a trace goes from one task to another.
func Switches(trace []TaskID) int {
	n := 0
	for i := 1; i < len(trace); i++ {
		if trace[i] != trace[i-1] {
			n++
		}
	}
	return n
}

type shrinker struct {
	best  []TaskID // fails
	try   []TaskID // scratch
	turns []turn   // scratch: of best
	fails func([]TaskID) bool
}

// A turn is some steps of one task in a row, best[from:to].
type turn struct{ from, to int }

// attempt makes s.try the best if it is simpler and fails.
func (s *shrinker) attempt() bool {
	was, is := Switches(s.best), Switches(s.try)
	if is > was || is == was && len(s.try) >= len(s.best) || !s.fails(s.try) {
		return false
	}
	s.best, s.try = s.try, s.best
	return true
}

// cut looks by bisection for a short beginning that fails. Whether longer ones
// do all fail it does not know; what it keeps has been tried.
func (s *shrinker) cut() {
	for lo, hi := 0, len(s.best); lo < hi; {
		mid := (lo + hi) / 2
		s.try = append(s.try[:0], s.best[:mid]...)
		if s.attempt() {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
}

// split lists the turns of best.
func (s *shrinker) split() {
	s.turns = s.turns[:0]
	for i, id := range s.best {
		if i == 0 || id != s.best[i-1] {
			s.turns = append(s.turns, turn{i, i})
		}
		s.turns[len(s.turns)-1].to = i + 1
	}
}

// join moves a turn back to the end of the same task's turn before, or that
// one on to it.
func (s *shrinker) join() {
	s.split()
	for j := len(s.turns) - 1; j > 0; j-- {
		if j >= len(s.turns) {
			continue // turns were joined
		}
		later := s.turns[j]
		i := j - 1
		for i >= 0 && s.best[s.turns[i].from] != s.best[later.from] {
			i--
		}
		if i < 0 {
			continue
		}
		first := s.turns[i]
		s.put(s.best[:first.to], s.best[later.from:later.to], s.best[first.to:later.from], s.best[later.to:])
		if !s.attempt() {
			s.put(s.best[:first.from], s.best[first.to:later.from], s.best[first.from:first.to], s.best[later.from:])
			if !s.attempt() {
				continue
			}
		}
		s.split()
	}
}

// leaveOut drops a turn.
func (s *shrinker) leaveOut() {
	s.split()
	for j := len(s.turns) - 1; j >= 0; j-- {
		if j >= len(s.turns) {
			continue
		}
		t := s.turns[j]
		if s.put(s.best[:t.from], s.best[t.to:]); s.attempt() {
			s.split()
		}
	}
}

func (s *shrinker) put(parts ...[]TaskID) {
	s.try = s.try[:0]
	for _, p := range parts {
		s.try = append(s.try, p...)
	}
}
