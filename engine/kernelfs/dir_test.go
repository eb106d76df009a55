package kernelfs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpen makes a directory, leaves things in it, and finds nothing of it afterwards.
func TestOpen(t *testing.T) {
	in := t.TempDir()
	d, err := Open(t.Context(), in, Options{Root: true, Others: true})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(d.Path()); err != nil || len(list) > 0 || !strings.HasPrefix(d.Path(), in) {
		t.Errorf("%s holds %v, %v", d.Path(), list, err)
	}
	if k := d.Kernel(); k.Release == "" || k.FS == "" || k.Clock != "real" {
		t.Errorf("%+v", k)
	}
	if said := strings.Join(d.Announce(), " "); !strings.Contains(said, filepath.Dir(d.Path())) || strings.Contains(said, "filled") {
		t.Errorf("%s", said)
	}
	if len(d.m.aides.pids()) > 0 || d.m.slow != nil || d.m.reserved != nil {
		t.Errorf("more than a directory was made: aides %v, %+v", d.m.aides.pids(), d.m)
	}
	if err := os.MkdirAll(filepath.Join(d.Path(), "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if list, err := os.ReadDir(in); err != nil || len(list) > 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

// TestOpenRefuses what New refuses.
func TestOpenRefuses(t *testing.T) {
	for dir, want := range map[string]error{"/proc": ErrUnfit, "/": ErrRefused, filepath.Join(t.TempDir(), "none"): os.ErrNotExist} {
		d, err := Open(t.Context(), dir, Options{})
		if err == nil {
			d.Close()
		}
		if !errors.Is(err, want) && !(dir != "/" && errors.Is(err, ErrRefused)) {
			t.Errorf("%s: %v; want %v", dir, err, want)
		}
	}
}
