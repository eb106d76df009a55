package lease_test

import (
	"context"
	"errors"
	gosync "sync"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/internal/sync"
	"daxbench/engine/lease"
)

// A breaker is one call of Break and what came of it.
type breaker struct {
	begin    time.Duration // when it breaks
	deadline time.Duration
	cancel   time.Duration // when its context ends; 0: never

	end      time.Duration // when Break returned
	recalled int
	fenced   int
	err      error
}

var errCancelled = errors.New("cancelled")

// broken lets all breakers break s and returns them with their results. Times
// count from now.
func broken(t *testing.T, s *lease.Set, list ...breaker) []breaker {
	start := time.Now()
	var wg gosync.WaitGroup
	for i := range list {
		b := &list[i]
		wg.Go(func() {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if b.cancel > 0 {
				time.AfterFunc(b.cancel, func() { cancel(errCancelled) })
			}
			time.Sleep(b.begin)
			got, err := s.Break(ctx, b.deadline)
			b.end, b.recalled, b.fenced, b.err = time.Since(start), got.Recalled, got.Fenced, err
		})
	}
	wg.Wait()
	return list
}

// TestBreakers has two tasks break the leases of one inode: each waits by its
// own clock, the holder is asked once, and one of them fences it for both.
func TestBreakers(t *testing.T) {
	const sec = time.Second
	for _, tt := range []struct {
		name   string
		holder lease.Holder
		ask    []breaker // begin, deadline, cancel
		want   []breaker // end, recalled, fenced, err
	}{
		{"one answer ends both waits", after(9 * sec),
			[]breaker{{deadline: 60 * sec}, {begin: sec, deadline: 60 * sec}},
			[]breaker{{end: 9 * sec, recalled: 1}, {end: 9 * sec}}},
		{"the first to come fences for both", after(-1),
			[]breaker{{deadline: 60 * sec}, {begin: 30 * sec, deadline: 60 * sec}},
			[]breaker{{end: 60 * sec, recalled: 1, fenced: 1}, {end: 60 * sec}}},
		{"the shorter deadline fences for both", after(-1),
			[]breaker{{deadline: 60 * sec}, {begin: 30 * sec, deadline: 10 * sec}},
			[]breaker{{end: 40 * sec, recalled: 1}, {end: 40 * sec, fenced: 1}}},
		{"one gives up, the other one waits on", after(9 * sec),
			[]breaker{{deadline: 60 * sec, cancel: 2 * sec}, {begin: sec, deadline: 60 * sec}},
			[]breaker{{end: 2 * sec, recalled: 1, err: errCancelled}, {end: 9 * sec}}},
		{"the one that asked gives up, the other one fences", after(-1),
			[]breaker{{deadline: 60 * sec, cancel: 2 * sec}, {begin: sec, deadline: 60 * sec}},
			[]breaker{{end: 2 * sec, recalled: 1, err: errCancelled}, {end: 61 * sec, fenced: 1}}},
		{"the question is a part of the wait", recallFunc(func(*lease.Lease) { time.Sleep(20 * sec) }),
			[]breaker{{deadline: 60 * sec}, {begin: 30 * sec, deadline: 60 * sec}},
			[]breaker{{end: 60 * sec, recalled: 1, fenced: 1}, {end: 60 * sec}}},
		{"the second comes when all is over", after(-1),
			[]breaker{{deadline: 5 * sec}, {begin: 6 * sec, deadline: 60 * sec}},
			[]breaker{{end: 5 * sec, recalled: 1, fenced: 1}, {end: 6 * sec}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSet()
				var l lease.Lease
				if err := s.Grant(&l, tt.holder); err != nil {
					t.Fatal(err)
				}
				for i, got := range broken(t, s, tt.ask...) {
					want := tt.want[i]
					if got.end != want.end || got.recalled != want.recalled || got.fenced != want.fenced || got.err != want.err {
						t.Errorf("breaker %d: end %v, %d recalled, %d fenced, %v; want %v, %d, %d, %v", i,
							got.end, got.recalled, got.fenced, got.err, want.end, want.recalled, want.fenced, want.err)
					}
				}
				if !s.Empty() || l.Outstanding() {
					t.Errorf("%d leases are left, outstanding %t", s.Len(), l.Outstanding())
				}
			})
		})
	}
}

// TestBreakWithDoneContext asks nobody to wait: it waits for nothing, but what
// can be done without a wait is done.
func TestBreakWithDoneContext(t *testing.T) {
	for _, tt := range []struct {
		name    string
		holders []lease.Holder
		err     error
		left    int
	}{
		{"no lease", nil, nil, 0},
		{"a holder who answers at once", []lease.Holder{atOnce{}, atOnce{}}, nil, 0},
		{"a holder who does not", []lease.Holder{atOnce{}, after(time.Second)}, errCancelled, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSet()
				leases := make([]lease.Lease, len(tt.holders))
				for i, h := range tt.holders {
					s.Grant(&leases[i], h)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				cancel(errCancelled)
				b, err := s.Break(ctx, time.Minute)
				if err != tt.err || b.Recalled != len(leases) || b.Fenced != 0 || b.Slept.Total != 0 || s.Len() != tt.left {
					t.Errorf("Break = %+v, %v, %d left; want all recalled, %v, %d left", b, err, s.Len(), tt.err, tt.left)
				}
				time.Sleep(time.Minute)
				if !s.Empty() {
					t.Error("the answer that came later was lost")
				}
			})
		})
	}
}

