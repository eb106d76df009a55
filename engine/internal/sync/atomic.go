package sync

import (
	"sync/atomic"
	"unsafe"
)

// Uint32 is an atomic 32-bit word.
//
// Note: it is not made of an atomic.Uint32, as the methods of that count against what the compiler will inline: with
// them, a function of SlowInc or SlowSub and one call besides would be too much.
type Uint32 struct {
	_ noCopy
	v uint32
}

// noCopy makes vet complain of copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// Load returns the value.
func (x *Uint32) Load() uint32 { point(); return atomic.LoadUint32(&x.v) }

// LoadFree is Load for a caller that has just seen Free.
func (x *Uint32) LoadFree() uint32 { freePoint(); return atomic.LoadUint32(&x.v) }

// Fetch reads x for its cache line's sake. It is no yield point, as nobody looks at
// what it reads. With the race detector it does nothing: to that, each atomic load
// orders what follows it behind the store, which can hide a race.
func (x *Uint32) Fetch() {
	if !raced {
		atomic.LoadUint32(&x.v)
	}
}

// Store sets the value; it is a full barrier.
func (x *Uint32) Store(v uint32) { point(); atomic.StoreUint32(&x.v, v) }

// Add adds delta, which wraps, and returns the new value.
func (x *Uint32) Add(delta uint32) uint32 { point(); return atomic.AddUint32(&x.v, delta) }

// CompareAndSwap stores new if the value is old, and reports whether it was.
func (x *Uint32) CompareAndSwap(old, new uint32) bool {
	point()
	return atomic.CompareAndSwapUint32(&x.v, old, new)
}

// Swap stores new and returns the old value.
func (x *Uint32) Swap(new uint32) uint32 { point(); return atomic.SwapUint32(&x.v, new) }

// Or sets the bits of mask and returns the old value.
func (x *Uint32) Or(mask uint32) uint32 { point(); return atomic.OrUint32(&x.v, mask) }

// And keeps the bits of mask and returns the old value.
func (x *Uint32) And(mask uint32) uint32 { point(); return atomic.AndUint32(&x.v, mask) }

// Uint64 is an atomic 64-bit word.
type Uint64 struct{ v atomic.Uint64 }

// Load returns the value.
func (x *Uint64) Load() uint64 { point(); return x.v.Load() }

// LoadFree is Load for a caller that has just seen Free.
func (x *Uint64) LoadFree() uint64 { freePoint(); return x.v.Load() }

// Fetch reads x for its cache line's sake; see Uint32.Fetch.
func (x *Uint64) Fetch() {
	if !raced {
		x.v.Load()
	}
}

// Store sets the value; it is a full barrier.
func (x *Uint64) Store(v uint64) { point(); x.v.Store(v) }

// Add adds delta, which wraps, and returns the new value.
func (x *Uint64) Add(delta uint64) uint64 { point(); return x.v.Add(delta) }

// CompareAndSwapFree is CompareAndSwap for a caller that has just seen Free.
func (x *Uint64) CompareAndSwapFree(old, new uint64) bool {
	freePoint()
	return x.v.CompareAndSwap(old, new)
}

// CompareAndSwap stores new if the value is old, and reports whether it was.
func (x *Uint64) CompareAndSwap(old, new uint64) bool { point(); return x.v.CompareAndSwap(old, new) }

// Swap stores new and returns the old value.
func (x *Uint64) Swap(new uint64) uint64 { point(); return x.v.Swap(new) }

// Or sets the bits of mask and returns the old value.
func (x *Uint64) Or(mask uint64) uint64 { point(); return x.v.Or(mask) }

// And keeps the bits of mask and returns the old value.
func (x *Uint64) And(mask uint64) uint64 { point(); return x.v.And(mask) }

// Pointer is an atomic pointer.
type Pointer[T any] struct{ v atomic.Pointer[T] }

// Load returns the pointer.
func (x *Pointer[T]) Load() *T { point(); return x.v.Load() }

// LoadFree is Load for a caller that has just seen Free.
func (x *Pointer[T]) LoadFree() *T { freePoint(); return x.v.Load() }

// CompareAndSwap stores new if the pointer is old, and reports whether it was.
func (x *Pointer[T]) CompareAndSwap(old, new *T) bool { point(); return x.v.CompareAndSwap(old, new) }

// Store sets the pointer; it is a full barrier.
func (x *Pointer[T]) Store(p *T) { point(); x.v.Store(p) }

// StoreWord stores v at the start of b, which must be 8-byte aligned, in one
// piece, as a device's DMA engine does.
func StoreWord(b []byte, v uint64) {
	point()
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&b[:8][0])), v)
}

// LoadWord reads what StoreWord wrote.
func LoadWord(b []byte) uint64 {
	point()
	return atomic.LoadUint64((*uint64)(unsafe.Pointer(&b[:8][0])))
}
