package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads/clock"
	"daxbench/workloads/driver"
	"daxbench/workloads/hist"
	"golang.org/x/perf/benchfmt"
	"golang.org/x/sys/unix"
)

// storm is a workload that no test runs.
var storm = &driver.Workload{
	Name: "test-storm", Primary: "ns/evict",
	Knobs: []driver.Knob{{Key: "dax", Default: "0", Sweep: []string{"0", "50"}, Check: driver.CheckPercent}},
}

func plan(t *testing.T, rounds int) *driver.Plan {
	t.Helper()
	p, err := driver.NewPlan(driver.Request{
		Workloads: []*driver.Workload{storm}, Policies: layout.Default[:2], Rounds: rounds,
		Duration: time.Millisecond, Workers: []int{2}, Seed: 5, HangLimit: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func manifest(p *driver.Plan) Manifest {
	return Manifest{
		Tool: "daxbench test", Seed: p.Seed, Plan: NewPlan(p, "dax-only"), Request: Request{Rounds: p.Rounds, Seed: p.Seed},
		Environment: map[string]any{"os": "linux", "arch": "amd64", "cpu": "a processor", "gomaxprocs": 3},
		Harness:     map[string]float64{},
	}
}

// results are those of one round in which everything went well.
func results(p *driver.Plan, round int) (list []driver.Result) {
	for i := range p.Groups {
		for _, policy := range p.Policies {
			r := driver.Result{
				Round: round, Group: &p.Groups[i], Policy: policy.Name(), Ops: int64(1000 + round), Elapsed: time.Second / 3,
				Outcome: driver.OK, Counters: map[string]int64{"violations": 0, "device_late_p50_ns": 17},
				Metrics:  []driver.Metric{{Unit: "ns/op", Value: 1.0 / 3}, {Unit: "ns/evict", Value: 1234567.890123}, {Unit: "evict/s", Value: 2e9}},
				Latency:  hist.New(),
				Timeline: [][2]float64{{0, 1}, {1, math.Inf(1)}},
				OverTime: &driver.OverTime{Column: 12345678 * time.Nanosecond, Columns: [][]int64{{1, 2, 40, 3}, {}, {2, 1}}},
				Waits: []driver.Wait{
					{
						For: driver.ForPin, Worker: 1, Ino: 7, At: 2345678 * time.Nanosecond, Length: 1e6, Wake: 2e4,
						Pin: &driver.Span{Since: -3, Due: 9e5, Until: 98e4},
					},
					{For: driver.ForLease, Ino: 8, Length: 5e5},
				},
			}
			for v := range int64(2000) {
				r.Latency.Record(v)
			}
			list = append(list, r)
		}
	}
	return list
}

func create(t *testing.T, p *driver.Plan) *Folder {
	t.Helper()
	f, err := Create(filepath.Join(t.TempDir(), "made", "on the way"), manifest(p))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func read(t *testing.T, f *Folder, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.Dir(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestResultsAreTheBenchmarkFormat(t *testing.T) {
	p := plan(t, 6)
	f := create(t, p)
	for round := 1; round <= 3; round++ {
		list := results(p, round)
		if round == 2 {
			list[0].Outcome, list[1].Outcome, list[2].Outcome = driver.Hung, driver.Failed, driver.Violation
			list[3].Metrics = []driver.Metric{{Unit: "ns/op", Value: 0}, {Unit: "evict/s", Value: math.NaN()}, {Unit: "p50-ns", Value: math.Inf(1)}, {Unit: "max-ns", Value: 9}}
		}
		if err := f.Add(list); err != nil {
			t.Fatal(err)
		}
	}
	text := read(t, f, ResultsName)
	head := "goos: linux\ngoarch: amd64\npkg: daxbench\ncpu: a processor\nUnit ns/evict better=lower\nUnit evict/s better=higher\nUnit max-ns better=lower\n"
	if !strings.HasPrefix(text, head) {
		t.Errorf("the file begins with\n%s", text[:min(len(text), len(head))])
	}
	if strings.ContainsAny(text, "eE+") && strings.Contains(text, "e+") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("a number is no plain one:\n%s", text)
	}
	rounds := make(map[string][]int)
	reader := benchfmt.NewReader(strings.NewReader(text), ResultsName)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(rec)
		case *benchfmt.Result:
			name := rec.Name.String()
			rounds[name] = append(rounds[name], rec.Iters-1000)
			for _, v := range rec.Values {
				if !(v.Value > 0) {
					t.Errorf("%s: %v %s", name, v.Value, v.Unit)
				}
			}
		}
	}
	for name, want := range map[string][]int{
		"TestStorm/dax=0/workers=2/policy=none-3":      {1, 3}, // hung in round 2
		"TestStorm/dax=0/workers=2/policy=dax-only-3":  {1, 3}, // failed
		"TestStorm/dax=50/workers=2/policy=none-3":     {1, 2, 3},
		"TestStorm/dax=50/workers=2/policy=dax-only-3": {1, 2, 3},
	} {
		if !slices.Equal(rounds[name], want) {
			t.Errorf("%s has rounds %v, want %v; there are %v", name, rounds[name], want, rounds)
		}
	}
}

func TestManifest(t *testing.T) {
	p := plan(t, 6)
	f := create(t, p)
	if got := read(t, f, ManifestName); !json.Valid([]byte(got)) {
		t.Errorf("no valid JSON before the first round:\n%s", got)
	}
	list := results(p, 1)
	list[1].Latency = hist.New()
	list[1].Latency.Record(3)
	for range 2 { // a warning stands once, however often its reason comes
		f.Warn("", "a doubt")
	}
	if err := f.Add(list); err != nil {
		t.Fatal(err)
	}
	if err := f.End(Finished); err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.Unmarshal([]byte(read(t, f, ManifestName)), &m); err != nil {
		t.Fatal(err)
	}
	if m.Schema != Schema || m.Status != Finished || m.Ended == nil || m.Rounds() != 1 || len(m.Cells) != 4 {
		t.Errorf("schema %d, %s, ended %v, %d rounds, %d cells", m.Schema, m.Status, m.Ended, m.Rounds(), len(m.Cells))
	}
	for _, g := range m.Plan.Groups {
		if g.Timing == "" || g.Timing != storm.Timing() {
			t.Errorf("timing %q, want %q", g.Timing, storm.Timing())
		}
	}
	c := m.Cells[0]
	if c.Name != "TestStorm/dax=0/workers=2/policy=none" || c.Metrics["ns/op"] != 0.3333333 || c.Metrics["ns/evict"] != 1234568 || c.Seconds != 0.3333333 {
		t.Errorf("cell %+v", c)
	}
	if o := c.OverTime; o == nil || o.ColumnMS != 12.346 || !slices.EqualFunc(o.Columns, list[0].OverTime.Columns, slices.Equal) {
		t.Errorf("over time: %+v", o)
	}
	waits := []Wait{
		{For: "pin", Worker: 1, Ino: 7, AtMS: 2.346, Nanos: 1e6, Wake: 2e4, Pin: &Pin{-3, 9e5, 98e4}},
		{For: "lease", Ino: 8, Nanos: 5e5},
	}
	if !reflect.DeepEqual(c.Waits, waits) {
		t.Errorf("waits %+v, want %+v", c.Waits, waits)
	}
	if text := read(t, f, ManifestName); !strings.Contains(text, `"over_time":{"column_ms":12.346,"columns":[[1,2,40,3],[],[2,1]]},"waits":[{"for":"pin",`) {
		t.Errorf("columns are not written compactly, an empty one as such:\n%s", text)
	}
	if len(c.Timeline) != 1 {
		t.Errorf("timeline %v holds what is not finite", c.Timeline)
	}
	if h, err := hist.Decode(c.Histograms["op"]); err != nil || h.Count() != 2000 {
		t.Errorf("histogram: %v", err)
	}
	if m.Harness["timer-late-p50-ns"] != 17 {
		t.Errorf("harness %v", m.Harness)
	}
	want := []Warning{{"", "a doubt"}, {m.Cells[1].Name, "fewer than 1000 latencies in a round: no p99.9, and a rough p99"}}
	if !slices.Equal(m.Warnings, want) {
		t.Errorf("warnings %q", m.Warnings)
	}
	if n := strings.Count(read(t, f, ManifestName), "\n    {\"round\":1"); n != 4 {
		t.Errorf("%d cells stand on lines of their own", n)
	}
}

// TestFullDisk lets the disk fill up at each of the writes: what was there before stays, whole.
func TestFullDisk(t *testing.T) {
	for _, victim := range []string{ResultsName, ManifestName} {
		p := plan(t, 6)
		f := create(t, p)
		if err := f.Add(results(p, 1)); err != nil {
			t.Fatal(err)
		}
		lines, manifest := read(t, f, ResultsName), read(t, f, ManifestName)
		write := f.write
		f.write = func(path string, data []byte) error {
			if filepath.Base(path) == victim {
				return &os.PathError{Op: "write", Path: path, Err: unix.ENOSPC}
			}
			return write(path, data)
		}
		err := f.Add(results(p, 2))
		if !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), "round 2 is lost") {
			t.Errorf("%s: %v", victim, err)
		}
		if f.Rounds() != 1 {
			t.Errorf("%s: %d rounds", victim, f.Rounds())
		}
		if got := read(t, f, ManifestName); got != manifest {
			t.Errorf("%s: %s has changed", victim, ManifestName)
		}
		if got := read(t, f, ResultsName); !strings.HasPrefix(got, lines) {
			t.Errorf("%s: %s has lost lines", victim, ResultsName)
		}
		f.Close()
		again, err := Resume(f.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Continue(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, again, ResultsName); got != lines { // a line too many is gone
			t.Errorf("%s: resumed with\n%s", victim, got)
		}
		again.Close()
	}
}

func TestFoldersAreNotOverwritten(t *testing.T) {
	p := plan(t, 1)
	f := create(t, p)
	if _, err := Create(f.Dir(), manifest(p)); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is open: %v", err)
	}
	if _, err := Resume(f.Dir()); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is open: %v", err)
	}
	before := read(t, f, ManifestName)
	f.Close()
	if _, err := Create(f.Dir(), manifest(p)); !errors.Is(err, ErrOccupied) {
		t.Errorf("afterwards: %v", err)
	}
	if got := read(t, f, ManifestName); got != before {
		t.Error("it has changed")
	}
	if err := os.Remove(filepath.Join(f.Dir(), ManifestName)); err != nil {
		t.Fatal(err)
	}
	if err := Vacant(f.Dir()); !errors.Is(err, ErrOccupied) {
		t.Errorf("with %s alone: %v", ResultsName, err)
	}
	if err := Vacant(filepath.Join(f.Dir(), "nothing")); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}

