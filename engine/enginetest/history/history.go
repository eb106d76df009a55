// Package history records what concurrent clients of the engine called and what
// came back, and says whether that can be explained by calls that happen one at
// a time: whether the history is linearizable. Porcupine searches for the
// order; the specification in spec.go says what one call may do to one inode
// number.
//
// It sees what the functions return and nothing else: no lock, no list, no state word.
// What cannot be told apart by results is not its to find.
//
// It is for tests only.
package history

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"daxbench/engine/internal/sync"
)

// A Log is one history. The zero Log is empty. It is safe for concurrent use,
// each Client by one goroutine.
type Log struct {
	clock   sync.Uint64 // logical: two calls on one processor may share a nanosecond, but no tick
	clients []*Client
}

// A Client is one goroutine's part of a Log.
type Client struct {
	log *Log
	id  int
	ops []porcupine.Operation
}

// Client adds a client. The clients are added before any of them begins.
func (l *Log) Client() *Client {
	c := &Client{log: l, id: len(l.clients)}
	l.clients = append(l.clients, c)
	return c
}

// Call returns the tick at which a call begins.
func (c *Client) Call() int64 { return int64(c.log.clock.Add(1)) }

// Return records what a call that began at the tick call has done; it has just
// returned. One call can be several ops, which then need not happen at once.
func (c *Client) Return(call int64, ops ...Op) {
	now := int64(c.log.clock.Add(1))
	for _, op := range ops {
		c.ops = append(c.ops, porcupine.Operation{ClientId: c.id, Input: op, Call: call, Return: now})
	}
}

// Len returns how many ops are recorded. The clients must have ended.
func (l *Log) Len() (n int) {
	for _, c := range l.clients {
		n += len(c.ops)
	}
	return n
}

// ErrUnknown says that the search had no end within its time. That is a test
// which overlaps too many calls on one inode number, not a good history.
var ErrUnknown = errors.New("history: no verdict in time: too many overlapping calls on one inode number")

// A NotLinearizableError says which inode number's calls have no order.
type NotLinearizableError struct {
	Ino   uint32
	Story string // the longest order that was found, its end, and what fits nowhere behind it
}

func (e *NotLinearizableError) Error() string {
	return fmt.Sprintf("inode number %d: no order of the calls explains what they returned\n%s", e.Ino, e.Story)
}

// Check returns nil if the history is linearizable, else a
// *NotLinearizableError or ErrUnknown. An inode number whose history has no
// order is enough; the numbers are looked at one by one. The clients must have ended.
func (l *Log) Check(r Rules, limit time.Duration) error {
	end, spec := time.Now().Add(limit), spec(r)
	parts := l.byInode()
	for _, ino := range slices.Sorted(maps.Keys(parts)) {
		// A limit of 0 would be none.
		switch porcupine.CheckOperationsTimeout(spec, parts[ino], max(1, time.Until(end))) {
		case porcupine.Unknown:
			return ErrUnknown
		case porcupine.Illegal:
			return &NotLinearizableError{Ino: ino, Story: story(spec, parts[ino], max(time.Second, time.Until(end)))}
		}
	}
	return nil
}

// byInode sorts the ops by inode number. Those of number 0 concern all.
func (l *Log) byInode() map[uint32][]porcupine.Operation {
	parts := make(map[uint32][]porcupine.Operation)
	var all []porcupine.Operation
	for _, c := range l.clients {
		for _, op := range c.ops {
			if ino := op.Input.(Op).Ino; ino != 0 {
				parts[ino] = append(parts[ino], op)
			} else {
				all = append(all, op)
			}
		}
	}
	for ino := range parts {
		parts[ino] = append(parts[ino], all...)
	}
	return parts
}

// story tells the end of the longest order that porcupine found, and the calls
// that began before one of them would have had to be next.
func story(spec porcupine.Model, ops []porcupine.Operation, limit time.Duration) string {
	const tail = 12 // lines: enough to see how the inode came to its state
	_, info := porcupine.CheckOperationsVerbose(spec, ops, limit)
	var longest []int
	for _, part := range info.PartialLinearizations() {
		for _, order := range part {
			if len(order) > len(longest) {
				longest = order
			}
		}
	}
	var lines []string
	s, done := spec.Init(), make(map[int]bool)
	for _, n := range longest {
		_, next := spec.Step(s, ops[n].Input, nil)
		if !ops[n].Input.(Op).Kind.aside() {
			lines = append(lines, fmt.Sprintf("  %s; then %v\n", describe(ops[n]), next))
		}
		s, done[n] = next, true
	}
	var rest []porcupine.Operation
	for n, op := range ops {
		if !done[n] {
			rest = append(rest, op)
		}
	}
	slices.SortFunc(rest, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	first := int64(1<<63 - 1) // the earliest return: one that began later cannot be next
	for _, op := range rest {
		first = min(first, op.Return)
	}
	lines = append(lines[max(0, len(lines)-tail):], "and none of these can be next:\n")
	for _, op := range rest {
		if op.Call <= first && !op.Input.(Op).Kind.aside() {
			lines = append(lines, fmt.Sprintf("  %s\n", describe(op)))
		}
	}
	return strings.Join(lines, "")
}

func describe(op porcupine.Operation) string {
	return fmt.Sprintf("[%d, %d] client %d: %v", op.Call, op.Return, op.ClientId, op.Input)
}
