package main

import (
	"io"
	"slices"
	"strings"
	"time"

	"daxbench/reports/gate"
)

// damageCases are recorded results that are torn, empty, edited or not there.
func damageCases() []badCase {
	within := "gate -within -base a -head b -suite s.toml"
	spoiled := func(spoil func(d *desk)) func(d *desk) {
		return func(d *desk) { d.runs(); d.suite(); spoil(d) }
	}
	list := []badCase{
		{name: "compare, run.json is cut", make: spoiled(func(d *desk) { d.cut("b/run.json") }), args: "compare a b",
			status: 4, says: []string{"b/run.json: byte ", "the file ends too early"}, silent: true},
		{name: "compare, run.json is empty", make: spoiled(func(d *desk) { d.write("b/run.json", "") }),
			args:   "compare a b",
			status: 4, says: []string{"b/run.json: byte 0: the file ends too early"}, silent: true},
		{name: "compare, results.txt is empty", make: spoiled(func(d *desk) { d.write("b/results.txt", "") }),
			args:   "compare a b",
			status: 4, says: []string{"b/results.txt: holds no benchmark result"}, silent: true},
		{name: "compare, absent", make: spoiled(func(*desk) {}), args: "compare a nowhere",
			status: 4, says: []string{"nowhere: no such file or directory"}, silent: true},
		{name: "compare, a folder that is no run", make: func(d *desk) { d.runs(); d.write("c/x", "") },
			args:   "compare a c",
			status: 4,
			says:   []string{"c: not a result folder", "run.json is missing", "give the folder that a run wrote"},
			silent: true},
		{name: "gate -within, run.json is cut", make: spoiled(func(d *desk) { d.cut("b/run.json") }), args: within,
			status: 4,
			says:   []string{"the head cannot be used", "b/run.json: byte ", "the file ends too early", "Make it anew with daxbench run"},
			silent: true},
		{name: "gate -within, results.txt holds garbage",
			make: spoiled(func(d *desk) { d.write("a/results.txt", "BenchmarkNop x y z\n") }), args: within,
			status: 4, says: []string{"the base cannot be used", "a/results.txt:1: "}, silent: true},
		{name: "gate -within, absent", make: spoiled(func(*desk) {}), args: "gate -within -base a -head nowhere",
			status: 4, says: []string{"nowhere/run.json is missing"}, silent: true},
		{name: "run -resume, run.json is cut", make: spoiled(func(d *desk) { d.cut("a/run.json") }),
			args:   "run -resume a",
			status: 4, says: []string{"a", "run.json: byte "}, silent: true},
		{name: "baseline record, run.json is cut", make: spoiled(func(d *desk) { d.cut("a/run.json") }),
			args:   "baseline record -force -from a -dir bl",
			status: 4, says: []string{"a is damaged", "run.json: byte "}, silent: true},
		{name: "baseline record, results.txt is cut", make: spoiled(func(d *desk) { d.cut("a/results.txt") }),
			args:   "baseline record -force -from a -dir bl",
			status: 4, says: []string{"a is damaged", "results.txt: byte ", "cut off"}, silent: true},
	}
	return append(append(list, damagedSamples()...), damagedRecords()...)
}

