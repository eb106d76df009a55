package render

import (
	"math"
	"strconv"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/report"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
)

// examplePage is a small page with one of everything.
func examplePage() *report.Page {
	policy := func(name, mark string) report.Value {
		return report.Value{Text: name + mark, CSV: name, Sort: math.NaN(), Look: chart.LookOf(name)}
	}
	number := func(text string, v float64, tone report.Tone) report.Value {
		return report.Value{Text: text, Sort: v, CSV: strconv.FormatFloat(v, 'g', -1, 64), Tone: tone}
	}
	nothing := report.Value{Sort: math.NaN()}
	story := safety.Story{
		ID: "none-unlink-under-dio", Title: "a device writes into the block of a file that was unlinked meanwhile",
		Lines: []string{"T1: create F", "T1: pin F 0 as p by odirect-read", "T2: unlink F", "dev: dma-write p"}, Replay: "daxbench litmus -v -policy none -scenario unlink-under-dio",
	}
	return &report.Page{
		Title: "Nightly, 22 November", Name: "nightly-22", Words: []report.Term{{Name: "pin", About: "a reference to a page"}},
		Compared: []report.Term{{Name: "none", About: "break nothing", Look: chart.LookOf("none")}, {Name: "dax-only", About: "wait for pins", Look: chart.LookOf("dax-only")}},
		Lead:     "The policies none and unconditional against dax-only, under one workload.",
		Facts:    []string{"AMD EPYC", "2 cores", "Linux 6.18.2"},
		Warnings: []string{"the machine was shared: 5.9 runnable tasks on 2 cores"},
		Verdict: []compare.Sentence{
			{Group: 0, Topic: compare.Harm, Text: "Under none 1,234 device writes landed in blocks that were no longer their file's."},
			{Group: 0, Topic: compare.Price, Text: "Under unconditional an eviction costs 58 % [57, 60] more than under dax-only (n=6)."},
		},
		Safety: &safety.Matrix{
			Hazards: []safety.Hazard{{Letter: "U", Name: "use", About: "a block is used that was freed", Harm: "reused", Data: true}, {Letter: "A", Name: "alias", About: "two files share a block", Data: true}, {Letter: "L", Name: "leak", About: "a page is never freed", Harm: "leaks"}},
			Rows: []safety.Row{
				{Policy: "none", ID: "P0", Measured: true, Cells: []safety.Cell{
					{Mark: safety.Broken, Declared: true, Brief: "3 of 9", Text: "broken in 3 of 9 scenarios", Stories: []safety.Story{story}},
					{Mark: safety.Broken, Brief: "1 of 9", Text: "broken in 1 of 9 scenarios", Stories: []safety.Story{story, {ID: "other", Title: "another one"}}}, {},
				}},
				{Policy: "dax-only", ID: "P7", Measured: true, Cells: []safety.Cell{
					{Mark: safety.Kept, Brief: "9 of 9", Text: "kept in 9 scenarios"}, {Mark: safety.NotFound, Declared: true, Brief: "9 of 9", Text: "kept in 9 scenarios"},
					{Mark: safety.NotFound, Brief: "12,000 schedules", Text: "not found in 12,000 schedules"}}},
				{Policy: "refuse", Cells: []safety.Cell{{}, {}, {Mark: safety.Broken, Declared: true, Brief: "a schedule", Text: "a schedule shows it"}}},
			},
			Sources: []safety.Source{{Command: "litmus", Tool: "daxbench 0.1.0", Commit: "abc", Date: "2026-11-26T01:48:25Z"}, {Command: "verify", Date: "yesterday", Kernel: "6.19"}},
			Doubts:  []string{"Safety: litmus is of commit abc, the run of commit def"},
			Notes:   []string{"19 scenarios, by the rules of Linux 6.15."},
		},
		Groups: []report.Section{{
			ID: "evict-storm-dax-0", Title: "evict-storm · dax=0 workers=2", About: "Cost per eviction.",
			Does: "Look inodes up.", Named: []report.Term{{Name: "dax", About: "percentage"}}, Fixed: []report.Term{{Name: "pages=4", About: "pages per file"}, {Name: "pin=5", About: "percentage"}},
			Sentences: []compare.Sentence{{Topic: compare.Level, Text: "Under none an eviction costs the same as under dax-only within ±2 % (n=6)."}},
			Charts:    []*chart.Chart{exampleChart(), heatChart("none"), heatChart("dax-only"), heatChart("unconditional")},
			Tables: []*report.Table{{
				ID: "table-evict-storm-dax-0", Title: "Cost per eviction",
				Columns: []report.Column{{Head: "policy"}, {Head: "cost", About: "median over the rounds, in ns", Numeric: true}, {Head: "verdict"}},
				Rows: [][]report.Value{
					{policy("none", "¹"), number("51.6 ns [51.0, 52.2]", 51.6, report.Plain), {Text: "same within ±2 %", Sort: math.NaN()}},
					{policy("dax-only", ""), nothing, nothing},
					{policy("unconditional", ""), number("82.3 ns", 82.31, report.Bad), {Text: "dearer", Sort: math.NaN(), Tone: report.Bad}},
				},
			}},
			Footnotes: []string{"¹ one worker was 21 % slower than the other"},
		}},
		Reading: []string{"cost: median over the rounds."},
		Origin:  []report.Fact{{Name: "command", Value: "daxbench run -seed 1"}, {Name: "seed", Value: "1"}},
		Files:   []report.File{{Path: "results.txt", About: "every measurement"}},
	}
}

