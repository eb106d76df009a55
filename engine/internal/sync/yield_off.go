//go:build !daxyield

package sync

// Yields says whether yield points let other goroutines run of their own
// accord; see the tag daxyield.
const Yields = false

// jostle is never called.
func jostle() {}