// damagedSamples are those of the samples of a gate.
func damagedSamples() []badCase {
	samples := func(text string) func(d *desk) {
		return func(d *desk) { d.suite(); d.write("g/samples.json", text) }
	}
	judge := func(name string, make func(*desk), says ...string) badCase {
		return badCase{name: "gate -judge, " + name, make: make,
			args:   "gate -judge g -suite s.toml -junit j.xml -markdown m.md",
			status: 4, says: append(says, "Measure again with daxbench gate"), silent: true}
	}
	list := []badCase{
		judge("samples.json is cut", func(d *desk) { d.gate(); d.cut("g/samples.json") }, "g/samples.json: byte ", "the file ends too early"),
		judge("samples.json is empty", samples(""), "g/samples.json: byte 0: the file ends too early"),
		judge("samples.json is null", samples("null"), `there is no field "schema"`),
		judge("samples.json is a list", samples("[]"), "g/samples.json: byte 1"),
		judge("samples.json is binary", samples("\x7fELF\x00\x00"), "g/samples.json: byte 1: invalid character"),
		judge("samples.json is a folder", func(d *desk) { d.suite(); d.write("g/samples.json/x", "") }, "g/samples.json is no regular file"),
		judge("samples.json is a pipe", func(d *desk) { d.suite(); d.pipe("g/samples.json") }, "g/samples.json is no regular file"),
		judge("absent", func(d *desk) { d.suite() }, "g/samples.json: no such file or directory"),
	}
	// What can be read and is not enough is no verdict, and no error.
	for _, status := range []string{"interrupted", "running", "failed"} {
		list = append(list, badCase{name: "gate -judge, " + status, args: "gate -judge g -suite s.toml", status: 3,
			make: func(d *desk) {
				d.samples(func(s *gate.Samples) { s.Status = status; s.Cells[0].Forks = s.Cells[0].Forks[:5] })
			},
			says: []string{"No verdict"}, never: []string{"✓ pass"}})
	}
	return append(list, badCase{name: "gate -judge, status failed, all forks are there",
		args: "gate -judge g -suite s.toml", status: 3,
		make: func(d *desk) { d.samples(func(s *gate.Samples) { s.Status = "failed" }) }, says: []string{"failed"},
		never: []string{"✓ pass"}})
}

// damagedRecords are those of a store of baselines. Each command that reads the record must say so.
func damagedRecords() (list []badCase) {
	damages := []struct {
		name  string
		spoil func(d *desk)
		says  string
	}{
		{"nop.txt was edited", func(d *desk) { d.change(d.record("nop.txt"), "ns/op", "ns/OP") }, "nop.txt was edited: its SHA-256 is "},
		{"nop.txt is cut", func(d *desk) { d.cut(d.record("nop.txt")) }, "nop.txt is torn: after "},
		{"run.json is empty", func(d *desk) { d.write(d.record("run.json"), "") }, "run.json is empty"},
		{"counts.txt is a folder", func(d *desk) {
			d.remove(d.record("counts.txt"))
			d.write(d.record("counts.txt/x"), "")
		}, "counts.txt is missing"},
		{"counts.txt is a pipe", func(d *desk) { d.pipe(d.record("counts.txt")) }, "counts.txt is no regular file"},
		{"SHA256SUMS is cut", func(d *desk) {
			sums := d.read(d.record("SHA256SUMS"))
			d.write(d.record("SHA256SUMS"), sums[:len(sums)-len("son\n")]) // in the middle of a line
		}, "SHA256SUMS is cut off in line "},
		{"SHA256SUMS is gone", func(d *desk) { d.remove(d.record("SHA256SUMS")) }, "SHA256SUMS is missing: nothing says what the others were"},
	}
	for _, damage := range damages {
		spoil := func(d *desk) { d.store(); damage.spoil(d) }
		add := func(command string, c badCase) {
			c.name, c.make, c.status = command+", "+damage.name, spoil, 4
			list = append(list, c)
		}
		add("baseline verify", badCase{args: "baseline verify -dir bl", prints: []string{damage.says},
			says: []string{"damaged: see above"}, never: []string{"1 record as recorded"}})
		add("baseline show", badCase{args: "baseline show -dir bl -machine box",
			says: []string{"is damaged: ", damage.says}})
		add("baseline show -commit", badCase{args: "baseline show -commit -dir bl -machine box",
			says: []string{"is damaged: ", damage.says}, silent: true})
		add("baseline list", badCase{args: "baseline list -dir bl", says: []string{damage.says},
			prints: []string{"DAMAGED: "}})
		add("baseline promote", badCase{says: []string{"is damaged: ", damage.says}, silent: true})
		add("history", badCase{args: "history -dir bl", says: []string{damage.says}})
		add("gate -baseline", badCase{says: []string{"is damaged: ", damage.says}, silent: true})
	}
	for i := range list { // the name of the record is not known before it is made: a link stands for it
		switch command, _, _ := strings.Cut(list[i].name, ","); command {
		case "baseline promote":
			list[i].via = named("baseline promote -dir bl -machine box $1")
		case "gate -baseline":
			list[i].via = named("gate -baseline bl/box/$1")
		}
	}
	gateRecord := func(name string, spoil func(d *desk), status int, says ...string) badCase {
		return badCase{name: "gate -baseline, " + name, make: func(d *desk) { d.store(); spoil(d) },
			via:    named("gate -baseline bl/box/$1"),
			status: status, says: says, silent: true}
	}
	return append(list,
		gateRecord("counts.txt was recorded torn", func(d *desk) { d.cut(d.record("counts.txt")); d.sum("counts.txt") }, 4,
			"unusable counts: the counts of bl/box/", ":", "Record it anew with daxbench baseline record"),
		gateRecord("counts.txt was recorded empty", func(d *desk) {
			d.write(d.record("counts.txt"), "")
			d.sum("counts.txt")
		}, 4, "unusable counts: "),
		badCase{name: "gate -baseline, a count has changed", via: named("gate -baseline bl/box/$1"), status: 3,
			make: func(d *desk) {
				d.store()
				d.change(d.record("counts.txt"), "\t0 evictions", "\t7 evictions")
				d.sum("counts.txt")
			}, says: []string{"the two sides do other work: evictions went from 7 to 0"}},
		badCase{name: "gate -baseline, sound", make: (*desk).store, via: named("gate -baseline bl/box/$1"), status: 0,
			prints: []string{"✓ pass"}},
		badCase{name: "gate -baseline, absent", args: "gate -baseline nowhere/box/x", status: 4,
			says: []string{"nothing is recorded in nowhere/box/x: no such file or directory"}, silent: true},
		badCase{name: "gate -baseline, no record", make: (*desk).store, args: "gate -baseline bl", status: 2,
			says: []string{"want the folder of a record, <baselines>/<machine>/<date>-<commit>"}, silent: true},
		badCase{name: "baseline verify, absent", args: "baseline verify -dir nowhere", status: 4,
			says:   []string{"nothing is recorded here: ", "nowhere: no such file or directory; daxbench baseline record makes it"},
			silent: true},
		badCase{name: "baseline show, current is torn",
			make: func(d *desk) { d.store(); d.write("bl/box/current", "2026-") },
			args: "baseline show -dir bl -machine box", status: 4, says: []string{"box/current is damaged: is torn"},
			silent: true},
		badCase{name: "baseline verify, current names nothing",
			make: func(d *desk) { d.store(); d.write("bl/box/current", "2026-01-01-abc\n") },
			args: "baseline verify -dir bl", status: 4,
			prints: []string{"box/current cannot be used: it names 2026-01-01-abc, which is not there"},
			says:   []string{"damaged"}},
		badCase{name: "baseline verify, machine.txt is binary",
			make: func(d *desk) { d.store(); d.write("bl/box/machine.txt", "\x00\xff") },
			args: "baseline verify -dir bl", status: 4, prints: []string{"box/machine.txt cannot be used: "},
			says: []string{"damaged"}},
	)
}

