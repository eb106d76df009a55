package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"daxbench/engine/enginetest"
	"daxbench/reports/gate"
	"daxbench/reports/stats"
	"daxbench/workloads/lockstep"
)

// TestSamplesMirror holds the two types of samples together: one side writes the file, the other reads it, and neither may
// import the other.
func TestSamplesMirror(t *testing.T) {
	compareTypes(t, "Samples", reflect.TypeFor[lockstep.Samples](), reflect.TypeFor[gate.Samples]())
	if lockstep.SamplesName != gate.SamplesName || lockstep.Schema != gate.SamplesSchema {
		t.Errorf("%s %d and %s %d", lockstep.SamplesName, lockstep.Schema, gate.SamplesName, gate.SamplesSchema)
	}
}

// compareTypes wants the same JSON from both: the same keys, and below them the same.
func compareTypes(t *testing.T, path string, w, r reflect.Type) {
	switch {
	case w.Kind() == reflect.Pointer:
		compareTypes(t, path, w.Elem(), r)
	case w.Kind() == reflect.Slice && r.Kind() == reflect.Slice, w.Kind() == reflect.Map && r.Kind() == reflect.Map:
		compareTypes(t, path+"[]", w.Elem(), r.Elem())
	case w.String() == "time.Time" && r.Kind() == reflect.String:
	case w.Kind() != r.Kind():
		t.Errorf("%s is written as %s and read as %s", path, w, r)
	case w.Kind() == reflect.Struct:
		written, read := jsonFields(w), jsonFields(r)
		for tag, f := range written {
			if g, ok := read[tag]; !ok {
				t.Errorf("%s.%s is written and not read", path, tag)
			} else {
				compareTypes(t, path+"."+tag, f, g)
			}
		}
		for tag := range read {
			if written[tag] == nil {
				t.Errorf("%s.%s is read and not written", path, tag)
			}
		}
	}
}

func jsonFields(s reflect.Type) map[string]reflect.Type {
	m := make(map[string]reflect.Type)
	for i := range s.NumField() {
		if tag, _, _ := strings.Cut(s.Field(i).Tag.Get("json"), ","); tag != "" {
			m[tag] = s.Field(i).Type
		}
	}
	return m
}

// slow are mistakes that a change to the engine could bring: a word is looked at more often than need be. Each makes the
// operation of one cell of .ci/gate.toml dearer by half and more. How little the gate finds is for gate -prove to say, on a
// quiet machine: beside all other tests a fifth, planted in Iput, was once not seen, when the base of most forks was 1.4 times
// as slow as ever before or after. Of these the gate saw ×2.0, ×2.4, +78 % and +71 %.
var slow = map[string]enginetest.Mistake{
	"IgetChurn/workers=1/policy=dax-only": atTheTop("engine/vfs/iput.go",
		"func (sb *Superblock) Iput(t *Task, in *Inode) {\n", "	for range 30 {\n		in.state.Load()\n	}\n"),
	"PinPage/workers=1/policy=dax-only": atTheTop("engine/vfs/pin.go",
		"func (sb *Superblock) Unpin(p Pin) {\n", "	for range 4 {\n		sb.pages.Pins(p.PFN())\n	}\n"),
	"InsertEvict/workers=1/policy=dax-only": atTheTop("engine/vfs/evict.go",
		"func (sb *Superblock) evict(t *Task, in *Inode) bool {\n", "	for range 400 {\n		in.state.Load()\n	}\n"),
	"BreakIdle/workers=1/policy=dax-only": atTheTop("engine/vfs/breaklayout.go",
		"func (in *Inode) BusyPage(t *Task, from uint32) (pfn page.PFN, busy bool) {\n", "	for range 100 {\n		in.state.Load()\n	}\n"),
}

// atTheTop is a mistake that begins a function.
func atTheTop(file, function, text string) enginetest.Mistake {
	return enginetest.Mistake{File: file, Old: function, New: function + text}
}

