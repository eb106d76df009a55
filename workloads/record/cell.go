package record

import (
	"math"
	"strconv"
	"strings"
	"time"

	"daxbench/workloads/driver"
)

// digits is how many significant digits a figure keeps: far more than it can be repeated to.
const digits = 7

// newRecord turns a result into what is written.
func newRecord(r *driver.Result) (Record, error) {
	rec := Record{
		Round: r.Round, Workload: r.Group.Workload.Name, Params: r.Group.Shown, Policy: r.Policy,
		Name: r.Group.Name(r.Policy), Ops: r.Ops, Seconds: round(r.Elapsed.Seconds()), Outcome: r.Outcome,
		Metrics: make(map[string]float64, len(r.Metrics)), Counters: r.Counters, Notes: r.Notes,
	}
	for _, m := range r.Metrics {
		if v := round(m.Value); v > 0 && !math.IsInf(v, 0) {
			rec.Metrics[m.Unit] = v
		}
	}
	for _, p := range r.Timeline {
		if !math.IsNaN(p[1]) && !math.IsInf(p[1], 0) {
			rec.Timeline = append(rec.Timeline, [2]float64{round(p[0]), round(p[1])})
		}
	}
	if o := r.OverTime; o != nil {
		rec.OverTime = &OverTime{ColumnMS: millis(o.Column), Columns: o.Columns}
	}
	if m := r.Memory; m != nil {
		rec.Memory = &Memory{Inodes: m.Inodes, Own: m.Opened.Own, Shared: m.Opened.Shared, Before: m.Before, Most: m.Most, After: m.After}
	}
	for i := range r.Waits {
		rec.Waits = append(rec.Waits, newWait(&r.Waits[i]))
	}
	if r.Latency != nil && r.Latency.Count() > 0 {
		text, err := r.Latency.Encode()
		if err != nil {
			return Record{}, err
		}
		rec.Histograms = map[string]string{"op": text}
	}
	return rec, nil
}

func newWait(w *driver.Wait) Wait {
	out := Wait{For: w.For, Worker: w.Worker, Ino: w.Ino, AtMS: millis(w.At), Nanos: int64(w.Length), Wake: int64(w.Wake)}
	if p := w.Pin; p != nil {
		out.Pin = &Pin{Since: int64(p.Since), Due: int64(p.Due), Until: int64(p.Until)}
	}
	return out
}

// millis returns d in ms, to the µs: a wait is found again by that, and a figure has fewer digits.
func millis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// round keeps the significant digits of v. What is not finite stays what it is.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// number writes a figure without an exponent.
func number(v float64) string {
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// unitOrder is the order of figures on a line. Units that are not in it follow, sorted.
var unitOrder = []string{
	"ns/op", "ns/evict", "B/inode", "ops/s", "evict/s", "p50-ns", "p90-ns", "p99-ns", "p99.9-ns", "max-ns",
	"blocked-ns/op", "recall-ns/op", "wake-ns/op", "late-ns/op", "unpin-ns/op",
	"unpin-p50-ns", "wake-p50-ns", "bare-wake-p50-ns", "violations", "parked", "hung",
}

// better says which direction of a unit is the good one.
func better(unit string) string {
	if strings.HasSuffix(unit, "/s") {
		return "higher"
	}
	return "lower"
}