// named runs daxbench with arguments in which $1 is the name of the only record of machine box.
func named(args string) []string {
	return []string{"sh", "-c", `tool=$1; set -- $(ls bl/box | grep '^20'); exec "$tool" ` + args, "sh"}
}

// schemaCases are files of another version, or with what stands there twice or too much.
func schemaCases() (list []badCase) {
	for _, c := range []struct{ name, old, text, says string }{
		{"trailing bytes", `"schema"`, `"schema"`, "byte "}, // see below
		{"a key twice", `{`, `{"status":"finished",`, `the key "status" stands twice`},
		{"a newer version", `"schema":1`, `"schema":2`, "schema version 2; this daxbench reads 1"},
		{"no version", `"schema":1`, `"scheme":1`, `there is no field "schema"`},
		{"a version that is no number", `"schema":1`, `"schema":"1"`, "byte "},
	} {
		spoil := func(d *desk, file string) {
			old, text := c.old, c.text
			if body := d.read(file); !strings.Contains(body, old) {
				old, text = strings.Replace(old, ":", ": ", 1), strings.Replace(text, ":", ": ", 1)
			}
			d.change(file, old, text)
			if c.name == "trailing bytes" {
				d.write(file, d.read(file)+"}")
			}
		}
		list = append(list,
			badCase{name: "compare, run.json has " + c.name, make: func(d *desk) { d.runs(); spoil(d, "b/run.json") },
				args: "compare a b", status: 4,
				says:   []string{"b/run.json: ", strings.Replace(c.says, "schema version", "unknown schema version", 1)},
				silent: true},
			badCase{name: "gate -within, run.json has " + c.name,
				make: func(d *desk) { d.runs(); spoil(d, "a/run.json") },
				args: "gate -within -base a -head b", status: 4, says: []string{"a/run.json: "}, silent: true},
			badCase{name: "gate -judge, samples.json has " + c.name,
				make: func(d *desk) { d.gate(); spoil(d, "g/samples.json") },
				args: "gate -judge g -suite s.toml", status: 4, says: []string{"g/samples.json: ", c.says},
				silent: true},
		)
	}
	for _, c := range []struct{ name, old, text, says string }{
		{"a key twice", "name = \"short\"\n", "name = \"short\"\nname = \"long\"\n", "s.toml:3"},
		{"a newer version", "version = 1", "version = 2", "s.toml:1: version: 2: this daxbench reads 1"},
		{"an unknown key", "more = 0", "more = 0\nless = 1", `s.toml:7: unknown key "rule.less"`},
		{"a cell twice", "[[cell]]", "[[cell]]\nname = \"" + shortCell + "\"\n[[cell]]", "s.toml:"},
		{"no cell", "[[cell]]\nname = \"" + shortCell + "\"\nslice = \"50us\"\n", "", "s.toml:"},
		{"a value that is none", "floor = 0.9", "floor = nan", "s.toml:9: time.floor: NaN"},
		{"a value too large for it", "forks = 9", "forks = 99999999999999999999", "s.toml:5"},
		{"half a line", "slice = \"50us\"\n", "slice = \"50u", "s.toml:17"},
	} {
		list = append(list, badCase{name: "gate -suite has " + c.name, args: "gate -judge g -suite s.toml", status: 2,
			silent: true,
			make:   func(d *desk) { d.gate(); d.change("s.toml", c.old, c.text) },
			says:   []string{"not a usable suite: ", c.says}})
	}
	return append(list,
		badCase{name: "baseline verify, a file twice in SHA256SUMS", args: "baseline verify -dir bl", status: 4,
			make: func(d *desk) {
				d.store()
				sums := d.read(d.record("SHA256SUMS"))
				d.write(d.record("SHA256SUMS"), sums+sums)
			}, prints: []string{"SHA256SUMS has the file ", " twice, the second time in line "}, says: []string{"damaged"}},
		badCase{name: "baseline verify, a file that nobody recorded", args: "baseline verify -dir bl", status: 4,
			make:   func(d *desk) { d.store(); d.write(d.record("more.txt"), "x\n") },
			prints: []string{"more.txt was not recorded: it has no checksum, and came later"},
			says:   []string{"damaged"}})
}

