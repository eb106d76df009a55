// Package enginefs is the engine in this process as a subject for scenarios: each
// task of a scenario is a coroutine in a controlled world, each system call of
// a step is what the engine does for it. So a task that blocks is seen to be
// blocked at once, time is a number, and a run repeats exactly.
//
// What happens is told by the engine's events, and judged by an oracle.Ledger.
// Here it is put into the words of the scenario: tasks and files by name.
//
// A process has open files and mappings, each with a reference to its inode.
// There are no directories: a name is a number that unlink makes invalid, and a
// lookup by name is an Iget.
//
// One Maker can be at work at a time in a process, see package sched.
package enginefs
