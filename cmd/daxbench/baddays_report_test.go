package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"daxbench/reports/reportstest"
)

// reportDamageCases are folders that a report cannot be made of, or not whole.
func reportDamageCases() []badCase {
	spoiled := func(spoil func(d *desk)) func(d *desk) { return func(d *desk) { d.runs(); spoil(d) } }
	whole := func(d *desk, _ string) { // what there is of it is there, and says what it lacks
		if text := d.read("a/report.html"); !strings.Contains(text, "missing") || !strings.Contains(text, "</html>") {
			d.Errorf("the page does not say what is missing")
		}
	}
	lacks := func(d *desk, _ string) { // before anything else
		if _, text, _ := strings.Cut(d.read("a/report.html"), `<h2 id="warnings">`); !strings.Contains(text[:min(len(text), 1000)], "has no line for round") {
			d.Error("the page does not begin with what is lost")
		}
	}
	return []badCase{
		{name: "report, run.json is cut", make: spoiled(func(d *desk) { d.cut("a/run.json") }), args: "report a",
			status: 4, says: []string{"a/run.json: byte ", "the file ends too early"}, silent: true},
		{name: "report, results.txt is empty", make: spoiled(func(d *desk) { d.write("a/results.txt", "") }), args: "report a",
			status: 4, says: []string{"a: the run is finished, and its results hold no measurement"}, silent: true},
		{name: "report, results.txt is cut", make: spoiled(func(d *desk) { d.cut("a/results.txt") }), args: "report a", status: 4,
			says: []string{"a/results.txt: byte ", "the last line was cut off", "results.txt has no line for round "}, leaves: []string{"a"}, after: lacks},
		{name: "report, results.txt is cut between lines", make: spoiled(func(d *desk) { d.write("a/results.txt", firstLines(d.read("a/results.txt"))) }),
			args: "report a", status: 4, says: []string{"results.txt has no line for round ", "lines are lost in all"}, leaves: []string{"a"}, after: lacks},
		{name: "report, absent", args: "report nowhere", status: 4, says: []string{"nowhere: there is no such folder"}, silent: true},
		{name: "report, the second is absent", make: spoiled(func(*desk) {}), args: "report a nowhere -o x.html", status: 4,
			says: []string{"nowhere: there is no such folder"}, silent: true},
		{name: "report, a folder that is no run", make: func(d *desk) { d.write("c/x", "") }, args: "report c", status: 4,
			says: []string{"not a result folder", "run.json is missing"}, silent: true},
		{name: "report, a file", make: func(d *desk) { d.write("x", "") }, args: "report x", status: 4,
			says: []string{"x is no folder: give the one that a run wrote"}, silent: true},
		{name: "report, run.json is a pipe", make: spoiled(func(d *desk) { d.pipe("a/run.json") }), args: "report a", status: 4,
			says: []string{"run.json is no regular file"}, silent: true},
		{name: "report, litmus.json is cut", make: spoiled(func(d *desk) { d.cut("a/litmus.json") }), args: "report a", status: 4,
			says: []string{"a/litmus.json: byte "}, leaves: []string{"a"}, after: whole},
		{name: "report, litmus.json is a pipe", make: spoiled(func(d *desk) { d.pipe("a/litmus.json") }), args: "report a", status: 4,
			says: []string{"a/litmus.json"}, leaves: []string{"a"}, after: whole},
		{name: "report, a histogram that is none", make: spoiled(func(d *desk) { d.change("a/run.json", `"op":"HIST`, `"op":"NOTHIST`) }),
			args: "report a", status: 4, says: []string{"charts are missing: ", "latency"}, leaves: []string{"a"}, after: whole},
		{name: "report, files of others lie there", args: "report a", status: 0, leaves: []string{"a/report.html", "a/charts"},
			make: spoiled(func(d *desk) {
				d.write("a/notes.doc", "x")
				d.write("a/charts/mine.png", "x")
				d.write("a/verify.txt", "x")
			}),
			after: func(d *desk, _ string) {
				if d.read("a/charts/mine.png") != "x" {
					d.Error("a picture of somebody else is gone")
				}
			}},
	}
}

// firstLines are half of the lines of a text.
func firstLines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[:len(lines)/2], "")
}