// pathCases are names and links that lead elsewhere.
func pathCases() []badCase {
	evil := func(d *desk) {
		d.store()
		d.write("secret/run.json", "secret")
		d.write("secret/results.txt", "secret")
	}
	return []badCase{
		{name: "baseline show ../x", make: evil, args: "baseline show -dir bl -machine box ../../secret", status: 2,
			says: []string{"is no name of a baseline"}, silent: true},
		{name: "baseline show -machine ../x", make: evil, args: "baseline show -dir bl -machine ../secret", status: 2,
			says: []string{"is no name of a baseline"}, silent: true},
		{name: "baseline promote ../x", make: evil, args: "baseline promote -dir bl -machine box ../../secret",
			status: 2, says: []string{"is no name of a baseline"}, silent: true},
		{name: "baseline record -machine ../x", make: func(d *desk) { d.runs() },
			args: "baseline record -force -from a -dir bl -machine ../x", status: 2,
			says: []string{"is no name of a baseline"}, silent: true},
		{name: "a record is a link",
			make: func(d *desk) { evil(d); d.link("../../secret", "bl/box/2026-01-01-abcdef0") },
			args: "baseline verify -dir bl", status: 4,
			prints: []string{"2026-01-01-abcdef0 is a symbolic link, and none is followed"}, says: []string{"damaged"},
			never: []string{"secret"}},
		{name: "a machine is a link", make: func(d *desk) { evil(d); d.link("box", "bl/fox") },
			args: "baseline show -dir bl -machine fox", status: 2,
			says: []string{"links are not followed"}, silent: true},
		{name: "a file of a record is a link", args: "baseline show -commit -dir bl -machine box", status: 4,
			make: func(d *desk) {
				evil(d)
				d.remove(d.record("run.json"))
				d.link("../../../secret/run.json", d.record("run.json"))
			},
			says: []string{"run.json is a symbolic link, and none is followed"}, silent: true},
		{name: "a file of a run is a link elsewhere", args: "baseline record -force -from a -dir bl", status: 4,
			make: func(d *desk) { d.runs(); d.remove("a/run.json"); d.link("../b/run.json", "a/run.json") },
			says: []string{"run.json: is a symbolic link, and none is followed"}, silent: true},
		{name: "compare -o is a link", make: func(d *desk) {
			d.write("x", six("1"))
			d.write("out", "old")
			d.link("out", "link")
		}, args: "compare x x -o link", status: 0, leaves: []string{"out"}, silent: true},
		{name: "gate -judge of a link is that folder", make: func(d *desk) { d.gate(); d.link("g", "h") },
			args: "gate -judge h -suite s.toml", status: 0, prints: []string{"✓ pass"}},
	}
}

