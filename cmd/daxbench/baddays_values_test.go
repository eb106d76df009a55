package main

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"daxbench/reports/gate"
	"daxbench/reports/render"
)

// valueCases are numbers that no measurement gives.
func valueCases() (list []badCase) {
	for _, v := range []struct{ value, says string }{
		{"NaN", ": NaN ns/op is no measurement"},
		{"nan", ": NaN ns/op is no measurement"},
		{"Inf", ": +Inf ns/op is no measurement"},
		{"-Inf", ": -Inf ns/op is no measurement"},
		{"-5", ": -5 ns/op is no measurement"},
		{"1e400", ": parsing measurement: value out of range"},
		{"1,234", ": parsing measurement: invalid syntax"},
		{"٣", ": parsing measurement: invalid syntax"},
	} {
		// Of eight samples three are bad: that is where benchstat never ended.
		list = append(list,
			badCase{name: "compare, " + v.value, make: func(d *desk) {
				d.write("x", six("5"))
				d.write("y", bench("5", "6", v.value, "7", v.value, "8", v.value, "9"))
			},
				args: "compare x y", status: 4, says: []string{"y:3" + v.says}, silent: true},
			badCase{name: "compare -force, " + v.value, make: func(d *desk) {
				d.write("x", six("5"))
				d.write("y", bench("5", "6", v.value, "7", v.value, "8", v.value, "9"))
			},
				args: "compare -force x y", status: 0, prints: []string{"y:3: left out: ", "n=6+5"},
				never: []string{"Inf%", "NaN%", "NaNn"}},
			badCase{name: "compare, only " + v.value, make: func(d *desk) { d.write("x", six(v.value)) },
				args: "compare -force x x", status: 4,
				says: []string{"x: holds no benchmark result"}, silent: true},
		)
	}
	list = append(list,
		badCase{name: "compare, a ratio with a zero base",
			make: func(d *desk) { d.write("x", six("0")); d.write("y", six("5")) }, args: "compare x y", status: 0,
			prints: []string{"no ratio", "the base is zero"}, never: []string{"Inf", "NaN"}},
		badCase{name: "compare, all are zero", make: func(d *desk) { d.write("x", six("0")) }, args: "compare x x",
			status: 0, never: []string{"Inf", "NaN"}},
		badCase{name: "compare, denormal", make: func(d *desk) { d.write("x", six("1e-320")); d.write("y", six("5")) },
			args: "compare x y", status: 0, never: []string{"Inf", "NaN"}},
	)
	for _, f := range render.AllVersus() {
		list = append(list, badCase{name: "compare -format " + f.Name + ", 1e308",
			make: func(d *desk) { d.write("x", six("5")); d.write("y", six("1e308")) },
			args: "compare x y -format " + f.Name, status: 0, after: func(d *desk, stdout string) {
				most := map[string]int{"text": 100, "mail": 75, "markdown": 160, "csv": 400, "json": 400}[f.Name]
				for line := range strings.Lines(stdout) { // apart from prose that a reader wraps, and the head of a csv
					n := utf8.RuneCountInString(strings.TrimRight(line, "\n"))
					if n > most && !strings.HasPrefix(line, "Compared: ") && !strings.HasPrefix(line, "config,") {
						d.Errorf("a line of %d columns: %.200s", n, line)
					}
				}
			}})
	}
	spoiled := func(name, says string, spoil func(s *gate.Side)) badCase {
		return badCase{name: "gate -judge, " + name, args: "gate -judge g -suite s.toml", status: 4, silent: true,
			make: func(d *desk) { d.samples(func(s *gate.Samples) { spoil(&s.Cells[0].Forks[4].Head) }) },
			says: []string{`g/samples.json: cell "` + shortCell + `": fork 5, head: ` + says}}
	}
	return append(list,
		spoiled("a negative slice", "wall[2] is -1 ns", func(s *gate.Side) { s.Wall[2] = -1 }),
		spoiled("a slice of three days", "cpu[2] is 2.592e+14 ns", func(s *gate.Side) { s.CPU[2] = 2.592e14 }),
		spoiled("a series that is too short", "cpu has ", func(s *gate.Side) { s.CPU = s.CPU[1:] }),
		spoiled("a negative counter", `counter "ops" is -1`, func(s *gate.Side) { s.Counters["ops"] = -1 }),
		spoiled("an unknown outcome", `outcome "fine"`, func(s *gate.Side) { s.Outcome = "fine" }),
		spoiled("a broken histogram", "latency: ", func(s *gate.Side) { s.Latency = "HISTFAAA" }),
		badCase{name: "gate -judge, NaN",
			make:   func(d *desk) { d.gate(); d.change("g/samples.json", `"wall":[`, `"wall":[NaN,`) },
			args:   "gate -judge g -suite s.toml",
			status: 4, says: []string{"g/samples.json: byte ", "invalid character 'N'"}, silent: true},
		badCase{name: "gate -judge, 1e400",
			make:   func(d *desk) { d.gate(); d.change("g/samples.json", `"wall":[`, `"wall":[1e400,`) },
			args:   "gate -judge g -suite s.toml",
			status: 4, says: []string{"g/samples.json: byte "}, silent: true},
		badCase{name: "gate -judge, all slices are below the clock's resolution", args: "gate -judge g -suite s.toml",
			status: 3, never: []string{"✓ pass", "NaN", "Inf"},
			make: func(d *desk) {
				d.samples(func(s *gate.Samples) {
					each(s, func(side *gate.Side) { clear(side.Wall); clear(side.CPU) })
				})
			}, says: []string{"No verdict"}},
		badCase{name: "gate -judge, the head's slices are below the clock's resolution",
			args: "gate -judge g -suite s.toml", status: 3, never: []string{"✓ pass", "NaN", "Inf"},
			make: func(d *desk) {
				d.samples(func(s *gate.Samples) {
					for i := range s.Cells[0].Forks {
						clear(s.Cells[0].Forks[i].Head.Wall)
						clear(s.Cells[0].Forks[i].Head.CPU)
					}
				})
			}, says: []string{"No verdict"}},
		badCase{name: "gate -within, NaN",
			make: func(d *desk) { d.runs(); d.write("b/results.txt", "BenchmarkNop/policy=none 1 NaN ns/op\n") },
			args: "gate -within -base a -head b", status: 4,
			says: []string{"b/results.txt:1: ", "NaN ns/op is no measurement"}, silent: true},
		badCase{name: "baseline record, a negative value",
			make: func(d *desk) { d.runs(); d.change("b/results.txt", " ns/op", " ns/op\t-1 p99-ns") },
			args: "baseline record -force -from b -dir bl", status: 4, says: []string{"b is damaged: "}, silent: true},
	)
}

