// Package compare turns a run into what can be said of it: per workload and parameters one group, per policy one row,
// and the sentences that the data carries. It holds numbers, verdicts and warnings, and no layout.
//
// A verdict rests on the ratio of the primary unit to the reference policy, paired by round. It is "dearer" or
// "cheaper" only if the interval of package stats stays clear of 1, and "same within ±x %" only if the interval lies
// inside that margin. Everything else is undecided, and is called so.
//
// All functions are pure. A Table that nobody changes may be shared.
package compare

import (
	"fmt"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// Names of metrics and counters that rows hold.
const (
	unitP50     = "p50-ns"
	unitP90     = "p90-ns"
	unitP99     = "p99-ns"
	unitP999    = "p99.9-ns"
	unitMax     = "max-ns"
	unitOps     = "ops/s"
	unitEvicts  = "evict/s"
	unitBlocked = "blocked-ns/op"
	unitRecalls = "recall-ns/op"
	unitFreeing = "freeing-ns/op"

	unitLate     = "late-ns/op"
	unitUnpin    = "unpin-ns/op"
	unitWake     = "wake-ns/op"
	unitUnpinP50 = "unpin-p50-ns"
	unitWakeP50  = "wake-p50-ns"
	unitBareP50  = "bare-wake-p50-ns"

	countLooked     = "looked"
	countViolations = "violations"
	countFound      = "found"
	countOrphaned   = "evicted_pinned"
	countAbandoned  = "leases_abandoned"
	countParked     = "parked"
	countHung       = "hung"
	countLatencies  = "latencies"
	countLate       = "device_late_p50_ns"
)

// Table is one run, compared policy by policy.
type Table struct {
	Run      Facts
	Groups   []Group
	Warnings []string // about the whole run, or about cells that are in no group
}

// Facts is what one needs to know of a run to read its numbers.
type Facts struct {
	Tool, Commit, Status string
	CPU, OS, Kernel, Go  string
	Cores                string
	Seed                 uint64
	Rounds               int // planned
	Done                 int // that the cell with the most rounds has
	Elapsed              time.Duration
}

// Group is one workload with one set of parameters: the policies that compare.
type Group struct {
	Workload  string
	Params    []folder.Param
	Unit      string // the primary unit, which decides
	Better    int    // +1 if higher is better, −1 if lower is
	Timing    string // what was timed, in words; empty if the run does not say it
	Hold      string // how long the device keeps a pin, as the workload was told; empty if it has no pins, or the run does not say it
	Reference string // the policy that the others are held against; empty if the group does not have it
	Rows      []Row  // in the order in which the run lists the policies
}

// Row is one policy in one group. Values are medians over all measured rounds. Zero in a time or a rate means that it was
// not measured in each of them, because results hold no zeros, and policies must not be compared by different rounds; zero
// in Blocked, Recalls and Freeing means that nobody waited.
type Row struct {
	Policy   string
	Cost     stats.Estimate // the primary unit
	Ratio    stats.Estimate // to the reference, paired by round; N is 0 for the reference itself
	Verdict  Verdict
	Firm     bool           // the ratio is not 1 even when it is asked how many comparisons the run makes; see firm
	Bounds   [2]float64     // of all values of the primary unit
	Tail     stats.Estimate // ratio of p99.9 to the reference, paired by round; N is 0 if there is none
	P50      float64        // ns
	P90      float64        // ns
	P99      float64        // ns
	P999     float64        // ns
	Max      float64        // ns; the median over the rounds of their longest operations
	OpsRate  float64        // operations per second
	Evicts   float64        // evictions per second
	Blocked  float64        // ns per operation that was waited for pins
	Recalls  float64        // ns per operation that was waited for recalled leases
	Freeing  float64        // ns per operation that lookups waited for inodes being evicted
	Ops      uint64         // operations of all rounds
	LeastLat uint64         // latencies of the round that recorded the fewest; its operations if it does not say
	Rounds   int            // rounds that ended, or were ended
	ForPins  LongWaits
	ForLease LongWaits
	Stalls   Stalls
	Safety
	Warnings []string

	chance float64 // of so many rounds on one side, if the ratio were 1
}

// Safety is what was counted over all rounds of a row.
type Safety struct {
	Violations int64  // device writes that landed in a block that was no longer their file's: free, or another file's
	Found      int64  // stamps of such writes that owners found in their own data, before they were written over
	Writes     uint64 // device writes that the oracle looked at
	LookedOps  uint64 // operations of the rounds in which it looked at any
	Looked     bool   // it did so in every round: only then do zero violations mean that there were none
	Orphaned   int64  // inodes that were evicted while a page of theirs was pinned
	Abandoned  int64  // layout leases that were taken away at eviction without being recalled
	Parked     int64  // idle inodes that reclaim could not find at the end of a round; the most of any round
	Hung       int64  // rounds, or operations, that ended at the hang limit
}

// Clean says that nothing was found and that every round was looked at.
func (s Safety) Clean() bool {
	return s.Looked && s.Violations == 0 && s.Orphaned == 0 && s.Abandoned == 0 && s.Parked == 0 && s.Hung == 0
}

// Judgement is how a policy compares with the reference.
type Judgement uint8

// The judgements.
const (
	NoValue   Judgement = iota // there is nothing to compare, or nothing to compare with
	Reference                  // the row is the reference
	Dearer                     // the interval lies on the dear side of 1 by MinClear, and the median by MinEffect
	Cheaper                    // the same on the other side
	Same                       // the interval lies inside Verdict.Within
	Undecided                  // the interval is too wide to say
	TooFew                     // there are too few rounds for an interval
)

// Verdict is a judgement, with the margin that Same holds for.
type Verdict struct {
	Judgement Judgement
	Within    float64 // 0.03 for ±3 %; set for Same only
}

// String is the verdict in words: "dearer", "same within ±3 %".
func (v Verdict) String() string {
	switch v.Judgement {
	case Reference:
		return "reference"
	case Dearer:
		return "dearer"
	case Cheaper:
		return "cheaper"
	case Same:
		return fmt.Sprintf("same within ±%.0f %%", v.Within*100)
	case Undecided:
		return "undecided"
	case TooFew:
		return "n too small"
	}
	return "no value"
}

// MinEffect is the smallest change that is called one. On shared machines two runs of the same program differ by up to
// about 1 % in paired medians, whatever their intervals say.
const MinEffect = 0.01

// MinClear is how far from 1 the nearer end of an interval must be. Among the dozens of intervals of a run some miss by
// chance, and those miss by little.
const MinClear = 0.005

// margins that Same is tried with, ascending. Choosing after the fact is sound, because all of them follow from the one
// interval.
var margins = []float64{0.01, 0.02, 0.03, 0.05}

// judge turns a ratio of costs into a verdict. The margins are symmetric on the logarithmic scale, so that swapping the
// two policies swaps dearer and cheaper and leaves everything else. An interval that leaves out 1, but not by enough, is
// a difference that is not proven, and is called the same only where any difference is below MinEffect.
func judge(ratio stats.Estimate, better int) Verdict {
	switch {
	case ratio.N == 0:
		return Verdict{}
	case !ratio.Bounded():
		return Verdict{Judgement: TooFew}
	}
	if better > 0 { // more is better: cost is the reciprocal
		ratio = ratio.Inverse()
	}
	if ratio.Lo >= 1+MinClear && ratio.Value >= 1+MinEffect {
		return Verdict{Judgement: Dearer}
	}
	if ratio.Hi <= 1/(1+MinClear) && ratio.Value <= 1/(1+MinEffect) {
		return Verdict{Judgement: Cheaper}
	}
	leavesOut := ratio.Lo > 1 || ratio.Hi < 1
	for _, m := range margins {
		if leavesOut && m > MinEffect {
			break
		}
		if ratio.Lo >= 1/(1+m) && ratio.Hi <= 1+m {
			return Verdict{Judgement: Same, Within: m}
		}
	}
	return Verdict{Judgement: Undecided}
}
