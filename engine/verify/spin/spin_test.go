package spin

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"daxbench/engine/verify/model"
)

var keep = flag.String("keep", "", "leave pan and the parameters in this folder")

const (
	readme = "../model/README.md"
	sets   = "../model/sets.txt"

	// offset is what SPIN stores beyond the states of the model: see doc.go.
	offset = 1

	// abreast is how many verifiers run at a time.
	abreast = 2
)

// A twin is model.pml, compiled.
type twin struct {
	dir      string
	tasks    int // the most that it can have
	cs       constants
	policies []policy
	sets     []set
}

// An outcome is what one verifier tells about one policy in one set.
type outcome struct {
	states  int
	found   []string       // properties violated, sorted
	rules   map[string]int // how often each was used
	elapsed time.Duration
}

// build translates and compiles model.pml for sets with so many pinners (0: as
// many as sets.txt says), or skips the test where that cannot be done.
func build(t *testing.T, pinners int) *twin {
	t.Helper()
	for _, tool := range []string{"spin", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
	tw := &twin{dir: *keep, cs: readConstants(t, "model.pml"), policies: readPolicies(t, readme), sets: readSets(t, sets, pinners)}
	if tw.dir == "" {
		tw.dir = t.TempDir()
	} else if err := os.MkdirAll(tw.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, s := range tw.sets {
		tw.tasks = max(tw.tasks, len(s.tasks))
	}
	source, err := filepath.Abs("model.pml")
	if err != nil {
		t.Fatal(err)
	}
	tw.run(t, tw.dir, "spin", fmt.Sprintf("-DTASKS=%d", tw.tasks), "-a", source)
	// SAFETY: no search for cycles. NOREDUCE: no partial-order reduction, all
	// states. MEMLIM in MB. -O1: the compiler takes half of the test's time.
	tw.run(t, tw.dir, "gcc", "-O1", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=2048", "-o", "pan", "pan.c")
	return tw
}

// run runs a program, which has to succeed, and returns what it prints.
func (tw *twin) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out.String())
	}
	return out.String()
}

var (
	statesLine = regexp.MustCompile(`(?m)^\s*(\d+) states, stored`)
	countLine  = regexp.MustCompile(`(?m)^(rule|violated) (\d+) (.*)$`)
)

// verify runs SPIN's verifier for one policy in one set.
func (tw *twin) verify(t *testing.T, p *policy, s *set) outcome {
	t.Helper()
	dir := filepath.Join(tw.dir, p.name+","+s.name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "params"), []byte(params(t, tw.cs, p, s)), 0o666); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	// -m: depth, beyond that of any set. -w: log2 of the hash table. -E: a
	// terminal state is not an error.
	out := tw.run(t, dir, filepath.Join(tw.dir, "pan"), "-m1000000", "-w20", "-E")
	o := outcome{rules: map[string]int{}, elapsed: time.Since(begin)}
	m := statesLine.FindStringSubmatch(out)
	if m == nil || !strings.Contains(out, "errors: 0") || strings.Contains(out, "error:") {
		t.Fatalf("%s, %s: pan did not search everything:\n%s", p.name, s.name, out)
	}
	stored, _ := strconv.Atoi(m[1])
	o.states = stored - offset
	for _, m := range countLine.FindAllStringSubmatch(out, -1) {
		if m[1] == "violated" {
			o.found = append(o.found, m[3])
		} else {
			o.rules[m[3]], _ = strconv.Atoi(m[2])
		}
	}
	slices.Sort(o.found)
	return o
}

// differ compares what SPIN and the model say, and returns what differs.
func differ(o outcome, r model.Result) (diffs []string) {
	if o.states != r.States {
		diffs = append(diffs, fmt.Sprintf("SPIN has %d states, the model %d", o.states, r.States))
	}
	if !r.Exhausted {
		diffs = append(diffs, "the model did not look at all states")
	}
	for _, p := range model.Properties {
		_, found := r.Found[p]
		if slices.Contains(o.found, string(p)) != found {
			diffs = append(diffs, fmt.Sprintf("%s is violated: SPIN says %v, the model %v", p, !found, found))
		}
	}
	for _, f := range o.found {
		if !slices.Contains(model.Properties, model.Property(f)) {
			diffs = append(diffs, "the model has no property "+f)
		}
	}
	return diffs
}

// explore has the model explore the same policy in the same set.
func explore(t *testing.T, p *policy, s *set, o model.Options) model.Result {
	t.Helper()
	mp := model.Perfect
	if p.name != mp.Name {
		var err error
		if mp, err = model.Lookup(p.name); err != nil {
			t.Fatal(err)
		}
	}
	ms, err := model.LookupSet(s.name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := model.Explore(mp, ms, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTwin(t *testing.T) {
	tw := build(t, 0)
	if n := len(model.Policies) + 1; len(tw.policies) != n || len(tw.sets) != len(model.Sets) {
		t.Fatalf("README.md has %d policies of %d, sets.txt %d sets of %d", len(tw.policies), n, len(tw.sets), len(model.Sets))
	}
	var (
		mu           sync.Mutex
		used         = map[string]int{} // by mu
		states       int                // by mu
		spins, goes  time.Duration      // by mu
		places, wait = make(chan bool, abreast), sync.WaitGroup{}
	)
	for _, p := range tw.policies {
		for _, s := range tw.sets {
			wait.Go(func() {
				places <- true
				defer func() { <-places }()
				o := tw.verify(t, &p, &s)
				begin := time.Now()
				r := explore(t, &p, &s, model.Options{})
				mu.Lock()
				defer mu.Unlock()
				goes += time.Since(begin)
				spins += o.elapsed
				states += o.states
				for rule, n := range o.rules {
					used[rule] += n
				}
				for _, d := range differ(o, r) {
					t.Errorf("%s, %s: %s", p.name, s.name, d)
				}
			})
		}
	}
	wait.Wait()
	t.Logf("%d states: SPIN %.0f/s, the model %.0f/s", states, float64(states)/spins.Seconds(), float64(states)/goes.Seconds())
	for _, r := range slices.Sorted(maps.Keys(used)) {
		t.Logf("%9d %s", used[r], r)
	}
}
