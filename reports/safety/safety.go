// Package safety reads what daxbench litmus and daxbench verify left beside a run (litmus.json, verify.json) and puts the two
// together: policies × hazards, with the story and the command that replays it behind each cell.
//
// It judges nothing anew, and it knows no policy: what a policy declares stands in the files. What was not found in so many
// schedules is NotFound, never Kept: only a scenario that probes a hazard can keep it. Strings of the files are left as they
// are; who lays them out escapes them.
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
	Hazards []Hazard // the columns, those first that lose data
	Rows    []Row    // by the number of the policy, and those without one last
	Sources []Source // of litmus, then of verify; what there is of them
	Doubts  []string // why it need not hold of the run beside it, a sentence each; Read knows no run and leaves it empty
	Notes   []string // what the matrix rests on: how many scenarios, schedules, which kernel's rules; and doubts
}

// Source is where one of the two files comes from.
type Source struct {
	Command string // "litmus" or "verify"
	Tool    string
	Commit  string // empty if it is not known
	Date    string // RFC 3339
	Kernel  string // whose rules the engine kept to; empty: its own
}

// Hazard is a column: what an eviction can do wrong.
type Hazard struct {
	Letter string // U, A, L, R, H, K, X, W of the invariants, and P2, the property
	Name   string // "use"
	About  string // one line: what must hold
	Harm   string // what becomes of it where it is broken, in a word: "reused"; empty in files that do not say it
	Data   bool   // data can be lost where it is broken; otherwise somebody waits, hangs, or gets blocks back late
}

// Row is one policy.
type Row struct {
	Policy   string
	ID       string // P7; empty if it has none
	Measured bool   // the run beside it has the policy; Read knows no run and leaves it false
	Cells    []Cell // one per hazard
}

// Mark is what is known of a cell.
type Mark uint8

// The marks, from what says least to what decides.
const (
	Unknown  Mark = iota // nobody looked, or at too little to say anything
	NotFound             // looked for in vain, which proves nothing: in some of the scenarios that probe it, or in schedules only, or though the policy declares it
	Kept                 // all scenarios that probe it were played and kept it; that no other situation breaks it does not follow
	Broken               // found, by a scenario or by a schedule; the stories show how
)

// Cell is one policy and one hazard.
type Cell struct {
	Mark     Mark
	Declared bool    // the policy says itself that it breaks it
	Brief    string  // in how many of the scenarios that probe it Mark was seen: "2 of 3"; or of what else; empty if Unknown
	Text     string  // in words: "broken in 3 of 9 scenarios that probe it; not found in 12,000 schedules"
	Stories  []Story // what shows it, the plainest first; empty unless Broken
}

// Story is something that happened, step by step, and how to see it again.
type Story struct {
	ID     string // [a-z0-9-]: "none-unlink-under-dio". One that shows several hazards of a policy has the same ID and lines in each cell
	Title  string
	Lines  []string // in columns of one width, for a fixed pitch
	Replay string   // a command: "daxbench litmus -v -policy none -scenario unlink-under-dio"
}
