package gallery

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// The stall that furnish puts into round 3 of every cell: one latency of 2^(50/2) ns = 34 ms in column 7.
const (
	stallRound  = 3
	stallColumn = 7
	stallBucket = 50
)

// furnish gives the rounds of a run what reportstest does not write: histograms, latencies over time, waits.
func furnish(run *folder.Run) {
	for i, c := range run.Cells {
		for k := range c.Rounds {
			if r := c.Rounds[k].Record; r != nil && r.Outcome != "hung" {
				rng := rand.New(rand.NewPCG(uint64(i), uint64(k)))
				n := 20000
				if i >= 4 { // enough for a curve
					n = 300
				}
				r.Histograms = map[string]string{opHistogram: encoded(latenciesOf(rng, n, 300))}
				r.OverTime = overTimeOf(rng, r.Round)
				if c.Policy != "none" {
					r.Waits = waitsMade(rng)
					r.Counters["pin_waits"] = 40
				}
			}
		}
	}
}

// latenciesOf are n latencies about a median, of which one in 50 has waited.
func latenciesOf(rng *rand.Rand, n int, median float64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(median * (0.5 + rng.ExpFloat64()))
		if i%50 == 0 {
			out[i] += int64(100e3 * rng.ExpFloat64())
		}
	}
	return out
}

// encoded is a histogram as run.json holds it.
func encoded(latencies []int64) string {
	h := hdrhistogram.New(1, 60e9, 3)
	for _, v := range latencies {
		if err := h.RecordValue(v); err != nil {
			panic(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func overTimeOf(rng *rand.Rand, round int) *folder.OverTime {
	o := &folder.OverTime{ColumnMS: 10}
	for k := range 30 {
		column := []int64{16, 100 + rng.Int64N(50), 17, 20 + rng.Int64N(20), 30, 1 + rng.Int64N(3)}
		if round == stallRound && k == stallColumn {
			column = append(column, stallBucket, 1)
		}
		o.Columns = append(o.Columns, column)
	}
	return o
}

// waitsMade are waits whose pins were taken before, and of which some were let go late.
func waitsMade(rng *rand.Rand) (list []folder.Wait) {
	for i := range int64(5) {
		w := folder.Wait{For: "pin", Worker: int(i % 2), Ino: uint64(100 + i), AtMS: 300 * rng.Float64(), Nanos: (6 - i) * 100e3, Wake: rng.Int64N(5e3)}
		until := w.Nanos - w.Wake - rng.Int64N(1e3)
		w.Pin = &folder.Pin{Since: -rng.Int64N(200e3), Due: until - rng.Int64N(90e3), Until: until}
		list = append(list, w)
	}
	list[4].Pin = nil
	return list
}

// storm is a run of one workload with several values of a parameter, under some policies.
func storm(rounds int, reference string, key string, values []string, policies ...string) *reportstest.Spec {
	s := &reportstest.Spec{Rounds: rounds, Seed: 7}
	s.Manifest.Plan.Reference = reference
	s.Manifest.Harness = map[string]float64{"ns/op": 2, "clock-ns": 40}
	for i, v := range values {
		for k, policy := range policies {
			nanos := 100 * float64(1+i) * float64(1+k)
			s.Cells = append(s.Cells, reportstest.Cell{Workload: "unlink-storm", Params: reportstest.Params(key+"="+v, "workers=2"), Policy: policy,
				Ops: 5000, Spread: 0.01, Metrics: map[string]float64{"ns/op": nanos, "ops/s": 1e9 / nanos, "evict/s": 5e8 / nanos,
					"blocked-ns/op": 0.5 * nanos, "wake-ns/op": 0.1 * nanos}})
		}
	}
	return s
}

// numbers are n values of a parameter.
func numbers(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// only makes the pictures of one kind, and holds them to the rules.
func only(t testing.TB, name string, sources ...*Source) []Picture {
	t.Helper()
	k, ok := Lookup(name)
	if !ok {
		t.Fatalf("no kind %q", name)
	}
	pictures, err := k.Make(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults(k, len(sources[0].Table.Groups), pictures) {
		t.Error(f)
	}
	return pictures
}

// pictureOf is the one with an ID.
func pictureOf(t testing.TB, pictures []Picture, id string) Picture {
	t.Helper()
	var ids []string
	for _, p := range pictures {
		if p.ID == id {
			return p
		}
		ids = append(ids, p.ID)
	}
	t.Fatalf("no %q among %q", id, ids)
	return Picture{}
}
