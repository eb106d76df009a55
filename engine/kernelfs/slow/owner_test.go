package slow

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestStale(t *testing.T) {
	own, err := mark()
	if err != nil {
		t.Fatal(err)
	}
	space, err := pidSpace()
	if err != nil {
		t.Fatal(err)
	}
	self, _ := began(os.Getpid())
	dead := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		own:        false,
		own + "-7": false,
		fmt.Sprintf("%s%d-%d-%d", prefix, space, dead.Process.Pid, self):   true,
		fmt.Sprintf("%s%d-%d-%d-7", prefix, space, os.Getpid(), self-1):    true, // the number was another's
		fmt.Sprintf("%s%d-%d-%d", prefix, space+1, dead.Process.Pid, self): false,
		fmt.Sprintf("%s%d-%d", prefix, space, dead.Process.Pid):            false,
		fmt.Sprintf("other-%d-%d-%d", space, dead.Process.Pid, self):       false,
		fmt.Sprintf("%s%d-%d-%dx", prefix, space, dead.Process.Pid, self):  false,
		fmt.Sprintf("%s%d--%d-%d", prefix, space, dead.Process.Pid, self):  false,
		fmt.Sprintf("%s%d-99999999999999999999-%d", prefix, space, self):   false,
		prefix:           false,
		"":               false,
		"daxbench-gate1": false,
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
