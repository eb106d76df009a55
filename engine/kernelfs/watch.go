package kernelfs

import (
	"fmt"
	"slices"
	"time"

	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/target"
)

const (
	// stillFor is how long a thread that sleeps must not have run to be taken to stay asleep: three times the 10 ms that a
	// tick of a slow kernel takes.
	stillFor = 30 * time.Millisecond
	// blockedAfter is how long one wait must last to be a wait for somebody else. A commit of a journal takes less.
	blockedAfter = 250 * time.Millisecond
	// unknownAfter is that of a wait of which neither stack nor wchan can be seen: it may be one for a journal.
	unknownAfter = DefaultPatience
	// runLimit is how many times our patience a call may run, or sleep for one thing after the other, until it is given up:
	// nothing is known of it then.
	runLimit = 20
	// idleAfter is how long nothing must happen while nobody waits for anybody: workers of the kernel may have things to do.
	idleAfter = 300 * time.Millisecond
	// tick is how often threads are looked at until they are seen to sleep, and slowTick how often from then on. Who
	// returns says so at once. A look takes some 0.2 ms, and much longer of an emulated machine's host.
	tick     = 10 * time.Millisecond
	slowTick = 50 * time.Millisecond
)

// A view is what was seen of a call since it is in a system call.
type view struct {
	last  proc.Thread
	seen  bool
	still time.Time // since when the thread has not run
	waits []span    // by function, as they were first seen
	in    int       // which of them was seen last, one more than its index; 0: none
}

// A span is the time between two looks that saw a thread in one sleep, or polling in one function.
type span struct {
	what        string // as Status says it
	ordinary    bool
	polls       bool          // it may have run meanwhile
	tid         int           // whose sleep it is
	switches    int64         // of that thread
	least       time.Duration // how long it must be to be a wait for somebody
	first, last time.Duration // by the clock of the subject
	real        time.Duration // that passed for the machine
	began       time.Time
}

// look adds what was seen now.
func (v *view) look(t proc.Thread, at time.Duration) {
	now := time.Now()
	rests := asleep(t.State) && !isOurs(t)
	if !v.seen || t.Switches != v.last.Switches || t.TID != v.last.TID || !rests {
		v.still = now
	}
	v.last, v.seen = t, true
	if v.in > 0 {
		v.waits[v.in-1].last = at // until now, as far as is known: the clock may have been moved on meanwhile
	}
	if v.in = 0; !rests {
		return
	}
	what := describe(t)
	i := slices.IndexFunc(v.waits, func(s span) bool {
		return s.what == what && (s.polls || s.tid == t.TID && s.switches == t.Switches)
	})
	if i < 0 {
		v.waits = slices.DeleteFunc(v.waits, func(s span) bool { return !s.polls && !s.isLong() }) // that is over
		v.waits = append(v.waits, newSpan(t, what, at, now))
		i = len(v.waits) - 1
	}
	w := &v.waits[i]
	v.in, w.last, w.real = i+1, at, now.Sub(w.began)
}

func newSpan(t proc.Thread, what string, at time.Duration, now time.Time) span {
	in := functions(t)
	s := span{what: what, ordinary: isOrdinary(in) || exitsAIO(in), polls: polls(in), tid: t.TID, switches: t.Switches, least: blockedAfter, first: at, began: now}
	if len(in) == 0 {
		s.least = unknownAfter
	}
	return s
}

// isLong reports whether it is long enough to be a wait for somebody.
func (s span) isLong() bool { return s.real >= s.least }

func asleep(state byte) bool { return state == 'S' || state == 'D' }

// isPolling reports whether the thread sleeps again and again for one thing.
func (v *view) isPolling() bool {
	return v.in > 0 && v.waits[v.in-1].polls && v.waits[v.in-1].isLong()
}

// isQuiet reports whether the thread has been asleep, without running, for long enough to stay so.
func (v *view) isQuiet() bool {
	return v.isStill(stillFor)
}

// slept returns how long the longest wait for somebody else has lasted, and what for. That which was seen last has gone
// on until now.
func (v *view) slept(now time.Duration) (d time.Duration, what string) {
	for i, w := range v.waits {
		end := w.last
		if v.in == i+1 {
			end = now
		}
		if w.isLong() && !w.ordinary && end-w.first > d {
			d, what = end-w.first, w.what
		}
	}
	return d, what
}

