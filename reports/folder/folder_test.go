package folder_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// write writes the two files of a run.
func write(t *testing.T, results, manifest string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{folder.ResultsName: results, folder.ManifestName: manifest} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// record is a cell of run.json for the policy dax-only of a storm without parameters.
func record(round int, ops uint64, outcome string) string {
	return fmt.Sprintf(`{"round":%d,"workload":"evict-storm","policy":"dax-only","name":"EvictStorm/policy=dax-only","ops":%d,"outcome":%q,"metrics":{"ns/op":%d}}`,
		round, ops, outcome, ops)
}

func manifest(cells ...string) string {
	return `{"schema":1,"status":"finished","plan":{"rounds":3,"reference":"dax-only"},"cells":[` + strings.Join(cells, ",") + `]}`
}

func TestReadsWhatARunWrites(t *testing.T) {
	dir := t.TempDir()
	spec := reportstest.Example()
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Warnings) > 0 {
		t.Errorf("warnings: %q", run.Warnings)
	}
	if len(run.Cells) != len(spec.Cells) {
		t.Fatalf("%d cells, want %d", len(run.Cells), len(spec.Cells))
	}
	for i, c := range run.Cells {
		want := &spec.Cells[i]
		if c.Workload != want.Workload || c.Policy != want.Policy || !slices.Equal(c.Params, want.Params) || c.Name != want.Name() {
			t.Errorf("cell %d is %+v", i, c.Key)
		}
		rounds, values := c.Series("ns/evict")
		full := []int{1, 2, 3, 4, 5, 6}
		if len(want.Hung) > 0 {
			full = []int{1, 2, 3, 4, 6}
		}
		if !slices.Equal(rounds, full) || len(values) != len(full) {
			t.Errorf("%s: rounds %v, want %v", c.Name, rounds, full)
		}
		for k, n := range rounds { // run.json holds the same numbers, by round
			for _, rec := range run.Manifest.Cells {
				if rec.Name == c.Name && rec.Round == n && rec.Metrics["ns/evict"] != values[k] {
					t.Errorf("%s: round %d has %v, run.json says %v", c.Name, n, values[k], rec.Metrics["ns/evict"])
				}
			}
		}
	}
	if run.Better("ns/evict") != -1 || run.Better("evict/s") != 1 || run.Better("furlongs") != 0 {
		t.Error("Unit lines were not read")
	}
	if want := (folder.Param{Key: "cpu", Value: "AMD EPYC"}); !slices.Contains(run.Config, want) {
		t.Errorf("configuration %v lacks %v", run.Config, want)
	}
}

// TestUnitsStayAsWritten holds the reader against the trap in benchfmt: a zero keeps ns/op where the rest become sec/op.
func TestUnitsStayAsWritten(t *testing.T) {
	run, err := folder.Read(write(t, "BenchmarkEvictStorm/policy=dax-only-2 10 61.2 ns/op 0 p99-ns\n"+
		"BenchmarkEvictStorm/policy=dax-only-2 20 63 ns/op 7 p99-ns\n", manifest()))
	if err != nil {
		t.Fatal(err)
	}
	c := run.Cells[0]
	if rounds, v := c.Series("ns/op"); !slices.Equal(v, []float64{61.2, 63}) || !slices.Equal(rounds, []int{1, 2}) {
		t.Errorf("ns/op: rounds %v, values %v", rounds, v)
	}
	if rounds, v := c.Series("p99-ns"); !slices.Equal(v, []float64{7}) || !slices.Equal(rounds, []int{2}) {
		t.Errorf("p99-ns: rounds %v, values %v", rounds, v)
	}
	if _, v := c.Series("sec/op"); v != nil {
		t.Errorf("sec/op has values: %v", v)
	}
}

