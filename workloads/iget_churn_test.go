package workloads

import (
	"strings"
	"testing"
)

// TestLookRCU looks inodes up without references, so nothing counts as a hit, and must not find what has been evicted.
func TestLookRCU(t *testing.T) {
	storm := opened(t, igetChurnWorkload, map[string][]string{"files": {"64"}, "look": {"rcu"}})
	s, w := storm.(*igetChurn), storm.Worker(0)
	before := s.Stats()
	s.Run(w, 1000)
	if now := s.Stats(); w.Failed() || now.Hits != before.Hits || now.Misses != before.Misses {
		t.Fatalf("%v; %d hits and %d misses", w.Err(), now.Hits-before.Hits, now.Misses-before.Misses)
	}
	s.EvictInodes(w.Task, nil)
	s.Run(w, 1)
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), "is not cached") {
		t.Errorf("an inode that was evicted is looked up: %v", err)
	}
}

// TestChurnOfWhatIsNotCached evicts inodes between operations, or has one operation that is none: the storm must not end well.
func TestChurnOfWhatIsNotCached(t *testing.T) {
	for _, tt := range []struct {
		name, look, says string
		spoil            func(s *igetChurn)
	}{
		{"sound", "iget", "", func(*igetChurn) {}},
		{"sound", "rcu", "", func(*igetChurn) {}},
		{"inodes are evicted", "iget", "2000 operations had 19", func(s *igetChurn) { s.EvictInodes(s.Workers[0].Task, nil) }},
		{"inodes are evicted in the end", "rcu", "0 misses and 64 evictions", nil},
		{"an operation does nothing", "iget", "2001 operations had 2000 hits", func(s *igetChurn) { s.done[0].ops++ }},
		{"a look takes a reference", "rcu", "2000 operations had 1 hits", func(s *igetChurn) {
			in, err := s.Iget(s.Workers[0].Task, s.inos[0])
			if err == nil {
				s.Iput(s.Workers[0].Task, in)
			}
		}},
	} {
		s := opened(t, igetChurnWorkload, map[string][]string{"files": {"64"}, "look": {tt.look}}).(*igetChurn)
		w := s.Worker(0)
		s.Run(w, 1000)
		if tt.spoil != nil {
			tt.spoil(s)
		}
		s.Run(w, 1000)
		if tt.spoil == nil {
			s.EvictInodes(w.Task, nil)
		}
		if w.Failed() {
			t.Fatalf("%s, look=%s: %v", tt.name, tt.look, w.Err())
		}
		if _, err := s.Finish(t.Context()); tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s, look=%s: %v, want %q", tt.name, tt.look, err, tt.says)
		}
	}
}
