package device

import "daxbench/workloads/clock"

// request is one entry of a queue.
type request struct {
	due clock.Ticks
	seq uint64 // breaks ties: requests of one due time are completed in the order in which they were submitted
	c   Completion
}

// before reports whether r is completed first.
func (r *request) before(o *request) bool {
	return r.due < o.due || r.due == o.due && r.seq < o.seq
}

// queue is a binary heap of requests with a fixed capacity.
//
// Note: container/heap would box each request into an interface, one allocation per push.
type queue struct {
	heap []request
	seq  uint64
}

// newQueue returns an empty queue.
func newQueue(capacity int) queue { return queue{heap: make([]request, 0, capacity)} }

// full reports whether there is no room.
func (q *queue) full() bool { return len(q.heap) == cap(q.heap) }

// first returns the earliest due time, never if the queue is empty.
func (q *queue) first() clock.Ticks {
	if len(q.heap) == 0 {
		return never
	}
	return q.heap[0].due
}

// push adds a request. Preconditions: the queue is not full.
func (q *queue) push(due clock.Ticks, c Completion) {
	i := len(q.heap)
	q.seq++
	q.heap = append(q.heap, request{due: due, seq: q.seq, c: c})
	for i > 0 {
		parent := (i - 1) / 2
		if q.heap[parent].before(&q.heap[i]) {
			return
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

// pop removes the earliest request. Preconditions: the queue is not empty.
func (q *queue) pop() (clock.Ticks, Completion) {
	top := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap[last] = request{} // keeps no completion alive
	q.heap = q.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top.due, top.c
		}
		if child+1 < last && q.heap[child+1].before(&q.heap[child]) {
			child++
		}
		if q.heap[i].before(&q.heap[child]) {
			return top.due, top.c
		}
		q.heap[i], q.heap[child] = q.heap[child], q.heap[i]
		i = child
	}
}
