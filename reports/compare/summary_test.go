package compare_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// ratio is an estimate with an interval, of six rounds.
func ratio(value, lo, hi float64) stats.Estimate {
	return stats.Estimate{Value: value, Lo: lo, Hi: hi, Confidence: stats.Level, N: 6}
}

// few is an estimate of three rounds, which has no interval.
func few(value float64) stats.Estimate {
	return stats.Estimate{Value: value, Lo: value / 2, Hi: value * 2, Confidence: 0.75, N: 3}
}

func reference() compare.Row {
	return compare.Row{Policy: "dax-only", Verdict: compare.Verdict{Judgement: compare.Reference}, Cost: ratio(100, 90, 110), P999: 1000, LeastLat: 20000, Rounds: 6}
}

func verdictRow(policy string, j compare.Judgement, r stats.Estimate) compare.Row {
	return compare.Row{Policy: policy, Verdict: compare.Verdict{Judgement: j, Within: 0.02}, Ratio: r, Cost: ratio(100*r.Value, 90, 200), P999: 500, LeastLat: 20000, Rounds: 6}
}

func evictions(dax string, rows ...compare.Row) compare.Group {
	return compare.Group{Workload: "evict-storm", Params: []folder.Param{{Key: "dax", Value: dax}, {Key: "workers", Value: "2"}}, Unit: "ns/evict",
		Better: -1, Reference: "dax-only", Rows: append([]compare.Row{reference()}, rows...)}
}

func unmounts(dax string, rows ...compare.Row) compare.Group {
	g := evictions(dax, rows...)
	g.Workload = "unmount-storm"
	return g
}

// pins makes the reference wait for pins, and gives the group a tail against rows.
func pins(g compare.Group, tail stats.Estimate, latencies uint64) compare.Group {
	g.Rows[0].Blocked, g.Rows[0].LeastLat, g.Rows[0].P999 = 50, latencies, 9000
	for i := range g.Rows[1:] {
		g.Rows[i+1].Tail = tail
	}
	return g
}

// late makes 74 % of the longest waits of the reference the harness's.
func late(g compare.Group) compare.Group {
	g.Rows[0].ForPins = compare.LongWaits{N: 72, Nanos: 100, Late: 60, Wake: 14}
	return g
}

func called(workload string, g compare.Group) compare.Group {
	g.Workload = workload
	return g
}

// swept is a group with a parameter, in which the reference costs so much, to a tenth.
func swept(key, value string, cost float64, rows ...compare.Row) compare.Group {
	g := evictions("100", rows...)
	g.Params = append(g.Params, folder.Param{Key: key, Value: value})
	g.Rows[0].Cost = ratio(cost, cost*0.9, cost*1.1)
	return g
}

func with(r compare.Row, s compare.Safety) compare.Row {
	r.Safety = s
	return r
}

