package main

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strings"
	"time"

	"daxbench/reports/gate"
	"daxbench/reports/render"
)

// evil is what a name may hold that a terminal, a browser, a shell or a spreadsheet takes for more.
const evil = "\x1b[31m<script>alert(1)</script>\u202e=cmd|`reboot`"

// labelCases are names that are not only names.
func labelCases() (list []badCase) {
	lay := func(d *desk) {
		text := strings.ReplaceAll(six("5"), "BenchmarkA", "Benchmark"+evil)
		d.write("x", text+"pkg: "+evil+"\n"+six("6"))
		d.write("y", strings.ReplaceAll(text, " 5 ", " 7 "))
	}
	raw := []string{"\x1b", "\u202e"}
	for _, f := range render.AllVersus() {
		c := badCase{name: "compare -format " + f.Name, make: lay, args: "compare x y -format " + f.Name, status: 0,
			never: raw, prints: []string{"script"}}
		switch f.Name {
		case "markdown":
			c.never = append(c.never, "<script>")
		case "json":
			c.after = func(d *desk, stdout string) {
				if !json.Valid([]byte(stdout)) {
					d.Error("no JSON")
				}
			}
		case "csv":
			c.after = func(d *desk, stdout string) { wantCSV(d, stdout) }
		}
		list = append(list, c)
	}
	lay = func(d *desk) {
		d.samples(func(s *gate.Samples) {
			s.Cells[0].Name = evil
			s.Command, s.Base.Name, s.Base.Commit, s.Warnings = []string{evil}, evil, evil, []string{evil + "\x00\nsecond line"}
			s.Cells[0].Forks[0].Head.Notes = []string{evil + strings.Repeat("a", 1<<20)}
		})
	}
	for _, f := range render.GateFormats() {
		c := badCase{name: "gate -judge -" + f.Name, make: lay,
			args: "gate -judge g -suite s.toml -text t -" + f.Name + " out", status: 3, never: raw, silent: true,
			says: []string{"No verdict"}, leaves: []string{"out", "t"}, memory: 300 << 20}
		c.after = func(d *desk, _ string) {
			text := d.read("out")
			for _, r := range raw {
				if strings.Contains(text, r) {
					d.Errorf("the file holds %q", r)
				}
			}
			switch {
			case f.Name == "json" && !json.Valid([]byte(text)):
				d.Error("no JSON")
			case f.Name == "junit":
				if err := xml.Unmarshal([]byte(text), new(struct{})); err != nil {
					d.Error(err)
				}
			case f.Name == "markdown" && strings.Contains(fenced.ReplaceAllString(text, ""), "<script>"):
				d.Error("a script in Markdown")
			}
			if len(text) > 1<<20 {
				d.Errorf("%d bytes", len(text))
			}
		}
		if f.Name == "text" {
			c.args = "gate -judge g -suite s.toml -text out"
		}
		list = append(list, c)
	}
	return append(list,
		badCase{name: "compare, a name of 60 kB", args: "compare x x", status: 0, after: func(d *desk, stdout string) {
			if len(stdout) > 10_000 {
				d.Errorf("%d bytes", len(stdout))
			}
		}, make: func(d *desk) {
			d.write("x", strings.ReplaceAll(six("5"), "BenchmarkA", "Benchmark"+strings.Repeat("a", 60_000)))
		}},
		badCase{name: "compare, a file with such a name", argv: []string{"compare", "x" + evil[5:8], "y\x1b[31m"},
			status: 4, never: raw,
			make: func(d *desk) { d.write("x"+evil[5:8], six("5")) }, says: []string{"no such file"}},
		badCase{name: "gate -suite, such a name of a cell",
			make:   func(d *desk) { d.gate(); d.change("s.toml", shortCell, `\u001b[31m\u202e`) },
			args:   "gate -judge g -suite s.toml",
			status: 2, says: []string{"s.toml:16: cell[0].name: "}, silent: true},
		badCase{name: "baseline record, such a commit and machine", status: 0,
			args: "baseline record -force -from a -dir bl -machine box", leaves: []string{"bl"}, never: raw,
			make:   func(d *desk) { d.runs(); d.change("a/run.json", `"commit": ""`, `"commit": "\u001b[31m\u202e"`) },
			prints: []string{"-unknown"}},
	)
}

// fenced is code in Markdown, which nobody runs.
var fenced = regexp.MustCompile("(?s)\n```\n.*?\n```\n")

// wantCSV wants a table that can be read, and no field that a spreadsheet would compute.
func wantCSV(d *desk, text string) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		d.Error(err)
	}
	for _, row := range rows {
		for _, field := range row {
			if strings.HasPrefix(field, "=") || strings.HasPrefix(field, "@") {
				d.Errorf("a spreadsheet would compute %.40q", field)
			}
		}
	}
}

