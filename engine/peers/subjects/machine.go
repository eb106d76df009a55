package subjects

import (
	"runtime"

	"daxbench/engine/peers/turns"
	"daxbench/workloads/noise"
)

// Arithmetic is some additions for each key, most of which a processor can do at once (noise.Additions): up to twice as long while the
// core's other hardware thread is at work, which a guest is told nothing of. There is nothing to check.
func Arithmetic() *turns.Subject {
	return &turns.Subject{
		Run:   func(_ int, keys []uint32) { noise.Additions(len(keys)) },
		Check: func() error { return nil },
	}
}

// Chain is two multiplications for each key, each of which waits for the one before: they take as long whoever else is at work on
// the core. There is nothing to check.
func Chain() *turns.Subject {
	return &turns.Subject{
		Run: func(_ int, keys []uint32) {
			const m = 0x9E3779B97F4A7C15
			x := uint64(1)
			for _, k := range keys {
				x = (x*m + uint64(k)) * m // without the key the compiler makes one multiplication of both
			}
			runtime.KeepAlive(x)
		},
		Check: func() error { return nil },
	}
}
