package kernelfs

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/target"
)

// A stall is one that may still go on.
type stall struct {
	target.Stall
	who  *worker // whose thread it is
	over bool
}

// noteStall keeps what was seen of a call that does not return. One that has a lot to do is none, nor is one that is with an
// aide, nor a wait for a medium for as long as our patience lasts. The caller holds mu.
func (s *subject) noteStall(c *call, now time.Duration) {
	if c.at.aide || !c.view.isWait(c.isOwn()) && !c.view.isStill(s.m.o.Patience) {
		return
	}
	if c.stall == nil {
		c.stall = &stall{who: c.proc.w, Stall: target.Stall{Task: c.task, Action: c.now.Action(), Step: c.now.Line, Since: c.at.began}}
		s.stalls = append(s.stalls, c.stall)
	}
	c.stall.see(&c.view, now)
	// The end of a process waits for its own I/O first, and for somebody else's pin afterwards, or not.
	c.stall.Own = c.isOwn() || c.stall.Own && !c.view.isWait(false)
	if c.stall.Since < c.proc.killedAt && time.Since(c.proc.killedOn) >= ignoredAfter && c.view.ignoresKill() {
		c.stall.Kill = target.Ignored
	}
}

// ignoresKill reports whether a thread that was sent SIGKILL ignoredAfter ago has not taken notice since: in state D, in one
// sleep. Who breaks layouts may wake up and sleep again.
func (v *view) ignoresKill() bool {
	return v.last.State == 'D' && (v.isStill(ignoredAfter) || v.seen && waitsForPin(functions(v.last)))
}

// see takes over what was seen: rather a wait for a pin than another one, or one in state D than in another.
func (st *stall) see(v *view, now time.Duration) {
	t := v.last
	in := functions(t)
	better := st.State == "" || t.State == 'D' && st.State != "D" || waitsForPin(in) && asleep(t.State) // and not about to go on
	if st.For = now - st.Since; better {
		st.State, st.Stack = string(t.State), slices.Clone(in)
	}
}

// end notes that it is over, and what ended it: what was let go of last, if that was meanwhile. Killed is when the process
// was killed by a step; zero: it was not.
func (st *stall) end(now, killed time.Duration, last release) {
	if st.Ended == bySIGKILL {
		return // which was tried on it in the end
	}
	st.For, st.over = now-st.Since, true
	if st.Since < killed && st.Kill == target.Untried {
		st.Kill = target.Died
	}
	if st.Ended = last.by; last.by == "" || last.at < st.Since {
		st.Ended = "by itself"
	}
}

// A release is what ended a pin, or a process.
type release struct {
	by   string // "release p"
	at   time.Duration
	proc *process // whose pin it was
	kill bool     // or a signal to it: who has not gone on soon was not ended by that
}

// letGoFor returns the last release that may have let a call go on which waits since then: rather of a pin of its own
// process than of another. The caller holds mu.
func (s *subject) letGoFor(c *call, now time.Duration) release {
	var last release
	for _, r := range s.letGo {
		if r.at >= c.stall.Since && !(r.kill && now-r.at > killedAfter) && (r.proc == c.proc || last.proc != c.proc) {
			last = r
		}
	}
	return last
}

// A bystander is an aide that makes an unrelated file in the directory while somebody is stuck.
type bystander struct {
	done chan struct{}
	err  error
	at   spot
	view view // of it, while it is out
}

// isOut reports whether it has not come back. The caller holds mu.
func (b *bystander) isOut() bool {
	if b == nil {
		return false
	}
	select {
	case <-b.done:
		return false
	default:
		return true
	}
}

// askBystander sends one, the first time that somebody is blocked who waits for others.
func (s *subject) askBystander() {
	s.mu.Lock()
	defer s.mu.Unlock()
	blocked := slices.ContainsFunc(s.stalls, func(st *stall) bool { return !st.over && !st.Own })
	if s.beside != nil || !blocked || s.unmounted {
		return
	}
	if mounted, err := s.m.isMounted(); err != nil || !mounted {
		return
	}
	b := &bystander{done: make(chan struct{})}
	s.beside = b
	since := s.nowLocked()
	began := func(pid, tid int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b.at = spot{pid: pid, tid: tid, since: time.Now(), aide: true}
	}
	go func() {
		_, b.err = s.m.aides.ask(aide.Request{Do: aide.Bystander, Dir: s.m.in(files)}, s.m.o.Patience, began)
		s.bystood(b, since)
		close(b.done)
	}()
}

// bystood says what became of a bystander. One that has a lot to do is not held up: nothing is known then.
func (s *subject) bystood(b *bystander, since time.Duration) {
	var stuck *stuckError
	isStuck := errors.As(b.err, &stuck)
	s.mu.Lock()
	v := b.view
	s.mu.Unlock()
	if !isStuck || !v.isWait(false) || !asleep(v.last.State) {
		what := "makes a file beside them and removes it: it is not held up"
		switch {
		case isStuck:
			what = fmt.Sprintf("does not make a file beside them within %v, but was not seen to wait for anybody (%s): whether it is held up is not known", stuck.limit, &v)
		case b.err != nil:
			what = "cannot make a file beside them: " + b.err.Error()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed = time.Now()
		s.tellLocked(target.Line{Task: byName, Kind: target.Happened, Text: what})
		return
	}
	s.find("H", "", "a bystander who makes a file in the directory is held up, too: %s", &v)
	kill := s.afterKill(b.at, v.last) // ask has sent it
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = time.Now()
	st := &stall{Stall: target.Stall{Task: byName, Action: "create and remove a file", Since: since, Kill: kill}}
	st.see(&v, s.nowLocked())
	s.stalls = append(s.stalls, st)
}

const byName = "bystander"

// ignoredAfter is how long somebody must still be there, asleep, to have ignored SIGKILL.
const ignoredAfter = time.Second

// isGone reports whether there was nobody to be seen but the dead.
func (v *view) isGone() bool { return !v.seen || v.last.State == 'Z' || v.last.State == 'X' }

// afterKill says what came of SIGKILL that a thread has been sent which was asleep before: Untried if that is not known, as of
// one that does something and is still there.
func (s *subject) afterKill(at spot, before proc.Thread) target.Killed {
	for began := time.Now(); time.Since(began) < ignoredAfter; time.Sleep(tick) {
		if s.see(at).isGone() {
			return target.Died
		}
	}
	switch v := s.see(at); {
	case v.isGone():
		return target.Died
	case v.last.State == 'D' && v.last.TID == before.TID && (v.last.Switches == before.Switches || waitsForPin(functions(v.last))):
		return target.Ignored
	}
	return target.Untried
}
