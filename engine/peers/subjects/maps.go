package subjects

import (
	"fmt"
	"sync"
	"sync/atomic"

	"daxbench/engine/peers/turns"
	"github.com/puzpuzpuz/xsync/v4"
)

// Xsync is a concurrent map without eviction or references: its lookup takes no lock and stores nothing.
func Xsync(keys []uint32) *turns.Subject {
	m := xsync.NewMap[uint64, Value](xsync.WithPresize(len(keys)))
	for _, k := range keys {
		m.Store(uint64(k), Value{Ino: uint64(k)})
	}
	var bad faults
	return &turns.Subject{
		Name: "xsync",
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := m.Load(uint64(k)); !ok || v.Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
	}
}

// SyncMap is the standard library's concurrent map, a hash trie.
func SyncMap(keys []uint32) *turns.Subject {
	var m sync.Map
	for _, k := range keys {
		m.Store(uint64(k), &Value{Ino: uint64(k)})
	}
	var bad faults
	return &turns.Subject{
		Name: "sync.Map",
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := m.Load(uint64(k)); !ok || v.(*Value).Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
	}
}

// mapShards is how many parts ShardedMap has; as many as stripes in the best of the designs tried for the engine.
const mapShards = 256

// ShardedMap is what one writes without a library: Go maps behind read-write locks, of entries that are counted. Like the
// engine, and unlike the others but pebble, a lookup takes a reference that keeps the entry.
func ShardedMap(keys []uint32) *turns.Subject {
	type entry struct {
		refs  atomic.Int64
		value Value
	}
	type shard struct {
		mu sync.RWMutex
		m  map[uint64]*entry // guarded by mu
		_  [64 - 32]byte
	}
	shards := make([]shard, mapShards)
	of := func(k uint64) *shard {
		const golden = 0x9E3779B97F4A7C15 // 2^64 / golden ratio
		return &shards[k*golden>>56]
	}
	for i := range shards {
		shards[i].m = make(map[uint64]*entry, len(keys)/mapShards)
	}
	for _, k := range keys {
		of(uint64(k)).m[uint64(k)] = &entry{value: Value{Ino: uint64(k)}}
	}
	var bad faults
	return &turns.Subject{
		Name: "sharded map",
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				s := of(uint64(k))
				s.mu.RLock()
				e := s.m[uint64(k)]
				if e == nil || e.value.Ino != uint64(k) {
					n++
					s.mu.RUnlock()
					continue
				}
				e.refs.Add(1)
				s.mu.RUnlock()
				e.refs.Add(-1)
			}
			bad[w].n += n
		},
		Check: func() error {
			for i := range shards {
				for k, e := range shards[i].m {
					if n := e.refs.Load(); n != 0 {
						return fmt.Errorf("key %d is left with %d references", k, n)
					}
				}
			}
			return bad.check(missed)
		},
	}
}