// overlayOf is the file that builds all of some mistakes in, each of which is in a file of its own.
func overlayOf(t *testing.T, list map[string]enginetest.Mistake) string {
	var all struct{ Replace map[string]string }
	for _, m := range list {
		data, err := os.ReadFile(m.Overlay(t))
		if err == nil {
			err = json.Unmarshal(data, &all) // which adds to the map
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(all.Replace); n != len(list) {
		t.Fatalf("%d files are replaced for %d mistakes", n, len(list))
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "overlay.json")
	write(t, name, string(data))
	return name
}

// TestGateFindsSlowEngine builds the engine with mistakes, by an overlay of the source, and holds it against the engine
// without them. The gate must find each, and must be green where base and head are the same.
func TestGateFindsSlowEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("short: builds daxbench twice")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: ", err)
	}
	t.Parallel() // beside TestReportsInABrowser, after all others: these two take longest
	dir := t.TempDir()
	base, slower := filepath.Join(dir, "base"), filepath.Join(dir, "slow")
	buildDaxbench(t, base)
	buildDaxbench(t, slower, "-overlay", overlayOf(t, slow))
	// What CI holds of every change, in one cell of each path: this shows that CI can fail.
	suite := filepath.Join(enginetest.Root(t), ".ci", "gate.toml")
	one := []string{"-cell", "IgetChurn/workers=1/policy=dax-only"}
	var each, found []string
	for cell := range slow {
		each = append(each, "-cell", cell)
		found = append(found, "✗ "+cell)
	}
	for _, tt := range []struct {
		head   string
		cells  []string
		status int
		want   []string
	}{
		{slower, each, 1, append(found, "regressed", "-cell", "base-cpu.pprof", "head-mutex.pprof")},
		{base, one, 0, []string{"pass", "byte for byte"}},
	} {
		out := filepath.Join(dir, filepath.Base(tt.head)+"-out")
		cmd := exec.Command(base, append([]string{"gate", "-base", base, "-head", tt.head, "-suite", suite, "-o", out, "-junit", filepath.Join(dir, "junit.xml"), "-seed", "1"}, tt.cells...)...)
		text, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != tt.status {
			t.Errorf("%s: status %d, want %d (%v)\n%s", tt.head, got, tt.status, err, text)
		}
		for _, want := range tt.want {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q in\n%s", tt.head, want, text)
			}
		}
		if t.Failed() {
			logForks(t, out)
		}
		// What was measured can be judged again, and gets the same verdict.
		again := exec.Command(base, append([]string{"gate", "-judge", out, "-suite", suite}, tt.cells...)...)
		if text, _ := again.CombinedOutput(); again.ProcessState.ExitCode() != tt.status {
			t.Errorf("judged again: status %d, want %d\n%s", again.ProcessState.ExitCode(), tt.status, text)
		}
		// But not by limits that are chosen afterwards.
		other := exec.Command(base, "gate", "-judge", out, "-suite", "two-workers")
		if text, _ := other.CombinedOutput(); other.ProcessState.ExitCode() != 2 || !strings.Contains(string(text), "measured for another suite") {
			t.Errorf("judged by another suite: status %d\n%s", other.ProcessState.ExitCode(), text)
		}
	}
}

// logForks says what each pair of processes took, in the order in which they ran.
func logForks(t *testing.T, dir string) {
	s, err := gate.ReadSamples(filepath.Join(dir, gate.SamplesName))
	if err != nil {
		t.Log(err)
		return
	}
	for _, c := range s.Cells {
		t.Log(c.Name, ": median of slices, ns per operation, of base and head; who was started first; on which processor; in how many slices not")
		for _, f := range c.Forks {
			base, _ := stats.Median(f.Base.CPU)
			head, _ := stats.Median(f.Head.CPU)
			t.Logf("%3d: %.2f %.2f %s %d %d", f.Number, base.Value, head.Value, f.First, f.On, f.Apart)
		}
	}
}