// fewCases are samples that are all equal, which is no fault, and too few, which is.
func fewCases() []badCase {
	equal := func(d *desk) { d.write("x", six("5")); d.write("y", six("7")) }
	forks := func(n int) func(d *desk) {
		return func(d *desk) { d.samples(func(s *gate.Samples) { s.Cells[0].Forks = s.Cells[0].Forks[:n] }) }
	}
	return []badCase{
		{name: "compare, all equal", make: equal, args: "compare x x", status: 0, prints: []string{"same"}},
		{name: "compare, each side equal to itself", make: equal, args: "compare x y", status: 0,
			prints: []string{"+40.00%", "worse"}},
		{name: "compare, all new times are equal", args: "compare x y", status: 0, prints: []string{"better"},
			make: func(d *desk) { d.write("x", bench("10", "11", "12", "13", "14", "15")); d.write("y", six("7")) }},
		{name: "compare, one sample", make: func(d *desk) { d.write("x", bench("5")); d.write("y", bench("9")) },
			args: "compare x y", status: 3,
			says: []string{"nothing was compared: there are too few values"}, prints: []string{"too few"},
			never: []string{"better", "worse"}},
		{name: "compare, one file", make: equal, args: "compare x", status: 3, says: []string{"give a second file"}},
		{name: "compare, three samples", make: func(d *desk) { d.write("x", bench("5", "6", "7")) },
			args: "compare x x", status: 3, says: []string{"too few values"}},
		{name: "gate -judge, all slices are equal", make: (*desk).gate, args: "gate -judge g -suite s.toml", status: 0,
			prints: []string{"✓ pass"}},
		{name: "gate -judge, all slices are equal, the head's thrice as long",
			make: func(d *desk) { d.samples(func(s *gate.Samples) { level(s, 5, 15) }) },
			args: "gate -judge g -suite s.toml", status: 1, says: []string{"regressed"}},
		{name: "gate -judge, no fork", make: forks(0), args: "gate -judge g -suite s.toml", status: 3,
			says: []string{"No verdict"}, never: []string{"✓ pass"}},
		{name: "gate -judge, one fork", make: forks(1), args: "gate -judge g -suite s.toml", status: 3,
			says: []string{"No verdict"}, never: []string{"✓ pass"}},
		{name: "gate -judge, one fork too few", make: forks(8), args: "gate -judge g -suite s.toml", status: 3,
			says: []string{"8 forks; the rule declares 9"}, never: []string{"✓ pass"}},
		{name: "gate -within, one round", args: "gate -within -base a -head b", status: 3, never: []string{"✓ pass"},
			says: []string{"No verdict"},
			make: func(d *desk) { d.runs(); d.rounds("b", 1) }},
		{name: "baseline record, five rounds", args: "baseline record -from a -dir bl", status: 2, silent: true,
			make: func(d *desk) { d.runs(); d.rounds("a", 5) },
			says: []string{"is not worth keeping", "5 rounds, an interval takes 6"}},
	}
}

