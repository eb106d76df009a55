package enginetest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Mistake is a change to a file of the source, of the engine or of anything
// else, for one build.
type Mistake struct {
	File     string // from the module's root
	Old, New string // Old stands in it once
}

// Root is the module's root, for tests of packages at most four folders deep.
func Root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("there is no go.mod above this package")
	return ""
}

// Overlay returns the file that the flag -overlay of the go command takes to
// build the mistake in. The go command must be run in Root: with an overlay,
// other folders confuse it.
func (m Mistake) Overlay(t *testing.T) string {
	t.Helper()
	path := filepath.Join(Root(t), m.File)
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(src), m.Old); n != 1 {
		t.Fatalf("%s has the text that is to be changed %d times", m.File, n)
	}
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, filepath.Base(path)), filepath.Join(dir, "overlay.json")
	table, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{changed: strings.Replace(string(src), m.Old, m.New, 1), overlay: string(table)} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}

// MustBeFound fails the test unless go test, with the mistake built in and these
// arguments, fails.
func (m Mistake) MustBeFound(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"test", "-overlay", m.Overlay(t), "-count=1", "-vet=off"}, args...)...)
	cmd.Dir = Root(t)
	cmd.Env = append(os.Environ(), inMistake+"=1")
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		t.Errorf("the tests pass all the same:\n%s", out)
	case strings.Contains(string(out), "[build failed]"):
		t.Errorf("it does not build:\n%s", out)
	default:
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "--- FAIL") {
				t.Log("found by ", strings.TrimSpace(line))
				break
			}
		}
	}
}

// inMistake is set in the environment of tests that MustBeFound runs.
const inMistake = "DAXBENCH_MISTAKE"

// InMistake says that the tests are run with a mistake built in: they must not
// build others in.
func InMistake() bool { return os.Getenv(inMistake) != "" }
