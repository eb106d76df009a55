package serve

import "sync"

// A cache remembers values by key as long as their stamp stays the same, and forgets those that were asked for least recently
// when it has more than most of them, each counted by its weight.
type cache[V any] struct {
	most int

	mu    sync.Mutex // guards the rest
	clock uint64     // counts uses
	total int        // weight
	held  map[string]*entry[V]
}

type entry[V any] struct {
	stamp  string
	value  V
	weight int
	used   uint64
}

func newCache[V any](most int) *cache[V] {
	return &cache[V]{most: most, held: make(map[string]*entry[V])}
}

// get returns what is remembered under a key with this stamp.
func (c *cache[V]) get(key, stamp string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.held[key]
	if e == nil || e.stamp != stamp {
		return v, false
	}
	c.clock++
	e.used = c.clock
	return e.value, true
}

// put remembers a value instead of what there was. What weighs more than all may is not remembered.
func (c *cache[V]) put(key, stamp string, v V, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	if weight > c.most {
		return
	}
	c.clock++
	c.held[key] = &entry[V]{stamp: stamp, value: v, weight: weight, used: c.clock}
	for c.total += weight; c.total > c.most; {
		oldest := key
		for k, e := range c.held {
			if e.used < c.held[oldest].used {
				oldest = k
			}
		}
		c.drop(oldest)
	}
}

// drop forgets a key. The caller holds mu.
func (c *cache[V]) drop(key string) {
	if e := c.held[key]; e != nil {
		c.total -= e.weight
		delete(c.held, key)
	}
}
