package table

import (
	"fmt"
	"math"

	"daxbench/reports/stats"
)

// A Result is a row with what all processes found.
type Result struct {
	Row
	Value       float64 // NaN: no round of any process counted
	Lo, Hi      float64
	Nanos, Base float64 // per operation and worker, of the two sides; 0: does not apply
	Dropped     float64 // share of all rounds that did not count
	Verdict     Verdict
	OverBlock   bool // the interval is over processes; else it spans those of the processes, which have too few for one
}

// mostDropped is the share of rounds beyond which a row is undecided, whatever its interval says: which of them counted was
// then a choice that is no longer random.
const mostDropped = 0.5

// Join makes one result of each row that has samples. Where there are stats.MinPairs processes or more, the interval
// is that of the median over them: each is one value, as the rounds in it share where its memory lies. With fewer, it is the
// hull of their own intervals.
func Join(rows []Row, samples map[string][]Sample) ([]Result, error) {
	var list []Result
	for _, r := range rows {
		found := samples[r.Key()]
		if len(found) == 0 {
			continue
		}
		result, err := join(r, found)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Key(), err)
		}
		list = append(list, result)
	}
	return list, nil
}

func join(r Row, samples []Sample) (Result, error) {
	out := Result{Row: r, Value: math.NaN(), Lo: math.Inf(1), Hi: math.Inf(-1)}
	var values, nanos, bases []float64
	for _, s := range samples {
		out.Dropped += s.Dropped / float64(len(samples))
		v := s.Value
		if math.IsNaN(v) {
			continue
		}
		if r.Unit == Ratio {
			v = math.Log(v)
		}
		values, nanos, bases = append(values, v), append(nanos, s.Nanos), append(bases, s.Base)
		out.Lo, out.Hi = min(out.Lo, s.Lo), max(out.Hi, s.Hi)
	}
	if len(values) > 0 {
		if err := out.estimate(values, nanos, bases); err != nil {
			return out, err
		}
	}
	if out.Verdict = r.Target.judge(out.Lo, out.Hi); r.Target.IsSet() && out.Dropped > mostDropped {
		out.Verdict = Undecided
	}
	return out, nil
}

// estimate fills in the medians over processes, and the interval if there are enough of them.
func (r *Result) estimate(values, nanos, bases []float64) error {
	e, err := stats.Median(values)
	if err != nil {
		return err
	}
	if r.Unit == Ratio {
		e = e.Exp()
	}
	r.Value = e.Value
	if e.Bounded() {
		r.Lo, r.Hi, r.OverBlock = e.Lo, e.Hi, true
	}
	for _, m := range []struct {
		to   *float64
		from []float64
	}{{&r.Nanos, nanos}, {&r.Base, bases}} {
		middle, err := stats.Median(m.from)
		if err != nil {
			return err
		}
		*m.to = middle.Value
	}
	return nil
}

// Worst returns the verdict that decides about all: Missed before Undecided before Met.
func Worst(list []Result) Verdict {
	worst := Met
	for _, r := range list {
		worst = max(worst, r.Verdict)
	}
	return worst
}
