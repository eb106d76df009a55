// Package versus holds two or more benchmark files side by side, of this project or of any other that writes the Go
// benchmark format: per unit one table, per benchmark one row, per file one column, each held against the first. It is
// the model of "daxbench compare": numbers, verdicts and warnings, and no layout.
//
// Numbers. The centre, range, delta and p of a cell are those of golang.org/x/perf/benchmath, computed as benchstat does
// and equal to what benchstat prints. What benchstat lacks stands beside them: an interval for the ratio, a verdict, the
// ratio to a reference policy within each file, an interval for the geomean, and warnings at the number they qualify.
//
// Pairing. Two series of one file whose benchmarks ran by turns, round after round, are paired: a round's disturbances
// hit both. So policies of one run are compared by the ratios of each round (stats.PairedRatio). Two files were measured
// at different times, so round k of one has nothing in common with round k of the other but, if both are daxbench runs
// with the same seed, the operations. Only in that case are their rounds paired; it takes out what the operations
// contribute, and not what the machine does. Everything else is compared as two unpaired samples (stats.Shift of the
// logarithms). Change.Method says which of the two was done.
//
// With a reference policy the ratio to it is formed within each file, where it is paired, and the ratios of two files are
// then compared as two unpaired samples of logarithms. Such ratios hold across machines and busy hours; times do not.
//
// Reading streams. What stays in memory is one float64 per measurement and each name once. Compare is not safe for
// concurrent use of one Options; a Report that nobody changes may be shared.
package versus

import (
	"math"
	"strconv"

	"daxbench/reports/stats"
)

// Report is what a comparison found.
type Report struct {
	Command    string    `json:"command"`    // that made the report, for a reader; set by the caller
	Alpha      float64   `json:"alpha"`      // a difference is significant if p is at most this
	Confidence float64   `json:"confidence"` // of the range of a cell; intervals of ratios have 1 − Alpha
	Reference  string    `json:"reference,omitempty"`
	Inputs     []Input   `json:"inputs"`
	Tables     []Table   `json:"tables"`
	Pairs      int       `json:"pairs"`    // cells that have a cell to be compared with
	Compared   int       `json:"compared"` // of these, those that a statement could be made of
	Changed    int       `json:"changed"`  // of these, those that are significantly different
	Holm       int       `json:"holm"`     // of these, those that still are when all comparisons are taken together
	Warnings   []Warning `json:"warnings,omitempty"`

	judged map[string]string // by the name of a row: the unit that decides, if there is a table of it with that row
}

// Input is one file that was read.
type Input struct {
	Label    string    `json:"label"`
	Path     string    `json:"path"`
	Run      bool      `json:"run"` // a daxbench run with its run.json
	Results  int       `json:"results"`
	Tool     string    `json:"tool,omitempty"`
	Commit   string    `json:"commit,omitempty"`
	Status   string    `json:"status,omitempty"`
	Seed     uint64    `json:"seed,omitempty"`
	Command  []string  `json:"command,omitempty"` // that made the run, without the program
	Rounds   int       `json:"rounds,omitempty"`  // that some cell has
	Started  string    `json:"started,omitempty"` // RFC 3339
	Machine  string    `json:"machine,omitempty"` // in one line, from run.json or the configuration lines
	Config   []Param   `json:"config,omitempty"`  // configuration lines, as last set in the file
	Warnings []Warning `json:"warnings,omitempty"`

	byRounds    bool              // its benchmarks ran by turns
	environment map[string]string // from run.json
}

// Param is a key with its value.
type Param struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Kind says what a warning is about, for programs.
type Kind string

// The kinds of warnings.
const (
	Machine  Kind = "machine"  // the files come from machines or settings that differ
	TooFew   Kind = "few"      // samples for an interval or a test
	Bimodal  Kind = "bimodal"  // a median of two heaps says little
	Drift    Kind = "drift"    // values rise or fall over the rounds
	GC       Kind = "gc"       // garbage collector on, or not the same
	Status   Kind = "status"   // the run, or a round, did not come to its end
	Set      Kind = "set"      // benchmarks that one side lacks
	Equal    Kind = "equal"    // all samples are equal
	Zero     Kind = "zero"     // no ratio to zero
	Varies   Kind = "varies"   // one cell holds what differs in more than the sample
	Damage   Kind = "damage"   // something in the file could not be used
	Unpaired Kind = "unpaired" // not measured by turns
)

// Warning is a doubt about the number that it stands with.
type Warning struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
}

// Role says how much a table matters to a reader who did not ask for everything.
type Role string

// The roles.
const (
	Primary Role = "primary" // what the benchmarks are about: sec/op, or what a run was planned to be judged by
	Beside  Role = "beside"  // p99, p99.9 and throughput: shown beside the primary figure of the same row
	Other   Role = "other"   // any other unit of a benchmark file
	Detail  Role = "detail"  // any other unit of a daxbench run, which has twenty
)

