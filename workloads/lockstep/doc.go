// Package lockstep measures two builds of this program against each other so that a slowdown of a few per cent can be told
// from the noise of a small shared machine.
//
// # How
//
// Two worker processes, one of each build, are resident at the same time and take turns: one slice of the base, one of the
// head, then the other way round, in an order that is random and balanced. A slice is a fixed number of operations, well
// under a millisecond where the storm allows it. What the machine does to a slice it does to its neighbour too, so their
// ratio holds still while both drift by tens of per cent.
//
// A pair of processes is a fork. Where memory and code happen to lie differs from process to process and stays for its
// life, so many slices of one pair are not many measurements: the fork is the unit of replication, and each has a fresh
// pair, another seed, and, if there are builds with several link layouts, another layout, the same on both sides. Which of
// the pair is started first is drawn.
//
// Just before each slice a worker runs two negative controls, a chain of arithmetic and a walk through memory of its own,
// which no change to the engine can touch. If they move, the machine was not fair to both sides.
//
// Measured on two busy cores (AMD EPYC, Zen 4): sequential runs raised 37 % false alarms and found +10 % in half of the
// trials; slices of 0.35 ms by turns, 120 per fork, 20 forks, raised none in 164 and found +3 % in 19 of 20.
//
// # What it is not
//
// It concludes nothing: it writes samples, and package reports/gate judges them. They meet in a file.
//
// The workers are asked over pipes, in lines of JSON; see Request. The protocol has a version, because the other side is
// another build: one that does not speak it is told apart from one that is slow.
package lockstep
