package stats

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise is a simulated machine, after what was measured on a shared one: slices that mostly run undisturbed or not at
// all, a busy sibling thread that comes and goes, a slow drift, and a layout that a process pair keeps for life.
type noise struct {
	jitter  float64 // of each slice, as a log: standard deviation
	burst   float64 // chance that a burst starts at a slice; it slows both sides by half or more, for 10 slices or so
	wreck   float64 // chance that a slice is preempted: several times as long
	drift   float64 // of the speed over the whole measurement, as a log
	layout  float64 // per process pair, as a log: standard deviation
	step    float64 // of the clock, ns/op; 0: none
	persist float64 // correlation of the jitter with that of the slice before
}

// fork simulates the slices of one process pair of which the head is slower by the factor; at is the moment, 0 to 1.
func (m noise) fork(rng *rand.Rand, slices int, factor, at float64) (head, base []float64) {
	const undisturbed = 16 // ns/op
	pair := factor * math.Exp(m.layout*rng.NormFloat64())
	slow, left := 1.0, 0
	jitter := [2]float64{rng.NormFloat64(), rng.NormFloat64()}
	head, base = make([]float64, slices), make([]float64, slices)
	for i := range slices {
		if left--; left <= 0 {
			slow = 1
		}
		if rng.Float64() < m.burst {
			slow, left = 1.5+rng.ExpFloat64(), 1+rng.IntN(20)
		}
		for k, side := range [][]float64{head, base} {
			jitter[k] = m.persist*jitter[k] + math.Sqrt(1-m.persist*m.persist)*rng.NormFloat64()
			v := undisturbed * slow * math.Exp(m.drift*at+m.jitter*jitter[k])
			if k == 0 {
				v *= pair
			}
			if rng.Float64() < m.wreck {
				v *= 2 + 8*rng.ExpFloat64()
			}
			if m.step > 0 {
				v = max(m.step, math.Round(v/m.step)*m.step)
			}
			side[i] = v
		}
	}
	return head, base
}

// machines are the conditions under which the rule must hold.
var machines = map[string]noise{
	"quiet":          {jitter: 0.02, layout: 0.004},
	"busy":           {jitter: 0.06, burst: 0.03, wreck: 0.05, layout: 0.006},
	"drifting":       {jitter: 0.05, drift: 0.8, wreck: 0.02, layout: 0.006},
	"autocorrelated": {jitter: 0.05, persist: 0.8, burst: 0.02, layout: 0.005},
	"coarse clock":   {jitter: 0.04, wreck: 0.05, layout: 0.006, step: 0.25},
}

// forks simulates the log ratios of n process pairs.
func (m noise) forks(t *testing.T, rng *rand.Rand, n int, factor float64) []float64 {
	logs := make([]float64, n)
	for i := range logs {
		log, used, err := ChunkRatio(m.fork(rng, 40, factor, float64(i)/float64(n)))
		if err != nil || used != 40 {
			t.Fatal(used, err)
		}
		logs[i] = log
	}
	return logs
}

// decide is the rule of a gate: at the first look that is significant, is the change at least the floor? It returns −1
// for faster, 1 for slower, 0 for neither.
func decide(t *testing.T, l Looks, logs []float64, floor float64) int {
	look, _, significant, err := l.Decide(logs)
	if err != nil {
		t.Fatal(err)
	}
	if !significant {
		return 0
	}
	n, _ := l.At(look)
	e, err := HodgesLehmann(logs[:n], Level)
	if err != nil || !e.Bounded() {
		t.Fatal(e, err)
	}
	switch ratio := e.Exp(); {
	case ratio.Lo > 1 && ratio.Value >= 1+floor:
		return 1
	case ratio.Hi < 1 && ratio.Value <= 1/(1+floor):
		return -1
	}
	return 0
}

// TestRule holds the fork-level rule, two looks at 20 and 40 forks with α = 0.01 and a floor of 1 %, to its promises on
// every machine: at most 1 % false alarms, +2 %, +3 % and +5 % found, and a change of the same size in either direction
// found alike.
func TestRule(t *testing.T) {
	t.Parallel()
	const trials, floor = 150, 0.01
	l, err := NewLooks(0.01, 20, 40)
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, name := range slices.Sorted(maps.Keys(machines)) {
		m := machines[name]
		for _, c := range []struct {
			factor float64
			lo, hi float64
			want   int
		}{{1.02, 0.7, 1, 1}, {1.03, 0.95, 1, 1}, {1.05, 0.98, 1, 1}, {1 / 1.03, 0.95, 1, -1}} {
			rng, right := rand.New(rand.NewPCG(101, uint64(1000*c.factor))), 0
			for range trials / 3 {
				if decide(t, l, m.forks(t, rng, 40, c.factor), floor) == c.want {
					right++
				}
			}
			within(t, name+", a change found", right, trials/3, c.lo, c.hi)
		}
		rng, alarms := rand.New(rand.NewPCG(102, uint64(len(name)))), 0
		for range trials {
			if decide(t, l, m.forks(t, rng, 40, 1), floor) != 0 {
				alarms++
			}
		}
		within(t, name+", false alarms", alarms, trials, 0, 0.01)
		all += alarms
	}
	if _, hi := Proportion(all, trials*len(machines), 0.95); hi > 0.02 {
		t.Errorf("%d false alarms of %d: up to %.3f", all, trials*len(machines), hi)
	}
}

