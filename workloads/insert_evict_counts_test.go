package workloads

import (
	"strings"
	"testing"
)

// TestInsertEvictCounts breaks what each operation is to do: the storm must not end well.
func TestInsertEvictCounts(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		spoil      func(s *insertEvict) // before half of the operations
		after      func(s *insertEvict)
	}{
		{"sound", "", nil, nil},
		{"the files of a lap are cached", " hits, ", func(s *insertEvict) { s.laps[0].inos, s.laps[0].pos = s.laps[0].inos[:64], 0 }, nil},
		{"an operation does nothing", "4001 operations", func(s *insertEvict) { s.laps[0].ops++ }, nil},
		{"inodes are evicted that no operation asked for", "4000 operations had 0 hits, 4000 misses", nil, func(s *insertEvict) {
			s.EvictInodes(s.Workers[0].Task, nil)
		}},
	} {
		s := opened(t, insertEvictWorkload, map[string][]string{"files": {"1024"}}).(*insertEvict)
		w := s.Worker(0)
		s.Run(w, 2000)
		if tt.spoil != nil {
			tt.spoil(s)
		}
		s.Run(w, 2000)
		if tt.after != nil {
			tt.after(s)
		}
		if w.Failed() {
			t.Fatalf("%s: %v", tt.name, w.Err())
		}
		if _, err := s.Finish(t.Context()); tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}
