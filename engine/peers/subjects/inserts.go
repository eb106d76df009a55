package subjects

import (
	"fmt"

	"daxbench/engine/media"
	"daxbench/engine/peers/turns"
	"github.com/phuslu/lru"
	"github.com/puzpuzpuz/xsync/v4"
)

// What inserts take for granted: keys come in the order of a walk that is longer than the cache is large (WalkOver), so that a
// key is long gone when it comes again.

// WalkOver returns over how many files a walk goes whose cache has n inodes. Twice as many do, if there are many on each of
// the cache's lists. Lists with few come to differ in how old their oldest is, as reclaim takes as many from each.
func WalkOver(n int) int {
	const few = 10_000
	if n < few {
		return 4 * n
	}
	return 2 * n
}

// fewHits is one in how many inserts may find its inode cached all the same.
const fewHits = 1000

// Insert looks inodes up that are not cached: each is read from its record, and for each another is evicted. Evictions
// come in batches, by whoever finds the cache full.
func (m *Mount) Insert() *turns.Subject {
	var bad faults
	before, ops := m.stats(), new(faults)
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			bad[w].n += m.lookUp(w, keys)
			ops[w].n += len(keys)
		},
		Check: func() error {
			if err := bad.check("lookups failed"); err != nil {
				return err
			}
			s, n := m.stats(), ops.sum() // the engine may have had other inserts besides
			if hits, misses := s.Hits-before.Hits, s.Misses-before.Misses; hits > misses/fewHits {
				return fmt.Errorf("%d of %d inserts found the inode cached", hits, hits+misses)
			}
			if evicted := int(s.Evictions - before.Evictions); evicted < n-m.Options().CacheInodes {
				return fmt.Errorf("%d inserts evicted %d", n, evicted)
			}
			return m.rest()
		},
	}
}

// ReadRecords is the part of an insert that only a cache of inodes has.
func (m *Mount) ReadRecords() *turns.Subject {
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			fs, n := m.FS(), 0
			var rec media.Record
			for _, k := range keys {
				if err := fs.Read(media.Ino(k), &rec); err != nil || rec.Ino != media.Ino(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check("records could not be read") },
	}
}

// PhusluSet sets keys in a cache of n entries that is full, so each evicts one. With records, each key's record is read
// from there into its value, as a cache of inodes must.
func PhusluSet(order []uint32, n int, records *Mount) *turns.Subject {
	c := lru.NewLRUCache[uint64, Value](n)
	for _, k := range order[len(order)-n:] {
		c.Set(uint64(k), Value{Ino: uint64(k)})
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			fs, n := records.records(), 0
			var v Value
			for _, k := range keys {
				v.Ino = uint64(k)
				if fs != nil && fs.Read(media.Ino(k), &v.Rec) != nil {
					n++
				}
				if _, replaced := c.Set(uint64(k), v); replaced {
					n++
				}
			}
			bad[w].n += n
			if _, ok := c.Peek(uint64(keys[len(keys)-1])); !ok {
				bad[w].n++
			}
		},
		Check: func() error { return bad.check("records could not be read, keys were there before, or were lost") },
	}
}

// XsyncStore stores keys in a map of n entries and deletes the oldest for each. Which that is, is found beforehand and
// not timed, as a map has no order.
func XsyncStore(order []uint32, n int, records *Mount) *turns.Subject {
	m := xsync.NewMap[uint64, Value](xsync.WithPresize(n))
	ring, head := make([]uint32, n), 0 // in the map, the oldest at head
	for i, k := range order[len(order)-n:] {
		ring[i] = k
		m.Store(uint64(k), Value{Ino: uint64(k)})
	}
	var oldest [turns.MaxWorkers][]uint32
	var bad faults
	return &turns.Subject{
		Prepare: func(w int, keys []uint32) {
			oldest[w] = oldest[w][:0]
			for _, k := range keys {
				oldest[w] = append(oldest[w], ring[head])
				ring[head] = k
				head = (head + 1) % n
			}
		},
		Run: func(w int, keys []uint32) {
			fs, n := records.records(), 0
			old := oldest[w]
			var v Value
			for i, k := range keys {
				v.Ino = uint64(k)
				if fs != nil && fs.Read(media.Ino(k), &v.Rec) != nil {
					n++
				}
				m.Store(uint64(k), v)
				m.Delete(uint64(old[i]))
			}
			bad[w].n += n
		},
		Check: func() error {
			if m.Size() != n {
				return fmt.Errorf("%d entries, want %d", m.Size(), n)
			}
			return bad.check("records could not be read")
		},
	}
}

// records returns where records are read from, nil of a nil mount.
func (m *Mount) records() *media.FS {
	if m == nil {
		return nil
	}
	return m.FS()
}
