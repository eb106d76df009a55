package workloads

import (
	"strings"
	"testing"
)

// TestBreakIdleSeesPins pins a page of the file that is broken: the storm must not take it for idle.
func TestBreakIdleSeesPins(t *testing.T) {
	for _, pages := range []string{"1", "512"} {
		storm := opened(t, breakIdleWorkload, map[string][]string{"pages": {pages}})
		s, w := storm.(*breakIdle), storm.Worker(0)
		s.Run(w, 10)
		if w.Failed() {
			t.Fatalf("pages=%s: %v", pages, w.Err())
		}
		pin, err := s.Pin(w.Task, s.files[0], s.files[0].Pages()-1)
		if err != nil {
			t.Fatal(err)
		}
		s.Run(w, 1)
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), "is pinned") {
			t.Errorf("pages=%s: a break of a file with a pinned page: %v", pages, err)
		}
		s.Unpin(pin)
	}
}