// TestCreateLeavesNothingBehind wants a folder that could not be written to be as it was, and free.
func TestCreateLeavesNothingBehind(t *testing.T) {
	p := plan(t, 1)
	m := manifest(p)
	m.Environment["bad"] = func() {} // cannot be encoded
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := Create(dir, m); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, m); err == nil {
		t.Fatal("no error")
	}
	f, err := Create(dir, manifest(p)) // the user's own folder is still there, and not locked
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestResumeRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Resume(filepath.Join(dir, "nothing")); !errors.Is(err, ErrNoRun) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := Resume(dir); !errors.Is(err, ErrNoRun) {
		t.Errorf("empty folder: %v", err)
	}
	for text, want := range map[string]string{"{": "unexpected end", `{"schema":2}`: "schema 2"} {
		if err := os.WriteFile(filepath.Join(dir, ManifestName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Resume(dir); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	file := filepath.Join(dir, ManifestName)
	if _, err := Resume(file); !errors.Is(err, ErrNotFolder) {
		t.Errorf("a file: %v", err)
	}
	if err := Vacant(file); !errors.Is(err, ErrNotFolder) {
		t.Errorf("a file: %v", err)
	}
	if err := Vacant(filepath.Join(file, "out")); !errors.Is(err, ErrNotFolder) {
		t.Errorf("below a file: %v", err)
	}
}

func TestLeftoversAreSwept(t *testing.T) {
	p := plan(t, 1)
	f := create(t, p)
	f.Close()
	for _, name := range []string{".run.json123", ".results.txt456", ".reserve", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(f.Dir(), name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Resume(f.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	var names []string
	entries, _ := os.ReadDir(f.Dir())
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"notes.txt", ResultsName, ManifestName}; !slices.Equal(names, want) {
		t.Errorf("%q are left, want %q", names, want)
	}
}

func TestDoubts(t *testing.T) {
	m := Manifest{Plan: Plan{Rounds: 3, Workers: 8}}
	m.Doubts(Environment{Cores: 2, Load: []float64{2.5}, Race: true, Clock: clock.Properties{CostNanos: 24, Reason: "not invariant"}}, &pmem.Info{Backing: pmem.Memfd, Flush: pmem.CLWB})
	text := fmt.Sprint(m.Warnings)
	for _, want := range []string{"load of 2.5 on 2 cores", "not by the processor's counter (not invariant): a reading takes 24 ns", "race detector", "DRAM behind clwb, not persistent memory", "not populated", "too few rounds for an interval: 3, it takes 6", "up to 8 workers on 2 processors"} {
		if !strings.Contains(text, want) {
			t.Errorf("no word of %q in %s", want, text)
		}
	}
	m = Manifest{Plan: Plan{Rounds: 6, Workers: 2}}
	m.Doubts(Environment{Cores: 2, Load: []float64{1.5}, Clock: clock.Properties{Source: clock.Counter}}, &pmem.Info{Backing: pmem.DevDAX, Populated: true})
	if len(m.Warnings) > 0 {
		t.Errorf("warnings without a reason: %v", m.Warnings)
	}
}

func TestEnvironment(t *testing.T) {
	m := Look().Map()
	for _, key := range []string{"os", "arch", "cpu", "cores", "go", "kernel", "clock", "load_before"} {
		if v, ok := m[key]; !ok || v == "" || v == 0.0 {
			t.Errorf("%s is %v", key, v)
		}
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(m); err != nil {
		t.Error(err)
	}
}
