package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestClean: of what is not as committed, only what -md writes is passed over.
func TestClean(t *testing.T) {
	folder := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", folder, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	if _, err := clean(folder); err == nil {
		t.Error("a folder that is no checkout has a commit")
	}
	git("init", "-q")
	const code, own = "engine/vfs/inode.go", "engine/peers/" + figures
	write(code, "package vfs\n")
	write("engine/README.md", "old")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	write("engine/README.md", "new")
	write(own, "{}")
	inside := filepath.Join(folder, "engine", "peers")
	if commit, err := clean(inside); err != nil || !strings.HasPrefix(git("rev-parse", "HEAD"), commit) || len(commit) != 12 {
		t.Errorf("with what -md writes: %q, %v", commit, err)
	}
	for _, name := range []string{code, "engine/vfs/new.go"} {
		write(name, "package vfs // changed\n")
		if _, err := clean(inside); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("with %s changed: %v", name, err)
		}
		git("add", name)
		git("commit", "-q", "-m", "next", "--", name)
	}
}
