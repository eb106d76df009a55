package device

import (
	"math/rand/v2"
	"slices"
	"testing"

	"daxbench/workloads/clock"
)

// tag is a completion that says when it was pushed.
type tag int

func (tag) Complete() {}

// TestQueueAgainstSort compares the heap with a stable sort, with many equal due times.
func TestQueueAgainstSort(t *testing.T) {
	type entry struct {
		due clock.Ticks
		tag tag
	}
	g := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		q := newQueue(40)
		var model []entry
		for i := range 120 {
			if !q.full() && (len(model) == 0 || g.IntN(2) == 0) {
				due := clock.Ticks(g.IntN(10))
				q.push(due, tag(i))
				model = append(model, entry{due, tag(i)})
				slices.SortStableFunc(model, func(a, b entry) int { return int(a.due - b.due) })
				continue
			}
			due, c := q.pop()
			if want := model[0]; due != want.due || c != Completion(want.tag) {
				t.Fatalf("popped %v of %v, want %v", c, due, want)
			}
			model = model[1:]
		}
		want := never
		if len(model) > 0 {
			want = model[0].due
		}
		if q.first() != want {
			t.Fatalf("first is %v, want %v", q.first(), want)
		}
		if spare := q.heap[len(q.heap):cap(q.heap)]; slices.ContainsFunc(spare, func(r request) bool { return r.c != nil }) {
			t.Fatal("a popped completion is kept alive")
		}
	}
}
