// Package model explores the policies as a drawing: a handful of tasks on one
// or two inodes, each policy reduced to what it does about a busy page, what a
// pin holds, what the freeing side looks at, and what unplug does. All
// interleavings of a set of tasks are looked at, nearest first, so that what is
// found is shown by a shortest trace, and what is not found is not there, within
// the set.
//
// README.md has the model in guarded commands, precise enough to be written down
// once more by somebody else; sets.txt has the tasks.
//
// It is not a test of the engine. It shares no code with it on purpose: the
// engine's schedules may violate what the drawing violates, and nothing else.
// Whatever lives below one section of i_lock or one atomic instruction is not
// seen here.
//
// There are no locks. Each exploration has its own memory; Matrix runs several
// at a time, which meet in channels.
package model
