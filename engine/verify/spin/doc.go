// Package spin holds a second transcription of the abstract model: model.pml,
// written in Promela from the model's README.md alone, and a test that runs SPIN
// on it. Two programs by different hands, in different languages, with different
// explorers have to agree on the number of reachable states of each policy in
// each set, and on every property that is violated there.
//
// It is not a check of the policies: what the README says wrongly, both say. What it
// checks is that the Go explorer explores what the README says: a guard that is too
// weak or too strong, a forgotten successor, two states with the same fingerprint
// or a property that is looked at in the wrong place change a number or a verdict.
//
// The test reads the README's table of policies and sets.txt by itself, too. Of
// package model it uses Explore and nothing else.
//
// # Offset
//
// SPIN stores one state more than the model has: that before the first step,
// which reads the parameters. Nothing else is added. A process is always at the
// head of its loop, a rule is one d_step, and the judgement of terminal states is
// a step that is possible at timeout only and changes nothing, so that it leads
// back to the state that it judges. What is violated, and which rules were used, is
// counted in C variables, which are not part of SPIN's state.
//
// # By hand
//
//	go test ./engine/verify/spin -run Twin -v -keep DIR
//
// leaves pan in DIR and a file params for each pair in DIR/POLICY,SET; there,
//
//	../pan -m10000 -w18 -E
//
// tells the number of states, the rules used and the properties violated. SPIN
// is the Debian package spin; without it or a C compiler the test is skipped.
package spin
