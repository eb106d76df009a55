package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/reports/gate"
	"daxbench/workloads/lockstep"
)

// TestSuitesNameCells: each cell of a suite, of CI's too, is one that this program has, by the name that it goes by; the gate would
// say so, but only once it measures.
func TestSuitesNameCells(t *testing.T) {
	suites := gate.Suites()
	files, err := filepath.Glob("../../.ci/*.toml")
	if err != nil || len(files) < 2 {
		t.Fatalf("suites of CI: %q, %v", files, err)
	}
	for _, name := range files {
		suites = append(suites, suiteAt(t, name))
	}
	for _, s := range suites {
		for _, c := range s.Cells {
			p, err := lockstep.PlanOf(c.Name, 1)
			if err != nil {
				t.Errorf("%s: %s: %v", s.Name, c.Name, err)
			} else if name := p.Groups[0].Name(p.Policies[0].Name()); name != c.Name {
				t.Errorf("%s: %s is called %s", s.Name, c.Name, name)
			}
		}
	}
}

// TestCheckOfKernels has .ci/kernels/check skip what is not to be had, aloud, and fail whatever else is wrong. A script stands in
// for daxbench: it ends with the status in the file fetch-KERNEL, or play-KERNEL.
func TestCheckOfKernels(t *testing.T) {
	for _, tt := range []struct {
		name              string
		fetch6, fetchNew  int
		play6, playNew    int
		want              int
		skipped, complain string
	}{
		{"as expected", 0, 0, 0, 0, 0, "", ""},
		{"gone", 3, 0, 0, 0, 0, "SKIPPED: debian:6.12", ""},
		{"both gone", 3, 3, 0, 0, 0, "SKIPPED: debian:newest", ""},
		{"gone, and the other is not as expected", 3, 0, 0, 1, 1, "SKIPPED: debian:6.12", "debian:newest is not as"},
		{"damaged", 0, 4, 0, 0, 1, "", "debian:newest could not be got: status 4"},
		{"not as expected", 0, 0, 1, 0, 1, "", "debian:6.12 is not as"},
		{"does not boot", 0, 0, 0, 125, 1, "", "debian:newest is not as"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			script := "#!/bin/sh\ncase \"$*\" in *debian:6.12*) k=6.12;; *) k=newest;; esac\n" +
				"case \"$*\" in *-fetch*) w=fetch;; *) w=play; echo \"table of $k: $*\";; esac\nexit $(cat " + dir + "/$w-$k)\n"
			fake := filepath.Join(dir, "daxbench")
			if err := os.WriteFile(fake, []byte(script), 0o777); err != nil {
				t.Fatal(err)
			}
			for name, status := range map[string]int{"fetch-6.12": tt.fetch6, "fetch-newest": tt.fetchNew, "play-6.12": tt.play6, "play-newest": tt.playNew} {
				if err := os.WriteFile(filepath.Join(dir, name), fmt.Append(nil, status), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("../../.ci/kernels/check", fake, "rename-over")
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run()
			status, said := cmd.ProcessState.ExitCode(), stderr.String()
			if status != tt.want || !strings.Contains(said, tt.skipped) || !strings.Contains(said, tt.complain) {
				t.Errorf("status %d, want %d, %q and %q:\n%s", status, tt.want, tt.skipped, tt.complain, said)
			}
			if tt.skipped == "" && strings.Contains(said, "SKIPPED") {
				t.Errorf("it was skipped: %s", said)
			}
			if played := strings.Contains(stdout.String(), "table of newest: vm -kernel debian:newest"); played != (tt.fetchNew == 0) {
				t.Errorf("the newest was played: %t\n%s", played, stdout.String())
			}
		})
	}
}

// TestGrowth has .ci/growth do all its runs, small, and wants the charts that engine/growth.md shows of them.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("short: runs eight small sweeps")
	}
	dir := t.TempDir()
	cmd := exec.Command("../../.ci/growth", dir, "-rounds", "1", "-duration", "1ms")
	cmd.Env = append(os.Environ(), "DAXBENCH=daxbench", "FILES=256,512", "HELD=16384,20000", "PAGES=1,2", "SIZES=16M,32M", "STRIPES=1,2", "STEADY=32768")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, charts := range map[string][]string{
		"inodes":     {"sweep-iget-churn-theta-0-by-files"},
		"evict":      {"sweep-insert-evict-by-files"},
		"referenced": {"sweep-insert-evict-workers-1-by-referenced"},
		"pages":      {"sweep-break-idle-by-pages"},
		"region":     {"sweep-pin-page-workers-1-by-size", "sweep-insert-evict-workers-1-by-size"},
		"stripes":    {"sweep-iget-churn-files-16384-by-stripes", "sweep-insert-evict-by-stripes"},
		"workers":    {"sweep-iget-churn-files-16384-by-workers", "sweep-insert-evict-by-workers", "sweep-pin-page-by-workers"},
	} {
		for _, chart := range charts {
			if _, err := os.Stat(filepath.Join(dir, name, "charts", chart+".png")); err != nil {
				t.Error(err)
			}
		}
	}
	run, err := os.ReadFile(filepath.Join(dir, "steady", "run.json"))
	if err != nil || !strings.Contains(string(run), `"rss_most"`) {
		t.Errorf("steady: nothing of memory in run.json: %v", err)
	}
}

