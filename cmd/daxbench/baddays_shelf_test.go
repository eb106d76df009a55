package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/gate"
)

// shelf holds what is sound, made by the program itself: cases take copies and spoil them.
type shelf struct {
	dir   string
	tool  string // the path of daxbench
	entry string // the name of the record in the store
}

// What is on the shelf.
const (
	soundRun     = "run"   // a finished run of 6 rounds
	soundGate    = "gate"  // what a gate of shortSuite measured
	soundStore   = "store" // baselines: machine box with one record, which has counts and is current
	shortCell    = "Nop/workers=1/policy=none"
	storeMachine = "box"
)

// shortSuite is one cell that does nothing, by as few forks as can decide, with limits that no noise exceeds.
const shortSuite = `version = 1
name = "short"
revision = 1
[rule]
forks = 9
more = 0
slices = 10
[time]
floor = 0.9
tolerance = 9.0
[tail]
floor = 0.9
tolerance = 9.0
role = "shown"
[[cell]]
name = "` + shortCell + `"
slice = "50us"
`

// endlessSuite is the same with more forks than anybody waits for.
var endlessSuite = strings.Replace(shortSuite, "forks = 9", "forks = 1000", 1)

// newShelf fills a shelf.
func newShelf(t *testing.T) *shelf {
	t.Helper()
	tool, err := exec.LookPath("daxbench")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{dir: t.TempDir(), tool: tool}
	s.must(t, "run -workload nop -policy none,dax-only -rounds 6 -duration 1ms -seed 1 -o run")
	write(t, filepath.Join(s.dir, "short.toml"), shortSuite)
	s.measure(t)
	s.must(t, "baseline record -force -promote -machine box -dir store -from run")
	entries, err := filepath.Glob(filepath.Join(s.dir, "store/box/20*"))
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	s.entry = filepath.Base(entries[0])
	s.count(t, entries[0])
	return s
}

// must runs the program on the shelf, and wants it to succeed, or to end with one of other statuses.
func (s *shelf) must(t *testing.T, args string, or ...int) string {
	t.Helper()
	cmd := exec.Command(s.tool, strings.Fields(args)...)
	cmd.Dir = s.dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && !slices.Contains(or, cmd.ProcessState.ExitCode()) {
		t.Fatalf("daxbench %s: %v\n%s%s", args, err, out, stderr.String())
	}
	return string(out)
}

// measure has a gate measure the program against itself, and takes the noise away: what a case finds must not depend on it.
func (s *shelf) measure(t *testing.T) {
	t.Helper()
	s.must(t, "gate -base "+s.tool+" -head "+s.tool+" -suite short.toml -seed 1 -o gate", statusBad, statusUndecided)
	name := filepath.Join(s.dir, soundGate, gate.SamplesName)
	samples, err := gate.ReadSamples(name)
	if err != nil {
		t.Fatal(err)
	}
	level(samples, 5, 5)
	text, err := json.Marshal(samples)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, string(text))
	if err := os.Remove(filepath.Join(s.dir, soundGate, reportName)); err != nil {
		t.Fatal(err)
	}
}

// level gives all slices of the first cell the same length on each side, in ns per operation, and those of the controls.
func level(s *gate.Samples, base, head float64) {
	fill := func(values []float64, v float64) {
		for i := range values {
			values[i] = v
		}
	}
	for i := range s.Cells[0].Forks {
		f := &s.Cells[0].Forks[i]
		for side, v := range map[*gate.Side]float64{&f.Base: base, &f.Head: head} {
			fill(side.Wall, v)
			fill(side.CPU, v)
			for _, series := range side.Controls {
				fill(series, 1)
			}
		}
	}
}

// count adds counts to a record. A test program is of no commit, and counts are recorded only by the program of the run.
func (s *shelf) count(t *testing.T, record string) {
	t.Helper()
	counts := s.must(t, "census -workload nop")
	write(t, filepath.Join(record, "counts.txt"), counts)
	sums := filepath.Join(record, "SHA256SUMS")
	if err := os.Chmod(sums, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(sums, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "%x  counts.txt\n", sha256.Sum256([]byte(counts))); err != nil {
		t.Fatal(err)
	}
}

// take lays a copy of something sound on the desk.
func (d *desk) take(what, name string) {
	d.Helper()
	if err := os.CopyFS(d.path(name), os.DirFS(filepath.Join(d.shelf.dir, what))); err != nil {
		d.Fatal(err)
	}
}

// runs lays two sound runs on the desk.
func (d *desk) runs() {
	d.take(soundRun, "a")
	d.take(soundRun, "b")
}

// suite lays the short suite on the desk.
func (d *desk) suite() { d.write("s.toml", shortSuite) }

// gate lays what a gate measured on the desk, with its suite.
func (d *desk) gate() {
	d.suite()
	d.take(soundGate, "g")
}

// store lays baselines on the desk.
func (d *desk) store() { d.take(soundStore, "bl") }

// record is the path of a file of the record.
func (d *desk) record(file string) string {
	return "bl/" + storeMachine + "/" + d.shelf.entry + "/" + file
}

// sum writes the checksum of an edited file of the record, so that it counts as recorded like that.
func (d *desk) sum(file string) {
	d.Helper()
	var out strings.Builder
	for line := range strings.Lines(d.read(d.record("SHA256SUMS"))) {
		if strings.HasSuffix(line, "  "+file+"\n") {
			line = fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(d.read(d.record(file)))), file)
		}
		out.WriteString(line)
	}
	d.write(d.record("SHA256SUMS"), out.String())
}

// measuredFor changes what a gate measured, and says that it was measured for a suite.
func (d *desk) measuredFor(suite string, change func(*gate.Samples)) {
	d.Helper()
	d.samples(func(s *gate.Samples) {
		parsed, err := gate.Parse("s.toml", []byte(suite))
		if err != nil {
			d.Fatal(err)
		}
		s.Suite, s.Digest = parsed.Title(), parsed.Digest()
		change(s)
	})
	d.write("s.toml", suite)
}

// samples changes what a gate measured, as a value.
func (d *desk) samples(change func(*gate.Samples)) {
	d.Helper()
	d.gate()
	s, err := gate.ReadSamples(d.path("g/samples.json"))
	if err != nil {
		d.Fatal(err)
	}
	change(s)
	text, err := json.Marshal(s)
	if err != nil {
		d.Fatal(err)
	}
	d.write("g/samples.json", string(text))
}

// each calls f for every side of every fork of the first cell.
func each(s *gate.Samples, f func(side *gate.Side)) {
	for i := range s.Cells[0].Forks {
		f(&s.Cells[0].Forks[i].Base)
		f(&s.Cells[0].Forks[i].Head)
	}
}

// bench is a benchmark file with these values in ns/op.
func bench(values ...string) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "BenchmarkA 100 %s ns/op\n", v)
	}
	return b.String()
}

// six repeats a value as often as an interval needs.
func six(v string) string { return bench(v, v, v, v, v, v) }