// rounds leaves the first n rounds of a run.
func (d *desk) rounds(run string, n int) {
	d.Helper()
	count := make(map[string]int)
	var results strings.Builder
	for line := range strings.Lines(d.read(run + "/results.txt")) {
		name, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(name, "Benchmark") {
			if count[name]++; count[name] > n {
				continue
			}
		}
		results.WriteString(line)
	}
	d.write(run+"/results.txt", results.String())
	var m map[string]any
	if err := json.Unmarshal([]byte(d.read(run+"/run.json")), &m); err != nil {
		d.Fatal(err)
	}
	var cells []any
	for _, c := range m["cells"].([]any) {
		if c.(map[string]any)["round"].(float64) <= float64(n) {
			cells = append(cells, c)
		}
	}
	m["cells"] = cells
	text, err := json.Marshal(m)
	if err != nil {
		d.Fatal(err)
	}
	d.write(run+"/run.json", string(text))
}

// emptyCases are those in which there is nothing.
func emptyCases() []badCase {
	files := func(text string) func(d *desk) {
		return func(d *desk) { d.write("x", text); d.write("y", six("5")) }
	}
	return []badCase{
		{name: "compare, empty and empty", make: func(d *desk) { d.write("x", "") }, args: "compare x x", status: 4,
			says: []string{"x: holds no benchmark result"}, silent: true},
		{name: "compare, headers only", make: files("goos: linux\nPASS\n"), args: "compare y x", status: 4,
			says: []string{"x: holds no benchmark result"}, silent: true},
		{name: "compare, an empty standard input", make: files(""), args: "compare y -", status: 4,
			says: []string{"standard input: holds no benchmark result"}, silent: true},
		{name: "compare, the filter matches nothing", make: files(six("5")), args: "compare x y -filter .unit:widgets",
			status: 4,
			says:   []string{"-filter .unit:widgets: no result passes the filter"}, silent: true},
		{name: "compare, nothing in common", make: files("BenchmarkB 1 5 ns/op\n"), args: "compare x y", status: 3,
			says: []string{"nothing was compared: no two columns"}},
		{name: "compare, a run without a round", make: func(d *desk) { d.runs(); d.rounds("b", 0) },
			args: "compare a b", status: 4, says: []string{"b", "holds no benchmark result"}, silent: true},
		{name: "gate -within, a run without a round", make: func(d *desk) { d.runs(); d.rounds("b", 0) },
			args: "gate -within -base a -head b", status: 3,
			says: []string{"No verdict"}, never: []string{"✓ pass"}},
		{name: "gate -within, two runs without a round",
			make: func(d *desk) { d.runs(); d.rounds("a", 0); d.rounds("b", 0) }, args: "gate -within -base a -head b",
			status: 3,
			never:  []string{"✓ pass"}},
		{name: "gate -judge, no cell", make: func(d *desk) { d.samples(func(s *gate.Samples) { s.Cells = nil }) },
			args: "gate -judge g -suite s.toml", status: 3,
			says: []string{"No verdict"}, never: []string{"✓ pass"}},
		{name: "gate -judge, another cell",
			make:   func(d *desk) { d.samples(func(s *gate.Samples) { s.Cells[0].Name = "Nop/workers=2/policy=none" }) },
			args:   "gate -judge g -suite s.toml",
			status: 3, says: []string{"No verdict"}, never: []string{"✓ pass"}},
		{name: "gate -judge, a declared cell too few", args: "gate -judge g -suite s.toml", status: 3,
			says: []string{"No verdict on 1 of 2 cells"},
			make: func(d *desk) {
				two := strings.Replace(shortSuite, "forks =", "alpha = 0.05\nforks =", 1) + "[[cell]]\nname = \"PinMix/workers=1/policy=none\"\n"
				d.measuredFor(two, func(*gate.Samples) {})
			}},
		{name: "gate -judge, measured for another suite", args: "gate -judge g -suite s.toml", status: 2,
			says: []string{"measured for another suite: for short, revision 1 ("}, silent: true,
			make: func(d *desk) { d.gate(); d.change("s.toml", "floor = 0.9", "floor = 0.8") }},
		{name: "gate -cell matches nothing", make: (*desk).gate, args: "gate -judge g -suite s.toml -cell Pin*",
			status: 2, says: []string{"-cell", "it has " + shortCell}, silent: true},
		{name: "gate -judge, an empty folder", make: func(d *desk) { d.suite(); d.write("g/x", "") },
			args: "gate -judge g -suite s.toml", status: 4, says: []string{"g/samples.json"}, silent: true},
		{name: "history, an empty folder", make: func(d *desk) { d.write("bl/README.md", "x") },
			args: "history -dir bl", status: 4, says: []string{"nothing is recorded in bl"}, silent: true},
		{name: "history, no such cell", make: (*desk).store, args: "history -dir bl -cell Nothing", status: 4,
			says: []string{`for cells that match "Nothing"`}, silent: true},
		{name: "history, no such metric", make: (*desk).store, args: "history -dir bl -metric widgets", status: 4,
			says: []string{"with the metric widgets"}, silent: true},
		{name: "baseline show, no such machine", make: (*desk).store, args: "baseline show -dir bl -machine fox",
			status: 2, says: []string{"bl has no machine fox; it has box"}, silent: true},
		{name: "census of nothing", args: "census -workload ,", status: 2, silent: true},
	}
}

