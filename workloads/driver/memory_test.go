package driver

import (
	"testing"
	"time"

	"daxbench/engine/vfs"
)

// hoarder is a storm that keeps memory from the beginning, and takes more in the midst of a round.
type hoarder struct {
	stalling
	kept [][]byte
}

// touched returns n bytes of memory that are there.
func touched(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 4096 {
		b[i] = 1
	}
	return b
}

// TestMemory wants what a storm keeps from its opening on, without the garbage that it made, and how much more there is later.
// Of a storm that caches few inodes nothing is looked at.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector keeps four bytes for each byte of memory that is used")
	}
	const keeps, garbage, more = 64 << 20, 128 << 20, 32 << 20
	for _, inodes := range []int{leastInodes, leastInodes - 1} {
		wl := workload(func(Env) func(*Worker) { return nil }, nil)
		wl.Inodes = func(Values, int, *Population) int { return inodes }
		wl.Open = func(e Env) (Storm, error) {
			s := &hoarder{stalling: stalling{fake: &fake{workers: []*Worker{NewWorker(0, 1, vfs.NewTask(e.Context))}}}}
			s.kept = append(s.kept, touched(keeps))
			touched(garbage)
			s.op = func(*Worker) {
				spin(20 * time.Microsecond)
				if s.n > 20 && len(s.kept) == 1 { // warming up takes 18 slices at most
					s.kept = append(s.kept, touched(more))
				}
			}
			return s, nil
		}
		r := request(wl)
		r.Rounds, r.Policies, r.Duration = 1, r.Policies[:1], 500*time.Millisecond
		results, err := execute(t, t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		m, perInode := results[0].Memory, 0.0
		for _, metric := range results[0].Metrics {
			if metric.Unit == "B/inode" {
				perInode = metric.Value
			}
		}
		if inodes < leastInodes {
			if m != nil || perInode != 0 {
				t.Errorf("%d inodes: %+v, %g bytes for each", inodes, m, perInode)
			}
			continue
		}
		if m == nil {
			t.Fatal("nothing was looked at")
		}
		const slack = 8 << 20 // what the runtime takes besides
		if m.Opened.Own < keeps-slack || m.Opened.Own > keeps+slack || perInode != float64(m.Opened.Own)/float64(inodes) {
			t.Errorf("a storm that keeps %d bytes: %d, %g for each of %d inodes", keeps, m.Opened.Own, perInode, inodes)
		}
		if grown := m.After - m.Before; grown < more-slack || grown > more+slack || m.Most < m.After {
			t.Errorf("a storm that took %d bytes more: %+v", more, m)
		}
	}
}