// reportStatusCases are runs that did not come to their end.
func reportStatusCases() (list []badCase) {
	for status, says := range map[string]string{"interrupted": "was interrupted", "running": "still going on, or was killed", "failed": "the run failed"} {
		list = append(list, badCase{name: "report, " + status, args: "report a", status: 0, leaves: []string{"a"},
			make: func(d *desk) { d.runs(); d.change("a/run.json", `"finished"`, `"`+status+`"`) },
			after: func(d *desk, _ string) {
				if !strings.Contains(d.read("a/report.html"), says) {
					d.Errorf("the page does not say that the run %s", says)
				}
			}})
	}
	list = append(list, badCase{name: "report, no round has ended", args: "report a", status: 3, leaves: []string{"a"},
		make: func(d *desk) {
			d.runs()
			d.change("a/run.json", `"finished"`, `"running"`)
			head, _, _ := strings.Cut(d.read("a/run.json"), `"cells": [`)
			d.write("a/run.json", head+`"cells": []}`)
			d.write("a/results.txt", "")
		},
		says: []string{"nothing is decided: no round of the run has ended"}, after: func(d *desk, _ string) {
			if !strings.Contains(d.read("a/report.html"), "Nothing has been measured") {
				d.Error("the page does not say that nothing has been measured")
			}
		}})
	slices.SortFunc(list, func(a, b badCase) int { return strings.Compare(a.name, b.name) })
	return list
}

// reportFullDiskCases are reports that cannot be written.
func reportFullDiskCases() []badCase {
	with := func(more func(d *desk)) func(d *desk) { return func(d *desk) { d.runs(); more(d) } }
	full := with(func(d *desk) { d.full("full") })
	return []badCase{
		{name: "report -o on a full device", make: full, args: "report a -o full", status: 4,
			says: []string{"full: no space left on device"}, silent: true},
		{name: "report -format md > a full device", make: full, via: into("full"), args: "report a -format md", status: 4,
			says: []string{"no space left on device"}},
		{name: "report -list > a full device", make: full, via: into("full"), args: "report a -list", status: 4,
			says: []string{"no space left on device"}},
		{name: "report -format svg -o on a full device", make: full, args: "report a -format svg -chart latency -o full/x.svg", status: 4,
			says: []string{"full/x.svg"}, silent: true},
		{name: "report, no room", make: with(func(d *desk) { d.remove("a/report.html") }), via: limited(1), args: "report a", status: 4,
			says: []string{"cannot be written, and is as it was: file too large"}, silent: true},
		{name: "report -o, no room", make: with(func(d *desk) { d.write("old.html", "old") }), via: limited(1), args: "report a -o old.html",
			status: 4, says: []string{"cannot be written, and is as it was"}, silent: true, leaves: []string{"old-charts"}},
		{name: "report -o in no folder", make: with(func(*desk) {}), args: "report a -format svg -chart throughput-ops -o nowhere/x.svg", status: 4,
			says: []string{"nowhere/x.svg cannot be written", "no such file or directory"}, silent: true},
		{name: "report -o is a folder", make: with(func(*desk) {}), args: "report a -o b", status: 2,
			says: []string{"b is a folder: name a file"}, silent: true},
		{name: "run, the report has no place", make: func(d *desk) { d.write("out/charts", "somebody else's") }, status: 4,
			args:   "run -workload nop -policy none,dax-only -rounds 1 -duration 1ms -o out",
			prints: []string{"What this run says"}, leaves: []string{"out"},
			says: []string{"out/charts is no folder", "the results are safe in out, but their report is not whole", "results are in out"},
			after: func(d *desk, _ string) {
				if d.read("out/charts") != "somebody else's" || !d.exists("out/run.json") {
					d.Error("out does not hold what it should")
				}
			}},
		{name: "history -o on a full device", make: func(d *desk) { d.store(); d.write("f/x", ""); d.full("f/full.html") }, args: "history -dir bl -o f/full.html",
			status: 4, says: []string{"full.html: no space left on device"}},
	}
}

// reportLabelCases are reports of a run whose names are not only names.
func reportLabelCases() (list []badCase) {
	raw := []string{"\x1b", "\u202e", "\x00"}
	lay := func(d *desk) {
		spec := reportstest.Hostile()
		spec.Cells[1].Policy = "</script>" + evil
		if err := spec.Write(d.path("h")); err != nil {
			d.Fatal(err)
		}
	}
	for _, f := range reportFormats {
		c := badCase{name: "report -format " + f.name, make: lay, args: "report h -o out -format " + f.name, status: 0, never: raw,
			leaves: []string{"out", "out-charts"}, memory: 300 << 20}
		c.after = func(d *desk, _ string) {
			err := fs.WalkDir(os.DirFS(d.dir), ".", func(name string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() || strings.HasPrefix(name, "h/") || filepath.Ext(name) == ".png" {
					return err
				}
				text := d.read(name)
				for _, r := range raw {
					if strings.Contains(text, r) {
						d.Errorf("%s holds %q", name, r)
					}
				}
				if n := len(scripts.FindAllString(text, -1)); n > 1 {
					d.Errorf("%s holds %d scripts", name, n)
				}
				return nil
			})
			if err != nil {
				d.Error(err)
			}
		}
		list = append(list, c)
	}
	return append(list, badCase{name: "report -list", make: lay, args: "report h -list", status: 0, never: raw},
		badCase{name: "report, a folder with such a name", argv: []string{"report", "x\x1b[31m\u202e"}, status: 4, silent: true,
			says: []string{"there is no such folder"}})
}