// atOnce answers within the recall.
type atOnce struct{}

func (atOnce) Recall(l *lease.Lease) { l.Return() }

// TestAnswerAfterTheFence is refused, whatever the set holds by then.
func TestAnswerAfterTheFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet()
		var late, next lease.Lease
		var answered, accepted bool
		s.Grant(&late, recallFunc(func(l *lease.Lease) {
			time.AfterFunc(2*time.Minute, func() { answered, accepted = true, l.Return() })
		}))
		if got := broken(t, s, breaker{deadline: time.Minute})[0]; got.end != time.Minute || got.fenced != 1 || !late.Fenced() {
			t.Errorf("%+v, fenced %t; want it fenced after a minute", got, late.Fenced())
		}
		s.Grant(&next, after(-1))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !answered || accepted || !late.Fenced() || s.Len() != 1 || !next.Outstanding() {
			t.Errorf("answered %t, accepted %t, fenced %t; %d leases, the next one outstanding %t",
				answered, accepted, late.Fenced(), s.Len(), next.Outstanding())
		}
	})
}

type recallFunc func(*lease.Lease)

func (f recallFunc) Recall(l *lease.Lease) { f(l) }

// TestAnswerAtTheDeadline may go either way, but the same for all who look: the
// holder, the breaker and the lease.
func TestAnswerAtTheDeadline(t *testing.T) {
	outcomes := map[bool]int{}
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			s := newSet()
			var l lease.Lease
			accepted := false
			s.Grant(&l, recallFunc(func(l *lease.Lease) {
				time.AfterFunc(time.Minute, func() { accepted = l.Return() })
			}))
			got := broken(t, s, breaker{deadline: time.Minute})[0]
			synctest.Wait()
			if got.end != time.Minute || got.recalled != 1 || (got.fenced == 1) == accepted || l.Fenced() == accepted || !s.Empty() {
				t.Fatalf("%+v; return accepted %t, lease fenced %t, %d left", got, accepted, l.Fenced(), s.Len())
			}
			outcomes[accepted]++
		})
	}
	t.Logf("accepted %d times, fenced %d times", outcomes[true], outcomes[false])
}

// TestSlowRecall takes longer to ask than to wait. The deadline counts from the
// beginning, and nobody else waits for the question to be put.
func TestSlowRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sec = time.Second
		s := newSet()
		var slow, other lease.Lease
		s.Grant(&slow, recallFunc(func(*lease.Lease) { time.Sleep(70 * sec) }))
		time.AfterFunc(5*sec, func() { s.Grant(&other, after(0)) })
		got := broken(t, s, breaker{deadline: 60 * sec}, breaker{begin: 10 * sec, deadline: 20 * sec})
		if g := got[1]; g.end != 30*sec || g.recalled != 1 || g.fenced != 1 {
			t.Errorf("the second breaker: %+v; want one recalled, the slow one fenced, after 30s", g)
		}
		if g := got[0]; g.end != 70*sec || g.recalled != 1 || g.fenced != 0 {
			t.Errorf("the first breaker: %+v; want nothing left to fence when its recall is back", g)
		}
		if other.Fenced() || !slow.Fenced() || !s.Empty() {
			t.Errorf("fenced: %t, %t; %d left", slow.Fenced(), other.Fenced(), s.Len())
		}
	})
}

// TestHangLimitAgainstDeadline bounds each sleep; the deadline bounds their sum.
func TestHangLimitAgainstDeadline(t *testing.T) {
	const sec = time.Second
	for _, tt := range []struct {
		name     string
		limit    time.Duration
		deadline time.Duration
		answers  []after
		end      time.Duration
		fenced   int
		err      error
	}{
		{"the limit is shorter", 10 * sec, 60 * sec, []after{-1}, 10 * sec, 0, sync.ErrLimit},
		{"the deadline is shorter", 60 * sec, 10 * sec, []after{-1}, 10 * sec, 1, nil},
		{"each sleep is shorter than the limit", 10 * sec, 60 * sec, []after{after(8 * sec), after(16 * sec), after(24 * sec)}, 24 * sec, 0, nil},
		{"their sum is not shorter than the deadline", 10 * sec, 20 * sec, []after{after(8 * sec), after(16 * sec), after(24 * sec)}, 20 * sec, 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				waits := sync.NewWaitTable(1)
				waits.SetLimit(tt.limit)
				s := new(lease.Set)
				s.Init(waits)
				leases := make([]lease.Lease, len(tt.answers))
				for i, a := range tt.answers {
					s.Grant(&leases[i], a)
				}
				got := broken(t, s, breaker{deadline: tt.deadline})[0]
				if got.end != tt.end || got.fenced != tt.fenced || !errors.Is(got.err, tt.err) {
					t.Errorf("%+v; want %v, %d fenced, %v", got, tt.end, tt.fenced, tt.err)
				}
				time.Sleep(time.Minute) // for who answers still
			})
		})
	}
}