// TestRuleWithoutItsPieces: each piece of the rule is there for a reason, which shows when it is left out.
func TestRuleWithoutItsPieces(t *testing.T) {
	t.Parallel()
	const trials = 120
	quiet, busy, drifting, wrecked := machines["quiet"], machines["busy"], machines["drifting"], machines["busy"]
	wrecked.wreck = 0.2
	for _, c := range []struct {
		name   string
		lo, hi float64
		alarm  func(rng *rand.Rand) bool
	}{
		{"the floor is left out, and layouts favour one side by 0.6 %", 0.9, 1, func(rng *rand.Rand) bool {
			test, err := SignedRank(quiet.forks(t, rng, 40, 1.006))
			return err == nil && test.P <= 0.01
		}},
		{"with the floor", 0, 0.02, func(rng *rand.Rand) bool {
			l, _ := NewLooks(0.01, 20, 40)
			return decide(t, l, quiet.forks(t, rng, 40, 1.006), 0.01) != 0
		}},
		{"one process pair, its slices taken for replications", 0.15, 1, func(rng *rand.Rand) bool {
			head, base := busy.fork(rng, 800, 1, 0)
			e, err := PairedRatio(head, base)
			return err == nil && (e.Lo > 1 || e.Hi < 1)
		}},
		{"one side after the other, on a machine that drifts", 0.9, 1, func(rng *rand.Rand) bool {
			var base, head []float64
			for i := range 40 {
				h, b := drifting.fork(rng, 40, 1, float64(i)/40)
				if i < 20 {
					base = append(base, middle(slices.Sorted(slices.Values(b))))
				} else {
					head = append(head, middle(slices.Sorted(slices.Values(h))))
				}
			}
			test, err := RankSum(base, head)
			return err == nil && test.P <= 0.01
		}},
		{"means instead of medians: +5 % drowns in preempted slices", 0, 0.4, func(rng *rand.Rand) bool {
			logs := make([]float64, 40)
			for i := range logs {
				head, base := wrecked.fork(rng, 40, 1.05, 0)
				for j := range head {
					logs[i] += math.Log(head[j]/base[j]) / 40
				}
			}
			test, err := SignedRank(logs)
			return err == nil && test.P <= 0.01
		}},
		{"with medians", 0.95, 1, func(rng *rand.Rand) bool {
			test, err := SignedRank(wrecked.forks(t, rng, 40, 1.05))
			return err == nil && test.P <= 0.01
		}},
	} {
		rng, alarms := rand.New(rand.NewPCG(103, uint64(len(c.name)))), 0
		for range trials {
			if c.alarm(rng) {
				alarms++
			}
		}
		within(t, c.name, alarms, trials, c.lo, c.hi)
	}
}

// TestIntervalCoverage: the intervals cover the truth as often as they say, ties or not, and not much more often.
func TestIntervalCoverage(t *testing.T) {
	t.Parallel()
	const trials = 1500
	for _, n := range []int{6, 9, 20, 45, 75} {
		rng := rand.New(rand.NewPCG(104, uint64(n)))
		var hits, tied, shifted int
		var e, s Estimate
		for range trials {
			x := sample(rng, n, func() float64 { return 3 + rng.NormFloat64()/math.Sqrt(rng.ExpFloat64()) }) // t, 2 degrees
			var err error
			if e, err = HodgesLehmann(x, 0.95); err != nil {
				t.Fatal(err)
			}
			if e.Lo <= 3 && 3 <= e.Hi {
				hits++
			}
			for i := range x {
				x[i] = math.Round(2*x[i]) / 2
			}
			if e, _ := HodgesLehmann(x, 0.95); e.Lo <= 3 && 3 <= e.Hi {
				tied++
			}
			y := sample(rng, n/2+2, func() float64 { return 7 + rng.ExpFloat64() })
			if s, err = Shift(sample(rng, n, rng.ExpFloat64), y, 0.95); err != nil {
				t.Fatal(err)
			}
			if s.Lo <= 7 && 7 <= s.Hi {
				shifted++
			}
		}
		within(t, "Hodges-Lehmann", hits, trials, e.Confidence-0.003, e.Confidence+0.003)
		within(t, "Hodges-Lehmann with ties", tied, trials, e.Confidence, 1)
		within(t, "shift", shifted, trials, s.Confidence-0.003, s.Confidence+0.003)
	}
}