// TestRounds shows which round a line belongs to if run.json knows of rounds that left none.
func TestRounds(t *testing.T) {
	line := func(ops int) string {
		return fmt.Sprintf("BenchmarkEvictStorm/policy=dax-only-2 %d %d ns/op\n", ops, ops)
	}
	for _, c := range []struct {
		name    string
		lines   string
		cells   []string
		rounds  []int
		warning string
	}{
		{"in step", line(10) + line(20), []string{record(1, 10, "ok"), record(2, 20, "ok")}, []int{1, 2}, ""},
		{"records out of order", line(10) + line(20), []string{record(2, 20, "ok"), record(1, 10, "ok")}, []int{1, 2}, ""},
		{"the first round hung", line(20) + line(30), []string{record(1, 3, "hung"), record(2, 20, "ok"), record(3, 30, "ok")}, []int{2, 3}, ""},
		{"hung with as many operations", line(10) + line(10), []string{record(1, 10, "ok"), record(2, 10, "hung"), record(3, 10, "ok")}, []int{1, 3}, ""},
		{"killed before run.json was written", line(10) + line(20) + line(30), []string{record(1, 10, "ok")}, []int{1, 2, 3}, ""},
		{"no records", line(10) + line(20), nil, []int{1, 2}, ""},
		{"a line was lost", line(20), []string{record(1, 10, "ok"), record(2, 20, "ok")}, []int{2}, "has no line for round 1"},
		{"nothing was done in a round", line(20), []string{record(1, 0, "ok"), record(2, 20, "ok")}, []int{2}, ""},
		{"of another run", line(77) + line(78), []string{record(1, 10, "ok"), record(2, 20, "ok")}, []int{1, 2}, "do not fit"},
	} {
		run, err := folder.Read(write(t, c.lines, manifest(c.cells...)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		rounds, _ := run.Cells[0].Series("ns/op")
		warnings := strings.Join(run.Warnings, "\n")
		if len(run.Cells) != 1 || !slices.Equal(rounds, c.rounds) {
			t.Errorf("%s: rounds %v, want %v", c.name, rounds, c.rounds)
		}
		if lost := c.name == "a line was lost"; lost != (len(run.Damage) > 0) {
			t.Errorf("%s: damage %q", c.name, run.Damage)
		}
		if (c.warning == "") != (warnings == "") || !strings.Contains(warnings, c.warning) {
			t.Errorf("%s: warnings %q, want %q", c.name, warnings, c.warning)
		}
	}
}

func TestNames(t *testing.T) {
	plan := `{"schema":1,"plan":{"groups":[{"workload":"p7-storm","params":[{"key":"dax","value":"50"}],"policies":["bounded-100","none"]}]}}`
	for _, c := range []struct{ line, workload, params, policy string }{
		{"P7Storm/dax=50/policy=none-2", "p7-storm", "dax=50", "none"},
		{"P7Storm/dax=50/policy=bounded-100-2", "p7-storm", "dax=50", "bounded-100"},
		{"P7Storm/dax=50/policy=bounded-100", "p7-storm", "dax=50", "bounded-100"}, // one processor: no suffix
		{"LeaseRecall/leases=25/workers=2/policy=dax-only-16", "lease-recall", "leases=25 workers=2", "dax-only"},
		{"LeaseRecall", "lease-recall", "", ""},
	} {
		run, err := folder.Read(write(t, "Benchmark"+c.line+" 1 2 ns/op\n", plan))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSpace(c.workload + " " + c.params)
		if got := run.Cells[0]; len(run.Cells) != 1 || got.Group() != want || got.Policy != c.policy {
			t.Errorf("%s: %q under %q, want %q under %q", c.line, got.Group(), got.Policy, want, c.policy)
		}
	}
}

func TestTornLastLineIsLeftOut(t *testing.T) {
	whole := "BenchmarkEvictStorm/policy=dax-only-2 10 61.2 ns/op\n"
	run, err := folder.Read(write(t, whole+"BenchmarkEvictStorm/policy=dax-only-2 10 61.", manifest()))
	if err != nil {
		t.Fatal(err)
	}
	if _, v := run.Cells[0].Series("ns/op"); len(v) != 1 {
		t.Errorf("values %v", v)
	}
	if want := fmt.Sprintf("byte %d", len(whole)); len(run.Warnings) != 1 || !strings.Contains(run.Warnings[0], want) {
		t.Errorf("warnings %q, want one with %q", run.Warnings, want)
	}
}

func TestRefusesManifests(t *testing.T) {
	good := manifest(record(1, 10, "ok"))
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "byte 0: the file ends too early"},
		{"truncated", good[:60], "byte 60: the file ends too early"},
		{"trailing bytes", good + "}", fmt.Sprintf("byte %d", len(good)+1)},
		{"two objects", good + good, fmt.Sprintf("byte %d", len(good)+1)},
		{"garbage", `{"schema":1,]`, "byte 13"},
		{"another schema", `{"schema":2,"cells":"elsewhere"}`, "unknown schema version 2; this daxbench reads 1"},
		{"no schema", `{"cells":[]}`, `no field "schema"`},
		{"a word for a number", `{"schema":1,"seed":"one"}`, "byte 24"},
		{"round 0", manifest(record(0, 1, "ok")), "rounds count from 1"},
		{"a round twice", manifest(record(1, 1, "ok"), record(1, 2, "ok")), "cells[0] and cells[1]"},
		{"a key twice", `{"schema":1,"status":"failed","Status":"finished"}`, `byte 38: the key "Status" stands twice`},
		{"no workload", manifest(`{"round":1}`), "names no workload"},
	} {
		_, err := folder.Read(write(t, "", c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), folder.ManifestName) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
		if isSchema := strings.Contains(c.name, "schema"); errors.Is(err, folder.ErrSchema) != isSchema {
			t.Errorf("%s: errors.Is(ErrSchema) = %v", c.name, !isSchema)
		}
	}
}

