package slow

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestStale(t *testing.T) {
	own, err := mark()
	if err != nil {
		t.Fatal(err)
	}
	dead := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	rest := strings.TrimPrefix(own, prefix)
	gone := strings.Replace(rest, fmt.Sprintf("-%d-", os.Getpid()), fmt.Sprintf("-%d-", dead.Process.Pid), 1)
	for name, want := range map[string]bool{
		own: false, own + "-7": false, prefix + gone: true, "other-" + gone: false, gone: false, prefix: false, "": false, "daxbench-gate1": false,
	} {
		if got := stale(name); got != want {
			t.Errorf("stale(%q) = %v", name, got)
		}
	}
}

// TestRemoveDir shows it what must not be removed: what a link points to, a folder in a folder with something in it.
func TestRemoveDir(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	if err := os.Mkdir(precious, 0o700); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(precious, "kept")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(precious, link); err != nil {
		t.Fatal(err)
	}
	for _, victim := range []string{link, dir, filepath.Join(dir, "nothing")} {
		if err := removeDir(victim); err == nil {
			t.Errorf("removeDir(%s) is content", victim)
		}
		if _, err := os.Lstat(kept); err != nil {
			t.Fatalf("removeDir(%s): %v", victim, err)
		}
	}
	if err := removeDir(precious); err != nil {
		t.Error(err)
	}
}
