package render

import (
	"math"

	"daxbench/reports/gate"
	"daxbench/reports/stats"
)

// ratio is an estimate over 20 forks.
func ratioOf(value, lo, hi float64) stats.Estimate {
	return stats.Estimate{Value: value, Lo: lo, Hi: hi, N: 20, Confidence: 0.958}
}

// measured is a deciding measure of processor time with the limits of the example.
func measured(name string, base, value, lo, hi, p float64, v gate.Verdict) gate.Measure {
	return gate.Measure{
		Name: name, Unit: "ns/op", Base: base, Head: base * value, Change: ratioOf(value, lo, hi), P: p / 5, Adjusted: p,
		Alpha: 0.005, Floor: 0.01, Tolerance: 0.03, Smallest: (hi - lo) * 0.9, Verdict: v,
	}
}

// tail is a p99 that may convict.
func tail(base, value, lo, hi, p float64, v gate.Verdict) gate.Measure {
	m := measured("p99", base, value, lo, hi, p, v)
	m.Unit, m.Role, m.Tolerance = "p99-ns", gate.Convicts, 0.1
	return m
}

// gateExample has a cell of each kind.
func gateExample() *gate.Report {
	binary := func(name, commit string) gate.Binary {
		return gate.Binary{Name: name, Tool: "daxbench 0.2.0", Commit: commit, Go: "go1.26.8", Build: "-trimpath"}
	}
	cell := func(name string, measures ...gate.Measure) gate.Cell {
		return gate.Cell{
			Name: name, Verdict: measures[0].Verdict, Measures: measures, Forks: 20, Looks: 1,
			Slice: "350 µs, 3,200 operations", Seconds: 2.05,
		}
	}
	same := gate.Count{Name: "violations", Unit: "writes", Verdict: gate.Pass}
	regressed := cell("evict-storm/dax=50/workers=1/policy=dax-only",
		measured("cpu", 76.6, 1.0523, 1.0410, 1.0631, 0.00002, gate.Regressed),
		measured("wall", 78.1, 1.0555, 1.0333, 1.0790, 0.0003, gate.Regressed),
		tail(319, 1.021, 0.97, 1.08, 0.8, gate.NoVerdict))
	regressed.Why = "the processor time of one operation rose by 5.23 %, at least 4.10 %"
	regressed.Counts = []gate.Count{{Name: "allocations", Unit: "allocs/op", Base: 0, Head: 0, Verdict: gate.Pass}, same}
	regressed.Repeat = "daxbench gate -base v0.1.0 -head ./daxbench -cell 'evict-storm/dax=50/workers=1/policy=dax-only' -seed 7"
	regressed.Profiles = []string{"gate-out/evict-storm-1/base.cpu.pprof", "gate-out/evict-storm-1/head.cpu.pprof"}

	slowTail := cell("evict-storm/dax=50/workers=1/policy=unconditional",
		measured("cpu", 132.1, 1.0012, 0.9961, 1.0064, 0.9, gate.Pass),
		tail(545, 1.38, 1.21, 1.56, 0.0004, gate.Regressed))
	slowTail.Verdict, slowTail.Forks, slowTail.Looks, slowTail.Seconds = gate.Regressed, 40, 2, 4.1
	slowTail.Why = "the mean is the same, but p99 rose by 38 %, at least 21 %"
	slowTail.Warnings = []string{"one worker was 21 % slower than the other"}
	slowTail.Repeat = "daxbench gate -base v0.1.0 -head ./daxbench -cell 'evict-storm/dax=50/workers=1/policy=unconditional' -seed 7"

	leak := cell("lookup-storm/dax=50/workers=1/policy=dax-only", measured("cpu", 16.2, 1.0004, 0.9978, 1.0031, 1, gate.Pass))
	leak.Verdict = gate.Regressed
	leak.Why = "the head makes 2 allocations per 1,000 operations, the base none"
	leak.Counts = []gate.Count{{Name: "allocations", Unit: "allocs/kop", Base: 0, Head: 2, Verdict: gate.Regressed}, same}

	open := cell("unlink-storm/dax=50/workers=1/policy=dax-only", measured("cpu", 1436, 1.018, 0.989, 1.047, 0.21, gate.NoVerdict))
	open.Forks, open.Looks = 40, 2
	open.Why = "not significant, and the interval reaches 4.7 %, beyond the tolerance of 3 %"
	open.Measures[0].Why = open.Why
	open.Warnings = []string{"one worker was 21 % slower than the other", "the forks fall into two groups, 18 % apart"}

	missing := gate.Cell{
		Name: "truncate-race/dax=50/workers=1/policy=dax-only", Verdict: gate.NoVerdict,
		Why: "the head cannot run it: no storm \"truncate-race\"",
	}
	passed := cell("remount-storm/dax=50/workers=1/policy=dax-only",
		measured("cpu", 24.7e3, 1.0003, 0.9950, 1.0061, 1, gate.Pass), tail(100.6e3, 0.99, 0.93, 1.05, 1, gate.NoVerdict))
	passed.Counts = []gate.Count{{Name: "evictions", Unit: "evictions", Base: 48000, Head: 48000, Verdict: gate.Pass}, same}
	passed.Warnings = []string{"the forks fall into two groups, 18 % apart"}
	improved := cell("lease-recall/dax=50/workers=1/policy=dax-only",
		measured("cpu", 494, 0.931, 0.918, 0.944, 0.00001, gate.Improved))
	spin := measured("spin", 1.91, 1.0002, 0.9990, 1.0010, 1, gate.Pass)
	path := measured("untouched path", 12.4, 0.9991, 0.9968, 1.0021, 1, gate.Pass)
	return &gate.Report{
		Way: "lock-step", Suite: "hot-paths, revision 3", Verdict: gate.Regressed,
		Summary: "3 of 7 cells regressed; the worst is evict-storm under dax-only, 5.2 % slower",
		Rule: "Rule 1, in lock-step. A cell regresses if the signed-rank test over its forks has p < 0.005 at either look (0.01 in all, Holm over 7 cells), " +
			"its 95 % interval leaves out 0, and it is worse by the floor, 1 %. It passes if the interval ends below the tolerance, 3 %. " +
			"All else has no verdict; then 20 further forks are run, once.",
		Command: "daxbench gate -base v0.1.0 -head ./daxbench -suite hot-paths -out gate-out",
		Machine: "AMD EPYC, 2 cores, linux 6.18.2", Base: binary("v0.1.0", "4680541"), Head: binary("./daxbench", "a7c96c5"),
		Cells:    []gate.Cell{passed, open, regressed, improved, leak, missing, slowTail},
		Controls: []gate.Measure{spin, path},
		Warnings: []string{"the machine was shared: 5.9 runnable tasks on 2 cores"},
	}
}

