package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"daxbench/engine/kernelfs"
)

// TestMain makes this test program also serve as daxbench, for scripts and for tests that need a process.
func TestMain(m *testing.M) {
	kernelfs.Serve() // the daxbench of these tests starts its own executable, which is this one
	testscript.Main(m, map[string]func(){"daxbench": main, "stubborn": stubborn})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("BENCHSTAT", benchstat(t))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "tree": tree},
	})
}

// status runs a program and wants a certain exit status: status 2 daxbench run -rounds 0.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status n program args…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s: exit status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// tree makes a directory tree of so many files: tree dir n.
func tree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tree dir n")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(populate(ts.MkAbs(args[0]), n))
}

// populate makes n files in directories below dir.
func populate(dir string, n int) error {
	const each = 50
	for i := range n {
		sub := filepath.Join(dir, strconv.Itoa(i/each))
		if err := os.MkdirAll(sub, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(sub, strconv.Itoa(i)), []byte("some bytes"), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// benchstat is the path of the program that go.mod has as a tool.
func benchstat(t *testing.T) string {
	path, err := benchstatPath()
	if err != nil {
		t.Fatalf("benchstat: %v", err)
	}
	return path
}

var benchstatPath = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "tool", "-n", "benchstat").Output()
	return strings.TrimSpace(string(out)), err
})

// inTemp returns a path in a directory that is memory where there is one: a region in a file is synced at every fence.
func inTemp(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "daxbench-test")
	if err != nil {
		return filepath.Join(t.TempDir(), name)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, name)
}
