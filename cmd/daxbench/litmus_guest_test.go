package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
	"daxbench/workloads/litmus"
)

// TestReplayInGuest has commands of a guest boot one again: its own would go to work on a file system of who reads them.
func TestReplayInGuest(t *testing.T) {
	e := litmus.Entry{Scenario: &target.Scenario{Name: "x"}}
	f := litmusFlags{mounted: mountedFlags{umount: true, others: true}}
	for _, tt := range []struct{ asked, dir, want string }{
		{"", "/mnt/ext4", "daxbench litmus -v -target dir:/mnt/ext4 -scenario x -umount -others"},
		{"debian:6.12", "/mnt/ext4", "daxbench vm -kernel debian:6.12 -fs ext4 -- litmus -v -scenario x -others"},
		{"a b", "/tmp", "daxbench vm -kernel 'a b' -fs none -- litmus -v -target dir:/tmp -scenario x -others"},
	} {
		if got := f.replayMounted(tt.dir, &kernelfs.Kernel{Asked: tt.asked}, e); got != tt.want {
			t.Errorf("%q in %s: %s\nwant %s", tt.asked, tt.dir, got, tt.want)
		}
	}
	for _, tt := range []struct{ dirs, args, want string }{
		{"/mnt/xfs,/mnt/ext4", "litmus -scenario 1 -target dir:/mnt/xfs,dir:/mnt/ext4 -umount -o /out", "vm -kernel 6 -fs xfs,ext4 -- litmus -scenario 1"},
		{"/mnt/xfs", "litmus -target=dir:/mnt/xfs -o=/out -v", "vm -kernel 6 -fs xfs -- litmus -v"},
		{"/tmp", "litmus -target dir:/tmp -umount -o /out", "vm -kernel 6 -fs none -- litmus -target dir:/tmp"},
	} {
		got := commandInGuest("6", strings.Split(tt.dirs, ","), strings.Fields(tt.args))
		if want := strings.Fields(tt.want); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.args, got, want)
		}
	}
}

// TestFoldersOfKernels: -against looks into a folder of folders, and what is about runs says what else is there for them.
func TestFoldersOfKernels(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"6.12", "6.1"} {
		if err := writeRecord(filepath.Join(dir, name), litmus.KernelsName, json.RawMessage(kernelsOf(t, name, "safe"))); err != nil {
			t.Fatal(err)
		}
	}
	one := filepath.Join(dir, "6.1")
	if got := kernelDirs([]string{dir, one}); !slices.Equal(got, []string{one, filepath.Join(dir, "6.12"), one}) {
		t.Errorf("-against looks into %q", got)
	}
	for _, args := range [][]string{{"compare", dir}, {"compare", "a=" + one, one}, {"gate", "-base", one}, {"gate", "-within", "-base", one, "-head", one},
		{"gate", "-baseline", dir}} {
		if status, _, stderr := daxbenchHere(t, args...); status != statusEnvironment || !strings.Contains(stderr, "holds scenarios on kernels: daxbench report A B") {
			t.Errorf("%q: status %d: %s", args, status, stderr)
		}
	}
}