// TestBaseOfGate has .ci/gate find its base, and fail where there is none, but in a shallow clone by hand. A script stands in for
// daxbench: it calls the commit in the file baseline the current baseline's, and tells what else it was asked for.
func TestBaseOfGate(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	script, err := os.ReadFile("../../.ci/gate")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	origin, fake := filepath.Join(dir, "origin"), filepath.Join(dir, "daxbench")
	os.MkdirAll(filepath.Join(origin, ".ci"), 0o777)
	if err := errors.Join(os.WriteFile(filepath.Join(origin, ".ci", "gate"), script, 0o777),
		os.WriteFile(fake, []byte("#!/bin/sh\ncase $1 in baseline) cat "+dir+"/baseline;; *) echo \"asked: $*\";; esac\n"), 0o777)); err != nil {
		t.Fatal(err)
	}
	commit := func(in, message string) string {
		gitIn(t, in, "commit", "-q", "--allow-empty", "-m", message)
		return strings.TrimSpace(gitIn(t, in, "rev-parse", "HEAD"))
	}
	gitIn(t, dir, "init", "-q", "-b", "main", origin)
	gitIn(t, origin, "add", ".ci/gate")
	first := commit(origin, "first")
	last := commit(origin, "last")
	const stranger = "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct {
		name     string
		clone    []string // flags
		branch   bool     // with a commit of its own
		baseline string
		ci       string
		status   int
		base     string // that daxbench is asked to hold the head against
		says     string
	}{
		{"on a branch", nil, true, stranger, "true", 0, last, ""},
		{"on main", nil, false, first, "true", 0, first, ""},
		{"no such commit", nil, false, stranger, "", 4, "", "git fetch origin " + stranger},
		{"no such commit in CI", nil, false, stranger, "true", 4, "", "git fetch origin " + stranger},
		{"shallow, in CI", []string{"--depth=1"}, false, first, "true", 4, "", "git fetch --unshallow"},
		{"shallow, by hand", []string{"--depth=1"}, false, first, "", 0, "", "SKIPPED"},
		{"shallow, and the base is there", []string{"--depth=1"}, true, stranger, "true", 0, last, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clone := filepath.Join(t.TempDir(), "clone")
			gitIn(t, dir, append(append([]string{"clone", "-q"}, tt.clone...), "file://"+origin, clone)...)
			if tt.branch {
				gitIn(t, clone, "switch", "-q", "-c", "mine")
				commit(clone, "mine")
			}
			if err := os.WriteFile(filepath.Join(dir, "baseline"), []byte(tt.baseline), 0o666); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(filepath.Join(clone, ".ci", "gate"), fake, "suite.toml", "out", "-v")
			cmd.Env = append(os.Environ(), "CI="+tt.ci)
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run()
			want := ""
			if tt.base != "" {
				want = "asked: gate -base-ref " + tt.base + " -layouts 6 -suite suite.toml -o out -v\n"
			}
			if status := cmd.ProcessState.ExitCode(); status != tt.status || stdout.String() != want || !strings.Contains(stderr.String(), tt.says) {
				t.Errorf("status %d, want %d, %q and %q:\n%s%s", status, tt.status, want, tt.says, &stdout, &stderr)
			}
		})
	}
}
