package kernelfs

import (
	"errors"
	"os"
	"testing"

	"daxbench/engine/kernelfs/aide"
)

// TestFillNames fills by a file without a name, and by one with a name for who unmounts.
func TestFillNames(t *testing.T) {
	m := home(t)
	r := aide.Request{Do: aide.Fill, Path: m.in(ballast), Dir: m.in(files), Most: 1 << 20}
	fill := func(named bool) (is bool) {
		t.Helper()
		if err := m.fill(r, named); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat(m.in(ballast))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return err == nil
	}
	if fill(false) {
		t.Skip("the file system has no files without names")
	}
	keeper := m.keeper.pids()
	if fill(false); len(keeper) != 1 || len(m.keeper.pids()) != 1 || m.keeper.pids()[0] != keeper[0] {
		t.Errorf("aides %v, then %v, keep the file: want one", keeper, m.keeper.pids())
	}
	if _, err := m.Make(scenario(t, "T1: create F\nT1: umount\n"), nil); err != nil || len(m.keeper.pids()) != 0 {
		t.Errorf("who unmounts meets aides %v, %v", m.keeper.pids(), err)
	}
	if !fill(true) {
		t.Error("there is no file with a name")
	}
	if fill(false) {
		t.Error("the file with a name is still there")
	}
}
