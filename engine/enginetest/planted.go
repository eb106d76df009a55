package enginetest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"daxbench/engine/internal/sync"
)

// PlantElsewhere runs the tests of the caller's package that run matches on an
// engine with bugs in it, which the tag daxbug builds, beside daxshort if the caller
// was built with that, and returns what they print. The test fails if they do.
func PlantElsewhere(t *testing.T, run string) (out string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: builds the engine once more")
	}
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	tags := "daxbug"
	if sync.Short {
		tags += ",daxshort"
	}
	args := []string{"test", "-tags", tags, "-count=1", "-run", run, "-v", "."}
	text, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Errorf("go %q: %v\n%s", args, err, text)
	}
	return string(text)
}

// Generated fails the test if the lines between begin and end in a file are not
// want, or, with update, puts want there.
func Generated(t *testing.T, path, begin, end, want string, update bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Errorf("%s has no place for what is generated: want %q and %q", path, begin, end)
	case old == want:
	case !update:
		t.Errorf("%s is not what was found; write it anew with -update:\n%s", path, want)
	default:
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
