package pmem

import (
	"runtime"
	"runtime/debug"
	"unsafe"
)

// Guard calls fn, and turns a fault inside the region's mapping (its file shrank, its medium failed) into a *FaultError.
// It covers the calling goroutine only, not those that fn starts. All other panics pass on, faults elsewhere included.
func (r *Region) Guard(fn func() error) (err error) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(r.root.mem)))
	size := uintptr(len(r.root.mem))
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		cause := recover()
		if cause == nil {
			return
		}
		fault, ok := cause.(addressError)
		if !ok || fault.Addr()-start >= size {
			panic(cause)
		}
		err = &FaultError{Path: r.root.info.Path, Off: int64(fault.Addr() - start)}
	}()
	return fn()
}

// An addressError is what the runtime panics with at a fault, if debug.SetPanicOnFault is on.
type addressError interface {
	runtime.Error
	Addr() uintptr
}