func exampleChart() *chart.Chart {
	series := func(name string, scale float64) chart.Series {
		piece := make([]chart.Point, 5)
		for i := range piece {
			y := scale * (50 + 10*float64(i))
			piece[i] = chart.Point{X: float64(i * 25), Y: y, Lo: 0.98 * y, Hi: 1.03 * y}
		}
		return chart.Series{Name: name, Look: chart.LookOf(name), Pieces: [][]chart.Point{piece}}
	}
	return &chart.Chart{
		ID: "cost-evict-storm", Title: "evict-storm, dax=0, workers=2: cost by share of DAX files", Note: "Medians of 6 rounds with 95 % intervals.",
		X: chart.Axis{Title: "files that are DAX, %"}, Y: chart.Axis{Title: "per eviction", Kind: unit.Nanos},
		Series: []chart.Series{series("dax-only", 1), series("unconditional", 1.58)},
	}
}

// heatChart is one of a kind that stands beside others of it.
func heatChart(policy string) *chart.Chart {
	return &chart.Chart{
		ID: "heat-" + policy, Title: "Latency over time, " + policy, Note: "100 latencies of 2 rounds.",
		X: chart.Axis{Title: "time, s"}, Y: chart.Axis{Title: "latency", Scale: chart.Log, Kind: unit.Nanos},
		Grid: &chart.Grid{X: []float64{0, 1, 2}, Y: []float64{10, 100, 1000}, Counts: [][]float64{{60, 1}, {39, 0}}},
	}
}

// nastyStrings are strings of someone who does not like readers.
var nastyStrings = []string{
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "\x1b[31mred\x1b[2J", "\u202egnp.exe", "</style></title></svg></script>", "javascript:alert(1)",
	"{{.}}", "a\x00b\xff", "line\nbreak\ttab", "' onmouseover='alert(1)", strings.Repeat("long ", 1<<18), "]]>--><!--", "=cmd|' /C calc'!A0", "../../x?y#z%41",
	"<svg onload=alert(1)>", "&lt;b&gt;",
}

// hostilePage is a page with nothing but nastyStrings strings: each place sees each of them.
func hostilePage() *report.Page {
	p := &report.Page{}
	for i, s := range nastyStrings {
		at := func(n int) string { return nastyStrings[(i+n)%len(nastyStrings)] }
		term := report.Term{Name: s, About: at(1), Look: chart.LookOf(s)}
		p.Name, p.Words, p.Compared = s, append(p.Words, term), append(p.Compared, term)
		p.Title, p.Lead = p.Title+s[:min(len(s), 10)], s
		p.Facts, p.Warnings, p.Reading = append(p.Facts, s), append(p.Warnings, s), append(p.Reading, s)
		p.Verdict = append(p.Verdict, compare.Sentence{Topic: compare.Topic(i), Text: s})
		p.Origin = append(p.Origin, report.Fact{Name: s, Value: at(1)}, report.Fact{Name: "command", Value: s})
		p.Files = append(p.Files, report.File{Path: s, About: at(1)})
		c := exampleChart()
		c.ID, c.Title, c.Note, c.X.Title, c.Y.Title, c.Series[0].Name = s[:min(len(s), 80)], s, at(1), at(2), at(3), at(4)
		c.Marks = []chart.Mark{{At: 50, Label: at(5), Series: chart.Everyone}}
		broken := exampleChart()
		broken.Series[0].Name, broken.Series[0].Pieces[0][1].Y = s, math.NaN()
		table := &report.Table{ID: s, Title: at(1), Columns: []report.Column{{Head: s, About: at(2)}, {Head: at(3), About: s, Numeric: true}}}
		for n := range 3 {
			table.Rows = append(table.Rows, []report.Value{{Text: at(n), CSV: at(n + 1), Look: chart.LookOf(s)}, {Text: at(n + 2), CSV: s, Sort: []float64{math.NaN(), math.Inf(-1), 1e308}[n]}})
		}
		table.Rows = append(table.Rows, nil, make([]report.Value, 4))
		p.Groups = append(p.Groups, report.Section{
			ID: s, Title: at(1), About: at(2), Does: s, Named: []report.Term{term}, Fixed: []report.Term{term}, Sentences: []compare.Sentence{{Text: s}}, Footnotes: []string{s},
			Charts: []*chart.Chart{c, broken}, Tables: []*report.Table{table, {}},
		})
	}
	m := &safety.Matrix{Notes: nastyStrings, Doubts: nastyStrings}
	for i, s := range nastyStrings {
		m.Hazards = append(m.Hazards, safety.Hazard{Letter: s, Name: s, About: s, Harm: s, Data: i < 3})
		m.Sources = append(m.Sources, safety.Source{Command: s, Tool: s, Commit: s, Date: s, Kernel: s})
		r := safety.Row{Policy: s, ID: s}
		for j, t := range nastyStrings {
			c := safety.Cell{Mark: safety.Mark(j % 4), Declared: i%2 > 0, Brief: t, Text: t}
			if c.Mark == safety.Broken {
				c.Stories = []safety.Story{{ID: t, Title: s, Lines: nastyStrings[:3], Replay: t}, {ID: s, Title: t, Replay: s}}
			}
			r.Cells = append(r.Cells, c)
		}
		m.Rows = append(m.Rows, r)
	}
	p.Safety = m
	return p
}