// gateGreen passes.
func gateGreen() *gate.Report {
	r := gateExample()
	r.Verdict, r.Summary = gate.Pass, "all 2 cells were shown to be less than 3 % slower"
	r.Cells = []gate.Cell{r.Cells[0], r.Cells[3]}
	r.Warnings = nil
	return r
}

// gateStored holds counts against stored ones, with a trend.
func gateStored() *gate.Report {
	count := func(name, unit string, base, head float64, v gate.Verdict, why string) gate.Count {
		return gate.Count{Name: name, Unit: unit, Base: base, Head: head, Verdict: v, Why: why}
	}
	cell := func(name string, counts ...gate.Count) gate.Cell {
		return gate.Cell{Name: name, Verdict: counts[0].Verdict, Why: counts[0].Why, Counts: counts}
	}
	time := func(name string, base, value, lo, hi float64) gate.Measure {
		m := measured(name, base, value, lo, hi, 0, gate.NoVerdict)
		m.Role, m.P, m.Adjusted, m.Alpha, m.Floor, m.Tolerance, m.Smallest = gate.Shown, 0, 0, 0, 0, 0, 0
		m.Why = "a stored time is a trend, and no judge"
		return m
	}
	return &gate.Report{
		Way: "baseline", Suite: "the cells of counts.txt", Verdict: gate.Regressed,
		Summary: "1 of 4 cells regressed: EvictStorm/dax=50/policy=dax-only: break tries rose from 1,200 to 2,400.",
		Rule:    "A cell passes if every count is equal.", Base: gate.Binary{Name: "counts.txt"}, Head: gate.Binary{Name: "new.txt"},
		Cells: []gate.Cell{
			cell("EvictStorm/dax=0/policy=dax-only", count("allocs/op", "allocs/op", 0, 0, gate.Pass, ""), count("evictions", "evictions", 48000, 48000, gate.Pass, "")),
			cell("EvictStorm/dax=50/policy=dax-only", count("break tries", "break-tries", 1200, 2400, gate.Regressed, "break tries rose from 1,200 to 2,400"),
				count("evictions", "evictions", 48000, 48000, gate.Pass, "")),
			cell("EvictStorm/dax=50/policy=none", count("evictions", "evictions", 48000, 47000, gate.NoVerdict, "the two sides do other work: evictions went from 48,000 to 47,000")),
			cell("PinMix/dax=0/policy=dax-only", count("B/op", "B/op", 16, 0, gate.Improved, "B/op fell from 16 to 0")),
		},
		Trend: []gate.Measure{time("EvictStorm/dax=0/policy=dax-only", 59, 1.21, 0.94, 1.4), time("PinMix/dax=0/policy=dax-only", 16.2, 0.97, 0.9, 1.01)},
	}
}

