package main

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"daxbench/engine/pmem"
	"daxbench/reports/stats"
	"daxbench/workloads/driver"
	"daxbench/workloads/lockstep"
)

// What BenchmarkResolution tries.
const (
	trialTime  = 2 * time.Second        // of measuring
	trials     = 10                     // with each effect, and without one
	foundOften = 9                      // of them
	chunk      = 120 * time.Microsecond // a slice; the shorter, the more of them (measured.md, part A, 5.6)
	freshPairs = 6                      // of engines in a trial that compares two: the rounds of a run
)

// resolutionCells are what is measured: evictions, and the two hot paths. With pick=walk each operation misses, and evicts.
var resolutionCells = []string{
	"EvictStorm/dax=0/pick=walk/workers=1/policy=dax-only",
	"IgetChurn/workers=1/policy=dax-only",
	"PinMix/workers=1/policy=dax-only",
}

// BenchmarkResolution says what two seconds of measuring by turns can tell apart, in one process, with real further work planted.
// engines=one is one engine whose slices are taken for two sides in random order, as an experiment is measured that can be switched
// on and off. engines=two are two engines, six fresh pairs in a trial, as policies are compared: where memory happens to lie counts too.
//
//	aa-half-%      half the width of the 95 % interval without an effect, median of 10 trials; aa-most-% the widest
//	aa-found       of these trials, in how many the interval does not hold 1: false alarms
//	smallest-ns    the least effect planted that 9 of 10 trials found slower, per operation; smallest-% of the cost
//
// go test ./cmd/daxbench -run '^$' -bench Resolution -benchtime 1x (5 minutes)
func BenchmarkResolution(b *testing.B) {
	for _, name := range resolutionCells {
		for engines, trial := range map[string]func(*testing.B, string, uint64, float64) (stats.Estimate, float64){"one": oneEngine, "two": twoEngines} {
			b.Run(name+"/engines="+engines, func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				for range b.N {
					resolve(b, func(seed uint64, effect float64) (stats.Estimate, float64) { return trial(b, name, seed, effect) })
				}
				b.ReportMetric(0, "ns/op") // of the benchmark: nobody wants it
			})
		}
	}
}

// resolve does the trials, and reports. A trial returns the ratio of the side with the effect to the other, and the cost of that.
func resolve(b *testing.B, trial func(seed uint64, effect float64) (stats.Estimate, float64)) {
	var halves, costs []float64
	alarms := 0
	for seed := range uint64(trials) {
		e, cost := trial(seed, 0)
		halves, costs = append(halves, 50*(e.Hi-e.Lo)), append(costs, cost)
		if e.Lo > 1 || e.Hi < 1 {
			alarms++
		}
	}
	slices.Sort(halves)
	slices.Sort(costs)
	cost := costs[trials/2]
	b.ReportMetric(cost, "cost-ns")
	b.ReportMetric(halves[trials/2], "aa-half-%")
	b.ReportMetric(halves[trials-1], "aa-most-%")
	b.ReportMetric(float64(alarms), "aa-found")
	for _, effect := range []float64{0.005, 0.01, 0.02, 0.03, 0.05, 0.1} {
		found := 0
		for seed := range uint64(trials) {
			if e, _ := trial(seed+trials, effect); e.Lo > 1 {
				found++
			}
		}
		if found >= foundOften {
			b.ReportMetric(effect*cost, "smallest-ns")
			b.ReportMetric(100*effect, "smallest-%")
			return
		}
	}
}

// oneEngine is a trial on one engine.
func oneEngine(b *testing.B, name string, seed uint64, effect float64) (stats.Estimate, float64) {
	solo, ops, end := open(b, name, seed)
	defer end()
	base, head := turns(b, trialTime, seed, []*driver.Solo{solo, solo}, ops, effect)
	return ratioOf(b, head, base), middleOf(b, base)
}

// twoEngines is a trial on fresh pairs of engines, each of which gives one ratio.
func twoEngines(b *testing.B, name string, seed uint64, effect float64) (_ stats.Estimate, cost float64) {
	var heads, bases []float64
	for k := range uint64(freshPairs) {
		func() {
			one, ops, end := open(b, name, seed*freshPairs+k)
			defer end()
			other, _, end := open(b, name, seed*freshPairs+k)
			defer end()
			base, head := turns(b, trialTime/freshPairs, seed, []*driver.Solo{one, other}, ops, effect)
			bases, heads = append(bases, 1), append(heads, ratioOf(b, head, base).Value)
			cost = middleOf(b, base)
		}()
	}
	return ratioOf(b, heads, bases), cost
}

// open builds a cell on fresh memory, warms it up, and says how many operations make a chunk. End gives all of it back.
func open(b *testing.B, name string, seed uint64) (solo *driver.Solo, ops int, end func()) {
	b.Helper()
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	plan, err := lockstep.PlanOf(name, seed)
	check(err)
	size, err := plan.EngineSize()
	check(err)
	region, err := pmem.Open(pmem.Options{Size: size, Populate: true})
	check(err)
	solo, err = driver.OpenSolo(b.Context(), plan, seed, region, make(chan error, 1))
	check(err)
	ops, err = solo.Fit(chunk)
	check(err)
	check(solo.WarmUp(ops, 10))
	return solo, ops, func() {
		solo.Close()
		region.Close()
	}
}

// turns lets both sides take turns for d, in random order, and returns what an operation took in each. Side 1 has the effect.
func turns(b *testing.B, d time.Duration, seed uint64, sides []*driver.Solo, ops int, effect float64) (base, head []float64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	planted := []float64{0, effect}
	for begin := time.Now(); time.Since(begin) < d; {
		var took [2]float64
		for _, i := range rng.Perm(2) {
			turn, err := sides[i].Turn(ops, planted[i])
			if err != nil {
				b.Fatal(err)
			}
			took[i] = turn.Wall
		}
		base, head = append(base, took[0]), append(head, took[1])
	}
	return base, head
}

func ratioOf(b *testing.B, num, den []float64) stats.Estimate {
	e, err := stats.PairedRatio(num, den)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func middleOf(b *testing.B, values []float64) float64 {
	e, err := stats.Median(values)
	if err != nil {
		b.Fatal(err)
	}
	return e.Value
}