// machineCases are results of machines, or of shares of one, that differ.
func machineCases() []badCase {
	fact := func(key, text string) func(d *desk) {
		return func(d *desk) {
			d.runs()
			var m map[string]any
			if err := json.Unmarshal([]byte(d.read("b/run.json")), &m); err != nil {
				d.Fatal(err)
			}
			var v any
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				d.Fatal(err)
			}
			m["environment"].(map[string]any)[key] = v
			out, err := json.Marshal(m)
			if err != nil {
				d.Fatal(err)
			}
			d.write("b/run.json", string(out))
		}
	}
	var list []badCase
	for _, c := range []struct{ key, value string }{
		{"gomaxprocs", "64"}, {"affinity", `"7"`}, {"online_cpus", "64"}, {"quota_cpus", "0.5"},
	} {
		shown := strings.Trim(c.value, `"`)
		list = append(list,
			badCase{name: "compare, another " + c.key, make: fact(c.key, c.value), args: "compare a b", status: 4,
				silent: true,
				says:   []string{"b: " + c.key + " is " + shown + ", and ", " in a: times do not compare; -force compares them"}},
			badCase{name: "compare -force, another " + c.key, make: fact(c.key, c.value), args: "compare -force a b",
				status: 0,
				prints: []string{"machines or settings differ: ", c.key}})
	}
	return append(list,
		badCase{name: "compare, another processor", make: fact("cpu", `"Some CPU"`), args: "compare a b", status: 0,
			prints: []string{"machines or settings differ: ", "Some CPU"}},
		badCase{name: "gate -within, another processor", make: fact("cpu", `"Some CPU"`),
			args: "gate -within -base a -head b", status: 3, prints: []string{"the machines differ"}},
		badCase{name: "gate -baseline -head, another processor", status: 0,
			via:    named("gate -baseline bl/box/$1 -head b"),
			make:   func(d *desk) { d.store(); fact("cpu", `"Some CPU"`)(d) },
			prints: []string{"✓ pass", "Some CPU"}},
		badCase{name: "baseline record, another processor",
			make: func(d *desk) { d.store(); fact("cpu", `"Some CPU"`)(d) }, status: 2, silent: true,
			args: "baseline record -force -from b -dir bl -machine box",
			says: []string{"box is another machine's: its cpu is "}},
		badCase{name: "run -resume, another affinity is said", make: func(d *desk) {
			fact("affinity", `"7"`)(d)
			d.rounds("b", 3)
			d.write("b/run.json", strings.Replace(d.read("b/run.json"), `"status":"finished"`, `"status":"interrupted"`, 1))
		}, args: "run -resume b", status: 0, leaves: []string{"b"}, prints: []string{"affinity 7"}},
	)
}
