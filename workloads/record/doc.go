// Package record writes what a run found: the folder with results.txt, in the Go benchmark format, and run.json beside it.
//
// run.json is the truth and results.txt follows from it, so that whatever a run was cut off by, the one can be made from
// the other. Both are replaced as a whole after each round: on the disk there is always a folder with whole rounds only,
// and a full disk costs the round that did not fit and no other.
//
// It does not read results in order to judge them; package reports/folder does, and the two meet in the files alone.
//
// While it is open a folder is locked (flock) against other processes. Nothing here is safe for concurrent use.
package record
