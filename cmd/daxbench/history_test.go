package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"daxbench/baselines"
	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// synthetic records a run of each of so many months into dir. From the seventh on, evictions under dax-only take longer by
// factor; from the month from on, the kernel is another.
func synthetic(t *testing.T, dir string, months int, factor float64, from int) {
	t.Helper()
	s, err := baselines.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	for month := 1; month <= months; month++ {
		spec := reportstest.Example()
		spec.Seed = uint64(month)
		spec.Cells = slices.DeleteFunc(spec.Cells, func(c reportstest.Cell) bool { return c.Workload != "evict-storm" })
		for i := range spec.Cells {
			c := &spec.Cells[i]
			level := 1 + 0.01*rng.NormFloat64()
			if c.Policy == "dax-only" && month >= 7 {
				level *= factor
			}
			c.Metrics["ns/evict"] *= level
			c.Spread = 0.002
		}
		m := &spec.Manifest
		began := time.Date(2026, time.Month(month), 3+rng.IntN(20), 13, 2, 11, 0, time.UTC)
		m.Commit = fmt.Sprintf("%012x", 0xa0000000000*month+0x12345)
		m.Started, m.Ended = began.Format(time.RFC3339), began.Add(time.Minute).Format(time.RFC3339)
		if month >= from {
			m.Environment["kernel"] = "6.19.0"
		}
		run := filepath.Join(t.TempDir(), "run")
		if err := spec.Write(run); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record(run, baselines.Options{}); err != nil {
			t.Fatal(err)
		}
	}
}

// called runs the program within this process.
func called(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(context.Background(), args, &out, &err)
	return status, out.String(), err.String()
}

// TestHistoryShowsAStep plants a slowdown of 20 %, far above the noise that the rounds of an example share, and wants it
// shown at its place, under its policy only, and drawn.
func TestHistoryShowsAStep(t *testing.T) {
	dir := t.TempDir()
	synthetic(t, filepath.Join(dir, "b"), 12, 1.2, 99)
	picture := filepath.Join(dir, "h.png")
	status, out, stderr := called("history", "-dir", filepath.Join(dir, "b"), "-cell", "dax=50", "-o", picture)
	if status != statusOK || !strings.Contains(stderr, "1 chart in ") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if n := strings.Count(out, " since "); n != 1 {
		t.Errorf("%d change points, want 1", n)
	}
	changed := regexp.MustCompile(`(?m)^  dax-only +[▁▂▃▄▅▆▇█]{12} +[\d.]+ ns +→ [\d.]+ ns +\+\d.* %  n=12\n +↑ \+[12]\d %\s+since\s+2026-07-\d\d \(460000012345\):`)
	if !changed.MatchString(out) {
		t.Errorf("no change of dax-only since July:\n%s", out)
	}
	file, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if img, err := png.Decode(file); err != nil || img.Bounds().Dx() != 1280 || img.Bounds().Dy() != 440 {
		t.Errorf("%v", err)
	}
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(line); n > 101 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestHistoryAgainst finds a change of 8 % in the ratios that is lost in the noise of the times.
func TestHistoryAgainst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	synthetic(t, dir, 12, 1.08, 99)
	status, out, stderr := called("history", "-dir", dir, "-cell", "dax=50", "-against", "none", "-o", dir+".png")
	changed := regexp.MustCompile(`(?m)^  dax-only .* n=12\n +↑ \+[789](\.\d)? %\s+since\s+2026-07-\d\d`)
	if status != statusOK || !changed.MatchString(out) || strings.Count(out, " since ") != 1 || strings.Contains(out, "\n  none ") {
		t.Errorf("status %d: %s\n%s", status, stderr, out)
	}
}

// TestHistorySeparates wants no change point from one kernel to another, and the reason.
func TestHistorySeparates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	synthetic(t, dir, 12, 2, 7)
	status, out, stderr := called("history", "-dir", dir, "-cell", "dax=50.*dax-only")
	if status != statusOK || strings.Contains(out, " since ") {
		t.Errorf("status %d: %s\n%s", status, stderr, out)
	}
	for _, want := range []string{"│", "n=6 of 12", "kernel was 6.18.2 and is 6.19.0", fmt.Sprintf("A change point takes at least %d records that compare; the longest series has 6.", baselines.LeastForChange(0.01))} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no word of %q in\n%s", want, out)
		}
	}
}

func TestHistoryRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	synthetic(t, dir, 1, 1, 99)
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"-cell nonesuch", statusEnvironment, `for cells that match "nonesuch"`},
		{"-against nobody", statusEnvironment, "against the policy nobody"},
		{"-metric furlongs", statusEnvironment, "with the metric furlongs"},
		{"-cell (", statusUsage, "-cell: error parsing regexp"},
		{"-alpha 0", statusUsage, "between 0 and 1"},
		{"-alpha NaN", statusUsage, "between 0 and 1"},
		{"-o h.svg", statusUsage, "ends in .png"},
		{"-o no/such/h.html", statusEnvironment, "no such file"},
		{"-machine ../x", statusUsage, "is no name"},
		{"-machine nobody", statusUsage, "it has amd-epyc-2"},
		{"more", statusUsage, "takes no arguments"},
	} {
		status, _, stderr := called(append([]string{"history", "-dir", dir}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: status %d, %s; want %d, %q", c.args, status, stderr, c.status, c.says)
		}
	}
	if status, _, stderr := called("history", "-dir", filepath.Join(dir, "none")); status != statusEnvironment || !strings.Contains(stderr, "nothing is recorded here") {
		t.Errorf("no folder: %d, %s", status, stderr)
	}
}

