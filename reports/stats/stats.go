// Package stats holds what the libraries lack for telling a change from noise on a machine that is shared. Nothing in it
// assumes how values are distributed, except where a comment says so. It draws no conclusions for its caller: how large
// a change matters, and what to do about it, is decided elsewhere.
//
//	from values to one number      Median, PairedRatio, ChunkRatio; GeoMean over cells
//	is there a difference          SignedRank (paired), RankSum (two samples)
//	how large is it                HodgesLehmann (paired), Shift (two samples), BlockBootstrap (a series in time)
//	when may one look              Looks: a plan with a split alpha
//	many tests at once             Holm, BenjaminiHochberg
//	what would have been seen      MinimalEffect
//	over a history                 ChangePoints
//	can the values be trusted      Bimodal, Drift
//	how often does something fail  Proportion
//
// Process pairs are what a comparison rests on, not the slices within one: a pair keeps its layout and its neighbours for
// life. So ChunkRatio makes one number of each pair, and the tests and intervals see only those.
//
// Descriptive statistics come from github.com/montanaflynn/stats, distributions from gonum.org/v1/gonum/stat/distuv;
// neither of them nor golang.org/x/perf/benchmath has paired tests, exact distributions with ties, or intervals for them.
//
// All functions are pure, leave their arguments alone, and are safe for concurrent use. Those that simulate have a fixed
// or a given seed. A NaN or an infinity is an error, or where there is none to return, no finding.
package stats

import (
	"errors"
	"fmt"
	"math"
)

// Level is the confidence that an interval must reach to count as one.
const Level = 0.95

// Errors that callers tell apart. Each comes wrapped with the values that caused it.
var (
	ErrEmpty    = errors.New("no values")
	ErrUnpaired = errors.New("the two samples differ in length")
	ErrValue    = errors.New("not a usable value")
	ErrFew      = errors.New("too few values")
)

// Estimate is a location, or a ratio, with its interval.
//
// Where there are too few values for the level that was asked for, Bounded is false (if it was Level). Lo and Hi are then
// still the smallest and the largest that the values allow, and Confidence says how little that is worth; nothing may be
// concluded from them.
type Estimate struct {
	Value      float64 // in the unit of the values, or a ratio
	Lo, Hi     float64 // likewise
	N          int     // values, pairs or cells; 0 means that there is no estimate
	Confidence float64 // of [Lo, Hi]; for rank methods exact for continuous distributions, a lower bound with ties
}

// Bounded says whether [Lo, Hi] is an interval at Level.
func (e Estimate) Bounded() bool {
	return e.N > 0 && e.Confidence >= Level
}

// Inverse returns the estimate of the reciprocal. Its interval is the reciprocal interval.
func (e Estimate) Inverse() Estimate {
	e.Value, e.Lo, e.Hi = 1/e.Value, 1/e.Hi, 1/e.Lo
	return e
}

// Exp turns the estimate of a logarithm into that of a ratio, which is 0 or infinite if its logarithm is beyond ±745.
func (e Estimate) Exp() Estimate {
	e.Value, e.Lo, e.Hi = math.Exp(e.Value), math.Exp(e.Lo), math.Exp(e.Hi)
	return e
}

// finite returns ErrEmpty, or ErrValue for a NaN or an infinity.
func finite(values []float64) error {
	if len(values) == 0 {
		return ErrEmpty
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%w: value %d is %v", ErrValue, i, v)
		}
	}
	return nil
}

// inside returns ErrValue unless p is a probability strictly between 0 and 1.
func inside(what string, p float64) error {
	if !(p > 0 && p < 1) {
		return fmt.Errorf("%w: %s of %v", ErrValue, what, p)
	}
	return nil
}
