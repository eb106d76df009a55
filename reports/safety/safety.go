// Package safety reads what daxbench litmus and daxbench verify found (litmus.json, verify.json beside a run, see Names) and puts the two
// together: policies × hazards, with the story and the command that replays it behind each cell.
//
// It judges nothing anew, and it knows no policy: what a policy declares stands in the files. What was not found in so many
// schedules is NotFound, never Kept by anything but a scenario that probed it.
package safety

// Schema is the version of both files that this package reads, and that litmus and verify write.
const Schema = 1

// Names of the files beside a run.
const (
	LitmusName = "litmus.json"
	VerifyName = "verify.json"
)

// Matrix is policies × hazards.
type Matrix struct {
	Hazards []Hazard // the columns
	Rows    []Row
	Notes   []string // what the matrix rests on: how many scenarios, schedules, which kernel's rules; and doubts
}

// Hazard is a column: an invariant that an eviction can break.
type Hazard struct {
	Letter string // U, A, L, R, H, K, X, W
	Name   string // "use"
	About  string // one line
}

// Row is one policy.
type Row struct {
	Policy string
	ID     string // P7; empty if it has none
	Cells  []Cell // one per hazard
}

// Mark is what is known of a cell.
type Mark uint8

// The marks.
const (
	Unknown  Mark = iota // nobody looked
	Kept                 // every scenario that probes it kept it
	NotFound             // verify did not find it in so many schedules, and no scenario probed it
	Broken               // found
)

// Cell is one policy and one hazard.
type Cell struct {
	Mark     Mark
	Declared bool    // the policy says itself that it breaks it
	Text     string  // in words: "broken in 3 of 9 scenarios that probe it", "not found in 12,000 schedules"
	Stories  []Story // what shows it, the plainest first; empty unless Broken
}

// Story is something that happened, step by step, and how to see it again.
type Story struct {
	ID     string // unique in the matrix: "none-unlink-under-dio"
	Title  string
	Lines  []string
	Replay string // a command: "daxbench litmus -v -policy none -scenario unlink-under-dio"
}
