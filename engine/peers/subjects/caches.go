package subjects

import (
	"fmt"

	"daxbench/engine/peers/turns"
	"github.com/Yiling-J/theine-go"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/maypok86/otter/v2"
	"github.com/phuslu/lru"
)

// room is how many entries a cache is given for n keys, so that all stay: caches in shards are full where one shard is.
func room(n int) int { return n + n/8 + 1024 }

// Phuslu is a sharded LRU cache behind mutexes, without references.
func Phuslu(keys []uint32) *turns.Subject {
	c := lru.NewLRUCache[uint64, Value](room(len(keys)))
	for _, k := range keys {
		c.Set(uint64(k), Value{Ino: uint64(k)})
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := c.Get(uint64(k)); !ok || v.Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
	}
}

// PhusluPointers is Phuslu with values behind pointers, which a program needs that changes them. A lookup that uses what it
// found follows the pointer.
func PhusluPointers(keys []uint32) *turns.Subject {
	c := lru.NewLRUCache[uint64, *Value](room(len(keys)))
	for _, k := range keys {
		c.Set(uint64(k), &Value{Ino: uint64(k)})
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := c.Get(uint64(k)); !ok || v.Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
	}
}

// Otter is a W-TinyLFU cache over a lock-free map, without references.
func Otter(keys []uint32) (*turns.Subject, error) {
	c, err := otter.New(&otter.Options[uint64, Value]{MaximumSize: room(len(keys)), InitialCapacity: len(keys)})
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		c.Set(uint64(k), Value{Ino: uint64(k)})
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := c.GetIfPresent(uint64(k)); !ok || v.Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
		Close: func() { c.InvalidateAll(); c.StopAllGoroutines() },
	}, nil
}

// fillTries is how often keys are set anew in a cache that may drop what it is given. So many at a time are fewer than
// ristretto has room for in its queue, 32,768; it drops the rest.
const fillTries, fillBatch = 50, 16_384

// fill sets the keys that get does not find until it finds all.
func fill(keys []uint32, set func(uint64), settle func(), get getter) error {
	for range fillTries {
		lost := 0
		for _, k := range keys {
			if _, ok := get(uint64(k)); !ok {
				set(uint64(k))
				if lost++; lost%fillBatch == 0 {
					settle()
				}
			}
		}
		settle()
		if lost == 0 {
			return nil
		}
	}
	return fmt.Errorf("keys are still lost after they were set %d times", fillTries)
}

// Ristretto is a TinyLFU cache that may drop what it is given, without references.
func Ristretto(keys []uint32) (*turns.Subject, error) {
	c, err := ristretto.NewCache(&ristretto.Config[uint64, Value]{
		NumCounters: 10 * int64(len(keys)), MaxCost: int64(room(len(keys))), BufferItems: 64, // as its documentation advises
		IgnoreInternalCost: true,
	})
	if err != nil {
		return nil, err
	}
	set := func(k uint64) { c.Set(k, Value{Ino: k}, 1) }
	if err := fill(keys, set, c.Wait, c.Get); err != nil {
		return nil, fmt.Errorf("ristretto: %w", err)
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := c.Get(uint64(k)); !ok || v.Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
		Close: c.Close,
	}, nil
}

// Theine is a W-TinyLFU cache behind reader-biased locks, without references.
func Theine(keys []uint32) (*turns.Subject, error) {
	c, err := theine.NewBuilder[uint64, Value](int64(room(len(keys)))).Build()
	if err != nil {
		return nil, err
	}
	set := func(k uint64) { c.Set(k, Value{Ino: k}, 1) }
	if err := fill(keys, set, c.Wait, c.Get); err != nil {
		return nil, fmt.Errorf("theine: %w", err)
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				if v, ok := c.Get(uint64(k)); !ok || v.Ino != uint64(k) {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
		Close: c.Close,
	}, nil
}
