package subjects

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"daxbench/engine/peers/turns"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable/block"
)

// pebbleFile is the file that all blocks belong to.
const pebbleFile = 1

// Pebble is the block cache of a storage engine: the one library here whose lookup takes a reference, which the caller
// drops, as Iget and Iput do.
//
// It is reached by its public packages alone: a cache and its handle have names in package pebble, values are made by package
// sstable/block, and put into the cache by the method that its own tests use. What a lookup returns has no name outside, but
// methods.
func Pebble(keys []uint32) (*turns.Subject, error) {
	const size = int(unsafe.Sizeof(Value{}))
	c := pebble.NewCache(int64(room(len(keys))) * 2 * int64(size+block.MetadataSize)) // and what it adds to each
	h := c.NewHandle()
	for _, k := range keys {
		v := block.Alloc(size, nil)
		binary.NativeEndian.PutUint64(v.BlockData(), uint64(k))
		v.SetInCacheForTesting(h, pebbleFile, uint64(k))
	}
	if n := c.Metrics().Count; n != int64(len(keys)) {
		return nil, fmt.Errorf("pebble: %d of %d blocks stayed", n, len(keys))
	}
	var bad faults
	return &turns.Subject{
		Name: "pebble",
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				v := h.Get(pebbleFile, uint64(k))
				if v == nil {
					n++
					continue
				}
				if binary.NativeEndian.Uint64(v.RawBuffer()[block.MetadataSize:]) != uint64(k) {
					n++
				}
				v.Release()
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check(missed) },
		Close: func() { h.Close(); c.Unref() },
	}, nil
}
