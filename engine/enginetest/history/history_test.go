package history

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// timed is an op with the ticks of its call, for histories made by hand.
type timed struct {
	call, ret int64
	op        Op
}

// TestCheck shows the specification histories of a few calls, right ones and
// wrong ones. All are of inode number 7 but for reclaim.
func TestCheck(t *testing.T) {
	var (
		create = Op{Kind: Create, Gen: 1, N: 2}
		get    = Op{Kind: Get, Gen: 1}
		fresh  = Op{Kind: Get, Gen: 1, Fresh: true}
		missed = Op{Kind: Missed}
		put    = Op{Kind: Put}
		final  = Op{Kind: Put, Freed: true}
		unlink = Op{Kind: Unlink}
		prune  = Op{Kind: Reclaim} // with its end right behind
		evict  = Op{Kind: Evict}
		fault  = Op{Kind: Fault, N: 1}
		pin    = Op{Kind: Pin, Gen: 1, N: 1}
		unpin  = Op{Kind: Unpin, Gen: 1, N: 1, Own: true}
		noPin  = Op{Kind: NoPin, N: 1}
		shrink = Op{Kind: Shrink, N: 1}
		resize = Op{Kind: Resize, N: 1}
		again  = Op{Kind: Create, Gen: 2, N: 1}
	)
	type history struct {
		name string
		ok   bool
		ops  []timed
	}
	strict := []history{
		{"life of a file", true, inTurn(create, fault, pin, unpin, unlink, final, missed, again)},
		{"the number comes back with the old generation", false, inTurn(create, unlink, final, create)},
		{"a linked file is not found", false, inTurn(create, missed)},
		{"an unlinked file in use is found", true, inTurn(create, unlink, get, put, final)},
		{"an unlinked file stays", false, inTurn(create, unlink, put, get)},
		{"a linked file is freed", false, inTurn(create, final)},
		{"reclaim", true, inTurn(create, put, prune, fresh)},
		{"reclaim took something else", true, inTurn(create, put, prune, get)},
		{"nothing was reclaimed and it is read in again", false, inTurn(create, put, fresh)},
		{"read in again while in use", false, inTurn(create, prune, fresh)},
		{"it stayed, and is read in again", false, inTurn(create, put, prune, get, put, fresh)},
		{"evicted while pinned", false, inTurn(create, fault, pin, put, prune, fresh, unpin)},
		{"reclaim waits for a pin", true, []timed{{1, 2, create}, {3, 4, fault}, {5, 6, pin}, {7, 8, put}, {9, 20, prune}, {10, 21, fresh}, {11, 12, unpin}}},
		{"freed while pinned", false, inTurn(create, fault, pin, unlink, final, unpin)},
		{"the last put waits for a pin", true, []timed{{1, 2, create}, {3, 4, fault}, {5, 6, pin}, {7, 8, unlink}, {9, 20, final}, {10, 12, unpin}}},
		{"one call reclaims it twice", true, []timed{{1, 2, create}, {3, 4, put}, {5, 20, prune}, {6, 7, fresh}, {8, 9, put}, {10, 11, fresh}}},
		{"reclaimed while in use", false, []timed{{1, 2, create}, {3, 4, put}, {5, 20, prune}, {6, 7, fresh}, {10, 11, fresh}}},
		{"reclaimed after the call", false, inTurn(create, put, prune, fresh, put, fresh)},
		{"unmount", true, inTurn(create, put, evict, fresh)},
		{"unmount takes an inode in use", false, inTurn(create, evict)},
		{"unmount takes an inode twice", false, inTurn(create, put, evict, evict)},
		{"two misses at once", true, []timed{{1, 2, create}, {3, 4, put}, {5, 6, evict}, {7, 10, fresh}, {8, 9, get}}},
		{"two misses that both read it in", false, []timed{{1, 2, create}, {3, 4, put}, {5, 6, evict}, {7, 10, fresh}, {8, 9, fresh}}},
		{"one page is mapped before the other", true, []timed{{1, 2, create}, {3, 20, fault}, {3, 20, Op{Kind: Fault}}, {5, 6, Op{Kind: Pin, Gen: 1}}, {7, 8, noPin}}},
		{"a page that was not faulted in", false, inTurn(create, pin)},
		{"a page that is mapped is refused", false, inTurn(create, fault, noPin)},
		{"pages are mapped anew", true, inTurn(create, fault, put, evict, fresh, noPin)},
		{"pages stay mapped through eviction", false, inTurn(create, fault, put, evict, fresh, pin)},
		{"truncated", true, inTurn(create, fault, shrink, resize, noPin)},
		{"pinned after truncation", false, inTurn(create, fault, shrink, resize, pin)},
		{"truncated under a pin", false, inTurn(create, fault, pin, shrink, resize, unpin)},
		{"truncation waits for a pin", true, []timed{{1, 2, create}, {3, 4, fault}, {5, 6, pin}, {7, 20, shrink}, {7, 20, resize}, {8, 9, unpin}}},
		{"truncated before the size is seen", true, []timed{{1, 2, create}, {3, 4, fault}, {5, 20, shrink}, {5, 20, resize}, {7, 8, Op{Kind: Size, N: 2}}, {9, 10, Op{Kind: Size, N: 1}}}},
		{"the size is seen to go and come back", false, []timed{{1, 2, create}, {3, 4, fault}, {5, 20, shrink}, {5, 20, resize}, {7, 8, Op{Kind: Size, N: 1}}, {9, 10, Op{Kind: Size, N: 2}}}},
		{"faulted beyond the end", false, inTurn(create, shrink, resize, fault)},
		{"faults within the file are refused", false, inTurn(create, Op{Kind: Beyond, N: 2})},
		{"a device met another file", false, inTurn(create, fault, pin, Op{Kind: Unpin, Gen: 1, N: 1})},
		{"unpinned twice", false, inTurn(create, fault, pin, unpin, unpin)},
		{"put twice", false, inTurn(create, put, put)},
		{"unlinked twice", false, inTurn(create, unlink, unlink)},
		{"the second unlink is refused", true, inTurn(create, unlink, Op{Kind: NoLink})},
		{"the first unlink is refused", false, inTurn(create, Op{Kind: NoLink})},
	}
	late := []history{
		{"the worker frees the file", true, inTurn(create, unlink, put, missed, again)},
		{"the file is freed twice", false, inTurn(create, unlink, put, missed, Op{Kind: Create, Gen: 3})},
		{"it is found until then", true, inTurn(create, unlink, put, get, put, missed)},
		{"it is found after that", false, inTurn(create, unlink, put, missed, get)},
		{"freed while pinned", false, inTurn(create, fault, pin, unlink, put, missed)},
		{"freed by the last unpin", true, inTurn(create, fault, pin, unlink, put, unpin, missed)},
		{"the number comes back while a page is pinned", false, inTurn(create, fault, pin, unlink, put, again)},
		{"in use, and not found", false, inTurn(create, unlink, missed)},
		{"reclaim leaves it to the last unpin", true, inTurn(create, fault, pin, put, prune, unpin, fresh)},
		{"read in again while pinned", false, inTurn(create, fault, pin, put, prune, fresh)},
		{"unmount passes over it", true, inTurn(create, fault, pin, put, evict, get)},
		{"unmount takes an inode in use", false, inTurn(create, evict)},
	}
	for i, tt := range append(strict, late...) {
		t.Run(tt.name, func(t *testing.T) {
			var l Log
			for _, o := range tt.ops {
				c := l.Client()
				l.clock.Store(uint64(o.ret - 1))
				if o.op == prune {
					c.Return(o.call, o.op, Op{Kind: Reclaimed})
					continue
				}
				o.op.Ino = 7
				c.Return(o.call, o.op)
			}
			err := l.Check(Rules{Late: i >= len(strict)}, time.Minute)
			var not *NotLinearizableError
			if tt.ok && err != nil || !tt.ok && !errors.As(err, &not) {
				t.Errorf("Check: %v, want ok: %t", err, tt.ok)
			}
			if not != nil && (not.Ino != 7 || !strings.Contains(not.Story, "none of these can be next:\n  [")) {
				t.Errorf("the error does not say what is wrong: %v", err)
			}
		})
	}
}

// inTurn lets one call follow the other.
func inTurn(ops ...Op) (list []timed) {
	for i, op := range ops {
		list = append(list, timed{int64(2*i + 1), int64(2*i + 2), op})
	}
	return list
}

// TestCheckGivesUp has so many calls overlap that the search must look at each
// set of them, in vain.
func TestCheckGivesUp(t *testing.T) {
	const calls = 40
	var l Log
	for i := range calls {
		op := Op{Kind: Get, Ino: 7, Gen: 1}
		if i == 0 {
			op = Op{Kind: Create, Ino: 7, Gen: 1}
		}
		l.Client().Return(1, op)
	}
	l.Client().Return(1, Op{Kind: Evict, Ino: 7})
	if err := l.Check(Rules{}, time.Millisecond); err != ErrUnknown {
		t.Errorf("Check: %v, want ErrUnknown", err)
	}
}