func TestSummary(t *testing.T) {
	firm := func(r compare.Row) compare.Row { r.Firm = true; return r }
	perhaps := func(policy string, r stats.Estimate) compare.Row { return verdictRow(policy, compare.Dearer, r) }
	dearer := func(policy string, r stats.Estimate) compare.Row { return firm(verdictRow(policy, compare.Dearer, r)) }
	cheaper := func(policy string, r stats.Estimate) compare.Row { return firm(verdictRow(policy, compare.Cheaper, r)) }
	same := func(policy string) compare.Row { return verdictRow(policy, compare.Same, ratio(1.001, 0.99, 1.01)) }
	open := func(policy string) compare.Row { return verdictRow(policy, compare.Undecided, ratio(1.1, 0.8, 1.3)) }
	bad := compare.Safety{Violations: 7, Writes: 90, LookedOps: 400, Looked: true}
	clean := compare.Safety{Writes: 80, LookedOps: 300, Looked: true}
	for _, tt := range []struct {
		name   string
		groups []compare.Group
		want   []string
	}{
		{"one non-DAX group", []compare.Group{evictions("0", dearer("unconditional", ratio(1.4, 1.3, 1.5)), same("always-call"), open("none"))}, []string{
			"On inodes that are not DAX an eviction costs 40 % [30, 50] more under unconditional than under dax-only; the same within ±2 % under always-call; undecided under none (n=6).",
			"Of 3 comparisons with dax-only 1 is undecided (n=6); more rounds narrow their intervals.",
		}},
		{"the range over groups, whichever comes first", []compare.Group{
			evictions("0", dearer("unconditional", ratio(1.4, 1.3, 1.5)), cheaper("none", ratio(0.9, 0.85, 0.95))),
			unmounts("0", dearer("unconditional", ratio(1.2, 1.1, 1.3)), cheaper("none", ratio(0.8, 0.75, 0.85)))}, []string{
			"On inodes that are not DAX an eviction costs 20 % [10, 30] (unmount-storm) to 40 % [30, 50] (evict-storm) more under unconditional than under dax-only; 10 % [5.0, 15] (evict-storm) to 20 % [15, 25] (unmount-storm) less under none (n=6).",
		}},
		{"a percentage and a factor", []compare.Group{
			evictions("0", dearer("unconditional", ratio(3, 2.9, 3.1))), unmounts("0", dearer("unconditional", ratio(1.2, 1.1, 1.3)))}, []string{
			"On inodes that are not DAX an eviction costs 20 % [10, 30] (unmount-storm) more to 3.00 times [2.90, 3.10] (evict-storm) as much under unconditional as under dax-only (n=6).",
		}},
		{"decided in one of three groups", []compare.Group{
			evictions("0", dearer("unconditional", ratio(1.4, 1.3, 1.5))), unmounts("0", same("unconditional")),
			func() compare.Group { g := unmounts("0", open("unconditional")); g.Workload = "other"; return g }()}, []string{
			"On inodes that are not DAX an eviction costs 40 % [30, 50] (evict-storm) more under unconditional than under dax-only, the same in unmount-storm, undecided in other (n=6).",
			"Of 3 comparisons with dax-only 1 is undecided (n=6); more rounds narrow their intervals.",
		}},
		{"one of two groups alone is no find", []compare.Group{
			evictions("0", perhaps("none", ratio(1.14, 1.03, 1.18))), unmounts("0", open("none"))}, []string{
			"Of 2 comparisons with dax-only 1 is undecided (n=6); more rounds narrow their intervals.",
		}},
		{"two groups that agree are one", []compare.Group{
			evictions("0", perhaps("none", ratio(1.14, 1.03, 1.18))), unmounts("0", perhaps("none", ratio(1.2, 1.1, 1.3)))}, []string{
			"On inodes that are not DAX an eviction costs 14 % [3.0, 18] (evict-storm) to 20 % [10, 30] (unmount-storm) more under none than under dax-only (n=6).",
		}},
		{"two of five that agree are none", []compare.Group{
			evictions("0", perhaps("none", ratio(1.14, 1.03, 1.18))), unmounts("0", perhaps("none", ratio(1.2, 1.1, 1.3))),
			called("a", unmounts("0", same("none"))), called("b", unmounts("0", same("none"))), called("c", unmounts("0", same("none"), same("always-call")))}, []string{
			"On inodes that are not DAX an eviction costs the same within ±2 % under always-call as under dax-only; undecided under none (n=6).",
		}},
		{"what may be chance has no numbers beside what is none", []compare.Group{
			evictions("0", dearer("unconditional", ratio(1.4, 1.3, 1.5)), perhaps("none", ratio(1.14, 1.03, 1.18)))}, []string{
			"On inodes that are not DAX an eviction costs 40 % [30, 50] more under unconditional than under dax-only; undecided under none (n=6).",
		}},
		{"the only group that is not DAX", []compare.Group{evictions("0", perhaps("none", ratio(1.14, 1.03, 1.18)), open("a"), perhaps("b", ratio(1.3, 1.2, 1.4)))}, []string{
			"On inodes that are not DAX an eviction costs 30 % [20, 40] more under b than under dax-only (may be chance); 14 % [3.0, 18] more under none (may be chance); undecided under a (n=6).",
			"Of 3 comparisons with dax-only 1 is undecided (n=6); more rounds narrow their intervals.",
		}},
		{"one group that may be chance", []compare.Group{evictions("50", perhaps("none", ratio(1.14, 1.03, 1.18)))}, []string{
			"Under none an eviction costs 14 % [3.0, 18] more than under dax-only (n=6; may be chance).",
		}},
		{"first what is no chance", []compare.Group{evictions("50", perhaps("none", ratio(1.14, 1.03, 1.18))),
			evictions("100", perhaps("none", ratio(1.14, 1.03, 1.18)), dearer("unconditional", ratio(1.4, 1.3, 1.5)))}, []string{
			"In evict-storm, dax=100, under unconditional an eviction costs 40 % [30, 50] more than under dax-only (n=6).",
			"In evict-storm, dax=50, under none an eviction costs 14 % [3.0, 18] more than under dax-only (n=6; may be chance).",
		}},
		{"groups that say the contrary decide nothing, whatever a third says", []compare.Group{
			evictions("0", dearer("none", ratio(1.4, 1.3, 1.5)), same("a")), unmounts("0", cheaper("none", ratio(0.8, 0.75, 0.85)), same("a")),
			called("third", unmounts("0", dearer("none", ratio(1.4, 1.3, 1.5)), same("a")))}, []string{
			"On inodes that are not DAX an eviction costs the same within ±2 % under a as under dax-only; undecided under none (n=6).",
		}},
		{"groups that say the contrary decide nothing", []compare.Group{
			evictions("0", dearer("unconditional", ratio(1.4, 1.3, 1.5)), same("none")), unmounts("0", cheaper("unconditional", ratio(0.8, 0.75, 0.85)), same("none"))}, []string{
			"On inodes that are not DAX an eviction costs the same within ±2 % under none as under dax-only; undecided under unconditional (n=6).",
		}},
		{"many policies", []compare.Group{evictions("0", dearer("a", ratio(1.1, 1.05, 1.2)), dearer("b", ratio(1.2, 1.1, 1.3)), dearer("c", ratio(1.3, 1.2, 1.4)),
			dearer("d", ratio(1.4, 1.3, 1.5)), cheaper("e", ratio(0.8, 0.75, 0.85)), cheaper("f", ratio(0.9, 0.85, 0.95)))}, []string{
			"On inodes that are not DAX an eviction costs 40 % [30, 50] more under d than under dax-only; 30 % [20, 40] more under c; 20 % [10, 30] more under b; 20 % [15, 25] less under e; more under a; less under f (n=6).",
		}},
		{"only DAX inodes: what the group says first", []compare.Group{evictions("50", dearer("unconditional", ratio(1.4, 1.3, 1.5)), same("none"))}, []string{
			"Under unconditional an eviction costs 40 % [30, 50] more than under dax-only (n=6).",
		}},
		{"several of them have names", []compare.Group{evictions("50", same("none")), evictions("100", dearer("unconditional", ratio(1.4, 1.3, 1.5)))}, []string{
			"In evict-storm, dax=100, under unconditional an eviction costs 40 % [30, 50] more than under dax-only (n=6).",
			"In evict-storm, dax=50, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"pins, with the hold time", []compare.Group{func() compare.Group {
			g := pins(evictions("100", cheaper("none", ratio(0.5, 0.4, 0.6))), ratio(0.05, 0.04, 0.08), 20000)
			g.Hold = "exp:100us"
			return g
		}()}, []string{
			"Under pins of 100 µs on average (evict-storm) p99.9 goes from 500 ns under none to 9.00 µs under dax-only (medians; round by round ×20.0 [12.5, 25.0], n=6).",
			"Under none an eviction costs 50 % [40, 60] less than under dax-only (n=6).",
		}},
		{"pins, and the harness is most of the tail: the cost instead", []compare.Group{late(pins(evictions("100", cheaper("none", ratio(0.25, 0.2, 0.4))), ratio(0.05, 0.04, 0.08), 20000))}, []string{
			"Where evictions meet pins (evict-storm) the cost per eviction goes from 25.0 ns under none to 100 ns under dax-only (medians; round by round ×4.00 [2.50, 5.00], n=6).",
		}},
		{"a tail of the harness is called that", []compare.Group{late(pins(evictions("100", same("none")), ratio(0.05, 0.04, 0.08), 20000))}, []string{
			"Where evictions meet pins (evict-storm) p99.9 goes from 500 ns under none to 9.00 µs under dax-only (medians; round by round ×20.0 [12.5, 25.0], n=6). Of the longest waits under dax-only 74 % is the harness's: a late device, or waking up.",
			"Under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"the tail that is not the harness's, though smaller, and the larger of those", []compare.Group{late(pins(evictions("100", same("none")), ratio(0.05, 0.04, 0.08), 20000)),
			pins(unmounts("100", same("none")), ratio(0.2, 0.1, 0.3), 20000), called("other", pins(evictions("100", same("none")), ratio(0.1, 0.09, 0.12), 20000))}, []string{
			"Where evictions meet pins (the most of 2: other) p99.9 goes from 500 ns under none to 9.00 µs under dax-only (medians; round by round ×10.0 [8.33, 11.1], n=6).",
			"In evict-storm, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In unmount-storm, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In other, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"a parameter that varies alone", []compare.Group{swept("hold", "fixed:20us", 10, same("none")), swept("hold", "fixed:50us", 30, same("none")),
			swept("hold", "fixed:200us", 80, same("none"))}, []string{
			"Under dax-only the cost per eviction goes from 10.0 ns [9.00 ns, 11.0 ns] under pins of 20 µs to 80.0 ns [72.0 ns, 88.0 ns] under pins of 200 µs (evict-storm, n=6).",
			"In evict-storm, hold=fixed:20us, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In evict-storm, hold=fixed:50us, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In evict-storm, hold=fixed:200us, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"of two sweeps the larger", []compare.Group{swept("pages", "1", 10, same("none")), swept("pages", "9", 80, same("none")),
			called("other", swept("pages", "1", 10, same("none"))), called("other", swept("pages", "9", 30, same("none"))),
			called("third", swept("pages", "2", 90, same("none"))), called("third", swept("pages", "4", 10, same("none")))}, []string{
			"Under dax-only the cost per eviction goes from 90.0 ns [81.0 ns, 99.0 ns] with pages=2 to 10.0 ns [9.00 ns, 11.0 ns] with pages=4 (third, n=6).",
			"In evict-storm, pages=1, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In evict-storm, pages=9, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In other, pages=1, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"a sweep in which other parameters vary too is none", []compare.Group{swept("pages", "1", 10, same("none")), swept("hold", "9", 80, same("none"))}, []string{
			"In evict-storm, pages=1, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In evict-storm, hold=9, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"intervals of a sweep that overlap say nothing", []compare.Group{swept("pages", "1", 10, same("none")), swept("pages", "9", 12, same("none"))}, []string{
			"In evict-storm, pages=1, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
			"In evict-storm, pages=9, under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"some lack rounds and the others do not", []compare.Group{evictions("50", open("a"), open("b"), verdictRow("c", compare.TooFew, few(1.1)))}, []string{
			"All 3 comparisons with dax-only are undecided (n=3 to 6); an interval needs 6 rounds, which 1 of them lacks, and more rounds narrow the others.",
		}},
		{"pins, too few latencies for p99.9", []compare.Group{pins(evictions("100", cheaper("none", ratio(0.25, 0.2, 0.4))), ratio(0.05, 0.04, 0.08), 200)}, []string{
			"Where evictions meet pins (evict-storm) the cost per eviction goes from 25.0 ns under none to 100 ns under dax-only (medians; round by round ×4.00 [2.50, 5.00], n=6).",
		}},
		{"pins, and hardly a difference", []compare.Group{pins(evictions("100", cheaper("none", ratio(0.9, 0.8, 0.95))), ratio(0.9, 0.8, 0.95), 20000)}, []string{
			"Under none an eviction costs 10 % [5.0, 20] less than under dax-only (n=6).",
		}},
		{"a policy that waits where the reference does not", []compare.Group{func() compare.Group {
			g := evictions("100", open("unconditional"))
			g.Rows[1].Recalls, g.Rows[1].P999, g.Rows[1].Tail = 70, 50000, ratio(50, 40, 60)
			return g
		}()}, []string{
			"Where evictions meet layout leases (evict-storm) p99.9 goes from 1.00 µs under dax-only to 50.0 µs under unconditional (medians; round by round ×50.0 [40.0, 60.0], n=6).",
			"The one comparison with dax-only is undecided (n=6); more rounds narrow their intervals.",
		}},
		{"violations, with the others and a hang", []compare.Group{evictions("100", with(same("none"), bad), with(same("refuse"), clean),
			with(same("defer"), compare.Safety{Hung: 2}))}, []string{
			"Under none 7 of 90 device writes landed in blocks that were no longer their file's (evict-storm); under refuse none was found in 80; under defer 2 cells hung.",
			"Under none, refuse and defer an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"violations under two policies, the worse first", []compare.Group{evictions("100", with(same("none"), compare.Safety{Violations: 3, Writes: 9}),
			with(same("dma-pin-only"), bad))}, []string{
			"Under dma-pin-only 7 of 90 and under none 3 of 9 device writes landed in blocks that were no longer their file's (evict-storm).",
			"Under none and dma-pin-only an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"no violation, but a hang", []compare.Group{evictions("100", with(same("none"), compare.Safety{Hung: 1, Orphaned: 4}), with(same("refuse"), clean))}, []string{
			"Under none 1 cell hung (evict-storm). Of 80 device writes that were looked at, during 300 operations, none landed in a block that was no longer its file's.",
			"Under none and refuse an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"pins that lost their inode", []compare.Group{evictions("100", with(same("none"), compare.Safety{Orphaned: 1}), with(same("a"), compare.Safety{Orphaned: 2}),
			with(same("b"), compare.Safety{Orphaned: 3}), with(same("c"), compare.Safety{Orphaned: 4}))}, []string{
			"Under c 4 inodes were evicted with a page pinned, under b 3 inodes were evicted with a page pinned and under a 2 inodes were evicted with a page pinned (evict-storm), and fewer under none.",
			"Under none, a, b and c an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"parked inodes", []compare.Group{evictions("100", with(same("none"), compare.Safety{Parked: 1}))}, []string{
			"Under none 1 idle inode could not be found by reclaim at the end of a round (evict-storm).",
			"Under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"leases that nobody recalled", []compare.Group{evictions("100", with(same("none"), compare.Safety{Abandoned: 5000}))}, []string{
			"Under none 5,000 layout leases were taken away without a recall (evict-storm).",
			"Under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"nothing found", []compare.Group{evictions("100", with(same("none"), clean))}, []string{
			"Of 80 device writes that were looked at, during 300 operations, none landed in a block that was no longer its file's.",
			"Under none an eviction costs the same as under dax-only within ±2 % (n=6).",
		}},
		{"three rounds", []compare.Group{evictions("0", verdictRow("none", compare.TooFew, few(1.1)), verdictRow("unconditional", compare.TooFew, few(1.5)))}, []string{
			"All 2 comparisons with dax-only are undecided (n=3); a 95 % interval needs 6 rounds.",
		}},
		{"one policy, without a reference", []compare.Group{{Workload: "evict-storm", Unit: "ns/evict", Better: -1, Rows: []compare.Row{{Policy: "none", Cost: ratio(58, 57, 60)}}}}, []string{
			"Under none the cost per eviction is 58.0 ns [57.0 ns, 60.0 ns] (evict-storm, median of 6 rounds).",
		}},
		{"one policy, three rounds", []compare.Group{{Workload: "evict-storm", Unit: "ns/evict", Better: -1, Rows: []compare.Row{{Policy: "none", Cost: few(58)}}}}, []string{
			"Under none the cost per eviction is 58.0 ns (evict-storm, median of 3 rounds).",
		}},
		{"a rate", []compare.Group{{Workload: "pin-mix", Unit: "ops/s", Better: 1, Reference: "dax-only", Rows: []compare.Row{reference(), dearer("none", ratio(0.5, 0.4, 0.6))}}}, []string{
			"Under none the rate in ops/s is 50 % [40, 60] lower than under dax-only (n=6).",
		}},
		{"nothing measured", []compare.Group{{Workload: "evict-storm", Unit: "ns/evict", Rows: []compare.Row{{Policy: "none"}}}}, []string{
			"No cell was measured, so that nothing can be said.",
		}},
		{"no group", nil, nil},
	} {
		table := &compare.Table{Groups: tt.groups}
		before := fmt.Sprintf("%#v", table.Groups)
		var got []string
		for _, s := range compare.Summary(table) {
			got = append(got, s.Text)
			if s.Group >= len(table.Groups) || s.Group < -1 {
				t.Errorf("%s: group %d", tt.name, s.Group)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
		if after := fmt.Sprintf("%#v", table.Groups); after != before {
			t.Errorf("%s: the table has changed", tt.name)
		}
		if again := compare.Summary(table); len(again) != len(got) || len(got) > 0 && again[0].Text != got[0] {
			t.Errorf("%s: says something else the second time", tt.name)
		}
	}
}

// digits finds numbers as sentences write them, with what makes them different ones.
var digits = regexp.MustCompile(`×?\d+(,\d{3})*(\.\d+)?( (ns|µs|ms|s|k|M|G))?`)

// numbers are all that a table holds, as sentences write them.
func numbers(table *compare.Table) map[string]bool {
	all := map[string]bool{"99.9": true, "95": true, fmt.Sprint(stats.MinPairs): true}
	add := func(texts ...string) {
		for _, text := range texts {
			for _, n := range digits.FindAllString(text, -1) {
				all[n], all[strings.TrimPrefix(n, "×")] = true, true
			}
		}
	}
	estimate := func(e stats.Estimate) {
		if e.N == 0 {
			return
		}
		for _, e := range []stats.Estimate{e, e.Inverse()} {
			lo, hi := unit.Interval(e.Value, e.Lo, e.Hi)
			add(unit.Ratio(e.Value), lo, hi)
		}
		add(fmt.Sprint(e.N))
	}
	var writes, ops uint64
	compared, open := 0, 0
	for i := range table.Groups {
		g := &table.Groups[i]
		add(g.Name())
		for _, r := range g.Rows {
			estimate(r.Ratio)
			estimate(r.Tail)
			add(unit.Format(r.Cost.Lo, unit.Of(g.Unit)), unit.Format(r.Cost.Hi, unit.Of(g.Unit)), hold(g.Hold))
			for _, w := range []compare.LongWaits{r.ForPins, r.ForLease} {
				add(fmt.Sprintf("%.0f", w.Harness()*100))
			}
			add(unit.Format(r.Cost.Value, unit.Of(g.Unit)), unit.Format(r.P999, unit.Nanos), r.Verdict.String(), r.Policy)
			for _, n := range []int64{r.Violations, int64(r.Writes), r.Hung, r.Orphaned, r.Parked, r.Abandoned, r.Found} {
				add(unit.Count(n))
			}
			if r.Looked {
				writes, ops = writes+r.Writes, ops+r.LookedOps
			}
			switch r.Verdict.Judgement {
			case compare.Undecided, compare.TooFew:
				open++
				fallthrough
			case compare.Dearer, compare.Cheaper, compare.Same:
				compared++
			}
		}
	}
	add(unit.Count(writes), unit.Count(ops), unit.Count(compared), unit.Count(open))
	for n := range max(len(table.Groups), compared/max(1, len(table.Groups))) { // counts of groups and of policies
		add(unit.Count(n + 1))
	}
	return all
}

// hold is a hold time as a sentence writes it.
func hold(told string) string {
	d, _ := time.ParseDuration(told[strings.Index(told, ":")+1:])
	return unit.Format(float64(d.Nanoseconds()), unit.Nanos) + " " + strings.NewReplacer("µs", " µs", "ms", " ms").Replace(d.String()) + " " + told
}

// foreign are numbers of a text that a table does not hold.
func foreign(text string, held map[string]bool) (list []string) {
	for _, n := range digits.FindAllString(text, -1) {
		if !held[n] && !held[strings.TrimRight(n, " smkMG")] {
			list = append(list, n)
		}
	}
	return list
}

// TestSummaryOfRecords holds the sentences on real runs to their tables.
func TestSummaryOfRecords(t *testing.T) {
	dirs, _ := filepath.Glob("../../baselines/*/*/run.json")
	deeper, _ := filepath.Glob("../../baselines/*/*/*/run.json")
	dirs = append(append(dirs, deeper...), "../render/testdata/example/run.json")
	if len(dirs) < 3 {
		t.Fatalf("there are %d runs only", len(dirs))
	}
	for _, path := range dirs {
		run, err := folder.Read(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		table, err := compare.Policies(run, "")
		if err != nil {
			t.Fatal(err)
		}
		said := compare.Summary(table)
		if len(said) == 0 || len(said) > 4 {
			t.Errorf("%s: %d sentences", path, len(said))
		}
		held := numbers(table)
		for _, s := range said {
			if list := foreign(s.Text, held); len(list) > 0 {
				t.Errorf("%s: %q is not of the table: %q", path, list, s.Text)
			}
			if len(s.Text) > 400 {
				t.Errorf("%s: %d bytes are no sentence: %q", path, len(s.Text), s.Text)
			}
		}
		if !reflect.DeepEqual(said, compare.Summary(table)) {
			t.Errorf("%s: says something else the second time", path)
		}
	}
	if list := foreign("an eviction costs 41 % more, 12.3 µs", map[string]bool{"40": true, "12.3 ms": true}); len(list) != 2 {
		t.Errorf("the test takes foreign numbers for its own: %q", list)
	}
}
