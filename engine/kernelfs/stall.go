package kernelfs

import (
	"errors"
	"slices"
	"time"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/target"
)

// A stall is one that may still go on.
type stall struct {
	target.Stall
	who  *worker // whose thread it is
	over bool
}

// noteStall keeps what was seen of a call that does not return. One that has a lot to do is none, for as long as our
// patience lasts. The caller holds mu.
func (s *subject) noteStall(c *call, now time.Duration) {
	if !c.view.isWait(c.isOwn()) && time.Since(c.at.since) < s.m.o.Patience {
		return
	}
	if c.stall == nil {
		c.stall = &stall{who: c.proc.w, Stall: target.Stall{Task: c.task, Action: c.now.Action(), Step: c.now.Line, Since: c.at.began}}
		s.stalls = append(s.stalls, c.stall)
	}
	c.stall.see(&c.view, now)
	// The end of a process waits for its own I/O first, and for somebody else's pin afterwards, or not.
	c.stall.Own = c.isOwn() || c.stall.Own && !c.view.isWait(false)
	if at := c.proc.killedAt; c.stall.Since < at && now-at > killedAfter {
		c.stall.Kill = target.Ignored
	}
}

// see takes over what was seen: rather a wait for a pin than another one, or one in state D than in another.
func (st *stall) see(v *view, now time.Duration) {
	t := v.last
	better := st.State == "" || t.State == 'D' && st.State != "D" || waitsForPin(t.Stack) && asleep(t.State) // and not about to go on
	if st.For = now - st.Since; better {
		st.State, st.Stack = string(t.State), slices.Clone(t.Stack)
	}
}

// end notes that it is over, and what ended it: what was let go of last, if that was meanwhile. Killed is when the process
// was killed by a step; zero: it was not.
func (st *stall) end(now, killed time.Duration, last release) {
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
	go func() {
		_, b.err = s.m.aides.ask(aide.Request{Do: aide.Bystander, Dir: s.m.in(files)}, s.m.o.Patience, nil)
		s.bystood(b.err, since)
		close(b.done)
	}()
}

// bystood says what became of a bystander.
func (s *subject) bystood(err error, since time.Duration) {
	var stuck *stuckError
	if !errors.As(err, &stuck) {
		what := "makes a file beside them and removes it: it is not held up"
		if err != nil {
			what = "cannot make a file beside them: " + err.Error()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed = time.Now()
		s.tellLocked(target.Line{Task: byName, Kind: target.Happened, Text: what})
		return
	}
	v := s.see(spot{pid: stuck.pid, tid: stuck.tid})
	s.find("H", "", "a bystander who makes a file in the directory is held up, too: %s", v)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = time.Now()
	st := &stall{Stall: target.Stall{Task: byName, Action: "create and remove a file", Since: since, Kill: target.Ignored}}
	if !v.seen {
		st.Kill = target.Died // ask has killed it
	}
	st.see(v, s.nowLocked())
	s.stalls = append(s.stalls, st)
}

const byName = "bystander"