// hugeCases are files and lines that do not fit.
func hugeCases() []badCase {
	const small = 150 << 20    // what a command may take that reads by lines
	long := func() io.Reader { // a line of 100 MB between sound ones
		before, after := strings.NewReader(six("1")+"Benchmark"), strings.NewReader(" 1 5 ns/op\n"+six("2"))
		return io.MultiReader(before, io.LimitReader(letters{}, 100<<20), after)
	}
	return []badCase{
		{name: "compare, a line of 100 MB", stdin: long, make: func(d *desk) { d.write("x", six("1")) },
			args: "compare x -", status: 4, memory: small,
			says: []string{"standard input:7: a line of more than 65535 bytes"}, silent: true},
		{name: "compare -force, a line of 100 MB", stdin: long, make: func(d *desk) { d.write("x", six("1")) },
			args: "compare -force x -", status: 0, memory: small,
			prints: []string{"standard input:7: left out: a line of more than 65535 bytes"}},
		{name: "compare, a line without an end", stdin: func() io.Reader { return letters{} }, args: "compare -",
			status: 4, memory: small,
			says: []string{"standard input:1: a line of more than 65535 bytes"}, silent: true},
		{name: "compare, zero bytes without an end", args: "compare /dev/zero", status: 4, memory: small,
			says: []string{"/dev/zero:1: "}, silent: true},
		{name: "compare, results.txt of 100 MB of zero bytes",
			make: func(d *desk) { d.runs(); d.sparse("b/results.txt", 100<<20) }, args: "compare a b", status: 4,
			memory: small,
			says:   []string{"b/results.txt:1: byte 0: a line of more than 65535 bytes, which are the most that can be read"}, silent: true},
		{name: "compare, results.txt of 2 GB", make: func(d *desk) { d.runs(); d.sparse("b/results.txt", 2<<30) },
			args: "compare a b", status: 4, memory: small,
			says: []string{"b/results.txt", "2147483648 bytes are more than the 1073741824 that are read"}, silent: true},
		{name: "report, results.txt of 2 GB", make: func(d *desk) { d.runs(); d.sparse("b/results.txt", 2<<30) },
			args: "report b", status: 4, memory: small,
			says: []string{"b/results.txt", "2147483648 bytes are more than the 1073741824 that are read"}, silent: true},
		{name: "compare, run.json of 600 MB", make: func(d *desk) { d.runs(); d.sparse("b/run.json", 600<<20) },
			args: "compare a b", status: 4, memory: small,
			says: []string{"b/run.json", "are more than the "}, silent: true},
		{name: "compare, 100 000 lines of a message", args: "compare x x", status: 0, memory: small,
			make:   func(d *desk) { d.write("x", six("1")+strings.Repeat("cache miss, cache miss, cache miss\n", 100_000)) },
			prints: []string{"A "}},
		{name: "gate -judge, samples.json of 300 MB",
			make: func(d *desk) { d.gate(); d.sparse("g/samples.json", 300<<20) }, args: "gate -judge g -suite s.toml",
			status: 4, memory: small,
			says: []string{"g/samples.json: 314572800 bytes are more than the "}, silent: true},
		{name: "gate -judge, samples.json of one line of 100 MB", long: true, args: "gate -judge g -suite s.toml",
			status: 4, memory: 800 << 20, limit: time.Minute,
			make: func(d *desk) { d.gate(); d.write("g/samples.json", strings.Repeat(" ", 100<<20)+"{") },
			says: []string{"g/samples.json: byte 104857601: the file ends too early"}, silent: true},
		{name: "gate -within, run.json of 600 MB", make: func(d *desk) { d.runs(); d.sparse("a/run.json", 600<<20) },
			args: "gate -within -base a -head b", status: 4, memory: small,
			says: []string{"a/run.json: 629145600 bytes are more than the "}, silent: true},
		{name: "gate -suite /dev/zero", make: (*desk).gate, args: "gate -judge g -suite /dev/zero", status: 2,
			memory: small, says: []string{"/dev/zero is no regular file"}, silent: true},
		{name: "gate -suite of 2 MB", make: func(d *desk) { d.gate(); d.sparse("s.toml", 2<<20) },
			args: "gate -judge g -suite s.toml", status: 2, memory: small,
			says: []string{"s.toml: 2097152 bytes are more than the 1048576 that are read"}, silent: true},
		{name: "baseline verify, SHA256SUMS of 100 MB",
			make: func(d *desk) { d.store(); d.sparse(d.record("SHA256SUMS"), 100<<20) },
			args: "baseline verify -dir bl", status: 4, memory: small,
			prints: []string{"SHA256SUMS cannot be read: ", "104857600 bytes"}, says: []string{"damaged"}},
		{name: "baseline verify, current of 100 MB",
			make: func(d *desk) { d.store(); d.sparse("bl/box/current", 100<<20) }, args: "baseline verify -dir bl",
			status: 4, memory: small,
			prints: []string{"box/current cannot be used: "}, says: []string{"damaged"}},
		{name: "baseline verify, nop.txt of 600 MB", long: true,
			make: func(d *desk) { d.store(); d.sparse(d.record("nop.txt"), 600<<20) }, args: "baseline verify -dir bl",
			status: 4, memory: small,
			prints: []string{"nop.txt is torn"}, says: []string{"damaged"}},
		{name: "baseline record, run.json of 600 MB", make: func(d *desk) { d.runs(); d.sparse("a/run.json", 600<<20) },
			args: "baseline record -force -from a -dir bl", status: 4, memory: small,
			says: []string{"a is damaged: run.json: 629145600 bytes are more than the "}, silent: true},
		{name: "run -resume, results.txt of 100 MB",
			make: func(d *desk) { d.runs(); d.sparse("a/results.txt", 100<<20) }, args: "run -resume a", status: 4,
			says: []string{"a", "results.txt"}, silent: true},
	}
}

