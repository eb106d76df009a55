package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"daxbench/reports/gate"
)

// corpus is where broken benchmark files of other people lie.
func corpus(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "baddays", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// corpusCases hold the sound file of the corpus against each of the others.
var corpusCases = []struct {
	file   string
	status int
	says   string // without -force
	forced string // on standard output, with -force; "": that does not help
}{
	{"panic.txt", 4, "panic.txt:17: ", "panic.txt:17: left out: "},
	{"panic-own-line.txt", 4, "panic-own-line.txt:17: the file holds a panic", "left out: the file holds a panic"},
	{"fatal.txt", 4, "fatal.txt:17: the file holds a fatal error of the Go runtime", "left out: "},
	{"fail.txt", 4, "fail.txt:17: the file says that a benchmark failed", "left out: "},
	{"killed.txt", 4, "killed.txt:17: the file says that the test was killed", "left out: "},
	{"cut.txt", 4, "cut.txt:14: ", "cut.txt:14: left out: "},
	{"tabs.txt", 0, "", "Split"},
	{"windows.txt", 0, "", "Split"},
	{"bom.txt", 0, "", "Split"},
	{"blank.txt", 0, "", "Split"},
	{"utf16.txt", 4, "utf16.txt:1: the text is UTF-16", ""},
	{"zeros.txt", 4, "zeros.txt:11: a zero byte", "left out: "},
	{"glued.txt", 4, "glued.txt:9: parsing measurement", "left out: "},
	{"comma.txt", 4, "comma.txt:9: parsing measurement", "left out: "},
	{"overflow.txt", 4, "overflow.txt:9: parsing measurement: value out of range", "left out: "},
	{"hex.txt", 0, "", "Split"}, // 0x1.9ap6 is 102.5 to strconv and to benchstat
	{"negative.txt", 4, "negative.txt:9: -1000000 iterations are no measurement", "left out: "},
	{"float-iterations.txt", 4, "float-iterations.txt:9: parsing iteration count", "left out: "},
	{"no-unit.txt", 4, "no-unit.txt:9: missing units", "left out: "},
	{"unit-twice.txt", 4, "unit-twice.txt:9: two values for sec/op", ""},
	{"unit-lines.txt", 4, "unit-lines.txt:2: metadata better of unit ns/op already set to lower", "already set"},
	{"interleaved.txt", 4, "interleaved.txt:9: parsing iteration count", "left out: "},
	{"mixed-units.txt", 0, "", "ms/op"},
	{"other-units.txt", 3, "nothing was compared: ", ""},
	{"text.txt", 4, "text.txt: holds no benchmark result", ""},
	{"name-only.txt", 4, "name-only.txt: holds no benchmark result", ""},
}

// failedCases are runs and logs that say that something went wrong, and logs that only look like that.
func failedCases() (list []badCase) {
	for _, f := range corpusCases {
		lay := func(d *desk) {
			for _, name := range []string{"sound.txt", f.file} {
				d.write(name, corpus(d.T, name))
			}
		}
		c := badCase{name: "compare, " + f.file, make: lay, args: "compare sound.txt " + f.file, status: f.status}
		forced := badCase{name: "compare -force, " + f.file, make: lay, args: "compare -force sound.txt " + f.file}
		if f.says != "" {
			c.says, c.silent = []string{f.says}, f.status == 4
		} else {
			c.prints = []string{f.forced}
		}
		if f.forced != "" {
			forced.prints = []string{f.forced}
		} else {
			forced.status = f.status
		}
		list = append(list, c, forced)
	}
	failed := func(d *desk) { d.runs(); d.change("b/run.json", `"status": "finished"`, `"status": "failed"`) }
	return append(list,
		badCase{name: "compare, the run failed", make: failed, args: "compare a b", status: 4,
			says: []string{"b: the run failed; -force compares"}, silent: true},
		badCase{name: "compare -force, the run failed", make: failed, args: "compare -force a b", status: 0,
			prints: []string{"the run failed: these are the rounds that had ended"}},
		badCase{name: "baseline record, the run failed", make: failed, args: "baseline record -from b -dir bl",
			status: 2, says: []string{"is not worth keeping", "run failed"}, silent: true},
		badCase{name: "gate -judge, the head failed in a fork", args: "gate -judge g -suite s.toml", status: 1,
			never: []string{"✓ pass"},
			make:  func(d *desk) { d.samples(func(s *gate.Samples) { s.Cells[0].Forks[3].Head.Outcome = "failed" }) },
			says:  []string{"failed"}},
		badCase{name: "gate -judge, the base failed in a fork", args: "gate -judge g -suite s.toml", status: 3,
			never: []string{"✓ pass"},
			make:  func(d *desk) { d.samples(func(s *gate.Samples) { s.Cells[0].Forks[3].Base.Outcome = "failed" }) },
			says:  []string{"No verdict"}},
		badCase{name: "gate -judge, the head cannot run the cell", args: "gate -judge g -suite s.toml", status: 3,
			never: []string{"✓ pass"},
			make: func(d *desk) {
				d.samples(func(s *gate.Samples) { s.Cells[0].Forks, s.Cells[0].HeadError = nil, "there is no such storm" })
			}, says: []string{"No verdict", "there is no such storm"}},
		badCase{name: "gate, the base is another program", make: (*desk).suite,
			args: "gate -base true -suite s.toml -o g", status: 3, silent: true,
			says: []string{"no verdict: ", "does not speak the protocol", "Take a newer base"}},
		badCase{name: "gate, the head talks nonsense",
			make: func(d *desk) { d.suite(); d.link(d.shelf.tool, "daxbench") }, status: 3, silent: true,
			args: "gate -base ./daxbench -head yes -suite s.toml -o g",
			says: []string{"no verdict: ", "does not speak the protocol"}},
		badCase{name: "gate, the base dies while it is looked at", make: func(d *desk) { d.suite(); d.dying(1) },
			status: 3, leaves: []string{"g"}, never: []string{"✓ pass"},
			args: "gate -base ./dying -head ./daxbench -suite s.toml -o g",
			says: []string{"No verdict", "the worker ended"}},
		badCase{name: "gate, the base dies in every fork", make: func(d *desk) { d.suite(); d.dying(3) }, status: 3,
			leaves: []string{"g"}, never: []string{"✓ pass"},
			args: "gate -base ./dying -head ./daxbench -suite s.toml -o g", says: []string{"No verdict"}},
		badCase{name: "gate, the head dies in every fork", long: true, make: func(d *desk) { d.suite(); d.dying(3) }, status: 1,
			leaves: []string{"g"}, never: []string{"✓ pass"},
			args: "gate -base ./daxbench -head ./dying -suite s.toml -o g", says: []string{"failed"}},
		badCase{name: "gate -base-ref, the revision cannot be built", needs: "git", status: 4, silent: true,
			leaves: []string{".git"}, limit: time.Minute,
			make: func(d *desk) {
				d.suite()
				d.write("go.mod", "module daxbench\n")
				d.write("cmd/daxbench/main.go", "package main\n\nfunc main() { no }\n")
			},
			via:  ofRevision,
			says: []string{"the base cannot be built: ", "undefined: no"}},
		badCase{name: "gate -base-ref, no such revision", needs: "git", status: 2, silent: true,
			leaves: []string{".git"}, make: (*desk).suite,
			via:  []string{"sh", "-c", `git init -q && exec "$1" gate -base-ref nowhere -suite s.toml -o g`, "sh"},
			says: []string{"git rev-parse"}},
	)
}

// ofRevision runs a gate in a new git checkout whose only revision is the base.
var ofRevision = []string{"sh", "-c", `git init -q && git add go.mod cmd &&
git -c user.name=a -c user.email=a@b.c commit -qm a &&
GOFLAGS=-mod=mod exec "$1" gate -base-ref HEAD -suite s.toml -o g`, "sh"}

// dying makes a daxbench whose workers die after so many requests.
func (d *desk) dying(requests int) {
	d.link(d.shelf.tool, "daxbench")
	d.write("dying", fmt.Sprintf(`#!/bin/sh
i=0; while [ $i -lt %d ] && read -r line; do echo "$line"; i=$((i+1)); done | ./daxbench "$@"
`, requests))
	if err := os.Chmod(d.path("dying"), 0o777); err != nil {
		d.Fatal(err)
	}
}
