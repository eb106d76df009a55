package device

import "time"

// sleeper is how the goroutine of a device waits.
type sleeper interface {
	// sleep returns after about nanos, or when wake is called; below 0 only then. It may return early.
	sleep(nanos int64)
	// wake ends the current sleep, or the next one. Any goroutine may call it until close.
	wake()
	close()
	name() string
}

// timerSleeper sleeps in the runtime's timers, which are late by up to 1 ms, on any system.
type timerSleeper struct {
	timer *time.Timer
	woken chan struct{} // capacity 1: a wake that nobody has seen
}

// newTimerSleeper cannot fail.
func newTimerSleeper() *timerSleeper {
	s := &timerSleeper{timer: time.NewTimer(0), woken: make(chan struct{}, 1)}
	s.timer.Stop()
	return s
}

func (s *timerSleeper) sleep(nanos int64) {
	if nanos < 0 {
		<-s.woken
		return
	}
	s.timer.Reset(time.Duration(nanos))
	select {
	case <-s.timer.C:
	case <-s.woken:
		s.timer.Stop()
	}
}

func (s *timerSleeper) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // one is pending
	}
}

func (s *timerSleeper) close() { s.timer.Stop() }

func (s *timerSleeper) name() string { return "timer" }