// bare lays a sound run on the desk of which there is no report.
func (d *desk) bare(name string) {
	d.Helper()
	for _, file := range []string{"run.json", "results.txt"} {
		d.write(name+"/"+file, d.read("a/"+file))
	}
}

// scripts are what a browser would run. In Markdown, code is not.
var scripts = regexp.MustCompile(`(?m)^[^ ].*<script|^<script`)

// reportPathCases are links that lead out of the folder of a run.
func reportPathCases() []badCase {
	with := func(more func(d *desk)) func(d *desk) {
		return func(d *desk) { d.runs(); d.write("secret/x", "secret"); more(d) }
	}
	return []badCase{
		{name: "report.html of a run is a link", args: "report a", status: 0, leaves: []string{"a"},
			make: with(func(d *desk) { d.remove("a/report.html"); d.link("../secret/x", "a/report.html") })},
		{name: "a chart of a run is a link", args: "report a", status: 0, leaves: []string{"a"},
			make: with(func(d *desk) {
				d.remove("a/charts/throughput-ops.png")
				d.link("../../secret/x", "a/charts/throughput-ops.png")
			})},
		{name: "charts of a run is a link", args: "report b", status: 4, says: []string{"b/charts is no folder"}, silent: true,
			make: func(d *desk) {
				d.write("secret/x", "secret")
				d.take(soundRun, "a")
				d.bare("b")
				d.link("../secret", "b/charts")
			}},
		{name: "report -o is a link", args: "report a -o link", status: 0, leaves: []string{"out", "link-charts"},
			make: with(func(d *desk) { d.write("out", "old"); d.link("out", "link") })},
		{name: "report of a record", via: named("report bl/box/$1"), make: (*desk).store, status: 2,
			says: []string{"is a record, and nothing is added to it"}, silent: true},
		{name: "baseline record takes no report", args: "baseline record -force -from a -dir bl", status: 0, leaves: []string{"bl"},
			make: with(func(*desk) {}), after: func(d *desk, _ string) {
				names, _ := filepath.Glob(d.path("bl/*/*/*"))
				for _, name := range names {
					if base := filepath.Base(name); base == reportPage || base == chartFolder {
						d.Errorf("%s is in the record", base)
					}
				}
				if len(names) < 3 {
					d.Errorf("nothing was recorded: %v", names)
				}
			}},
	}
}

// reportFlagCases are flags that make no sense for a run that is sound.
func reportFlagCases() (list []badCase) {
	for _, c := range []struct {
		args, says string
		status     int
	}{
		{"report", "report what? Give the folder of a run", 2},
		{"report a -format pdf", `unknown format "pdf"; known: html, md, png, svg`, 2},
		{"report a -format htm", `did you mean html?`, 2},
		{"report a -o x.pdf", "-o x.pdf: there is no format whose files end in .pdf; known: html, md, png, svg", 2},
		{"report a -format html -o x.png", "-o x.png is the name of a file of png, but -format is html", 2},
		{"report a -o x.PNG", "do not fit into one file: name a folder, or choose one with -chart", 2},
		{"report a -o=", "-o is empty", 2},
		{"report a -chart nonesuch", `unknown chart "nonesuch"; kinds are `, 2},
		{"report a -chart sweep", "there is no chart of the kind sweep: the run holds nothing to draw it from", 4},
		{"report a -reference nonesuch", "-reference nonesuch: no workload of a has that policy", 2},
		{"report a b", "several runs have no folder in common: say with -o where the report goes", 2},
		{"report a -format svg -o x.svg", "do not fit into one file: name a folder, or choose one with -chart", 2},
		{"report a -nonesuch", "unknown flag: -nonesuch; known: ", 2},
	} {
		list = append(list, badCase{name: c.args, make: (*desk).runs, args: c.args, status: c.status, says: []string{c.says}, silent: true})
	}
	return list
}
