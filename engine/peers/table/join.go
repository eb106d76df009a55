package table

import (
	"fmt"
	"math"

	"daxbench/reports/stats"
)

// A Result is a row with what all processes found.
type Result struct {
	Row
	Value     float64
	Lo, Hi    float64
	Blocks    int // processes
	Nanos     float64
	Base      float64
	Dropped   float64
	Verdict   Verdict
	OverBlock bool // the interval is over processes; else it spans those of the processes, which have too few for one
}

// Join makes one result of each row that has samples. Where there are stats.MinPairs processes or more, the interval
// is that of the median over them: each is one value, as the rounds in it share where its memory lies. With fewer, it is the
// hull of their own intervals.
func Join(rows []Row, samples []Sample) ([]Result, error) {
	byKey := map[string][]Sample{}
	for _, s := range samples {
		byKey[s.Key] = append(byKey[s.Key], s)
	}
	var list []Result
	for _, r := range rows {
		found := byKey[r.Key()]
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
	out := Result{Row: r, Blocks: len(samples), Lo: math.Inf(1), Hi: math.Inf(-1)}
	var values, nanos, bases []float64
	for _, s := range samples {
		v := s.Value
		if r.Unit == Ratio {
			v = math.Log(v)
		}
		values, nanos, bases = append(values, v), append(nanos, s.Nanos), append(bases, s.Base)
		out.Lo, out.Hi = min(out.Lo, s.Lo), max(out.Hi, s.Hi)
		out.Dropped = max(out.Dropped, s.Dropped)
	}
	e, err := stats.Median(values)
	if err != nil {
		return out, err
	}
	if r.Unit == Ratio {
		e = e.Exp()
	}
	out.Value = e.Value
	if e.Bounded() {
		out.Lo, out.Hi, out.OverBlock = e.Lo, e.Hi, true
	}
	for _, m := range []struct {
		to   *float64
		from []float64
	}{{&out.Nanos, nanos}, {&out.Base, bases}} {
		middle, err := stats.Median(m.from)
		if err != nil {
			return out, err
		}
		*m.to = middle.Value
	}
	out.Verdict = r.Target.judge(out.Lo, out.Hi)
	return out, nil
}

// Worst returns the verdict that decides about all: Missed before Undecided before Met.
func Worst(list []Result) Verdict {
	worst := Met
	for _, r := range list {
		worst = max(worst, r.Verdict)
	}
	return worst
}
