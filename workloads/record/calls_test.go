//go:build linux && amd64

package record

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// folderEnv tells the test binary to be the process that is traced, and where it writes.
const folderEnv = "DAXBENCH_TEST_FOLDER"

const roundsOfChild = 3

// TestChild is that process: it writes a run, and says of each round when it is kept.
func TestChild(t *testing.T) {
	dir := os.Getenv(folderEnv)
	if dir == "" {
		t.Skip("is run by the tests that trace it")
	}
	p := plan(t, roundsOfChild)
	f, err := Create(dir, manifest(p))
	if err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= roundsOfChild; round++ {
		if err := f.Add(results(p, round)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("kept:", round)
	}
	if err := f.End(Finished); err != nil {
		t.Fatal(err)
	}
	fmt.Println("kept: all")
}

func child(t *testing.T) (*exec.Cmd, string) {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, "run")
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), folderEnv+"="+dir)
	return cmd, dir
}

// TestOrderOfCalls looks at what reaches the disk in which order: each file is written under another name, flushed, and
// only then renamed; the folder is flushed behind; and results.txt goes before run.json.
func TestOrderOfCalls(t *testing.T) {
	cmd, dir := child(t)
	calls, out, ok := trace(t, cmd, dir, fate{})
	if !ok {
		t.Fatalf("the child failed: %s", out)
	}
	state := make(map[string]string) // of a temporary file: written, flushed
	var renamed []string             // since the folder was flushed last
	saves := 0
	for i, c := range calls {
		switch {
		case c.name == "write" && (c.path == ResultsName || c.path == ManifestName):
			t.Errorf("call %d writes into %s itself", i, c.path)
		case c.name == "write":
			state[c.path] = "written"
		case c.name == "fsync" && c.path == ".":
			if !slices.Equal(renamed, []string{ResultsName, ManifestName}) {
				t.Errorf("call %d flushes the folder after %q", i, renamed)
			}
			renamed = nil
			saves++
		case c.name == "fsync":
			state[c.path] = "flushed"
		case c.name == "rename":
			renamed = append(renamed, c.path)
			for path, s := range state {
				if s != "flushed" {
					t.Errorf("call %d renames something to %s, but %s is only %s", i, c.path, path, s)
				}
			}
			clear(state)
		}
	}
	if want := roundsOfChild + 2; saves != want || len(renamed) > 0 { // at the start, for each round, and at the end
		t.Errorf("saved %d times, want %d; not flushed: %q", saves, want, renamed)
	}
}

// TestEveryCallFails lets each of the calls fail in turn, with a full disk and with a disk that is broken, and kills the
// process before each: what it said is kept is there afterwards, whole, and the run can be continued.
func TestEveryCallFails(t *testing.T) {
	fates := []fate{{errno: 0}, {errno: unix.ENOSPC}, {errno: unix.EIO}}
	if testing.Short() {
		fates = fates[:1]
	}
	for _, f := range fates {
		name := "killed"
		if f.errno != 0 {
			name = unix.ErrnoName(f.errno)
		}
		t.Run(name, func(t *testing.T) {
			for f.n = 1; ; f.n++ {
				cmd, dir := child(t)
				calls, out, ok := trace(t, cmd, dir, f)
				if len(calls) < f.n {
					t.Logf("%d calls", len(calls))
					if !ok {
						t.Errorf("nothing failed and yet: %s", out)
					}
					break
				}
				if err := whole(t, dir, out); err != nil {
					c := calls[f.n-1]
					t.Errorf("call %d, %s of %s: %v; the process said:\n%s", f.n, c.name, c.path, err, out)
				}
				if ok && !strings.Contains(out, "kept: all") {
					t.Errorf("call %d: the process ended well without an end", f.n)
				}
			}
		})
	}
}

// whole checks that dir holds the rounds that the process said were kept, or one more, and that one can go on from there.
func whole(t *testing.T, dir, out string) error {
	kept := 0
	for round := 1; round <= roundsOfChild; round++ {
		if strings.Contains(out, fmt.Sprintf("kept: %d\n", round)) {
			kept = round
		}
	}
	f, err := Resume(dir)
	if errors.Is(err, ErrNoRun) && kept == 0 {
		return nil // it ended before it began
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if n := f.Rounds(); n != kept && n != kept+1 {
		return fmt.Errorf("%d rounds are there, %d were kept", n, kept)
	}
	if f.Status == Finished {
		return nil
	}
	if err := f.Continue(); err != nil {
		return err
	}
	p := plan(t, roundsOfChild)
	for round := f.Rounds() + 1; round <= roundsOfChild; round++ {
		if err := f.Add(results(p, round)); err != nil {
			return err
		}
	}
	if n := strings.Count(read(t, f, ResultsName), "policy="); n != roundsOfChild*4 {
		return fmt.Errorf("continued, results.txt has %d lines of results", n)
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left) > 0 {
		return fmt.Errorf("left behind: %q", left)
	}
	return nil
}
