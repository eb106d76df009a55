package gate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

// world simulates a machine as measured.md, part A, describes it: two modes of speed that last for some slices, bursts that
// wreck single slices, a drift over the run, and a bias of each pair of processes that more slices do not average out.
type world struct {
	seed    uint64
	cells   []string
	forks   int     // of the first batch
	more    int     // of the second
	slices  int     //
	bias    float64 // sd of the log ratio of a fork
	effect  float64 // the head's operations cost so much more; 0.05 is 5 %
	sleep   float64 // and it waits so much more, which costs no processor time
	tail    float64 // its slowest 3 % of latencies are so much longer, without the mean
	control float64 // and the negative controls are slower by so much
	latency int     // latencies per fork and side; 0: none are recorded
	uneven  bool    // bursts hit the head only
}

// quiet is a world of one cell in which everything is fine.
func quiet(seed uint64) world {
	return world{seed: seed, cells: []string{churn}, forks: 20, slices: 120, bias: 0.015}
}

const (
	churn  = "IgetChurn/workers=1/policy=dax-only"
	pinmix = "PinMix/workers=1/policy=dax-only"
)

// suiteOf declares these cells, and nothing else that is unusual.
func suiteOf(names ...string) *Suite {
	s := Default()
	d := s.Cells[0]
	s.Cells = nil
	for _, name := range names {
		d.Name = name
		s.Cells = append(s.Cells, d)
	}
	return s
}

func (w world) samples() *Samples {
	s := &Samples{
		Schema: SamplesSchema, Tool: "daxbench", Status: statusFinished, Command: []string{"daxbench", "gate"}, Seed: w.seed,
		Base: Binary{Name: "old", Commit: "aaaa", Go: "go1.26"}, Head: Binary{Name: "new", Commit: "bbbb", Go: "go1.26"},
		Environment: map[string]any{"cpu": "EPYC", "cores": 2.0, "os": "linux", "kernel": "6.18", "go": "go1.26"},
	}
	for i, name := range w.cells {
		rng := rand.New(rand.NewPCG(w.seed, uint64(i)))
		c := Sampled{Name: name, SliceNanos: 350_000, Ops: 3200, Why: "tests", Workers: 1}
		for f := range w.forks + w.more {
			batch := 1
			if f >= w.forks {
				batch = 2
			}
			c.Forks = append(c.Forks, w.fork(rng, f+1, batch))
		}
		s.Cells = append(s.Cells, c)
	}
	return s
}

// fork simulates a pair of processes.
func (w world) fork(rng *rand.Rand, number, batch int) Fork {
	f := Fork{Number: number, Batch: batch, Seed: rng.Uint64()}
	for _, side := range f.sides() {
		*side.Side = Side{Outcome: outcomeOK, Controls: map[string][]float64{}, Counters: map[string]int64{
			countOps: int64(w.slices) * 3200, countViolations: 0, countAllocs: rng.Int64N(4), countAllocsOps: 3200,
			"evictions": 900, "hits": 8000, "looked": 5000,
		}}
	}
	wallBias, cpuBias := w.bias*rng.NormFloat64(), 0.8*w.bias*rng.NormFloat64()
	drift := 0.3 * math.Sin(float64(number)/7)
	slow := rng.IntN(2) == 0
	order := make([]byte, 0, w.slices)
	for i := range w.slices {
		if rng.IntN(20) == 0 { // the neighbour on the same core comes or goes
			slow = !slow
		}
		level := 16 * math.Exp(drift)
		if slow {
			level *= 1.65
		}
		first := "bh"[rng.IntN(2)]
		if i%2 == 1 {
			first = 'b' ^ 'h' ^ order[i-1]
		}
		order = append(order, first)
		for _, side := range f.sides() {
			wall, cpu := level*math.Exp(0.04*rng.NormFloat64()), level*math.Exp(0.03*rng.NormFloat64())
			if rng.IntN(15) == 0 && (!w.uneven || side.name == "head") {
				wall *= 1 + 20*rng.ExpFloat64() // another process had the core
			}
			spin, walk := 1.4*math.Exp(0.02*rng.NormFloat64()), 2.2*math.Exp(0.02*rng.NormFloat64())
			if side.name == "head" {
				wall *= (1 + w.effect) * (1 + w.sleep) * math.Exp(wallBias)
				cpu *= (1 + w.effect) * math.Exp(wallBias+cpuBias)
				spin *= 1 + w.control
			}
			side.Wall, side.CPU = append(side.Wall, wall), append(side.CPU, cpu)
			side.Controls["spin"] = append(side.Controls["spin"], spin)
			side.Controls["walk"] = append(side.Controls["walk"], walk)
		}
	}
	f.Order = string(order)
	if w.latency > 0 {
		f.Base.Latency = w.latencies(rng, 1)
		f.Head.Latency = w.latencies(rng, 1+w.tail)
	}
	return f
}

// latencies simulates those of a side: most about 300 ns, one in 33 about 2 µs times slowest.
func (w world) latencies(rng *rand.Rand, slowest float64) string {
	h := hdrhistogram.New(1, math.MaxInt64, 2)
	for range w.latency {
		v := 300 * math.Exp(0.2*rng.NormFloat64())
		if rng.IntN(33) == 0 {
			v = 2000 * slowest * math.Exp(0.3*rng.NormFloat64())
		}
		if err := h.RecordValue(int64(v)); err != nil {
			panic(err)
		}
	}
	text, err := h.EncodeV2()
	if err != nil {
		panic(err)
	}
	return string(text)
}

// gate judges as the command does: a second look where the first leaves a cell open.
func gate(t testing.TB, s *Samples, suite *Suite) *Report {
	t.Helper()
	r, err := Judge(s, suite, 1)
	if err == nil && len(Undecided(r)) > 0 && suite.Plan.More > 0 {
		r, err = Judge(s, suite, 2)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// cellOf returns the cell of that name.
func cellOf(t testing.TB, r *Report, name string) *Cell {
	t.Helper()
	for i := range r.Cells {
		if r.Cells[i].Name == name {
			return &r.Cells[i]
		}
	}
	t.Fatalf("the report has no cell %s", name)
	return nil
}

// tell is a report in a few lines, for failures.
func tell(r *Report) string {
	s := fmt.Sprintf("%s: %s\n", r.Verdict, r.Summary)
	for _, c := range r.Cells {
		s += fmt.Sprintf("  %s: %s: %s\n", c.Name, c.Verdict, c.Why)
		for _, m := range c.Measures {
			s += fmt.Sprintf("    %s %s %s p=%.2g adjusted=%.2g alpha=%.2g smallest=%.3g %s %s\n",
				m.Name, m.Role, m.inWords(), m.P, m.Adjusted, m.Alpha, m.Smallest, m.Verdict, m.Why)
		}
	}
	return s
}