// gateVoid is a gate whose control moved.
func gateVoid() *gate.Report {
	r := gateExample()
	r.Verdict, r.Summary = gate.Void, "a negative control moved, so that nothing that was measured counts"
	for i := range r.Cells {
		r.Cells[i].Verdict, r.Cells[i].Why = gate.Void, "the control spin moved"
	}
	r.Controls[0].Change, r.Controls[0].Verdict = ratioOf(1.021, 1.012, 1.034), gate.Void
	r.Controls[0].Why = "the head was linked with another alignment"
	return r
}

// evil is what nobody writes into a name by accident.
const evil = "\x1b[31mred\x00\x7f\r\n::error::no|pe `x` <script>alert(1)</script> ]]> & \u202eabc\u200b\ufffe\xff ``` %0A,:"

// gateHostile has it everywhere, and numbers that are none.
func gateHostile() *gate.Report {
	nan, inf := math.NaN(), math.Inf(1)
	broken := gate.Measure{
		Name: evil, Unit: evil, Base: nan, Head: inf, Change: stats.Estimate{Value: nan, Lo: -inf, Hi: inf, N: 20, Confidence: 0.96},
		P: nan, Adjusted: nan, Alpha: inf, Floor: nan, Tolerance: inf, Smallest: nan, Verdict: gate.NoVerdict, Why: evil,
	}
	endless := broken
	endless.Change, endless.Role = stats.Estimate{Value: inf, Lo: 1e-300, Hi: 1e300, N: 20, Confidence: 0.96}, gate.Convicts
	endless.Base, endless.Head, endless.Floor, endless.Tolerance, endless.Alpha = 1e308, -1, 1e300, -1, 0.01
	counts := []gate.Count{{Name: evil, Unit: evil, Base: nan, Head: -1, Verdict: gate.Regressed, Why: evil}, {Name: "c", Base: 0, Head: inf}}
	long := string(make([]byte, 1<<20))
	cell := gate.Cell{
		Name: evil, Verdict: gate.Regressed, Why: evil, Measures: []gate.Measure{broken, endless}, Counts: counts, Forks: -1, Looks: 1 << 40, Seconds: nan,
		Slice: evil, Warnings: []string{evil, long}, Repeat: evil, Profiles: []string{evil, "東京/東京.pprof"},
	}
	other := cell
	other.Name, other.Verdict = "/"+evil+"/東京東京東京東京東京東京東京/=/a=b", gate.NoVerdict
	side := gate.Binary{Name: evil, Tool: evil, Commit: evil, Go: evil, Build: evil}
	return &gate.Report{
		Way: evil, Suite: evil, Verdict: gate.Regressed, Summary: evil, Rule: evil, Command: evil, Machine: evil, Base: side, Head: side,
		Cells: []gate.Cell{other, cell, {Name: long}, {}}, Controls: []gate.Measure{broken}, Trend: []gate.Measure{broken, endless}, Warnings: []string{evil, long},
	}
}
