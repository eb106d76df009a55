//go:build !race

package sync

// raced says that the race detector looks on. It takes a plain store beside an atomic load for a race, and an atomic
// load for an acquire.
const raced = false
