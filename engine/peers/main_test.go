package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
)

// TestMain lets the test be the process that a group is measured in.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-child" {
		main()
	}
	os.Exit(m.Run())
}

// command runs the command and returns what it prints and its exit status.
func command(t *testing.T, args ...string) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return out.String(), err.String(), status
}

func TestList(t *testing.T) {
	out, _, status := command(t, "-list", "-cell", "100k/uniform/w1 engine/(xsync|phuslu)$")
	if status != exitMet || strings.Count(out, "\n") != 2 || !strings.Contains(out, "≤ 0.6") {
		t.Errorf("status %d: %s", status, out)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-nonsense"}, {"-cell", "("}, {"-cell", "no such row"}, {"-rounds", "1"}, {"-blocks", "0"}, {"more"},
		{"-md", "-quick"}, {"-md", "-cell", "^pin"}, {"-md", "-blocks", "5"}} {
		if out, err, status := command(t, args...); status != exitUsage || out != "" || err == "" {
			t.Errorf("%q: status %d, %q, %q", args, status, out, err)
		}
	}
	if _, _, status := command(t, "-child", "no such group"); status != exitFailed {
		t.Errorf("a group that is not there: status %d", status)
	}
}

// TestWhereNothingIsMeasured: that the document's table cannot be made here is no mistake in the flags.
func TestWhereNothingIsMeasured(t *testing.T) {
	t.Chdir(t.TempDir())
	if out, err, status := command(t, "-md"); status != exitFailed || out != "" || err == "" {
		t.Errorf("-md outside of a checkout: status %d, %q, %q", status, out, err)
	}
}

// TestMeasure goes all the way, in processes of its own, for a group that is quick.
func TestMeasure(t *testing.T) {
	path, profile := filepath.Join(t.TempDir(), "report.json"), filepath.Join(t.TempDir(), "profile")
	out, stderr, status := command(t, "-cell", "^pin/distinct/w1 (page table|two adds again)/", "-rounds", "50", "-blocks", "2", "-json", path, "-cpuprofile", profile)
	if status == exitUsage || status == exitFailed {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if strings.Count(stderr, "process") != 2 || strings.Count(out, "pin/distinct/w1") < 2 {
		t.Errorf("%s\n%s", stderr, out)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("the profile: %v", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if want := "go run . -blocks '2' -cell '^pin/distinct/w1 (page table|two adds again)/' -rounds '50'"; r.Command != want {
		t.Errorf("the command is %q, want %q", r.Command, want)
	}
	if len(r.Samples) != 2 || r.Blocks != 2 || r.Environment.Cores < 1 {
		t.Errorf("%+v", r)
	}
	var rows []table.Row
	for _, g := range cells.All() {
		rows = append(rows, g.Rows...)
	}
	if list, err := table.Join(rows, r.Samples); err != nil || len(list) != 2 || exits[table.Worst(list)] != status {
		t.Errorf("status %d of %+v, %v", status, list, err)
	}
}

// TestStopped: who is stopped has no table, and says so by its status.
func TestStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, stderr bytes.Buffer
	if status := run(ctx, []string{"-cell", "^timed"}, &out, &stderr); status != exitStopped || out.Len() > 0 {
		t.Errorf("status %d, %q", status, out.String())
	}
}

// TestKeys: no two rows have the same name, and each has one group.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range cells.All() {
		for _, r := range g.Rows {
			if seen[r.Key()] {
				t.Errorf("two rows are called %q", r.Key())
			}
			seen[r.Key()] = true
		}
	}
}
