package dax

import (
	"os"
	"path/filepath"
	"testing"
)

// TestIs wants both ways to ask to agree, and a file that is not there to be an error.
func TestIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	byPath, err := Is(path)
	if err != nil {
		t.Fatal(err)
	}
	if open, err := IsOpen(int(f.Fd())); err != nil || open != byPath {
		t.Errorf("open: %t, %v; by path: %t", open, err, byPath)
	}
	if _, err := Is(path + ".not"); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestInherit wants the flag to be there after it was set, and to be asked about as it is, where the file system has it.
func TestInherit(t *testing.T) {
	dir := t.TempDir()
	if err := Inherit(dir); err != nil {
		t.Skipf("this file system has no such flag: %v", err)
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var was []bool
	for range 2 {
		if err := Change(int(f.Fd()), func(on bool) bool { was = append(was, on); return !on }); err != nil {
			t.Fatal(err)
		}
	}
	if !was[0] || was[1] {
		t.Errorf("the flag was %v, want true, then false", was)
	}
}

// unwrapped is the error at the end of a chain.
func unwrapped(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}