// Table is one unit in one configuration.
type Table struct {
	Config  []Param   `json:"config"`
	Unit    string    `json:"unit"`   // tidied: sec/op, B/s
	Better  int       `json:"better"` // +1 if higher is better, −1 if lower is, 0 if nothing says
	Exact   bool      `json:"exact"`  // the file says that the unit has no noise
	Role    Role      `json:"role"`
	Columns []string  `json:"columns"` // the first is what the others are compared with
	Rows    []Row     `json:"rows"`
	Summary []Summary `json:"summary"` // one per column

	byName map[string]int // of the rows; see index
}

// Row is one benchmark.
type Row struct {
	Name  string `json:"name"`
	Cells []Cell `json:"cells"` // one per column; N is 0 where there is none
}

// Cell is one sample.
type Cell struct {
	N        int       `json:"n"`
	Centre   Number    `json:"centre"` // median; for exact units the mode
	Lo       Number    `json:"lo"`     // interval of the centre; null if there are too few samples
	Hi       Number    `json:"hi"`
	Range    string    `json:"range"`            // as benchstat prints it
	Change   *Change   `json:"change,omitempty"` // against the first column
	Within   *Within   `json:"within,omitempty"` // against the reference policy of the same column
	Warnings []Warning `json:"warnings,omitempty"`
}

// Within is the ratio of a cell to the reference policy in the same file.
type Within struct {
	Reference string  `json:"reference"` // the name of the row that it was held against
	Ratio     Change  `json:"ratio"`
	Change    *Change `json:"change,omitempty"` // of that ratio, against the first column
	logs      []float64
}

// Method says how a ratio was estimated.
type Method string

// The methods.
const (
	Paired  Method = "paired"  // median of the ratios of the rounds
	Shifted Method = "shift"   // Hodges–Lehmann shift of the logarithms of two unpaired samples
	Exactly Method = "exact"   // ratio of two numbers without noise
	Centres Method = "centres" // ratio of the centres, without an interval
	NoRatio Method = "none"    // there is no ratio
)

// Change is how one sample differs from another.
type Change struct {
	Method   Method    `json:"method"`
	Ratio    Estimate  `json:"ratio"`
	Delta    *float64  `json:"delta"` // centre/centre − 1; null if there is no ratio
	Text     string    `json:"text"`  // as benchstat prints it: "-17.20%", "~"; "no ratio"
	P        Number    `json:"p"`     // two-sided, of no difference, unpaired, as benchstat computes it
	PairedP  Number    `json:"paired_p"`
	Adjusted Number    `json:"adjusted"` // the deciding p, if all comparisons are taken together (Holm)
	N1       int       `json:"n1"`
	N2       int       `json:"n2"`
	Verdict  Verdict   `json:"verdict"`
	Margin   float64   `json:"margin,omitempty"` // of Same: 0.03 for ±3 %
	Warnings []Warning `json:"warnings,omitempty"`
}

// Estimate is a ratio with its interval.
type Estimate struct {
	Value      Number `json:"value"`
	Lo         Number `json:"lo"`
	Hi         Number `json:"hi"`
	N          int    `json:"n"`
	Confidence Number `json:"confidence"`
}

// estimate keeps an estimate of package stats.
func estimate(e stats.Estimate) Estimate {
	return Estimate{Number(e.Value), Number(e.Lo), Number(e.Hi), e.N, Number(e.Confidence)}
}

// Bounded says whether there is an interval at the level.
func (e Estimate) Bounded(level float64) bool {
	const rounding = 1e-12
	return e.N > 0 && float64(e.Confidence) >= level-rounding && e.Lo.Finite() && e.Hi.Finite()
}

// Verdict is what is said of a change.
type Verdict string

// The verdicts. Higher and Lower are for units of which nothing says what is good.
const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Higher    Verdict = "higher"
	Lower     Verdict = "lower"
	Same      Verdict = "same"      // the interval of the ratio lies within Margin
	Undecided Verdict = "undecided" // no difference was found, and none was ruled out
	FewValues Verdict = "too few"   // no such samples could show a difference
)

// Says is whether the verdict is a statement about the two samples.
func (v Verdict) Says() bool {
	switch v {
	case Better, Worse, Higher, Lower, Same, Undecided:
		return true
	}
	return false
}

// Differs is whether the two samples were shown to differ.
func (v Verdict) Differs() bool {
	return v.Says() && v != Same && v != Undecided
}

// Summary is the geomean of a column.
type Summary struct {
	Centre   Number    `json:"centre"` // geomean of the centres; null if one of them is not positive
	Ratio    Number    `json:"ratio"`  // geomean of the ratios of the centres to those of the first column
	Lo       Number    `json:"lo"`     // interval of Ratio; null if one of its parts has none
	Hi       Number    `json:"hi"`
	N        int       `json:"n"` // rows that Ratio is formed of
	Warnings []Warning `json:"warnings,omitempty"`
}

// Number is a float64 that JSON can hold: what is not finite is null.
type Number float64

// None is the number that there is not.
func None() Number { return Number(math.NaN()) }

// Finite says whether there is one.
func (n Number) Finite() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes the number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Finite() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', -1, 64), nil
}