// writeSuite writes a suite of one cell that takes two seconds, and whose wide limits hold on a machine that runs other tests.
func writeSuite(t *testing.T, dir string) string {
	name := filepath.Join(dir, "suite.toml")
	write(t, name, `version = 1
name = "test"
revision = 1
[rule]
alpha = 0.01
forks = 14
more = 14
slices = 40
undecided = "fail"
[time]
floor = 0.05
tolerance = 0.10
[tail]
quantile = 0.99
floor = 0.5
tolerance = 2
role = "shown"
[[cell]]
name = "IgetChurn/workers=1/policy=dax-only"
`)
	return name
}

// TestGateProves lets the gate prove itself in small: so few trials show nothing, but what is planted is found.
func TestGateProves(t *testing.T) {
	if testing.Short() {
		t.Skip("short: three gatings")
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	cmd := exec.Command("daxbench", "gate", "-prove", "-trials", "2", "-effects", "50", "-suite", writeSuite(t, dir), "-o", out, "-markdown", filepath.Join(dir, "proof.md"), "-text", "-")
	text, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != 3 {
		t.Fatalf("status %d, want 3 (%v)\n%s", got, err, text)
	}
	var proof struct {
		Rows []gate.ProofRow `json:"rows"`
	}
	data, err := os.ReadFile(filepath.Join(out, proofName))
	if err == nil {
		err = json.Unmarshal(data, &proof)
	}
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	for _, r := range proof.Rows {
		switch {
		case r.Cell != "":
		case r.Missing && r.Trials == 2 && r.Found == 2, r.Effect == 0.5 && r.Trials == 1 && r.Found == 1, r.Effect == 0 && r.Trials == 2 && r.Green+r.Open+r.Void == 2: // a control may move on a busy machine
			tries++
		default:
			t.Errorf("%+v\n%s", r, text)
		}
	}
	if tries != 3 {
		t.Errorf("%d rows of 3 are as they must be\n%s", tries, text)
	}
	if md, err := os.ReadFile(filepath.Join(dir, "proof.md")); err != nil || !strings.Contains(string(md), "false alarms in 2 tries") {
		t.Errorf("%s %v", md, err)
	}
}

// TestGateWithin holds a recorded run against itself: nothing regressed, and what its rounds are too few to show is no verdict.
func TestGateWithin(t *testing.T) {
	dir := filepath.Join("..", "..", "baselines", "amd-epyc-2", "2026-11-22-e14e154", "default")
	var out, errs strings.Builder
	if got := run(t.Context(), []string{"gate", "-within", "-base", dir, "-head", dir}, &out, &errs); got != 3 {
		t.Errorf("status %d\n%s%s", got, out.String(), errs.String())
	}
	for _, want := range []string{"UnlinkStorm/dax=100/workers=2/policy=none", "pass", "no verdict"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// TestGateBaseline records a run, and holds this program's counts against those of the record.
func TestGateBaseline(t *testing.T) {
	if testing.Short() {
		t.Skip("short: a run and three censuses")
	}
	dir := t.TempDir()
	result, store := filepath.Join(dir, "run"), filepath.Join(dir, "baselines")
	for _, args := range [][]string{
		{"run", "-workload", "iget-churn,nop", "-rounds", "6", "-duration", "2ms", "-o", result},
		{"baseline", "record", "-from", result, "-dir", store, "-machine", "here", "-force"},
	} {
		if text, err := exec.Command("daxbench", args...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, text)
		}
	}
	records, err := filepath.Glob(filepath.Join(store, "here", "20*"))
	if err != nil || len(records) != 1 {
		t.Fatalf("%v %v", records, err)
	}
	if _, err := os.Stat(filepath.Join(records[0], "counts.txt")); err != nil {
		t.Skip("the commit of this program is unknown, so the record has no counts: ", err)
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-baseline", records[0]}, 0, "pass"},
		{[]string{"-baseline", records[0], "-head", result}, 0, "trend"},
		{[]string{"-baseline", filepath.Join(store, "here", "2026-01-01-0000000")}, 4, "nothing is recorded"},
	} {
		cmd := exec.Command("daxbench", append([]string{"gate"}, tt.args...)...)
		text, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != tt.status || !strings.Contains(strings.ToLower(string(text)), tt.want) {
			t.Errorf("%q: status %d, want %d and %q (%v)\n%s", tt.args, got, tt.status, tt.want, err, text)
		}
	}
}

// buildDaxbench builds the program of this source.
func buildDaxbench(t *testing.T, out string, flags ...string) {
	t.Helper()
	args := append(append([]string{"build", "-pgo=off"}, flags...), "-o", out, "./cmd/daxbench") // what it does is the same, and sooner built
	cmd := exec.Command("go", args...)
	cmd.Dir = enginetest.Root(t)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, text)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestGateFlags says which flags do not go together; nothing is run.
func TestGateFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "Give -base or -base-ref"},
		{"-base a -base-ref b", "either a file or a revision"},
		{"-within -base a", "give -base and -head"},
		{"-within -prove", "give one of them"},
		{"-judge a -base b", "has no use for"},
		{"-prove -head b", "has no use for"},
		{"-within -base a -head b -cell x", "has no use for -cell"},
		{"-base a -layouts 3", "has no use for -layouts"},
		{"-judge a -o b", "has no use for -o"},
		{"-base-ref a -layouts -1", "0 to 1000"},
		{"-prove -trials 0", "1 to 10000"},
		{"-prove -effects 2,x", "per cents above 0"},
		{"-prove -effects NaN", "per cents above 0"},
		{"-base a -json - -markdown -", "cannot both be written"},
		{"-base a -cell Nonesuch", "it has IgetChurn"},
		{"-base a -cell [", "syntax error in pattern"},
		{"-base nonesuch", "cannot be run"},
		{"-base a -suite nonesuch.toml", "nor such a file"},
	} {
		var out, errs strings.Builder
		if got := run(t.Context(), append([]string{"gate"}, strings.Fields(tt.args)...), &out, &errs); got != 2 || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("gate %s: status %d, %s; want 2 and %q", tt.args, got, errs.String(), tt.want)
		}
	}
}

