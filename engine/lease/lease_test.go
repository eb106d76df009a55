package lease_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/enginetest"
	"daxbench/engine/internal/sync"
	"daxbench/engine/lease"
)

func newSet() *lease.Set {
	s := new(lease.Set)
	s.Init(sync.NewWaitTable(2))
	return s
}

// after answers each recall after a delay; negative means never.
type after time.Duration

func (d after) Recall(l *lease.Lease) {
	if d >= 0 {
		time.AfterFunc(time.Duration(d), func() { l.Return() })
	}
}

func TestBreak(t *testing.T) {
	const deadline = time.Minute
	for _, tt := range []struct {
		name    string
		holders []after
		slept   time.Duration
		fenced  int
	}{
		{"none", nil, 0, 0},
		{"one", []after{after(time.Second)}, time.Second, 0},
		{"the slowest counts", []after{after(time.Second), after(3 * time.Second), after(2 * time.Second)}, 3 * time.Second, 0},
		{"never", []after{-1, after(time.Second)}, deadline, 1},
		{"nobody answers", []after{-1, -1}, deadline, 2},
		{"just before the deadline", []after{after(deadline - 1)}, deadline - 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSet()
				leases := make([]lease.Lease, len(tt.holders))
				for i := range leases {
					if err := s.Grant(&leases[i], tt.holders[i]); err != nil {
						t.Fatal(err)
					}
				}
				b, err := s.Break(t.Context(), deadline)
				if err != nil || b.Slept.Total != tt.slept || b.Fenced != tt.fenced || b.Recalled != len(leases) {
					t.Errorf("Break = %+v, %v; want %d recalled, %d fenced, slept %v", b, err, len(leases), tt.fenced, tt.slept)
				}
				if !s.Empty() {
					t.Errorf("%d leases are left", s.Len())
				}
				fenced := 0
				for i := range leases {
					if leases[i].Fenced() {
						fenced++
						if leases[i].Return() {
							t.Error("a fenced lease was returned")
						}
					}
				}
				if fenced != tt.fenced {
					t.Errorf("%d leases say fenced, want %d", fenced, tt.fenced)
				}
			})
		})
	}
}

func TestBreakEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, hung := newSet(), errors.New("hang limit")
		var l lease.Lease
		s.Grant(&l, after(-1))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, hung)
		defer cancel()
		if _, err := s.Break(ctx, time.Minute); err != hung {
			t.Errorf("err = %v, want the hang limit", err)
		}
		if !l.Outstanding() {
			t.Error("an interrupted break took the lease away")
		}
	})
}

// TestLeaseGrantedDuringBreak is recalled as well.
func TestLeaseGrantedDuringBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet()
		var a, b lease.Lease
		s.Grant(&a, after(2*time.Second))
		go func() {
			time.Sleep(time.Second)
			s.Grant(&b, after(0))
		}()
		got, err := s.Break(t.Context(), time.Minute)
		if err != nil || !s.Empty() || got.Recalled != 2 || got.Fenced != 0 || got.Slept.Total != 2*time.Second {
			t.Errorf("Break = %+v, %v, %d left; want both recalled and none fenced after 2s", got, err, s.Len())
		}
	})
}

func TestGrantTwice(t *testing.T) {
	s := newSet()
	var l lease.Lease
	if err := s.Grant(&l, after(-1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Grant(&l, after(-1)); err != lease.ErrOutstanding {
		t.Errorf("second Grant: %v", err)
	}
	if n := s.Abandon(); n != 1 || !l.Fenced() {
		t.Errorf("Abandon = %d, fenced %t", n, l.Fenced())
	}
	if err := s.Grant(&l, after(-1)); err != nil {
		t.Errorf("a fenced lease cannot be granted again: %v", err)
	}
}

// TestReturnAgainstBreakExhaustively runs a holder that returns of its own
// accord against a breaker: no wake-up may be lost, no lease counted twice.
func TestReturnAgainstBreakExhaustively(t *testing.T) {
	enginetest.MustHold(t, enginetest.Bound{Schedules: 1e6, Preemptions: 4}, func() enginetest.Scene {
		s := newSet()
		var l lease.Lease
		s.Grant(&l, after(-1))
		returned := false
		return enginetest.Scene{
			Tasks: []func(){
				func() { returned = l.Return() },
				func() { s.Break(context.Background(), time.Hour) },
			},
			Check: func() error {
				if !returned || !s.Empty() || l.Fenced() {
					return fmt.Errorf("returned %t, %d left, fenced %t", returned, s.Len(), l.Fenced())
				}
				return nil
			},
		}
	})
}