// flagCases are flags that make no sense. Nothing is read and nothing is run.
func flagCases() (list []badCase) {
	for _, c := range []struct{ args, says string }{
		{"compare", "compare what? Give two files or run folders"},
		{"compare x y -alpha NaN", "-alpha NaN: want a number between 0 and 1"},
		{"compare x y -alpha Inf", "-alpha +Inf: want a number between 0 and 1"},
		{"compare x y -alpha 1e999", `invalid argument "1e999"`},
		{"compare x y -alpha 0", "-alpha 0: want"},
		{"compare x y -alpha -0.05", "-alpha -0.05: want"},
		{"compare x y -confidence NaN", "-confidence NaN: want"},
		{"compare x y -confidence 95", "-confidence 95: want a number between 0 and 1"},
		{"compare x y -sort size", `unknown order "size"; known: effect, file, name`},
		{"compare x y -format html", `unknown format "html"; known: `},
		{"compare x y -filter (", "-filter: "},
		{"compare x y -row .name@", "-row: "},
		{"compare x y -col /policy@", "-col: "},
		{"compare x y -table .unit:", "-table: "},
		{"compare x y -reference =", "-reference"},
		{"compare x =", `argument "=": want a file, or label=file`},
		{"compare - -", "the standard input can be read only once"},
		{"compare x y -nonesuch", "unknown flag: -nonesuch; known: "},
		{"gate", "what shall the head be held against?"},
		{"gate -base x -seed -1", `invalid argument "-1"`},
		{"gate -base x -seed 18446744073709551616", "invalid argument"},
		{"gate -base x -layouts NaN", `invalid argument "NaN"`},
		{"gate -base x -layouts 1001", "1001 layouts: want 0 to 1000"},
		{"gate -prove -trials 0", "0 trials: want 1 to 10000"},
		{"gate -prove -trials 99999999999999999999", "invalid argument"},
		{"gate -prove -effects NaN", "per cents above 0"},
		{"gate -prove -effects -3", "per cents above 0"},
		{"gate -prove -effects Inf", "per cents above 0"},
		{"gate -prove -effects ,", "per cents above 0"},
		{"gate -prove -within", "give one of them"},
		{"gate -judge g -base x", "has no use for"},
		{"gate -within -base a", "give -base and -head"},
		{"gate -baseline b -base-ref HEAD", "has no use for"},
		{"gate -base x -base-ref HEAD", "either a file or a revision"},
		{"gate -base nonesuch-program", "nonesuch-program cannot be run"},
		{"gate -judge g -json - -junit -", "cannot both be written to standard output"},
		{"gate -judge g -cell [", "syntax error in pattern"},
		{"gate -judge g -suite nonesuch.toml", "nor such a file"},
		{"gate -judge g extra", "takes no arguments"},
		{"history -alpha NaN", "-alpha NaN: want a number between 0 and 1"},
		{"history -alpha -1", "-alpha -1: want"},
		{"history -cell (", "-cell: "},
		{"history -o picture.svg", "want a name that ends in .png"},
		{"history -o=", "want a name that ends in .png"},
		{"baseline record -from=", "-from is empty"},
		{"baseline record -from a -- -rounds 7", "make no sense"},
		{"baseline record -force -- -rounds 0", "rounds"},
		{"baseline record -force -- -rate NaN", "rate"},
		{"baseline promote", "takes the name of a record"},
		{"baseline show a b", "takes the name of one record"},
		{"census -workload nonesuch", `unknown workload "nonesuch"`},
		{"census -policy nonesuch", `unknown policy "nonesuch"`},
		{"census -set inodes=NaN", "inodes"},
		{"census -set inodes=-1", "inodes"},
		{"census -set inodes=99999999999999999999", "inodes"},
		{"census -seed -1", `invalid argument "-1"`},
		{"census -hang-limit -1s", "hang"},
		{"census -hang-limit 1e400s", "invalid argument"},
		{"run -rounds -1", "rounds"},
		{"run -rate NaN", "rate"},
		{"run -duration 9999999999999h", "invalid argument"},
	} {
		list = append(list, badCase{name: c.args, args: c.args, status: 2, says: []string{c.says}, silent: true,
			limit: 5 * time.Second})
	}
	return list
}

// nothingCases are those in which a verdict was asked for and nothing can give one.
func nothingCases() []badCase {
	return []badCase{
		{name: "baseline verify, no record with checksums", make: func(d *desk) { d.write("bl/README.md", "x") },
			args: "baseline verify -dir bl", status: 3,
			says: []string{"nothing was verified: bl has no record with checksums"}},
		{name: "gate -judge, the suite lets the undecided pass, not the missing", args: "gate -judge g -suite s.toml",
			status: 3, never: []string{"✓ pass"},
			make: func(d *desk) {
				lenient := strings.Replace(shortSuite, "slices = 10", "slices = 10\nundecided = \"warn\"", 1)
				d.measuredFor(lenient, func(s *gate.Samples) { s.Cells = nil })
			}, says: []string{"No verdict"}},
		{name: "gate -suite, too few forks for its alpha",
			make: func(d *desk) { d.gate(); d.change("s.toml", "forks = 9", "forks = 6") },
			args: "gate -judge g -suite s.toml", status: 2,
			says: []string{"s.toml:5: rule.forks: no change can become significant"}, silent: true},
		{name: "gate -baseline, a record without counts", via: named("gate -baseline bl/box/$1"), status: 3,
			silent: true,
			make: func(d *desk) {
				d.store()
				var sums strings.Builder
				for line := range strings.Lines(d.read(d.record("SHA256SUMS"))) {
					if !strings.HasSuffix(line, "counts.txt\n") {
						sums.WriteString(line)
					}
				}
				d.write(d.record("SHA256SUMS"), sums.String())
				d.remove(d.record("counts.txt"))
			}, says: []string{"no verdict: ", "has no exact counts to compare with; daxbench baseline record makes a record that has"}},
		{name: "history, an alpha that no number of records reaches", make: (*desk).store,
			args: "history -dir bl -alpha 1e-12", status: 0,
			prints: []string{"No number of records makes a change significant"}},
	}
}