// TestGateAnswer gives every verdict its exit status.
func TestGateAnswer(t *testing.T) {
	suite := gate.Default()
	f := &gateFlags{stderr: new(strings.Builder)}
	for v, want := range map[gate.Verdict]int{gate.Pass: 0, gate.Improved: 0, gate.NoVerdict: 3, gate.Void: 3, gate.Regressed: 1} {
		for _, policy := range []string{"fail", "warn"} {
			suite.Plan.Undecided = policy
			status := 0
			if err := f.answer(&gate.Report{Verdict: v, Summary: fmt.Sprint(v)}, suite); err != nil {
				status = statusOf(err)
			}
			if status != want { // a report without cells is not merely undecided
				t.Errorf("%v under %s: status %d, want %d", v, policy, status, want)
			}
		}
	}
	// A cell that was measured and not decided is what the policy is for; one that was not measured is not.
	measured := gate.Measure{Role: gate.Decides, Verdict: gate.NoVerdict, Change: stats.Estimate{Value: 1, Lo: 0.9, Hi: 1.1, N: 40, Confidence: 0.95}}
	held := gate.Measure{Name: "spin", Role: gate.Decides, Verdict: gate.Pass, Change: measured.Change}
	for _, tt := range []struct {
		measures []gate.Measure
		controls []gate.Measure
		policy   string
		want     int
	}{
		{[]gate.Measure{measured}, []gate.Measure{held}, "warn", 0},
		{[]gate.Measure{measured}, []gate.Measure{held}, "fail", 3},
		{nil, []gate.Measure{held}, "warn", 3},
		{[]gate.Measure{measured}, nil, "warn", 3},
	} {
		suite.Plan.Undecided = tt.policy
		r := &gate.Report{Way: "lock-step", Verdict: gate.NoVerdict, Controls: tt.controls, Cells: []gate.Cell{{Verdict: gate.NoVerdict, Measures: tt.measures}}}
		status := 0
		if err := f.answer(r, suite); err != nil {
			status = statusOf(err)
		}
		if status != tt.want {
			t.Errorf("%d measures and %d controls under %s: status %d, want %d", len(tt.measures), len(tt.controls), tt.policy, status, tt.want)
		}
	}
}