// isWait reports whether one wait has lasted so long that it is to be told: for somebody else, or if own, for I/O of one's own.
func (v *view) isWait(own bool) bool {
	return slices.ContainsFunc(v.waits, func(w span) bool { return w.isLong() && (own || !w.ordinary) })
}

// isStill reports whether the thread has been in one sleep for d. Who runs, or sleeps for one thing after the other, is not.
func (v *view) isStill(d time.Duration) bool {
	return v.seen && asleep(v.last.State) && !isOurs(v.last) && time.Since(v.still) >= d
}

func (v *view) String() string {
	if !v.seen {
		return "something that was not seen"
	}
	return describe(v.last)
}

// describe says what a thread does: "D in dax_break_layout_final".
func describe(t proc.Thread) string {
	in := telling(t.Stack)
	switch {
	case in != "":
	case t.Wchan != "" && t.Wchan != "0":
		in = t.Wchan
	case asleep(t.State) && len(t.Stack) == 0:
		call := ""
		if t.Syscall != "" {
			call = " in system call " + t.Syscall
		}
		return fmt.Sprintf("%c%s, it is not known what for", t.State, call)
	case t.Syscall != "":
		in = "system call " + t.Syscall
	default:
		return string(t.State)
	}
	return fmt.Sprintf("%c in %s", t.State, in)
}

// see looks at who is in a spot. If that is a whole process, the one of its threads that says most.
func (s *subject) see(at spot) *view {
	v := new(view)
	if at.tid != 0 {
		if t, err := s.m.sys.Thread(at.pid, at.tid); err == nil {
			v.look(t, 0)
		}
		return v
	}
	if p, err := s.m.sys.Process(at.pid); err == nil {
		if t, ok := foremost(p.Threads); ok {
			v.look(t, 0)
		}
	}
	return v
}

// foremost returns the thread that keeps a process from ending: in state D rather than S rather than any other.
func foremost(list []proc.Thread) (best proc.Thread, ok bool) {
	rank := func(state byte) int { return slices.Index([]byte{'R', 'S', 'D'}, state) }
	for _, t := range list {
		if t.State != 'Z' && t.State != 'X' && (!ok || rank(t.State) > rank(best.State)) {
			best, ok = t, true
		}
	}
	return best, ok
}

// watch looks at everybody who is in a system call. The looking is done without the lock: it may take a while.
func (s *subject) watch() {
	s.mu.Lock()
	calls := slices.DeleteFunc(slices.Clone(s.calls), func(c *call) bool { return c.status.Returned || c.at.pid == 0 })
	spots := make([]spot, len(calls))
	for i, c := range calls {
		spots[i] = c.at
	}
	s.mu.Unlock()
	for i, c := range calls {
		v := s.see(spots[i])
		s.mu.Lock()
		if v.seen && c.at == spots[i] {
			now := s.nowLocked()
			c.view.look(v.last, now)
			s.noteStall(c, now)
		}
		s.mu.Unlock()
	}
	s.watchBeside()
	s.askBystander()
}

