//go:build !race

package sync

// raced says that the race detector looks on, which takes a plain store beside an atomic load for a race.
const raced = false
