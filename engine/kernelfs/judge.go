package kernelfs

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/target"
)

// killedAfter is how soon somebody goes on whom a signal has woken.
const killedAfter = 200 * time.Millisecond

// Facts implements target.Subject. The first call judges: who is blocked then is so for ever.
func (s *subject) Facts() (target.Facts, error) {
	if !s.judged {
		s.judged = true
		s.judge()
	}
	s.watch()
	s.hear()
	s.mu.Lock()
	defer s.mu.Unlock()
	facts := target.Facts{Findings: slices.Clone(s.found), Story: slices.Clone(s.story), Log: slices.Clone(s.log)}
	slices.SortStableFunc(facts.Findings, func(f, g target.Finding) int { return cmp.Compare(gravity(f), gravity(g)) })
	for _, st := range s.stalls {
		facts.Stalls = append(facts.Stalls, st.Stall)
	}
	return facts, nil
}

func (s *subject) judge() {
	s.hear()
	s.waitBystander()
	s.watch()
	s.mu.Lock()
	stuck := slices.DeleteFunc(slices.Clone(s.calls), func(c *call) bool { return c.status.Returned || c.isOwn() || c.at.aide })
	stalls := slices.Clone(s.stalls)
	held := slices.ContainsFunc(s.holds, func(h *hold) bool { return !h.over })
	s.mu.Unlock()
	s.noteReclaim(stalls)
	for _, c := range stuck {
		if !held {
			s.mu.Lock()
			what := c.view.String()
			s.mu.Unlock()
			s.find("W", "P2", "%s is in %q although no pin is left: %s", c.task, c.actions[0].Action(), what)
		}
	}
	switch {
	case len(stuck) > 0:
	case s.m.wrecked:
		s.endAll()
		return
	default:
		s.seekLost()
		return
	}
	s.tryToKill(stuck)
}

// noteReclaim finds who reclaims inodes and waits for a pin meanwhile. What else an eviction waits for is its own.
func (s *subject) noteReclaim(stalls []*stall) {
	for _, st := range stalls {
		if isReclaim(st.Action) && evicts(st.Stack) && waitsForPin(st.Stack) {
			s.find("R", "P2b", "%q of %s sleeps in eviction, in state %s: %s", st.Action, st.Task, st.State, telling(st.Stack))
		}
	}
}

// gravity orders findings: a crash, then what was done with the memory of a pin (U) before what is no more known of it.
func gravity(f target.Finding) int {
	switch {
	case f.Property == target.Crashed:
		return 0
	case strings.Contains(f.Invariants, "U"), f.Property == target.Unplugged:
		return 1
	}
	return 2
}

// endAll ends all processes, who may have the memory mapped that was taken away: what the kernel makes of that is part of the run.
func (s *subject) endAll() {
	s.mu.Lock()
	procs := slices.Clone(s.order)
	for _, p := range procs {
		p.end()
	}
	s.mu.Unlock()
	s.awaitEnd(procs)
	s.hear()
}

// isReclaim reports whether an action makes the kernel reclaim inodes.
func isReclaim(action string) bool {
	return strings.HasPrefix(action, target.DropCaches.String()) || strings.HasPrefix(action, target.Shrink.String())
}

// waitBystander waits for the bystander, who has a limit of his own.
func (s *subject) waitBystander() {
	s.mu.Lock()
	b := s.beside
	s.mu.Unlock()
	for b != nil {
		select {
		case <-b.done:
			return
		case <-time.After(slowTick):
			s.watch()
		}
	}
}

// bySIGKILL is what has ended those who did not ignore it.
const bySIGKILL = "SIGKILL"

// tryToKill finds out whether SIGKILL helps those who hang.
func (s *subject) tryToKill(stuck []*call) {
	type attempt struct {
		*stall
		c      *call
		at     spot
		before proc.Thread
	}
	var all []attempt
	s.mu.Lock()
	for _, c := range stuck {
		if c.stall != nil {
			all = append(all, attempt{c.stall, c, c.at, c.view.last})
		}
	}
	for _, c := range stuck {
		c.proc.end()
	}
	s.mu.Unlock()
	var waits sync.WaitGroup
	for _, a := range all {
		waits.Go(func() {
			kill := s.afterKill(a.at, a.before)
			if kill == target.Died { // its call is over at once, but for what the kernel and we have to do for that
				s.until(func() bool { return a.c.status.Returned })
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if a.Kill = kill; kill == target.Died {
				a.Ended = bySIGKILL
			}
		})
	}
	waits.Wait()
}
