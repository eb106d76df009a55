// Package gate turns measurements into verdicts that a machine can act on: regressed, pass, improved, or no verdict.
//
// It is pure: what was measured comes in as samples, read from files, and a Report goes out. It never passes a cell
// because nothing was found; it passes one that was shown to be less than the tolerance worse. What was not measured,
// cannot be read, or is not what was declared has no verdict, and no verdict is never a pass.
package gate

import "daxbench/reports/stats"

// Verdict is what is said of a measure, a cell, or a whole gate.
type Verdict uint8

// The verdicts, the worst last.
const (
	Pass      Verdict = iota // shown to be less than the tolerance worse
	Improved                 // significantly better, by the floor or more
	NoVerdict                // neither could be shown, or there was nothing to judge
	Void                     // the negative controls moved: nothing that was measured counts
	Regressed                // significantly worse, by the floor or more
)

// verdicts are their names in every format.
var verdicts = [...]string{Pass: "pass", Improved: "improved", NoVerdict: "no verdict", Void: "void", Regressed: "regressed"}

// String returns the verdict in words.
func (v Verdict) String() string { return verdicts[v] }

// MarshalText writes the verdict in words.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Role is what a measure may do to its cell.
type Role uint8

// The roles.
const (
	Decides  Role = iota // the cell passes only if this passes, and is regressed if this is
	Convicts             // the cell is regressed if this is; it need not be shown to pass
	Shown                // for the reader only
)

// roles are their names.
var roles = [...]string{Decides: "decides", Convicts: "convicts", Shown: "shown"}

// String returns the role in words.
func (r Role) String() string { return roles[r] }

// MarshalText writes the role in words.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Measure is one quantity of one cell (or one negative control), base against head.
type Measure struct {
	Name      string         `json:"name"` // "cpu", "wall", "p99", "spin" …
	Unit      string         `json:"unit"` // of Base and Head: "ns/op", "p99-ns"
	Role      Role           `json:"role"`
	Base      float64        `json:"base"`   // median over the forks; 0: there is none
	Head      float64        `json:"head"`   // likewise
	Change    stats.Estimate `json:"change"` // ratio head/base over the forks, above 1 is worse, with its 95 % interval
	P         float64        `json:"p"`      // two-sided, of no change
	Adjusted  float64        `json:"adjusted"`
	Alpha     float64        `json:"alpha"`     // what Adjusted must be below at this look
	Floor     float64        `json:"floor"`     // smallest change that is called one; 0.01 is 1 %
	Tolerance float64        `json:"tolerance"` // pass: the interval ends below 1+Tolerance
	Smallest  float64        `json:"smallest"`  // change that such data would show in 9 of 10 cases; 0: unknown
	Verdict   Verdict        `json:"verdict"`
	Why       string         `json:"why,omitempty"` // no verdict: the reason
}

// Count is an exact quantity: it needs no statistics.
type Count struct {
	Name    string  `json:"name"` // "allocations", "violations", "evictions", "lock waits"
	Unit    string  `json:"unit"`
	Base    float64 `json:"base"`
	Head    float64 `json:"head"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"`
}

// Cell is what is said of one declared cell.
type Cell struct {
	Name     string    `json:"name"` // as in the Go benchmark format, without "Benchmark"
	Verdict  Verdict   `json:"verdict"`
	Why      string    `json:"why,omitempty"` // in one sentence, for a verdict other than pass
	Measures []Measure `json:"measures"`      // the deciding one first
	Counts   []Count   `json:"counts,omitempty"`
	Forks    int       `json:"forks"` // pairs of processes that the figures rest on
	Looks    int       `json:"looks"` // 2: the second batch was needed
	Slice    string    `json:"slice"` // how long one is, and why: "350 µs, 3,200 operations"
	Warnings []string  `json:"warnings,omitempty"`
	Repeat   string    `json:"repeat,omitempty"`   // a command that measures this cell again
	Profiles []string  `json:"profiles,omitempty"` // files, of a cell that regressed
	Seconds  float64   `json:"seconds,omitempty"`  // that its slices took on both sides together; 0: unknown
	New      bool      `json:"new,omitempty"`      // the base does not know it, and the suite lets that be: the others decide

	more     bool // a second batch of forks may decide it
	unusable bool // what was measured is missing, incomplete or unusable: figures are for the reader only
	ended    bool // the head came to a bad end: no figure is needed for that
}

// Binary is one of the two sides.
type Binary struct {
	Name   string `json:"name"` // path or revision, as the user gave it
	Tool   string `json:"tool"`
	Commit string `json:"commit"`
	Go     string `json:"go"`
	Build  string `json:"build,omitempty"` // flags that matter
}

// Report is what a gate found.
type Report struct {
	Way      string    `json:"way"`   // "lock-step", "within", "baseline"
	Suite    string    `json:"suite"` // name and revision of the declared set: "hot-paths, revision 3"
	Verdict  Verdict   `json:"verdict"`
	Summary  string    `json:"summary"` // one sentence
	Rule     string    `json:"rule"`    // how a verdict comes about, in words, with its numbers
	Command  string    `json:"command"`
	Machine  string    `json:"machine"` // in one line
	Base     Binary    `json:"base"`
	Head     Binary    `json:"head"`
	Cells    []Cell    `json:"cells"`           // in the order of the suite; those that it does not have come last
	Controls []Measure `json:"controls"`        // what the change cannot touch
	Trend    []Measure `json:"trend,omitempty"` // wall times against a stored run, by cell: shown, never judged
	Warnings []string  `json:"warnings,omitempty"`
}
