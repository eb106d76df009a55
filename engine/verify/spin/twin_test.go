package spin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// offset is what SPIN stores beyond the states of the model: see doc.go.
const offset = 1

// A twin is model.pml, compiled.
type twin struct {
	dir      string
	cs       constants
	policies []policy
	sets     []set
}

// An outcome is what a verifier tells about one policy in one set.
type outcome struct {
	states  int
	found   []string       // properties violated, sorted
	rules   map[string]int // how often each was used
	elapsed time.Duration  // of the processor, not of the clock
}

// build translates and compiles model.pml for sets with so many pinners (0: as
// many as sets.txt says), or skips the test where that cannot be done. It is
// compiled once: policy and set are read when it runs.
func build(t *testing.T, pinners int, optimize string) *twin {
	t.Helper()
	for _, tool := range []string{"spin", "gcc"} { // spin itself runs gcc -E
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
	tw := &twin{
		dir:      *keep,
		cs:       readConstants(t, "model.pml"),
		policies: readPolicies(t, readme),
		sets:     readSets(t, setsFile, pinners),
	}
	if tw.dir == "" {
		tw.dir = t.TempDir()
	} else if err := os.MkdirAll(tw.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	var tasks int
	for _, s := range tw.sets {
		tasks = max(tasks, len(s.tasks))
	}
	source, err := filepath.Abs("model.pml")
	if err != nil {
		t.Fatal(err)
	}
	must(t)(run(t.Context(), tw.dir, "spin", fmt.Sprintf("-DTASKS=%d", tasks), "-a", source))
	// SAFETY: no search for cycles. NOREDUCE: no partial-order reduction, all
	// states. MEMLIM in MB.
	must(t)(run(t.Context(), tw.dir, "gcc", optimize, "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=2048", "-o", "pan", "pan.c"))
	return tw
}

func must(t *testing.T) func(string, time.Duration, error) {
	return func(_ string, _ time.Duration, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a program in dir and returns what it printed, and the time of the
// processor that it took.
func run(ctx context.Context, dir, name string, args ...string) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	if err := cmd.Run(); err != nil {
		return "", 0, fmt.Errorf("%s %v: %w\n%s", name, args, err, out.String())
	}
	return out.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

var (
	statesLine = regexp.MustCompile(`(?m)^\s*(\d+) states, stored`)
	countLine  = regexp.MustCompile(`(?m)^(rule|violated) (\d+) (.*)$`)
)

// verify runs SPIN's verifier with the parameters of one policy and one set.
func (tw *twin) verify(ctx context.Context, p *policy, s *set, numbers string) (outcome, error) {
	dir := filepath.Join(tw.dir, p.name+","+s.name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return outcome{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, "params"), []byte(numbers), 0o666); err != nil {
		return outcome{}, err
	}
	slots := 18
	if *pinners > 0 {
		slots = 23 // a few million states
	}
	// -m: the greatest depth (the sets of sets.txt need less than a hundred), an
	// error if it is too little. -w: log2 of the slots of the hash table, which
	// has chains. -E: a terminal state is not an error.
	out, elapsed, err := run(ctx, dir, filepath.Join(tw.dir, "pan"), "-m10000", fmt.Sprintf("-w%d", slots), "-E")
	if err != nil {
		return outcome{}, err
	}
	return readOutcome(out, elapsed)
}

// readOutcome reads what pan prints.
func readOutcome(out string, elapsed time.Duration) (outcome, error) {
	m := statesLine.FindStringSubmatch(out)
	if m == nil || !strings.Contains(out, "errors: 0") || strings.Contains(out, "error:") ||
		strings.Contains(out, "Search not completed") {
		return outcome{}, errors.New("pan did not search everything:\n" + out)
	}
	stored, err := strconv.Atoi(m[1])
	o := outcome{states: stored - offset, rules: map[string]int{}, elapsed: elapsed}
	for _, m := range countLine.FindAllStringSubmatch(out, -1) {
		if m[1] == "violated" {
			o.found = append(o.found, m[3])
		} else {
			o.rules[m[3]], _ = strconv.Atoi(m[2])
		}
	}
	slices.Sort(o.found)
	return o, err
}
