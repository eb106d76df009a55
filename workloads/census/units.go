package census

import (
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

// others are who has a say in a cell besides its only worker, and by taking long or not decides what is counted. Who comes
// later decides all that those before do.
type others uint8

const (
	byNobody others = iota
	byDevice        // ends I/O: a page is still pinned when an operation comes to it, or not any more
	byWorker        // the engine's own, which evicts when it gets round to it
	byNone          // of the above: a count that none of them touches
)

// othersOf says who they are in a storm.
func othersOf(s driver.Storm) others {
	if s, ok := s.(interface{ NeedsWorker() bool }); ok && s.NeedsWorker() {
		return byWorker
	}
	if s, ok := s.(interface{ Timed() bool }); ok && s.Timed() {
		return byDevice
	}
	return byNobody
}

// unit is one thing that is counted.
type unit struct {
	name   string
	better string // the good direction; changes in the other are changes too
	of     func(*tally) float64
	perOp  func(*allocations) uint64 // of an operation, instead

	// spoiled says who makes the count depend on time.
	spoiled others
	// promise holds policies that keep the count at zero whatever the time: for them it is exact everywhere.
	promise func(layout.Policy) bool
}

// units in the order of a line. Allocations come first, as the Go tools write them.
var units = []unit{
	{name: "allocs/op", spoiled: byNone, of: nothing, perOp: func(a *allocations) uint64 { return a.objects }},
	{name: "B/op", spoiled: byNone, of: nothing, perOp: func(a *allocations) uint64 { return a.bytes }},
	{name: "hits", better: "higher", spoiled: byWorker, of: counted(func(s *vfs.Stats) int64 { return s.Hits })},
	{name: "misses", spoiled: byWorker, of: counted(func(s *vfs.Stats) int64 { return s.Misses })},
	{name: "evictions", spoiled: byWorker, of: counted(func(s *vfs.Stats) int64 { return s.Evictions })},
	{name: "freed", spoiled: byWorker, of: counted(func(s *vfs.Stats) int64 { return s.Freed })},
	{name: "reclaims", spoiled: byWorker, of: counted(func(s *vfs.Stats) int64 { return s.Reclaims })},
	{name: "reclaimed", spoiled: byWorker, of: counted(func(s *vfs.Stats) int64 { return s.Reclaimed })},
	{name: "refaults", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Refaults })},
	{name: "pin-waits", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.PinWaits })},
	{name: "recalls", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Recalls })},
	{name: "fenced", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Fenced })},
	{name: "freeing-waits", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.FreeingWaits })},
	{name: "break-tries", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.BreakTries })},
	{name: "overdue", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Overdue })},
	{name: "kept-busy", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.KeptBusy })},
	{name: "quarantined", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Quarantined })},
	{name: "throttles", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Throttles })},
	{name: "reserves", spoiled: byDevice, of: counted(func(s *vfs.Stats) int64 { return s.Reserves })},
	{name: "leases-abandoned", spoiled: byDevice, of: ended(func(s *vfs.Stats) int64 { return s.LeasesAbandoned })},
	{name: "evicted-pinned", spoiled: byDevice, promise: keepsPinned, of: ended(func(s *vfs.Stats) int64 { return s.EvictedPinned })},
	{name: "freed-pinned", spoiled: byDevice, promise: layout.Policy.Safe, of: ended(func(s *vfs.Stats) int64 { return s.FreedPinned })},
	{name: "parked", spoiled: byDevice, of: func(t *tally) float64 { return float64(t.end.Parked) }},
	{name: "found", spoiled: byDevice, promise: layout.Policy.Safe, of: func(t *tally) float64 { return float64(t.end.Found) }},
	{name: "violations", spoiled: byDevice, promise: layout.Policy.Safe, of: func(t *tally) float64 { return float64(t.end.Violations) }},
}

// nothing is what engines know of allocations.
func nothing(*tally) float64 { return 0 }

// counted is a number of the engine's over the operations that are counted.
func counted(get func(*vfs.Stats) int64) func(*tally) float64 {
	return func(t *tally) float64 { return float64(get(&t.after) - get(&t.before)) }
}

// ended is one over the whole life of the engine, warm-up and end included: what is zero must be so throughout.
func ended(get func(*vfs.Stats) int64) func(*tally) float64 {
	return func(t *tally) float64 { return float64(get(&t.end.Stats)) }
}

// promised says whether p keeps the count at zero, whoever takes how long.
func (u *unit) promised(p layout.Policy) bool { return u.promise != nil && u.promise(p) }
