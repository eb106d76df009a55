package prefetch

import "unsafe"

// Lines asks for the cache lines of a, b and c. Some may be the same, or nil.
//
//go:noescape
func Lines(a, b, c unsafe.Pointer)