// watchBeside looks at a bystander who is out.
func (s *subject) watchBeside() {
	s.mu.Lock()
	b := s.beside
	if !b.isOut() || b.at.pid == 0 {
		s.mu.Unlock()
		return
	}
	at := b.at
	s.mu.Unlock()
	v := s.see(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.seen {
		b.view.look(v.last, s.nowLocked())
	}
}

// isOwn reports whether a call waits for I/O of its own only. The caller holds mu.
func (c *call) isOwn() bool {
	return c.own || c.now != nil && c.now.Verb == target.Exit && exitsAIO(functions(c.view.last))
}

// isSettled reports whether a call is not going to return soon: who waits for a medium, and not for I/O that we hold, may yet, and
// so may who runs. The caller holds mu.
func (s *subject) isSettled(c *call) bool {
	switch patience := s.m.o.Patience; {
	case c.status.Returned:
		return true
	case c.at.pid == 0:
		return false
	case c.view.isQuiet() && (c.isOwn() || !isOrdinary(functions(c.view.last))):
		return true
	case c.at.aide || time.Since(c.at.since) < patience:
		return false
	default:
		return c.isOwn() || c.view.isStill(patience) || c.view.isPolling()
	}
}

// runsOn reports whether a call has been running for so long that the others go on meanwhile: what one of them does may be what
// it needs, as it is for who tries again and again. The caller holds mu.
func (s *subject) runsOn(c *call) bool {
	return c.at.pid != 0 && !c.at.aide && c.view.seen && !asleep(c.view.last.State) && time.Since(c.at.since) >= s.m.o.Patience
}

// isBusy reports whether somebody may do something by himself. An aide has a limit of its own. The caller holds mu.
func (s *subject) isBusy() bool {
	return slices.ContainsFunc(s.calls, func(c *call) bool { return !s.isSettled(c) || c.at.aide })
}

// isUnseen reports whether somebody waits for I/O of his own and was not seen to do so for long enough to be told of: on a busy
// machine he may just have begun. Who wakes up now and again never is. The caller holds mu.
func (s *subject) isUnseen() bool {
	return slices.ContainsFunc(s.calls, func(c *call) bool {
		return !c.status.Returned && c.isOwn() && c.stall == nil && time.Since(c.at.since) < runLimit*s.m.o.Patience
	})
}

// giveUp ends calls that run for too long: the step fails, as it is not known whether it would ever return. The caller holds mu.
func (s *subject) giveUp() {
	limit := runLimit * s.m.o.Patience
	for _, c := range s.calls {
		if c.at.pid == 0 || c.at.aide || s.isSettled(c) || time.Since(c.at.since) < limit {
			continue
		}
		c.status.Err = fmt.Errorf("it neither returned within %v nor stood still (%s), so there is no verdict", limit, &c.view)
		c.proc.end()
		s.finish(c)
	}
}

// Settle implements target.Subject: those who sleep do so for a while.
func (s *subject) Settle() error {
	s.mu.Lock()
	for _, c := range s.fresh {
		go s.run(c)
	}
	if len(s.fresh) > 0 {
		s.changed = time.Now()
	}
	s.fresh = nil
	s.mu.Unlock()
	for {
		if err := s.m.stopped(); err != nil {
			return err
		}
		s.watch()
		s.mu.Lock()
		s.giveUp()
		busy := slices.ContainsFunc(s.calls, func(c *call) bool { return !s.isSettled(c) && !s.runsOn(c) })
		if !busy {
			s.noted = s.returned()
			s.mu.Unlock()
			return nil
		}
		s.mu.Unlock()
		s.pause(tick)
	}
}

// pause waits until a call has returned, but not for longer than d.
func (s *subject) pause(d time.Duration) {
	select {
	case <-s.back:
	case <-time.After(d):
	}
}

// returned counts the calls that have returned. The caller holds mu.
func (s *subject) returned() (n int) {
	for _, c := range s.calls {
		if c.status.Returned {
			n++
		}
	}
	return n
}

// Advance implements target.Subject. When nothing has changed for our patience, it is taken not to change for d either.
func (s *subject) Advance(d time.Duration) (time.Duration, error) {
	began := s.Now()
	for {
		if err := s.m.stopped(); err != nil {
			return 0, err
		}
		s.watch()
		s.mu.Lock()
		s.giveUp()
		now := s.nowLocked()
		left := began + d - now
		n := s.returned()
		back := n > s.noted
		if !back && left > 0 && !s.isBusy() && !s.isUnseen() && time.Since(s.changed) >= s.patience() {
			s.skip(left)
			left = 0
		}
		s.noted = n
		s.mu.Unlock()
		switch {
		case back:
			return min(d, now-began), nil
		case left <= 0:
			return d, nil
		}
		s.pause(min(left, slowTick))
	}
}

// patience is how long nothing must change. The caller holds mu.
func (s *subject) patience() time.Duration {
	waits := slices.ContainsFunc(s.calls, func(c *call) bool { return !c.status.Returned && !c.isOwn() })
	if waits || s.beside.isOut() {
		return s.m.o.Patience
	}
	return min(idleAfter, s.m.o.Patience)
}

// skip moves the clock on. It is told once, until something happens. The caller holds mu.
func (s *subject) skip(d time.Duration) {
	if s.told != s.changed {
		s.told = s.changed
		s.tellLocked(target.Line{Kind: target.Remarked, Text: fmt.Sprintf("nothing has changed for %v; from here on it is not waited for time to pass", s.patience())})
	}
	s.skips = append(s.skips, skip{time.Now(), d})
}