// letters never ends.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// concurrentCases are those of two who write to one place.
func concurrentCases() []badCase {
	locked := func(d *desk) { d.store(); d.runs() }
	return []badCase{
		{name: "baseline record, another writes", make: locked, needs: "flock", via: whileLocked,
			args: "baseline record -force -from a -dir bl -machine box", status: 2,
			says: []string{"bl is being written by process ", ": wait until that is done"}, silent: true},
		{name: "baseline promote, another writes", make: locked, needs: "flock",
			via:    append(slices.Clone(whileLocked), named("baseline promote -dir bl -machine box $1")...),
			status: 2, says: []string{"bl is being written by process "}, silent: true},
		{name: "baseline verify, another writes", make: locked, needs: "flock", via: whileLocked,
			args: "baseline verify -dir bl", status: 0, prints: []string{"1 record as recorded"}},
		{name: "baseline record, the same run again", make: locked,
			args: "baseline record -force -from a -dir bl -machine box", status: 2,
			says: []string{"the run is recorded already: box/"}, silent: true},
		{name: "gate -o holds a gate already", make: func(d *desk) { d.gate(); d.link(d.shelf.tool, "daxbench") },
			args: "gate -base ./daxbench -head ./daxbench -suite s.toml -o g", status: 2,
			says: []string{"g holds samples.json already: name another folder"}, silent: true},
	}
}

// whileLocked runs a program while somebody else holds the lock of the store.
var whileLocked = []string{"sh", "-c", `exec 9< bl; flock -n 9 || exit 98; "$@" 9<&-`, "sh"}
