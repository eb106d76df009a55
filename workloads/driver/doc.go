// Package driver runs storms and measures them.
//
// # By turns
//
// The policies of one storm are compared within one process and by turns. Each
// has its own engine, built on fresh memory with the same seed; all of them
// stay resident while short slices (about a millisecond, or the storm's own
// window) are run on one after the other, in an order that is random and
// balanced: every turn has each policy once, and every second turn is the
// reverse of the one before. The machine's speed drifts slower than that, so
// what a slice suffers its neighbours suffer too. A round's figure comes
// from medians over its turns (see settle), and a round is the unit of
// replication: reports compare policies by the ratios of rounds.
//
// # Timing
//
// Operations that cost less than reading the clock are timed in whole slices,
// and one in many on its own for the distribution; Workload.SampleEvery says
// one in how many. A storm that asks about a part of its operation times that
// part itself. In an open loop latency counts from when the operation was due.
//
// A storm that fails its own check has no figures.
package driver
