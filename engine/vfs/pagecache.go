package vfs

import (
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
)

// pageCache is the memory for pages of files that are not DAX. A page has one
// reference for the mapping it is in and one for each pin, and is free when
// the last of them goes: truncation takes only the mapping's.
//
//	bit  31     dirty: written since it was read in
//	bits 30..0  references
type pageCache struct {
	refs []sync.Uint32
	mem  []byte
	mu   sync.Mutex
	free []uint32 // guarded by mu; last freed first
}

const (
	pageDirty = 1 << 31
	pageRefs  = pageDirty - 1
)

func newPageCache(n int) *pageCache {
	c := &pageCache{refs: make([]sync.Uint32, n), mem: make([]byte, n*media.BlockSize), free: make([]uint32, 0, n)}
	for i := n; i > 0; i-- {
		c.free = append(c.free, uint32(i-1))
	}
	return c
}

// alloc returns a page with one reference, the mapping's.
func (c *pageCache) alloc() (uint32, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		return 0, false
	}
	p := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	c.refs[p].Store(1)
	return p, true
}

// tryGet takes a reference unless the page is free (folio_try_get). A caller
// who found the page in a mapping must look again whether it is still there.
func (c *pageCache) tryGet(p uint32) bool {
	for {
		n := c.refs[p].Load()
		if n&pageRefs == 0 {
			return false
		}
		if c.refs[p].CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// put drops a reference and frees the page with the last.
func (c *pageCache) put(p uint32) {
	switch c.refs[p].Add(^uint32(0)) & pageRefs {
	case 0:
		c.mu.Lock()
		c.free = append(c.free, p)
		c.mu.Unlock()
	case pageRefs:
		panic("vfs: page-cache page put once too often")
	}
}

// setDirty marks a page that the caller has a reference to as written.
func (c *pageCache) setDirty(p uint32) { c.refs[p].Or(pageDirty) }

// isDirty reports whether a page was written since it was read in.
func (c *pageCache) isDirty(p uint32) bool { return c.refs[p].Load()&pageDirty != 0 }

func (c *pageCache) bytes(p uint32) []byte {
	off := int(p) * media.BlockSize
	return c.mem[off : off+media.BlockSize : off+media.BlockSize]
}

// used returns the number of pages that are not free.
func (c *pageCache) used() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.refs) - len(c.free)
}