func TestRefusesResults(t *testing.T) {
	ok := "goos: linux\n"
	for _, c := range []struct{ name, data, want string }{
		{"NaN", ok + "BenchmarkA 1 NaN ns/op\n", ":2: A: NaN"},
		{"infinity", ok + "BenchmarkA 1 +Inf p99-ns\n", ":2: A: +Inf"},
		{"negative", ok + "BenchmarkA 1 -3 ns/op\n", ":2: A: -3"},
		{"one unit twice", ok + "BenchmarkA 1 3 ns/op 4 ns/op\n", "two values for ns/op"},
		{"no number", ok + "BenchmarkA 1 x ns/op\n", ":2: parsing measurement"},
		{"no unit", ok + "BenchmarkA 1 3\n", ":2: missing units"},
		{"a long line", ok + "BenchmarkA 1 3 " + strings.Repeat("u", 70000) + "\n", ":2: byte 12: a line of more than 65535 bytes"},
		{"zero bytes", ok + "BenchmarkA\x00 1 3 ns/op\n", ":2: byte 22: a zero byte"},
		{"a failed benchmark", ok + "--- FAIL: BenchmarkA\n", ":2: byte 12: the file says that a benchmark failed"},
	} {
		_, err := folder.Read(write(t, c.data, manifest()))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), folder.ResultsName) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestNotAFolder(t *testing.T) {
	empty := t.TempDir()
	onlyManifest := t.TempDir()
	if err := os.WriteFile(filepath.Join(onlyManifest, folder.ManifestName), []byte(manifest()), 0o666); err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if err := os.Mkdir(filepath.Join(directory, folder.ManifestName), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{empty, onlyManifest, directory, filepath.Join(empty, "nowhere")} {
		if _, err := folder.Read(dir); !errors.Is(err, folder.ErrNotFolder) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// TestDamage: what is lost of results.txt is one damage, however many lines it is, and a last line without its end another.
func TestDamage(t *testing.T) {
	line := func(n int) string { return fmt.Sprintf("BenchmarkEvictStorm/policy=dax-only-2 %d %d ns/op\n", n, n) }
	cells := []string{record(1, 10, "ok"), record(2, 20, "ok"), record(3, 30, "ok")}
	for _, tt := range []struct {
		lines string
		want  []string
	}{
		{line(10) + line(20) + line(30), nil},
		{line(10) + line(20) + line(30)[:20], []string{"cut off", "has no line for round 3"}},
		{line(10), []string{"has no line for round 2; 2 lines are lost in all"}},
	} {
		run, err := folder.Read(write(t, tt.lines, manifest(cells...)))
		if err != nil {
			t.Fatal(err)
		}
		ok := len(run.Damage) == len(tt.want) && slices.Equal(run.Damage, run.Warnings)
		for i := range tt.want {
			ok = ok && strings.Contains(run.Damage[i], tt.want[i])
		}
		if !ok {
			t.Errorf("%q, %q, want %q", run.Damage, run.Warnings, tt.want)
		}
	}
}

// TestWithout wants the cells of a run, and its plan, to be named as those of a run that never had the parameter.
func TestWithout(t *testing.T) {
	dir := t.TempDir()
	spec := reportstest.Example()
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
	plain, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range spec.Cells {
		c := &spec.Cells[i]
		c.Params = slices.Insert(slices.Clone(c.Params), i%(len(c.Params)+1), folder.Param{Key: "kernel", Value: "6.0"})
	}
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	run.Without("kernel")
	for i, c := range plain.Cells {
		if got := run.Cells[i]; got.Name != c.Name || !slices.Equal(got.Params, c.Params) {
			t.Errorf("%s %v, want %s %v", got.Name, got.Params, c.Name, c.Params)
		}
		if run.Index().Of(c.Key) != run.Cells[i] {
			t.Errorf("%s is not found", c.Name)
		}
	}
	if want := []folder.Param{{Key: "kernel", Value: "6.0"}}; !slices.Equal(run.Manifest.Plan.Taken, want) {
		t.Errorf("taken: %v", run.Manifest.Plan.Taken)
	}
}