// TestHistoryLeavesDamageOut wants no change where none was planted, and once a record is damaged, the rest to be shown, the damaged record to be named, and no status of 0.
func TestHistoryLeavesDamageOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	synthetic(t, dir, 12, 1, 99)
	if status, out, _ := called("history", "-dir", dir, "-cell", "dax=50"); status != statusOK || strings.Contains(out, " since ") {
		t.Errorf("whole: status %d:\n%s", status, out)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", "2026-05-*", "run.json"))
	if len(left) != 1 || errors.Join(os.Chmod(left[0], 0o666), os.Truncate(left[0], 1000)) != nil {
		t.Fatal(left)
	}
	for _, args := range [][]string{{"history", "-dir", dir, "-cell", "dax=50"}, {"baseline", "list", "-dir", dir}, {"baseline", "verify", "-dir", dir}} {
		status, out, stderr := called(args...)
		if status != statusEnvironment || !strings.Contains(stderr, "damaged") || out == "" {
			t.Errorf("%q: status %d, %s\n%s", args, status, stderr, out)
		}
		if all := out + stderr; !strings.Contains(all, "run.json is torn: after 1000 bytes") || !strings.Contains(all, filepath.Base(filepath.Dir(left[0]))) {
			t.Errorf("%q does not name the file:\n%s%s", args, out, stderr)
		}
		if args[0] == "history" && !strings.Contains(out, "n=11") {
			t.Errorf("the others are not shown:\n%s", out)
		}
	}
}

// TestHistoryOfDamageOnly wants the damage said, and not that nothing is recorded.
func TestHistoryOfDamageOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	synthetic(t, dir, 1, 1, 99)
	left, _ := filepath.Glob(filepath.Join(dir, "*", "2026-*", "run.json"))
	if len(left) != 1 || errors.Join(os.Chmod(left[0], 0o666), os.Truncate(left[0], 1000)) != nil {
		t.Fatal(left)
	}
	status, _, stderr := called("history", "-dir", dir)
	if status != statusEnvironment || !strings.Contains(stderr, "run.json is torn") || strings.Contains(stderr, "nothing is recorded") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestHostileRecords wants nothing that a terminal obeys in what is shown of a record that says so.
func TestHostileRecords(t *testing.T) {
	const evil = "\x1b[2J\u202eevil"
	dir := t.TempDir()
	spec := reportstest.Example()
	spec.Cells = spec.Cells[:2]
	m := &spec.Manifest
	m.Commit, m.Tool, m.Command, m.Environment["kernel"], m.Status = evil, evil, []string{evil + "\n"}, evil, evil
	m.Warnings = append(m.Warnings, folder.Warning{Text: evil})
	spec.Cells[0].Policy, spec.Cells[1].Params = "\u202eevil", reportstest.Params("dax=\u202e7")
	run := filepath.Join(dir, "run")
	if err := spec.Write(run); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "b")
	for _, args := range []string{"record -force -promote -from " + run, "list", "show -machine amd-epyc-2", "verify", "show -machine amd-epyc-2 -commit"} {
		_, out, stderr := called(append(append([]string{"baseline"}, strings.Fields(args)...), "-dir", dir)...)
		if all := out + stderr; strings.ContainsAny(all, "\x1b\u202e") {
			t.Errorf("%s: %q", args, all)
		}
	}
	status, out, stderr := called("history", "-dir", dir, "-o", dir+".html")
	if all := out + stderr; status != statusOK || strings.ContainsAny(all, "\x1b\u202e") || !strings.Contains(all, `\u202eevil`) {
		t.Errorf("history: status %d, %q", status, all)
	}
}

func TestSparkline(t *testing.T) {
	series := func(stretches ...[]float64) *baselines.Series {
		s := new(baselines.Series)
		for _, values := range stretches {
			var st baselines.Stretch
			for _, v := range values {
				var p baselines.Point
				p.Value = v
				st.Points = append(st.Points, p)
			}
			s.Stretches = append(s.Stretches, st)
		}
		return s
	}
	long := make([]float64, 100)
	for i := range long {
		long[i] = 1
	}
	for _, c := range []struct {
		s    *baselines.Series
		want string
	}{
		{series([]float64{1, 2, 3, 4, 5, 6, 7, 8}), "▁▂▃▄▅▆▇█"},
		{series([]float64{100, 100.5, 101}), "▁▁▂"}, // noise stays flat
		{series([]float64{5}), "–"},                 // one has no level
		{series([]float64{1, 2}, []float64{2}), "▁█│█"},
		{series(long), "…" + strings.Repeat("▁", longestSpark-1)},
	} {
		if got := sparkline(c.s); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
