package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/vm/debian"
)

// TestVMFetch: what is there is named, what is not to be had is no verdict, and nothing is booted.
func TestVMFetch(t *testing.T) {
	f := fakeVM(t, "")
	f.File("damaged.deb", []byte("no archive"))
	for _, tt := range []struct {
		name, kernel, path string
		more               []string
		want               int
		says               string
	}{
		{"there", "mine=" + f.Image, "", nil, 0, "mine: " + f.Image},
		{"no such file", filepath.Join(f.Dir, "nosuch"), "", nil, statusEnvironment, "nosuch"},
		{"damaged", filepath.Join(f.Dir, "damaged.deb"), "", nil, statusEnvironment, "damaged.deb"},
		{"with a command", f.Image, "", []string{"--", "litmus"}, statusUsage, "nowhere to run litmus"},
		{"no kernel of Debian", "debian:seven", "", nil, statusUsage, "not a kernel of Debian"},
		{"no QEMU", f.Image, t.TempDir(), nil, statusUndecided, "qemu-system-x86_64 is not installed"},
		{"no apt", "debian:6.12", f.Bin(), nil, statusUndecided, debian.ErrNoApt.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.path != "" {
				t.Setenv("PATH", tt.path)
			}
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			status, stdout, stderr := daxbenchHere(t, append([]string{"vm", "-fetch", "-fs", "xfs", "-kernel", tt.kernel}, tt.more...)...)
			if status != tt.want || !strings.Contains(stdout+stderr, tt.says) {
				t.Errorf("status %d, want %d and %q:\n%s%s", status, tt.want, tt.says, stdout, stderr)
			}
			if (stdout != "") != (tt.want == 0) {
				t.Errorf("with status %d it prints %q", status, stdout)
			}
		})
	}
	if calls := f.Calls(); len(calls) > 0 {
		t.Errorf("QEMU was started: %v", calls)
	}
}

// TestAbsent: an archive that is damaged, or a full disk, is not a kernel that is not to be had.
func TestAbsent(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{debian.ErrGone, statusUndecided},
		{debian.ErrNetwork, statusUndecided},
		{debian.ErrArchive, statusEnvironment},
		{&os.PathError{Op: "write", Path: "x", Err: errors.New("no space")}, statusEnvironment},
	} {
		if got := statusOf(absent(inputError{fmt.Errorf("debian:6.12: %w", tt.err)})); got != tt.want {
			t.Errorf("%v: status %d, want %d", tt.err, got, tt.want)
		}
	}
}
