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
