package workloads

import "testing"

// TestNopTimes wants each operation in the histogram with timed=1, and none else: who drives the storm times one in 64 by itself.
func TestNopTimes(t *testing.T) {
	for timed, want := range map[string]uint64{"0": 0, "1": 1000} {
		s := opened(t, nopWorkload, map[string][]string{"timed": {timed}})
		w := s.Worker(0)
		s.Run(w, 1000)
		if n := w.Latencies().Count(); uint64(n) != want {
			t.Errorf("timed=%s: %d latencies, want %d", timed, n, want)
		}
		if s.Run(w, 1); uint64(w.Latencies().Count()) != want {
			t.Errorf("timed=%s: one by itself is timed twice", timed)
		}
	}
}
